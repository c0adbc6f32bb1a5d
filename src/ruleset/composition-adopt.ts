/**
 * What features need, compared with what the kernel holds: a start, a restart, and the repair after somebody else's hands. What is right
 * stays, what packets wrote stays, the rest is made, corrected or removed.
 */

import type { ElementBytes, NftTable, Operation, RuleSpec, TableName } from '../netlink/nft/ast.js';
import { hasShape, isThere, sameRules } from './adopt-structure.js';
import type { Batches } from './batches.js';
import { chainOperations } from './chain-operations.js';
import {
  type Composition,
  elementKey,
  emptyComposition,
  stationsOf,
  structureKey,
  writeElements,
} from './composition.js';
import { type Contribution, ipTable, type Placed } from './feature.js';
import { sameElement } from './same-element.js';

/** One table as it was read; elements of the sets that we fill. */
export interface FeaturePicture {
  readonly name: TableName;
  readonly table: NftTable | undefined;
  readonly elements: ReadonlyMap<string, readonly ElementBytes[]>;
}

/** Counts what all units name; nothing is written. */
export const compose = (units: Iterable<readonly [string, Contribution]>): Composition => {
  const composition = emptyComposition();
  for (const [unit, contribution] of units) {
    composition.units.set(unit, contribution);
    for (const structure of contribution.structure) {
      const key = structureKey(structure);
      const used = composition.structures.get(key);
      if (used) used.users++;
      else composition.structures.set(key, { what: structure, users: 1 });
    }
    for (const placed of contribution.elements) {
      const key = elementKey(placed);
      const used = composition.elements.get(key);
      if (used) used.users++;
      else composition.elements.set(key, { what: placed, users: 1 });
    }
  }
  return composition;
};

/** Sets of one table whose elements have to be read: those that we fill, wholly or in part. */
export const setsToRead = (composition: Composition, { family }: TableName): string[] => {
  const names = new Set<string>();
  for (const { what } of composition.structures.values()) {
    if (what.kind === 'set' && what.table.family === family && what.filledBy === 'us')
      names.add(what.set.name);
  }
  for (const { what } of composition.elements.values()) {
    if (what.table.family === family) names.add(what.set.name);
  }
  return [...names];
};

/** True when a set or chain of another version stands in the way: the table has to be made anew. */
export const isMisshapen = (composition: Composition, { name, table }: FeaturePicture): boolean => {
  if (!table) return false;
  for (const { what } of composition.structures.values()) {
    if (what.table.family !== name.family) continue;
    if (what.kind === 'set') {
      if (!hasShape(table, what.set)) return true;
      continue;
    }
    if (what.kind === 'object' || what.kind === 'flowtable') continue;
    const found = table.chains.find((chain) => chain.name === what.chain.name);
    if (found && (found.hook !== undefined) !== (what.chain.hook !== undefined)) return true;
  }
  return false;
};

const rulesDiffer = (found: readonly string[], rules: readonly RuleSpec[]): boolean =>
  !sameRules(found, { name: '', rules });

const objectId = ({ type, name }: { readonly type: string; readonly name: string }): string =>
  `${type} ${name}`;

/** Makes or corrects sets and chains; returns what nobody needs: rules, then the sets they read, then the chains that verdicts in sets lead to. `isOthers`: names that are not features'. */
const adoptFeatureStructure = (
  composition: Composition,
  { name: family, table }: FeaturePicture,
  isOthers: (name: string) => boolean,
  batches: Batches,
): Operation[] => {
  const wanted = new Set<string>();
  const objects = new Set<string>();
  const stations = new Map<string, () => void>();
  for (const { what } of composition.structures.values()) {
    if (what.table.family !== family.family) continue;
    if (what.kind === 'set') {
      wanted.add(what.set.name);
      if (!table || !isThere(table, what.set)) {
        batches.structure({ op: 'add-set', table: family, set: what.set });
      }
      continue;
    }
    if (what.kind === 'object') {
      const id = objectId(what.object);
      objects.add(id);
      if (!table?.objects.some((found) => objectId(found) === id)) {
        batches.structure({ op: 'add-object', table: family, object: what.object });
      }
      continue;
    }
    if (what.kind === 'flowtable') {
      const { flowtable } = what;
      objects.add(flowtable.name);
      if (!table?.flowtables.includes(flowtable.name)) {
        batches.structure({ op: 'add-flowtable', table: family, flowtable });
      }
      continue;
    }
    const { chain } = what;
    wanted.add(chain.name);
    const found = table?.chains.find(({ name }) => name === chain.name);
    if (what.kind === 'chain') {
      const [create, ...rules] = chainOperations(family, what.chain);
      if (!found) batches.structure(create!, ...rules);
      else if (rulesDiffer(found.ruleComments, what.chain.rules)) {
        batches.structure({ op: 'flush-chain', table: family, chain: chain.name }, ...rules);
      }
      continue;
    }
    if (stations.has(chain.name)) continue;
    if (!found) batches.structure({ op: 'add-chain', table: family, chain });
    stations.set(chain.name, () => {
      const rules = stationsOf(composition, family, chain.name).map(({ rule }) => rule);
      if (found && !rulesDiffer(found.ruleComments, rules)) return;
      if (found) batches.structure({ op: 'flush-chain', table: family, chain: chain.name });
      batches.structure(...rules.map((rule): Operation => ({ op: 'add-rule', table: family, rule })));
    });
  }
  for (const write of stations.values()) write();
  const goneChains = (table?.chains ?? []).filter(({ name }) => !wanted.has(name) && !isOthers(name));
  const goneSets = (table?.sets ?? []).filter(({ name }) => !wanted.has(name) && !isOthers(name));
  return [
    ...goneChains.map(({ name }): Operation => ({ op: 'flush-chain', table: family, chain: name })),
    ...goneSets.map(({ name }): Operation => ({ op: 'delete-set', table: family, set: name })),
    ...goneChains.map(({ name }): Operation => ({ op: 'delete-chain', table: family, chain: name })),
    ...(table?.objects ?? [])
      .filter((object) => !objects.has(objectId(object)))
      .map((object): Operation => ({ op: 'delete-object', table: family, object })),
    ...(table?.flowtables ?? [])
      .filter((name) => !objects.has(name))
      .map((flowtable): Operation => ({ op: 'delete-flowtable', table: family, flowtable })),
  ];
};

const adoptElements = (composition: Composition, picture: FeaturePicture, batches: Batches): void => {
  const left = new Map<string, Placed>();
  for (const [setName, elements] of picture.elements) {
    const { family } = picture.name;
    const used = composition.structures.get(`${family} set ${setName}`)?.what;
    if (used?.kind !== 'set') continue;
    for (const element of elements) {
      const placed: Placed = { table: picture.name, set: used.set, element };
      left.set(elementKey(placed), placed);
    }
  }
  const removed: Placed[] = [];
  const added: Placed[] = [];
  for (const [key, { what }] of composition.elements) {
    if (what.table.family !== picture.name.family) continue;
    const found = left.get(key);
    left.delete(key);
    if (found && sameElement(found.element, what.element)) continue;
    if (found) removed.push(found);
    added.push(found ? { ...what, activates: false } : what);
  }
  for (const placed of left.values()) {
    const used = composition.structures.get(`${placed.table.family} set ${placed.set.name}`)?.what;
    if (used?.kind === 'set' && used.filledBy === 'us') removed.push(placed);
  }
  // What leads packets to the rest waits for the end: so much at once may be more than one transaction takes.
  writeElements('delete-elements', removed, batches, true);
  writeElements('add-elements', added, batches, true);
  batches.mark();
};

export interface FeatureTables {
  /** Ask the kernel to own tables. */
  readonly protect: boolean;
  isOthers(table: TableName, name: string): boolean;
}

/** A table that goes when no feature needs anything in it; the other one has the plain services. */
export const isEmptied = ({ family }: TableName): boolean => family !== ipTable.family;

/** Writes into `batches` what leads from `pictures` to `composition`. */
export const adoptFeatures = (
  composition: Composition,
  pictures: readonly FeaturePicture[],
  { protect, isOthers }: FeatureTables,
  batches: Batches,
): void => {
  for (const picture of pictures) {
    const { name, table } = picture;
    const needed = [...composition.structures.values()].some(({ what }) => what.table.family === name.family);
    if (!needed && !table) continue;
    if (!needed && isEmptied(name)) {
      batches.cleanup({ op: 'delete-table', table: name });
      continue;
    }
    if (needed && (!table || (protect && !table.owned))) {
      batches.structure({ op: 'add-table', table: name, ...(protect && { owner: true }) });
    }
    const unused = adoptFeatureStructure(composition, picture, (one) => isOthers(name, one), batches);
    adoptElements(composition, picture, batches);
    batches.cleanup(...unused);
  }
};
