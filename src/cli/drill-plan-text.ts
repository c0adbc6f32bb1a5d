/** A drill's plan as an operator reads it. */

import type { DrillPlan } from '../drill/plan.js';
import { formatTable } from './table.js';

export const formatPlan = (plan: DrillPlan): string => {
  const groups = plan.groups.map(({ group, addresses, owner, successor, why }) => [
    group,
    addresses.join(' '),
    owner ?? 'nobody',
    successor ?? 'NOBODY',
    why,
  ]);
  const nodes = plan.nodes.map(({ node, role, ready, reasons }) => [
    node,
    role,
    ready ? 'ready' : `NOT READY: ${reasons.join('; ') || 'it does not answer'}`,
  ]);
  const services = plan.services.map(({ service, backends, replicate, ready, lost }) => [
    service,
    ready ? 'serves' : 'DOES NOT SERVE',
    backends,
    replicate,
    lost.join(', ') || 'nothing',
  ]);
  return [
    `${plan.fault} in ${plan.cluster}: ${plan.meaning}`,
    plan.expectedOutageMs === 0
      ? 'clients should notice nothing'
      : `clients may wait for ${plan.expectedOutageMs} ms`,
    '',
    formatTable(['group', 'addresses', 'now', 'takes over', 'why'], groups),
    '',
    formatTable(['node', 'groups', 'state'], nodes),
    ...(services.length > 0
      ? ['', formatTable(['service', '', 'backends', 'replicate', 'clients lose'], services)]
      : []),
    '',
    ...plan.notes.map((note) => `note: ${note}`),
    ...plan.obstacles.map((obstacle) => `NOT FIT: ${obstacle}`),
    plan.ready ? 'fit for it: relevo drill run' : `not fit for it: ${plan.obstacles.length} obstacles`,
  ].join('\n');
};
