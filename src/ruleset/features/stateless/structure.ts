/** Sets, chains and rules of services without connection tracking: the same for all services of a kind. */

import type { HashField } from '../../../model/service.js';
import type { Device, SetSpec } from '../../../netlink/nft/ast.js';
import { ingressTable, type Placed, type Structure } from '../../feature.js';
import { shared } from '../../shared.js';
import { hostNumber } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { answerChains, answerEntrances } from './answers.js';
import { kindChains, outChain, outElement, wayInChain } from './chains.js';
import { kindName, kindNumber, type StatelessKind } from './kind.js';
import * as maps from './layout.js';
import { stackRefusals } from './refusals.js';
import { entrance, replyChain } from './replies.js';
import { sparedEntrances } from './spared.js';

const table = ingressTable;

const setOf = (set: SetSpec): Structure => ({
  kind: 'set',
  table,
  set,
  filledBy: set.flags?.includes('dynamic') ? 'packets' : 'us',
});

export interface StatelessShape {
  readonly kind: StatelessKind;
  /** Slots can do without memory: how they are chosen while nothing is in transit. */
  readonly memoryless?: { readonly hashed: readonly HashField[]; readonly modulus: number };
  /** Replies may have to be told by their sender. */
  readonly inherits: boolean;
  readonly rejectsInIngress: boolean;
  /** Interfaces that frames leave by, with their own MAC addresses. */
  readonly outs: readonly { readonly device: Device; readonly etherAddress: string }[];
  /** Interfaces whose incoming packets are looked at. */
  readonly watched: readonly string[];
}

export interface StatelessStructure {
  readonly structure: readonly Structure[];
  /** The same for all services of this shape. */
  readonly elements: readonly Placed[];
  /** Data of the element that says the service's kind. */
  readonly kindNumber: Uint8Array;
}

const setsOf = (
  { kind, memoryless, inherits }: StatelessShape,
  translates: boolean,
  family: FamilyShape,
): SetSpec[] => {
  const { persistence, pinned, byPort, memory } = kind;
  return [
    maps.kindOfMap(family),
    maps.kindsMap,
    maps.picksMap(family),
    ...(memoryless || typeof memory === 'object' ? [maps.formerMap(family)] : []),
    maps.macsMap,
    maps.interfacesMap,
    maps.outMap,
    maps.flowsMap(family),
    ...(persistence.length > 0 ? [maps.clientsMap(persistence, family)] : []),
    ...(pinned ? [maps.pinnedMap(persistence, family)] : []),
    ...(translates
      ? [
          maps.addressesMap(family),
          maps.portsMap,
          maps.repliesMap(family),
          maps.recentMap(family),
          maps.wayMacMap(family),
          maps.wayInterfaceMap(family),
          byPort ? maps.entryPortsMap(family) : maps.entryHostsMap(family),
          maps.entryAddressMap(family),
          maps.entryPortMap,
          ...(inherits ? [maps.inheritedMap(family)] : []),
          ...(memoryless ? [maps.answersMap(family), maps.directSet(family), maps.sparedMap(family)] : []),
        ]
      : []),
  ];
};

/**
 * The kind, and those that its services have while slots change hands. They stand there beforehand: a new rule that reads a map makes the kernel
 * look at every element of that map (nf_tables_bind_set), and a new verdict at those of every verdict map, both within the change of a backend.
 */
const kindsOf = (kind: StatelessKind, former: StatelessShape['memoryless']): StatelessKind[] => {
  if (!former) return [kind];
  const all = new Map<string, StatelessKind>();
  for (const memory of [kind.memory, 'spared', 'settling', former] as const) {
    all.set(JSON.stringify(memory), { ...kind, ...(memory && { memory }) });
  }
  return [...all.values()];
};

export const statelessStructure = shared((shape: StatelessShape, family): StatelessStructure => {
  const { kind, memoryless, inherits, rejectsInIngress, outs, watched } = shape;
  const translates = kind.mode === 'stlsdnat';
  const isClear = translates && memoryless !== undefined;
  const kinds = kindsOf(kind, memoryless);
  const ways = outs.map(({ device, etherAddress }) => ({ device, chain: outChain(device, etherAddress) }));
  const chains = [
    ...ways.map(({ chain }) => chain),
    ...(translates ? [wayInChain(family), replyChain(family)] : []),
    ...(isClear ? answerChains(family) : []),
    ...kinds.flatMap((one) => kindChains(one, family, rejectsInIngress)),
  ];
  return {
    structure: [
      ...setsOf(shape, translates, family).map(setOf),
      ...(rejectsInIngress ? [] : stackRefusals(family)),
      ...chains.map((chain): Structure => ({ kind: 'chain', table, chain })),
      ...entrance(family, { devices: watched, replies: translates, inherits }),
      // In transit, too: what is found there are packets past the service.
      ...(isClear ? [...sparedEntrances(watched, family), ...answerEntrances(watched, family)] : []),
    ],
    elements: [
      ...ways.map(
        ({ device, chain }): Placed => ({ table, set: maps.outMap, element: outElement(device, chain) }),
      ),
      ...kinds.map(
        (one): Placed => ({
          table,
          set: maps.kindsMap,
          element: {
            key: hostNumber(kindNumber(one, family)),
            data: { kind: 'goto', chain: kindName(one, family) },
          },
        }),
      ),
    ],
    kindNumber: hostNumber(kindNumber(kind, family)),
  };
});
