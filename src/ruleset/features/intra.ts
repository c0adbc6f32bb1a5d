/**
 * Clients that a service of a router does not see. Those in a backend's own network: the backend would answer them without passing this
 * node, and they would not know the answer. Their connections get a source address that brings replies back here; clients from elsewhere
 * keep theirs. And the node itself: what it sends does not pass prerouting, so it is led to the service's kind in output.
 */

import { type Ip, type IpPrefix, ipFromBytes } from '../../model/address.js';
import type { Service } from '../../model/service.js';
import type { Key, SetSpec } from '../../netlink/nft/ast.js';
import { plainDispatch } from '../chains.js';
import type { Contribution, FeatureContext, Placed, ServiceFeature } from '../feature.js';
import { isPlain } from '../plain.js';
import { rule } from '../rules.js';
import { intraOrder, intraOutputChain, intraOutputOrder, sourceChain } from '../stations.js';
import { addressBytes, hostNumber, joined } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { generalDispatch } from './general-layout.js';
import { identity } from './identity.js';
import { fields, jumpTo, stationsIn, together, translated } from './statements.js';

/** `service number . client network → source address`. */
const sourcesMap = ({ type }: FamilyShape): SetSpec => ({
  name: 'intra_sources',
  key: ['classid', type],
  data: [type],
  flags: ['interval'],
});
/** `service number . client network`: the node's own address is the source. */
const masqueradingSet = ({ type }: FamilyShape): SetSpec => ({
  name: 'intra_masquerading',
  key: ['classid', type],
  flags: ['interval'],
});

export interface Range {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** First and last address of a network. */
export const rangeOf = ({ address, prefixLength }: IpPrefix): Range => {
  const first = addressBytes(address).slice();
  const last = first.slice();
  for (let at = 0; at < first.length; at++) {
    const kept = Math.min(8, Math.max(0, prefixLength - at * 8));
    const hostBits = 0xff >> kept;
    first[at] = first[at]! & ~hostBits;
    last[at] = last[at]! | hostBits;
  }
  return { first, last };
};

const within = ({ first, last }: Range, address: Ip): boolean => {
  const bytes = addressBytes(address);
  const compare = (other: Uint8Array): number => {
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== other[at]) return bytes[at]! - other[at]!;
    }
    return 0;
  };
  return bytes.length === first.length && compare(first) >= 0 && compare(last) <= 0;
};

interface Near {
  readonly range: Range;
  /** Undefined: masquerade. */
  readonly source: Ip | undefined;
}

/** Networks of this node that backends of the service are in. */
const nearNetworks = (service: Service, family: FamilyShape, context: FeatureContext): Near[] => {
  const near = new Map<string, Near>();
  for (const network of context.networks?.() ?? []) {
    if (!family.has(network.address)) continue;
    const range = rangeOf(network);
    const backend = service.backends.find(({ address }) => within(range, address));
    if (!backend) continue;
    const configured = backend.sourceAddress ?? service.sourceAddress;
    const floating = context.floating.find(({ address }) => within(range, address))?.address;
    // In a cluster the node's own address would die with the node.
    const moving =
      context.floating.length === 0
        ? undefined
        : (floating ?? service.addresses.find(({ address }) => family.has(address))?.address);
    near.set(ipFromBytes(range.first, 0, family.bytes), { range, source: configured ?? moving });
  }
  return [...near.values()];
};

/** `service number`: services of the shared maps, and general ones, that the node itself may ask. */
const plainOutputSet: SetSpec = { name: 'intra_plain', key: ['classid'] };
const generalOutputSet: SetSpec = { name: 'intra_general', key: ['classid'] };

/** The node's own connections, with the addresses that they have: behind translation they are as any client's. */
const fromNode = (
  service: Service,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  const known = identity(service, family, context.ids);
  if (!known) return undefined;
  const { table } = family;
  const plain = isPlain(service);
  const set = plain ? plainOutputSet : generalOutputSet;
  const chain = `${set.name}_output`;
  const purpose = (what: string): string => `from the node: ${what}`;
  const station = stationsIn(table, intraOutputChain);
  const dispatch = plain ? plainDispatch : generalDispatch.slice(1);
  return {
    structure: [
      ...known.structure,
      { kind: 'set', table, set, filledBy: 'us' },
      {
        kind: 'chain',
        table,
        chain: { name: chain, rules: dispatch.map(([what, statement]) => rule(chain, what, statement)) },
      },
      station(intraOutputOrder.identify, purpose('which service'), jumpTo('identify')),
      station(
        plain ? intraOutputOrder.plain : intraOutputOrder.general,
        purpose(plain ? 'plain' : 'general'),
        { kind: 'lookup', key: fields('meta priority'), set: set.name },
        jumpTo(chain),
      ),
    ],
    elements: [
      ...known.elements,
      { table, set, element: { key: hostNumber(context.ids.of(service.name)) }, activates: true },
    ],
  };
};

const besideBackends = (
  service: Service,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  const near = nearNetworks(service, family, context);
  const known = near.length > 0 ? identity(service, family, context.ids) : undefined;
  if (!known) return undefined;
  const { table } = family;
  const id = hostNumber(context.ids.of(service.name));
  const sources = sourcesMap(family);
  const masquerading = masqueradingSet(family);
  const client: Key = fields('meta priority', family.source);
  const purpose = (what: string): string => `clients beside backends: ${what}`;
  const station = stationsIn(table, sourceChain, translated);
  const sourced = near.some(({ source }) => source !== undefined);
  const masqueraded = near.some(({ source }) => source === undefined);
  return {
    structure: [
      ...known.structure,
      station(intraOrder.identify, purpose('which service'), jumpTo('identify_ct')),
      ...(sourced
        ? [
            { kind: 'set', table, set: sources, filledBy: 'us' } as const,
            station(intraOrder.source, purpose('source'), {
              kind: 'nat',
              type: 'snat',
              key: client,
              map: sources.name,
              dataTypes: [family.type],
            }),
          ]
        : []),
      ...(masqueraded
        ? [
            { kind: 'set', table, set: masquerading, filledBy: 'us' } as const,
            station(
              intraOrder.masquerade,
              purpose('masquerade'),
              { kind: 'lookup', key: client, set: masquerading.name },
              { kind: 'masquerade' },
            ),
          ]
        : []),
    ],
    elements: [
      ...known.elements,
      ...near.map(({ range, source }): Placed => {
        const key = joined(id, range.first);
        const keyEnd = joined(id, range.last);
        return source === undefined
          ? { table, set: masquerading, element: { key, keyEnd } }
          : { table, set: sources, element: { key, keyEnd, data: addressBytes(source) } };
      }),
    ],
  };
};

export const intra: ServiceFeature = {
  name: 'intra',
  contribute(service, context) {
    const { intraConnect, mode, state } = service;
    if (!intraConnect || state !== 'up' || (mode !== 'dnat' && mode !== 'snat')) return undefined;
    return together(
      ...families.flatMap((family) => [
        fromNode(service, family, context),
        // With snat every client has such a source already.
        mode === 'dnat' ? besideBackends(service, family, context) : undefined,
      ]),
    );
  },
};
