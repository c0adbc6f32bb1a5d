/**
 * The short way of services without connection tracking: where a flow goes follows from its hash alone, so that nothing is remembered. One
 * look-up by address and port, one by slot, and one by interface if there are several. What is not found goes on to chains that remember.
 *
 * Slots are data and no verdicts: the kernel follows every verdict of every map with a change (nft_chain_validate), for each service anew.
 * Chains and maps are shared by all services of a kind; only where a service's backends are behind several interfaces, those that have the
 * same backends share them.
 */

import { protocolNumber, type Service } from '../../../model/service.js';
import type { ElementBytes, Key, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Chain } from '../../chains.js';
import { ingressTable, type Structure } from '../../feature.js';
import { fingerprint, rule } from '../../rules.js';
import { ingressChain, ingressOrder } from '../../stations.js';
import { keptSlots, type Transit } from '../../transit.js';
import { addressBytes, etherBytes, hostNumber, joined, portBytes, protocolBytes } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { fields } from '../statements.js';
import type { Reached } from './backends.js';
import { hashSlot } from './chains.js';
import { memorylessPlaces, type StatelessChoice } from './choice.js';
import { sparedMap, sparedSlotsMap, sparedWaysMap, suffixOf } from './layout.js';
import { etherType } from './replies.js';

const table = ingressTable;

interface Element {
  readonly set: SetSpec;
  readonly element: ElementBytes;
  readonly activates?: true;
}

/** Says what is inside, and never two things: 72 bits. */
const contentName = (content: unknown): string =>
  [1, 2, 3].map((salt) => fingerprint([salt, content])).join('');
const macBytes = (text: string): Uint8Array => etherBytes(text).subarray(0, 6);

/** Slots whose flows all go to their owner. */
const stableSlots = ({ isMemoryless, layout }: StatelessChoice, transit: Transit | undefined): boolean[] => {
  if (!isMemoryless || transit?.whole) return [];
  return transit?.former ? [...keptSlots(transit.former, layout)] : layout.owners.map(() => true);
};

const byMac = ({ etherAddress: a }: Reached, { etherAddress: b }: Reached): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** Undefined: one address stands for two ways (a host with two VLANs). */
const distinctWays = (ways: readonly Reached[]): Reached[] | undefined => {
  const byAddress = new Map<string, Reached>();
  for (const way of ways) {
    const known = byAddress.get(way.etherAddress);
    if (known && known.device.index !== way.device.index) return undefined;
    byAddress.set(way.etherAddress, way);
  }
  return [...byAddress.values()].sort(byMac);
};

const ownAddress = (etherAddress: string): Statement => ({
  kind: 'write',
  field: 'ether saddr',
  value: { type: 'ether_addr', bytes: macBytes(etherAddress) },
});

const sendingChain = ({ device, deviceEtherAddress }: Reached): Chain => {
  const name = `spared_out_${contentName([device, deviceEtherAddress])}`;
  return { name, rules: [rule(name, 'send', ownAddress(deviceEtherAddress), { kind: 'fwd', device })] };
};

interface Sending {
  readonly name: string;
  readonly structure: readonly Structure[];
  readonly elements: readonly Element[];
  /** Behind the backend's address. */
  readonly statements: readonly Statement[];
}

const sendingBy = (ways: readonly Reached[]): Sending => {
  const chains = new Map(ways.map((way) => [way.device.index, sendingChain(way)]));
  const [first] = ways;
  if (chains.size === 1 && first) {
    const { device, deviceEtherAddress } = first;
    return {
      name: contentName([device, deviceEtherAddress]),
      structure: [],
      elements: [],
      statements: [ownAddress(deviceEtherAddress), { kind: 'fwd', device }],
    };
  }
  const pairs = ways.map(
    ({ etherAddress, device }) => [etherAddress, chains.get(device.index)!.name] as const,
  );
  const name = contentName(pairs);
  const set = sparedWaysMap(name, pairs.length);
  return {
    name,
    structure: [
      ...[...chains.values()].map((chain): Structure => ({ kind: 'chain', table, chain })),
      { kind: 'set', table, set, filledBy: 'us' },
    ],
    elements: pairs.map(([etherAddress, chain]) => ({
      set,
      element: { key: macBytes(etherAddress), data: { kind: 'goto', chain } },
    })),
    statements: [{ kind: 'vmap', key: fields('ether daddr'), map: set.name }],
  };
};

const entrances = (devices: Iterable<string>, family: FamilyShape): Structure[] =>
  [...devices].map((device): Structure => {
    const chain = ingressChain(device);
    return {
      kind: 'station',
      table,
      chain,
      order: ingressOrder.spared,
      rule: rule(
        chain.name,
        `flows that need no memory, IPv${suffixOf(family)}`,
        {
          kind: 'compare',
          field: 'meta protocol',
          op: '==',
          value: { type: 'ether_type', bytes: etherType[suffixOf(family)] },
        },
        {
          kind: 'vmap',
          key: fields(family.destination, 'meta l4proto', 'th dport'),
          map: sparedMap(family).name,
        },
      ),
    };
  });

export interface Spared {
  readonly structure: readonly Structure[];
  readonly elements: readonly Element[];
}

/** Undefined: every packet of the service goes the long way. */
export const sparedWay = (
  service: Service,
  family: FamilyShape,
  choice: StatelessChoice,
  transit: Transit | undefined,
  devices: Iterable<string>,
): Spared | undefined => {
  const stable = stableSlots(choice, transit);
  if (!stable.includes(true)) return undefined;
  const ways = distinctWays([...choice.ways.values()]);
  if (!ways) return undefined;
  const { layout, slots, backends } = choice;
  const sending = sendingBy(ways);
  const picks = sparedSlotsMap(family);
  const entries = sparedMap(family);
  const name = `spared${suffixOf(family)}_by_${layout.hashed.join('_')}_m${slots.modulus}_${sending.name}`;
  const slot: Key = [
    ...fields(family.destination, 'th dport'),
    hashSlot(layout.hashed, slots.modulus, family),
  ];
  const chain: Chain = {
    name,
    rules: [
      rule(
        name,
        'slot',
        { kind: 'write', field: 'ether daddr', key: slot, map: picks.name },
        ...sending.statements,
      ),
    ],
  };
  const tcp = protocolBytes(protocolNumber.tcp);
  return {
    structure: [
      { kind: 'set', table, set: picks, filledBy: 'us' },
      { kind: 'set', table, set: entries, filledBy: 'us' },
      ...sending.structure,
      { kind: 'chain', table, chain },
      ...entrances(devices, family),
    ],
    elements: [
      ...sending.elements,
      ...memorylessPlaces(service, family).flatMap(({ address, port }): Element[] => [
        ...slots.owners.flatMap((owner, at): Element[] => {
          if (!stable[at]) return [];
          const key = joined(addressBytes(address), portBytes(port), hostNumber(at));
          const { etherAddress } = choice.ways.get(backends[owner]!)!;
          return [{ set: picks, element: { key, data: macBytes(etherAddress) } }];
        }),
        {
          set: entries,
          element: {
            key: joined(addressBytes(address), tcp, portBytes(port)),
            data: { kind: 'jump', chain: name },
          },
          activates: true,
        },
      ]),
    ],
  };
};
