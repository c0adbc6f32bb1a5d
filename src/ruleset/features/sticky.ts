/** Persistence entries of general services that no longer count, because a backend has failed or is gone. */

import type { ElementBytes, TableName } from '../../netlink/nft/ast.js';
import type { Placed } from '../feature.js';
import { keyText } from '../same-element.js';

const keeperName = /^keep_(.+)_\d+m?s(_address)?$/;

/** The map whose entries a keeper set allows. */
const stickyNameOf = (keeper: string): string | undefined => {
  const match = keeperName.exec(keeper);
  return match ? `sticky_${match[1]}${match[2] ?? ''}` : undefined;
};

export const isStickyName = (set: string): boolean => set.startsWith('sticky_');

/** `service number . backend [. port]` of lost pairs, by table and map. */
export interface LostPairs {
  readonly table: TableName;
  readonly sticky: string;
  readonly pairs: ReadonlySet<string>;
}

const pairsByMap = (
  placed: Iterable<Placed>,
): Map<string, { table: TableName; sticky: string; pairs: Set<string> }> => {
  const found = new Map<string, { table: TableName; sticky: string; pairs: Set<string> }>();
  for (const { table, set, element } of placed) {
    const sticky = stickyNameOf(set.name);
    if (sticky === undefined) continue;
    const key = `${table.family} ${sticky}`;
    const list = found.get(key) ?? { table, sticky, pairs: new Set<string>() };
    found.set(key, list);
    list.pairs.add(keyText(element.key));
  }
  return found;
};

/** Pairs that were allowed and are not any more. */
export const lostPairs = (removed: readonly Placed[], added: readonly Placed[]): LostPairs[] => {
  const kept = pairsByMap(added);
  return [...pairsByMap(removed)].flatMap(([key, { table, sticky, pairs }]) => {
    const still = kept.get(key)?.pairs;
    const lost = new Set([...pairs].filter((pair) => !still?.has(pair)));
    return lost.size > 0 ? [{ table, sticky, pairs: lost }] : [];
  });
};

/** Service number at the end of the key, then the data: what keeper sets have as their key. */
const pairOf = ({ key, data }: ElementBytes): string | undefined =>
  data instanceof Uint8Array ? keyText(key.subarray(key.length - 4)) + keyText(data) : undefined;

export const entriesOf = (elements: readonly ElementBytes[], pairs: ReadonlySet<string>): ElementBytes[] =>
  elements.filter((element) => pairs.has(pairOf(element) ?? ''));

/** Entries of one map that none of `keepers`, the elements of all keeper sets in this table, allows. */
export const strayEntries = (
  sticky: string,
  elements: readonly ElementBytes[],
  keepers: Iterable<Placed>,
): ElementBytes[] => {
  const allowed = new Set<string>();
  for (const { set, element } of keepers) {
    if (stickyNameOf(set.name) === sticky) allowed.add(keyText(element.key));
  }
  return elements.filter((element) => !allowed.has(pairOf(element) ?? ''));
};
