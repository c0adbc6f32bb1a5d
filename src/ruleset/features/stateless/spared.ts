/**
 * The short way of services without connection tracking: where a flow goes follows from its hash alone, so that nothing is remembered. One
 * look-up by address and port, one by slot, and one by interface if there are several; with stlsdnat one more for the backend's MAC address,
 * and one for the way by which the client has come. What is not found goes on to chains that remember.
 *
 * Slots are data and no verdicts: the kernel follows every verdict of every map with a change (nft_chain_validate). Chains and maps are shared
 * by all services of a kind; only where backends of dsr are behind several interfaces, those services that have the same backends share them.
 * Both addresses of a frame are written at once: writing is what costs most in such a rule.
 */

import { protocolNumber, type Service } from '../../../model/service.js';
import type { ElementBytes, Key, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import { ingressTable, type Placed, type Structure } from '../../feature.js';
import { fingerprint, rule } from '../../rules.js';
import { shared } from '../../shared.js';
import { ingressChain, ingressOrder } from '../../stations.js';
import { keptSlots, type Transit } from '../../transit.js';
import { addressBytes, etherBytes, hostNumber, joined, portBytes, protocolBytes } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { fields } from '../statements.js';
import type { Reached } from './backends.js';
import { hashSlot, protocolIs, wayInRule } from './chains.js';
import { memorylessPlaces, type StatelessChoice } from './choice.js';
import * as maps from './layout.js';
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
/** As they stand in the frame. */
const pairBytes = ({ etherAddress, deviceEtherAddress }: Reached): Uint8Array =>
  joined(macBytes(etherAddress), macBytes(deviceEtherAddress));

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

/** How a packet leaves whose slot has been found, and what that needs. */
interface Sending {
  /** Of the chain, behind what tells how slots are made. */
  readonly name: string;
  readonly sets: readonly SetSpec[];
  readonly elements: readonly Element[];
  readonly statements: readonly Statement[];
}

/** By the only interface there is; undefined: there are several. */
const onlyDevice = (ways: readonly Reached[]): Reached['device'] | undefined => {
  const [first] = ways;
  return first && ways.every(({ device }) => device.index === first.device.index) ? first.device : undefined;
};

const framesSent = (choice: StatelessChoice): Sending | undefined => {
  const ways = distinctWays([...choice.ways.values()]);
  if (!ways) return undefined;
  const device = onlyDevice(ways);
  if (device) {
    return { name: contentName(device), sets: [], elements: [], statements: [{ kind: 'fwd', device }] };
  }
  const pairs = ways.map((way) => [way.etherAddress, way.device.index] as const);
  const name = contentName(pairs);
  const set = maps.sparedWaysMap(name, pairs.length);
  return {
    name,
    sets: [set],
    elements: pairs.map(([mac, index]) => ({
      set,
      element: { key: macBytes(mac), data: hostNumber(index) },
    })),
    statements: [{ kind: 'fwd', key: fields('ether daddr'), map: set.name }],
  };
};

const packetsSent = (choice: StatelessChoice, family: FamilyShape): Sending => {
  const device = onlyDevice([...choice.ways.values()]);
  const port = choice.backends[0]?.port;
  const pairs = maps.sparedPairsMap(family);
  const devices = maps.sparedDevicesMap(family);
  const backend = fields(family.destination);
  const ways = [...choice.ways];
  return {
    name: ['to', port ?? 'any', ...(device ? [contentName(device)] : [])].join('_'),
    sets: [pairs, ...(device ? [] : [devices])],
    elements: ways.flatMap(([{ address }, way]): Element[] => {
      const key = addressBytes(address);
      return [
        { set: pairs, element: { key, data: pairBytes(way) } },
        ...(device ? [] : [{ set: devices, element: { key, data: hostNumber(way.device.index) } }]),
      ];
    }),
    statements: [
      ...(port === undefined
        ? []
        : [
            {
              kind: 'write',
              field: 'th dport',
              value: { type: 'inet_service', bytes: portBytes(port).subarray(0, 2) },
            } as const,
          ]),
      { kind: 'write', field: 'ether addresses', key: backend, map: pairs.name },
      device ? { kind: 'fwd', device } : { kind: 'fwd', key: backend, map: devices.name },
    ],
  };
};

/** Before the chains that remember. */
export const sparedEntrances = (devices: Iterable<string>, family: FamilyShape): Structure[] =>
  [...devices].map((device): Structure => {
    const chain = ingressChain(device);
    return {
      kind: 'station',
      table,
      chain,
      order: ingressOrder.spared,
      rule: rule(
        chain.name,
        `flows that need no memory, IPv${maps.suffixOf(family)}`,
        {
          kind: 'compare',
          field: 'meta protocol',
          op: '==',
          value: { type: 'ether_type', bytes: etherType[maps.suffixOf(family)] },
        },
        {
          kind: 'vmap',
          key: fields(family.destination, 'meta l4proto', 'th dport'),
          map: maps.sparedMap(family).name,
        },
      ),
    };
  });

export interface Spared {
  readonly structure: readonly Structure[];
  /** What the service may have from elsewhere, too. */
  readonly elements: readonly Element[];
  /** Nobody else's. */
  readonly slots: readonly Placed[];
}

interface SparedShape {
  readonly translates: boolean;
  readonly hashed: StatelessChoice['layout']['hashed'];
  readonly modulus: number;
  readonly sending: Omit<Sending, 'elements'>;
  readonly devices: readonly string[];
}

const sparedStructure = shared(({ translates, hashed, modulus, sending, devices }: SparedShape, family) => {
  const picks = translates ? maps.sparedBackendsMap(family) : maps.sparedFramesMap(family);
  const how = `by_${hashed.join('_')}_m${modulus}`;
  const name = `spared${maps.suffixOf(family)}_${translates ? 'nat_' : ''}${how}_${sending.name}`;
  const key: Key = [...fields(family.destination, 'th dport'), hashSlot(hashed, modulus, family)];
  const rules = translates
    ? [
        wayInRule(name, family),
        rule(
          name,
          'slot',
          protocolIs(protocolNumber.tcp),
          { kind: 'write', field: family.destination as 'ip daddr', key, map: picks.name },
          ...sending.statements,
        ),
      ]
    : [
        rule(
          name,
          'slot',
          { kind: 'write', field: 'ether addresses', key, map: picks.name },
          ...sending.statements,
        ),
      ];
  const sets = [picks, maps.sparedMap(family), ...sending.sets];
  return {
    name,
    structure: [
      ...sets.map((set): Structure => ({ kind: 'set', table, set, filledBy: 'us' })),
      { kind: 'chain', table, chain: { name, rules } } as const,
      ...sparedEntrances(devices, family),
    ],
  };
});

/** Undefined: every packet of the service goes the long way. */
export const sparedWay = (
  service: Service,
  family: FamilyShape,
  choice: StatelessChoice,
  transit: Transit | undefined,
  devices: readonly string[],
): Spared | undefined => {
  const stable = stableSlots(choice, transit);
  if (!stable.includes(true)) return undefined;
  const translates = service.mode === 'stlsdnat';
  const sending = translates ? packetsSent(choice, family) : framesSent(choice);
  if (!sending) return undefined;
  const { layout, slots, backends } = choice;
  const picks = translates ? maps.sparedBackendsMap(family) : maps.sparedFramesMap(family);
  const entries = maps.sparedMap(family);
  const { sets, statements } = sending;
  const { name, structure } = sparedStructure(
    {
      translates,
      hashed: layout.hashed,
      modulus: slots.modulus,
      sending: { name: sending.name, sets, statements },
      devices,
    },
    family,
  );
  const ownerData = backends.map((backend): Uint8Array | undefined => {
    const way = choice.ways.get(backend);
    return way && (translates ? addressBytes(backend.address) : pairBytes(way));
  });
  const tcp = protocolBytes(protocolNumber.tcp);
  const places = memorylessPlaces(service, family);
  return {
    structure,
    elements: [
      ...sending.elements,
      ...places.map(
        ({ address, port }): Element => ({
          set: entries,
          element: {
            key: joined(addressBytes(address), tcp, portBytes(port)),
            data: { kind: 'jump', chain: name },
          },
          activates: true,
        }),
      ),
    ],
    slots: places.flatMap(({ address, port }): Placed[] => {
      const [from, to] = [addressBytes(address), portBytes(port)];
      return slots.owners.flatMap((owner, at) => {
        const data = ownerData[owner];
        if (!stable[at] || !data) return [];
        return { table, set: picks, element: { key: joined(from, to, hostNumber(at)), data } };
      });
    }),
  };
};
