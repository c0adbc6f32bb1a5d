/** The structure of the table, adopted: sets and chains that are there and right stay, the rest is made, corrected or removed. */

import type { ElementBytes, NftTable, Operation, SetSpec } from '../netlink/nft/ast.js';
import { typesBytes } from '../netlink/nft/fields.js';
import type { Batches } from './batches.js';
import { chainOperations } from './chain-operations.js';
import {
  type Chain,
  type ChainUse,
  everySharedChain,
  isSharedChain,
  kindChain,
  recorderChain,
  sharedChains,
} from './chains.js';
import type { EngineContext } from './context.js';

import { isKindChain, type KindNumber, kindOf } from './kinds.js';
import { persistMap, recorderOf, serviceTable, staticSets } from './layout.js';

/** What was read: the table, and the elements of its sets by name. */
export interface KernelPicture {
  readonly table: NftTable | undefined;
  readonly elements: ReadonlyMap<string, readonly ElementBytes[]>;
}

export const emptyPicture: KernelPicture = { table: undefined, elements: new Map() };

/** A set that another version declared in another shape cannot be changed, only made anew. */
export const hasShape = (table: NftTable, set: SetSpec): boolean => {
  const found = table.sets.find(({ name }) => name === set.name);
  if (!found) return true;
  const dataBytes = Array.isArray(set.data) ? typesBytes(set.data) : 0;
  return found.keyBytes === typesBytes(set.key) && (set.data === 'verdict' || found.dataBytes === dataBytes);
};

/** With the size it is to have: adding it again changes that (since Linux 6.5; older ones keep the old size). */
export const isThere = (table: NftTable, { name, size }: SetSpec): boolean => {
  const found = table.sets.find((set) => set.name === name);
  return found !== undefined && (size === undefined || found.size === undefined || found.size === size);
};

/** True when the table has to be made anew as a whole: something in it has a shape that no change leads away from. */
export const mustRebuild = (table: NftTable): boolean =>
  staticSets.some((set) => !hasShape(table, set)) ||
  everySharedChain.some((chain) => {
    const found = table.chains.find(({ name }) => name === chain.name);
    return found !== undefined && (found.hook !== undefined) !== (chain.hook !== undefined);
  });

export const sameRules = (comments: readonly string[], chain: Chain): boolean =>
  comments.length === chain.rules.length &&
  chain.rules.every((rule, index) => rule.comment === comments[index]);

const chainChange = (table: NftTable | undefined, chain: Chain): Operation[] => {
  const found = table?.chains.find(({ name }) => name === chain.name);
  if (!found) return chainOperations(serviceTable, chain);
  if (sameRules(found.ruleComments, chain)) return [];
  const [, ...rules] = chainOperations(serviceTable, chain);
  return [{ op: 'flush-chain', table: serviceTable, chain: chain.name }, ...rules];
};

/** Recorder sets that chain `record` has a rule for, in its order: a restart need not write it again. */
export const recordersFound = (picture: KernelPicture): string[] =>
  picture.table?.chains
    .find(({ name }) => name === 'record')
    ?.ruleComments.map((comment) => comment.slice(0, comment.indexOf(' '))) ?? [];

/** Returns what nobody uses any more, to be removed behind everything else. */
export const adoptStructure = (
  picture: KernelPicture,
  kinds: ReadonlySet<KindNumber>,
  recorders: ReadonlyMap<string, SetSpec>,
  use: Pick<ChainUse, 'sources' | 'masquerading'>,
  context: EngineContext,
  batches: Batches,
): Operation[] => {
  const { table } = picture;
  // An orphan of ours that the kernel kept is taken over the same way as a new one is made.
  if (!table || (context.protect && !table.owned)) {
    batches.structure({ op: 'add-table', table: serviceTable, ...(context.protect && { owner: true }) });
  }
  const { persistCapacity: size } = context;
  for (const one of [...staticSets, ...recorders.values()]) {
    const set = one === persistMap && size !== undefined ? { ...one, size } : one;
    if (!table || !isThere(table, set)) batches.structure({ op: 'add-set', table: serviceTable, set });
  }
  const chains = [
    ...[...kinds].map((number) => kindChain(kindOf(number)!)),
    ...[...recorders.keys()].map((name) => recorderChain(name, context)),
    ...sharedChains({ ...use, plain: kinds.size > 0, recorders: [...recorders.keys()] }),
  ];
  for (const chain of chains) batches.structure(...chainChange(table, chain));
  if (!table) return [];
  const unused: Operation[] = [];
  const wanted = new Set(chains.map(({ name }) => name));
  // Those first that others are referred to by.
  const rank = ({ name, hook }: NftTable['chains'][number]): number => (hook ? 0 : name === 'record' ? 1 : 2);
  for (const { name } of [...table.chains].sort((a, b) => rank(a) - rank(b))) {
    const ours = isKindChain(name) || recorderOf(name) !== undefined || isSharedChain(name);
    if (ours && !wanted.has(name)) unused.push({ op: 'delete-chain', table: serviceTable, chain: name });
  }
  for (const { name } of table.sets) {
    if (recorderOf(name) && !recorders.has(name)) {
      unused.push({ op: 'delete-set', table: serviceTable, set: name });
    }
  }
  return unused;
};

/** Chains and sets of the table that belong to the plain services. */
export const isPlainName = (name: string): boolean =>
  isKindChain(name) ||
  recorderOf(name) !== undefined ||
  isSharedChain(name) ||
  staticSets.some((set) => set.name === name);
