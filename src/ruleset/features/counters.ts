/**
 * Counts what services carry, per backend and direction, in the kernel: one look-up for a packet of an address with single ports, and none
 * for packets that were not translated. `traffic-elements.ts` says where; `counter-totals.ts` what it comes to.
 */

import type { Service } from '../../model/service.js';
import type { Field, Key } from '../../netlink/nft/ast.js';
import type { Contribution, FeatureContext, ServiceFeature, Structure } from '../feature.js';
import { ingressTable } from '../feature.js';
import { rule } from '../rules.js';
import {
  forwardChain,
  forwardOrder,
  ingressChain,
  ingressOrder,
  localChain,
  localOrder,
  outputChain,
  outputOrder,
  type StationChain,
} from '../stations.js';
import type { FamilyShape } from './families.js';
import { identity, identityIngress } from './identity.js';
import { fields, forgetNumber, jumpTo, returns, stationsIn, together, translated } from './statements.js';
import {
  type Direction,
  directions,
  isStateless,
  statelessTrafficSet,
  type TrafficElement,
  type TrafficPlace,
  trafficElements,
  trafficSet,
} from './traffic-elements.js';

export const isCounted = (service: Service, context: Pick<FeatureContext, 'counters'>): boolean =>
  service.counters ?? context.counters ?? false;

/** The backend's end of a packet: between the translations of both hooks, read from the headers, which costs less than from the connection. */
const backendEnd = (
  { source, destination }: FamilyShape,
  direction: Direction,
): { readonly address: Field; readonly port: Field } =>
  direction === 'in' ? { address: destination, port: 'th dport' } : { address: source, port: 'th sport' };

const tupleKey = (family: FamilyShape, direction: Direction): Key => {
  const { address, port } = backendEnd(family, direction);
  return fields(family.originalDestination, 'meta l4proto', 'ct original proto-dst', address, port);
};

const ofDirection = { in: 'original', out: 'reply' } as const;

/** Chain `traffic_in` or `traffic_out`; each service brings the rules that its own places need. */
const countingChain = (
  family: FamilyShape,
  direction: Direction,
  places: ReadonlySet<TrafficPlace>,
): Structure[] => {
  const { table } = family;
  const chain = { name: `traffic_${direction}` };
  const station = stationsIn(table, chain);
  const exact = trafficSet(family, 'exact', direction);
  const byNumber = trafficSet(family, 'ranges', direction);
  return [
    ...(places.has('exact')
      ? [
          { kind: 'set', table, set: exact, filledBy: 'us' } as const,
          station(
            10,
            'by connection',
            { kind: 'lookup', key: tupleKey(family, direction), set: exact.name },
            returns,
          ),
        ]
      : []),
    ...(places.has('ranges')
      ? [
          { kind: 'set', table, set: byNumber, filledBy: 'us' } as const,
          station(20, 'ranges: which service', jumpTo('identify_ct')),
          station(30, 'by service', {
            kind: 'lookup',
            key: fields('meta priority', backendEnd(family, direction).address),
            set: byNumber.name,
          }),
          station(40, 'number done', forgetNumber),
        ]
      : []),
  ];
};

const tracked = (
  service: Service,
  family: FamilyShape,
  elements: readonly TrafficElement[],
  context: FeatureContext,
): Contribution => {
  const places = new Set(elements.map(({ place }) => place));
  const known = places.has('ranges') ? identity(service, family, context.ids) : undefined;
  const isLocal = service.mode === 'local';
  const station = (chain: StationChain, order: number, direction: Direction): Structure => ({
    kind: 'station',
    table: family.table,
    chain,
    order,
    rule: rule(
      chain.name,
      `count ${direction}`,
      isLocal ? undefined : translated,
      { kind: 'ct-direction', direction: ofDirection[direction] },
      jumpTo(`traffic_${direction}`),
    ),
  });
  return {
    structure: [
      ...(known?.structure ?? []),
      ...directions.flatMap((direction) => countingChain(family, direction, places)),
      ...(isLocal
        ? [station(localChain, localOrder.count, 'in'), station(outputChain, outputOrder.count, 'out')]
        : directions.map((direction) => station(forwardChain, forwardOrder.count, direction))),
    ],
    elements: [
      ...(known?.elements ?? []),
      ...elements.map(({ table, set, key }) => ({ table, set, element: { key } })),
    ],
  };
};

const stateless = (
  service: Service,
  family: FamilyShape,
  elements: readonly TrafficElement[],
  context: FeatureContext,
): Contribution => {
  const ranges = elements.some(({ place }) => place === 'ranges');
  const known = ranges ? identityIngress(service, family, context.ids) : undefined;
  const table = ingressTable;
  const exact = statelessTrafficSet(family, 'exact');
  const byNumber = statelessTrafficSet(family, 'ranges');
  const version = family.bytes === 4 ? '4' : '6';
  const places = elements.map(({ place }) => place);
  const stations = context.devices.flatMap((device): Structure[] => {
    const chain = ingressChain(device);
    const station = (order: number, purpose: string, key: Key, set: string): Structure => ({
      kind: 'station',
      table,
      chain,
      order,
      rule: rule(chain.name, purpose, { kind: 'lookup', key, set }),
    });
    return [
      ...(places.includes('exact')
        ? [
            station(
              ingressOrder.count,
              `count IPv${version}`,
              fields(family.destination, 'meta l4proto', 'th dport'),
              exact.name,
            ),
          ]
        : []),
      ...(ranges
        ? [
            {
              kind: 'station',
              table,
              chain,
              order: ingressOrder.count + 1,
              rule: rule(
                chain.name,
                `count ranges of IPv${version}: which service`,
                {
                  kind: 'compare',
                  field: 'meta protocol',
                  op: '==',
                  value: {
                    type: 'ether_type',
                    bytes: family.bytes === 4 ? Uint8Array.of(0x08, 0) : Uint8Array.of(0x86, 0xdd),
                  },
                },
                jumpTo(`identify${version}`),
              ),
            } as const,
            station(
              ingressOrder.count + 2,
              `count ranges of IPv${version}`,
              fields('meta priority'),
              byNumber.name,
            ),
          ]
        : []),
    ];
  });
  return {
    structure: [
      ...(known?.structure ?? []),
      ...(places.includes('exact') ? [{ kind: 'set', table, set: exact, filledBy: 'us' } as const] : []),
      ...(ranges ? [{ kind: 'set', table, set: byNumber, filledBy: 'us' } as const] : []),
      ...stations,
    ],
    elements: [
      ...(known?.elements ?? []),
      ...elements.map(({ set, key }) => ({ table, set, element: { key } })),
    ],
  };
};

export const counters: ServiceFeature = {
  name: 'counters',
  contribute(service, context) {
    if (!isCounted(service, context)) return undefined;
    const byFamily = new Map<FamilyShape, TrafficElement[]>();
    for (const element of trafficElements(service, context.ids)) {
      const list = byFamily.get(element.family);
      if (list) list.push(element);
      else byFamily.set(element.family, [element]);
    }
    const contributionOf = isStateless(service) ? stateless : tracked;
    return together(
      ...[...byFamily].map(([family, elements]) => contributionOf(service, family, elements, context)),
    );
  },
};
