/**
 * What all features together need in the kernel: each structure and element once, with the number of units (services, policies) that
 * name it. A change of one unit costs what that unit names.
 */

import type { ElementBytes, Operation, TableName } from '../netlink/nft/ast.js';
import type { Batches } from './batches.js';
import { chainOperations } from './chain-operations.js';
import type { Contribution, Placed, Structure } from './feature.js';
import { keyText, sameElement } from './same-element.js';

type Station = Extract<Structure, { kind: 'station' }>;

interface Used<T> {
  readonly what: T;
  users: number;
}

export interface Composition {
  /** What each unit contributes now. */
  readonly units: Map<string, Contribution>;
  readonly structures: Map<string, Used<Structure>>;
  readonly elements: Map<string, Used<Placed>>;
}

export const emptyComposition = (): Composition => ({
  units: new Map(),
  structures: new Map(),
  elements: new Map(),
});

export const structureKey = (structure: Structure): string => {
  const { family } = structure.table;
  if (structure.kind === 'set') return `${family} set ${structure.set.name}`;
  if (structure.kind === 'chain') return `${family} chain ${structure.chain.name}`;
  if (structure.kind === 'object') return `${family} ${structure.object.type} ${structure.object.name}`;
  if (structure.kind === 'flowtable') return `${family} flowtable ${structure.flowtable.name}`;
  return `${family} station ${structure.chain.name} ${structure.order} ${structure.rule.comment}`;
};

export const elementKey = ({ table, set, element }: Placed): string =>
  `${table.family} ${set.name} ${keyText(element.key)}${element.keyEnd ? `-${keyText(element.keyEnd)}` : ''}`;

const byOrder = (a: Station, b: Station): number =>
  a.order - b.order || ((a.rule.comment ?? '') < (b.rule.comment ?? '') ? -1 : 1);

/** The rules that somebody needs in a shared chain, in their order. */
export const stationsOf = (composition: Composition, table: TableName, chain: string): Station[] =>
  [...composition.structures.values()]
    .flatMap(({ what, users }) =>
      users > 0 && what.kind === 'station' && what.chain.name === chain && what.table.family === table.family
        ? [what]
        : [],
    )
    .sort(byOrder);

/** How many elements one message takes. */
const listLength = 2_000;

/** Elements by set, in messages of bounded size. `mayEnd`: a transaction may end behind each of them. */
export const writeElements = (
  op: 'add-elements' | 'delete-elements',
  placed: readonly Placed[],
  batches: Batches,
  mayEnd = false,
): void => {
  const bySet = new Map<string, Placed[]>();
  let list: Placed[] = [];
  for (const one of placed) {
    // Elements of a set stand together mostly.
    if (one.set !== list[0]?.set || one.table !== list[0].table) {
      const key = `${one.table.family} ${one.set.name}`;
      list = bySet.get(key) ?? [];
      bySet.set(key, list);
    }
    list.push(one);
  }
  for (const list of bySet.values()) {
    const [{ table, set }] = list as [Placed, ...Placed[]];
    for (let from = 0; from < list.length; from += listLength) {
      const elements: ElementBytes[] = list.slice(from, from + listLength).map(({ element }) => element);
      const phase = op === 'delete-elements' ? 'remove' : list[from]!.activates === true ? 'activate' : 'add';
      batches.operation(phase, { op, table, set, elements });
      if (mayEnd) batches.mark();
    }
  }
};

const createStructure = (what: Structure, batches: Batches): void => {
  if (what.kind === 'set') batches.structure({ op: 'add-set', table: what.table, set: what.set });
  else if (what.kind === 'chain') batches.structure(...chainOperations(what.table, what.chain));
  else if (what.kind === 'object') {
    batches.structure({ op: 'add-object', table: what.table, object: what.object });
  } else if (what.kind === 'flowtable') {
    batches.structure({ op: 'add-flowtable', table: what.table, flowtable: what.flowtable });
  }
};

/** The rules of a shared chain as they are to be. */
const rewriteStations = (composition: Composition, { table, chain }: Station, batches: Batches): void => {
  batches.structure(
    { op: 'flush-chain', table, chain: chain.name },
    ...stationsOf(composition, table, chain.name).map(
      ({ rule }): Operation => ({ op: 'add-rule', table, rule }),
    ),
  );
};

const stationPrefix = ({ table, chain }: Station): string => `${table.family} station ${chain.name} `;

export interface ElementChange {
  readonly removed: readonly Placed[];
  readonly added: readonly Placed[];
}

const noChange: ElementChange = { removed: [], added: [] };

/** Counts the unit's new contribution instead of its old one, and writes the difference. */
export const changeUnit = (
  composition: Composition,
  unit: string,
  next: Contribution | undefined,
  batches: Batches,
): ElementChange => {
  const before = composition.units.get(unit);
  if (before === next) return noChange;
  if (next) composition.units.set(unit, next);
  else composition.units.delete(unit);

  const created: Structure[] = [];
  const knownChains = new Set<string>();
  const newChains = new Set<string>();
  for (const structure of next?.structure ?? []) {
    const key = structureKey(structure);
    const used = composition.structures.get(key);
    if (used) {
      if (used.users === 0 && structure.kind === 'station') created.push(structure);
      used.users++;
      continue;
    }
    if (structure.kind === 'station') {
      const prefix = stationPrefix(structure);
      // Before the first of its rules is counted: a second one must not be taken for a chain that is there.
      const isKnown =
        !newChains.has(prefix) &&
        [...composition.structures.keys()].some((known) => known.startsWith(prefix));
      (isKnown ? knownChains : newChains).add(prefix);
    }
    composition.structures.set(key, { what: structure, users: 1 });
    created.push(structure);
  }
  for (const structure of before?.structure ?? [])
    composition.structures.get(structureKey(structure))!.users--;
  const rewritten = new Map<string, Station>();
  for (const structure of created) {
    if (structure.kind !== 'station') {
      createStructure(structure, batches);
      continue;
    }
    // The chain at once, as others may jump to it; its rules when all that they refer to is there.
    const prefix = stationPrefix(structure);
    if (!knownChains.has(prefix)) {
      batches.structure({ op: 'add-chain', table: structure.table, chain: structure.chain });
      knownChains.add(prefix);
    }
    rewritten.set(prefix, structure);
  }
  for (const station of rewritten.values()) rewriteStations(composition, station, batches);

  const added: Placed[] = [];
  const removed: Placed[] = [];
  for (const placed of next?.elements ?? []) {
    const key = elementKey(placed);
    const used = composition.elements.get(key);
    if (!used || used.users === 0) {
      composition.elements.set(key, { what: placed, users: 1 });
      added.push(placed);
      continue;
    }
    if (!sameElement(used.what.element, placed.element)) {
      removed.push(used.what);
      added.push({ ...placed, activates: false });
      composition.elements.set(key, { what: placed, users: used.users + 1 });
    } else used.users++;
  }
  for (const placed of before?.elements ?? []) {
    const key = elementKey(placed);
    const used = composition.elements.get(key)!;
    used.users--;
    if (used.users > 0) continue;
    composition.elements.delete(key);
    removed.push(used.what);
  }
  writeElements('delete-elements', removed, batches);
  writeElements('add-elements', added, batches);
  batches.mark();
  return { removed, added };
};

/** Chains, sets and rules that nobody needs any more: taken out of the picture, and the operations that remove them. */
export const sweepUnused = (composition: Composition): Operation[] => {
  const unused = [...composition.structures].filter(([, { users }]) => users === 0);
  const stations = new Map<string, Station>();
  const chains: Operation[] = [];
  const rest: Operation[] = [];
  for (const [key, { what }] of unused) {
    composition.structures.delete(key);
    const { table } = what;
    if (what.kind === 'station') stations.set(stationPrefix(what), what);
    else if (what.kind === 'chain') {
      chains.push({ op: 'flush-chain', table, chain: what.chain.name });
      rest.push({ op: 'delete-chain', table, chain: what.chain.name });
    } else if (what.kind === 'set') rest.unshift({ op: 'delete-set', table, set: what.set.name });
    else if (what.kind === 'object') rest.unshift({ op: 'delete-object', table, object: what.object });
    else rest.unshift({ op: 'delete-flowtable', table, flowtable: what.flowtable.name });
  }
  const rewritten = [...stations.values()].flatMap(({ table, chain }): Operation[] => {
    const left = stationsOf(composition, table, chain.name);
    if (left.length === 0) rest.push({ op: 'delete-chain', table, chain: chain.name });
    return [
      { op: 'flush-chain', table, chain: chain.name },
      ...left.map(({ rule }): Operation => ({ op: 'add-rule', table, rule })),
    ];
  });
  return [...rewritten, ...chains, ...rest];
};
