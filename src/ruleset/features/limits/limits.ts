/**
 * What is checked before a service is reached: packets of no connection, rates and counts of connections, resets, a program behind a
 * queue; and a client that a limit has met stays refused. Limits by value have sets of their own, so that what one change leaves as
 * it is goes on counting.
 *
 * `ct count` counts half-open connections, too, until they expire, and forgets what was before its element: a changed number of
 * connections holds for those that begin afterwards.
 */

import type { RateLimit, Service } from '../../../model/service.js';
import type { SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Contribution, FeatureContext, Placed, ServiceFeature, Structure } from '../../feature.js';
import { fingerprint } from '../../rules.js';
import { guardOrder } from '../../stations.js';
import { hostNumber } from '../bytes.js';
import { type FamilyShape, families } from '../families.js';
import { isGeneral } from '../general.js';
import { numbered } from '../general-backends.js';
import { identity } from '../identity.js';
import { statelessMode } from '../stateless/backends.js';
import { untrackedLimits } from '../stateless/limits.js';
import { backendLimits, isLimited } from './backends.js';
import { type Gate, type KindRule, throughGate } from './gates.js';
import {
  bannedSet,
  client,
  clientSet,
  counterOf,
  isIn,
  isTcp,
  jump,
  number,
  type Refusal,
  setOf,
} from './parts.js';
import { rateOf } from './rate.js';
import { bansClients, refusalName, refusalStructure, treatmentOf } from './refusal.js';
import { synproxy } from './synproxy.js';

const isNew: Statement = { kind: 'ct-state', states: ['new'] };

const strictGate: Gate = {
  name: 'strict',
  order: guardOrder.tcpStrict,
  packets: [
    [isTcp, { kind: 'ct-state', states: ['invalid'] }],
    // With nf_conntrack_tcp_loose any segment begins a connection.
    [{ kind: 'tcp-flags', of: ['fin', 'syn', 'rst', 'ack'], are: ['syn'], invert: true }, isNew],
  ],
};
const newGate: Gate = {
  name: 'new',
  order: guardOrder.newLimit,
  packets: [[isNew]],
  // Sent again, or more of a datagram's flow: it was counted when it came first.
  except: [{ kind: 'ct-status', statuses: ['confirmed'] }],
};
const resetGate: Gate = {
  name: 'resets',
  order: guardOrder.resetLimit,
  packets: [
    [
      { kind: 'ct-direction', direction: 'original' },
      { kind: 'tcp-flags', of: ['rst'], are: 'any' },
    ],
  ],
};
const queueGate: Gate = { ...newGate, name: 'queue', order: guardOrder.queue };

const rateOver = (
  name: string,
  limit: RateLimit,
  family: FamilyShape,
): { readonly set: SetSpec; readonly met: Statement } => {
  const { text, timeoutMs, statement } = rateOf(limit);
  const set = clientSet(`${name}_${text}`, family, true);
  return {
    set,
    met: {
      kind: 'dynset',
      op: 'update',
      set: set.name,
      key: client(family),
      timeoutMs,
      statements: [statement],
    },
  };
};

/** `service number`, each with its own `ct count over`. */
const connectionsSet: SetSpec = {
  name: 'service_connections',
  key: ['classid'],
  statements: [{ kind: 'ct-count', count: 0, over: true }],
};

const queueReason =
  'this kernel has no nf_tables queue expression (CONFIG_NFT_QUEUE): without it first packets reach no program; set queue to -1';

const wantsQueue = ({ limits }: Service): boolean => limits?.queue !== undefined && limits.queue >= 0;

const inFamily = (
  service: Service,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  const known = identity(service, family, context.ids);
  if (!known) return undefined;
  const { limits = {} } = service;
  const key = hostNumber(context.ids.of(service.name));
  const structure: Structure[] = [...known.structure];
  const elements: Placed[] = [...known.elements];
  const take = (part: Contribution): void => {
    structure.push(...part.structure);
    elements.push(...part.elements);
  };
  const refusal = (reason: Refusal, attribute: string, prefix?: string): Statement => {
    const bans = reason === 'new' || reason === 'resets' || reason === 'client';
    const treatment = treatmentOf(service, reason, attribute, prefix, bans, context);
    structure.push(...refusalStructure(treatment, family));
    elements.push(counterOf(family, reason, key));
    return jump(refusalName(treatment));
  };
  const { newConnections, resets, connectionsPerClient = 0, connections = 0 } = limits;

  if (limits.tcpStrict) {
    const refused = refusal('strict', 'tcp-strict', limits.tcpStrictLogPrefix);
    take(throughGate(strictGate, family, key, [['no connection', refused]]));
  }
  const rules: KindRule[] = [];
  if (bansClients(service)) {
    structure.push(setOf(family, bannedSet(family), 'packets'));
    rules.push(['banned', isIn(client(family), bannedSet(family)), refusal('banned', 'limits-ttl')]);
  }
  if (newConnections) {
    const { set, met } = rateOver('new', newConnections, family);
    structure.push(setOf(family, set, 'packets'));
    rules.push(['rate', met, refusal('new', 'new-rtlimit', limits.newConnectionsLogPrefix)]);
  }
  if (connectionsPerClient > 0) {
    const set = clientSet(`client_connections_${connectionsPerClient}`, family, false);
    structure.push(setOf(family, set, 'packets'));
    rules.push([
      'connections of a client',
      {
        kind: 'dynset',
        op: 'add',
        set: set.name,
        key: client(family),
        statements: [{ kind: 'ct-count', count: connectionsPerClient, over: true }],
      },
      refusal('client', 'est-connlimit', limits.connectionsLogPrefix),
    ]);
  }
  if (connections > 0) {
    structure.push(setOf(family, connectionsSet));
    elements.push({
      table: family.table,
      set: connectionsSet,
      element: {
        key,
        statements: [{ kind: 'ct-count', count: connections, over: true }],
        comment: fingerprint(connections),
      },
    });
    rules.push(['connections', isIn([number], connectionsSet), refusal('service', 'service-connlimit')]);
  }
  if (rules.length > 0) take(throughGate(newGate, family, key, rules));
  if (resets) {
    const { set, met } = rateOver('resets', resets, family);
    structure.push(setOf(family, set, 'packets'));
    const refused = refusal('resets', 'rst-rtlimit', limits.resetsLogPrefix);
    take(throughGate(resetGate, family, key, [['rate', met, refused]]));
  }
  if (wantsQueue(service) && context.supports('queue')) {
    const queue: Statement = { kind: 'queue', number: limits.queue!, bypass: true };
    take(throughGate(queueGate, family, key, [['to a program', queue]]));
  }
  if (limits.synproxy && context.supports('synproxy')) {
    take(synproxy(service, family, key, rules.length > 0));
  }
  if (
    isGeneral(service) &&
    isLimited(service) &&
    numbered(service, family).some(({ connectionLimit = 0 }) => connectionLimit > 0)
  ) {
    take(backendLimits(service, family, context));
  }
  return structure.length > known.structure.length ? { structure, elements } : undefined;
};

export const limits: ServiceFeature = {
  name: 'limits',
  contribute(service, context) {
    if (statelessMode(service) || service.state !== 'up' || !(service.limits || isLimited(service)))
      return undefined;
    const parts = families.flatMap((family) => inFamily(service, family, context) ?? []);
    if (parts.length === 0) return undefined;
    return {
      structure: parts.flatMap(({ structure }) => structure),
      elements: parts.flatMap(({ elements }) => elements),
    };
  },
  shortcomings: (service, { supports }) => [
    ...(statelessMode(service) ? untrackedLimits(service) : []),
    ...(wantsQueue(service) && !supports('queue') ? [{ service: service.name, reason: queueReason }] : []),
    ...(service.limits?.synproxy && !supports('synproxy')
      ? [
          {
            service: service.name,
            reason:
              'this kernel has no nf_tables synproxy expression (CONFIG_NFT_SYNPROXY): SYNs reach the backends; set synproxy to off',
          },
        ]
      : []),
  ],
};
