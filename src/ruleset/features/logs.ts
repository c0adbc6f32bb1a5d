/**
 * Log lines for first packets of connections: as they come in, are forwarded, and leave for the backend. Prefixes are text of rules, so a
 * service that logs has a chain per point; a first packet of another service meets two look-ups and no more. Without connection tracking there
 * is only what comes in: SYNs of tcp, every packet of other protocols.
 */

import type { LogPoint, Service, ServiceLog } from '../../model/service.js';
import type { SetSpec, Statement } from '../../netlink/nft/ast.js';
import {
  type Contribution,
  type FeatureContext,
  ingressTable,
  type ServiceFeature,
  type Structure,
} from '../feature.js';
import { rule } from '../rules.js';
import {
  forwardChain,
  forwardOrder,
  guardChain,
  guardOrder,
  ingressChain,
  ingressOrder,
  recordChain,
  recordOrder,
  type StationChain,
} from '../stations.js';
import { hostNumber } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { identity, identityIngress } from './identity.js';
import { logChain } from './log-chain.js';
import { fields, jumpTo, newConnection, together } from './statements.js';
import { isStateless } from './traffic-elements.js';

interface Point {
  readonly station: StationChain;
  readonly order: number;
  readonly identify: 'identify' | 'identify_ct';
}

/** A service of the node itself is neither forwarded nor sent to a backend. */
const points: Readonly<Record<LogPoint, Point>> = {
  input: { station: guardChain, order: guardOrder.log, identify: 'identify' },
  forward: { station: forwardChain, order: forwardOrder.log, identify: 'identify_ct' },
  output: { station: recordChain, order: recordOrder.log, identify: 'identify_ct' },
};

const verdicts = (name: string): SetSpec => ({ name: `log_${name}`, key: ['classid'], data: 'verdict' });

const atPoint = (
  service: Service,
  log: ServiceLog,
  family: FamilyShape,
  point: LogPoint,
  context: FeatureContext,
): Contribution => {
  const { table } = family;
  const { station, order, identify } = points[point];
  const chain = logChain(
    service,
    log,
    family,
    point,
    { address: family.originalDestination, port: 'ct original proto-dst' },
    context,
  );
  const map = verdicts(point);
  const at = (offset: number, purpose: string, ...statements: Statement[]): Structure => ({
    kind: 'station',
    table,
    chain: station,
    order: order + offset,
    rule: rule(station.name, purpose, newConnection, ...statements),
  });
  return {
    structure: [
      { kind: 'set', table, set: map, filledBy: 'us' },
      { kind: 'chain', table, chain },
      at(0, 'log: which service', jumpTo(identify)),
      at(1, 'log', { kind: 'vmap', key: fields('meta priority'), map: map.name }),
    ],
    elements: [
      {
        table,
        set: map,
        element: {
          key: hostNumber(context.ids.of(service.name)),
          data: { kind: 'jump', chain: chain.name },
        },
      },
    ],
  };
};

const inIngress = (
  service: Service,
  log: ServiceLog,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  const known = identityIngress(service, family, context.ids);
  if (!known) return undefined;
  const table = ingressTable;
  const version = family.bytes === 4 ? '4' : '6';
  const destination = { address: family.destination, port: 'th dport' } as const;
  const made = logChain(service, log, family, 'input', destination, context);
  const name = `${made.name}_ipv${version}`;
  const chain = { name, rules: made.rules.map((one) => ({ ...one, chain: name })) };
  const map = verdicts(`input${version}`);
  const tcp = { type: 'inet_proto', bytes: Uint8Array.of(6) } as const;
  const first: readonly Statement[] = [
    { kind: 'tcp-flags', of: ['fin', 'syn', 'rst', 'ack'], are: ['syn'] },
    { kind: 'compare', field: 'meta l4proto', op: '!=', value: tcp },
  ];
  const stations = context.devices.flatMap((device): Structure[] => {
    const station = ingressChain(device);
    const at = (offset: number, purpose: string, ...statements: Statement[]): Structure => ({
      kind: 'station',
      table,
      chain: station,
      order: ingressOrder.logs + offset,
      rule: rule(station.name, `log IPv${version}: ${purpose}`, ...statements),
    });
    const ofFamily: Statement = {
      kind: 'compare',
      field: 'meta protocol',
      op: '==',
      value: {
        type: 'ether_type',
        bytes: family.bytes === 4 ? Uint8Array.of(0x08, 0) : Uint8Array.of(0x86, 0xdd),
      },
    };
    return first.flatMap((isFirst, index) => [
      at(index * 2, 'which service', ofFamily, isFirst, jumpTo(`identify${version}`)),
      at(index * 2 + 1, 'line', ofFamily, isFirst, {
        kind: 'vmap',
        key: fields('meta priority'),
        map: map.name,
      }),
    ]);
  });
  return {
    structure: [
      ...known.structure,
      { kind: 'set', table, set: map, filledBy: 'us' },
      { kind: 'chain', table, chain },
      ...stations,
    ],
    elements: [
      ...known.elements,
      {
        table,
        set: map,
        element: { key: hostNumber(context.ids.of(service.name)), data: { kind: 'jump', chain: name } },
      },
    ],
  };
};

const inTable = (
  service: Service,
  log: ServiceLog,
  family: FamilyShape,
  points: readonly LogPoint[],
  context: FeatureContext,
): Contribution | undefined => {
  const known = identity(service, family, context.ids);
  return known && together(known, ...points.map((point) => atPoint(service, log, family, point, context)));
};

/** A service of the node itself is not forwarded; without connection tracking a packet leaves as it came in. */
const pointsOf = (service: Service): readonly LogPoint[] => {
  const asked = service.log?.points ?? [];
  return service.mode === 'local' || isStateless(service)
    ? asked.filter((point) => point === 'input')
    : asked;
};

export const logs: ServiceFeature = {
  name: 'logs',
  contribute(service, context) {
    const { log } = service;
    const asked = pointsOf(service);
    if (!log || asked.length === 0) return undefined;
    return together(
      ...families.map((family) =>
        isStateless(service)
          ? inIngress(service, log, family, context)
          : inTable(service, log, family, asked, context),
      ),
    );
  },
};
