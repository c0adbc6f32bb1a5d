/**
 * Kernels against each other, entry by entry. In each group the word of its active node counts, as in replication itself; every other node
 * is compared with that one.
 *
 * A lifetime is in order between two bounds: at least what the active node has told of, and at most what its kernel has, give or take
 * `toleranceMs`. Between the two lies what packets have refreshed since, which travels when the other node needs it.
 */

import type { EntryColumns } from '../model/columns.js';
import { EntryTable } from './table.js';

/** Part of what a node's kernel holds, in which `remainingMs` and `toldMs` count from `atMs` on the reader's clock. */
export interface KernelPiece {
  readonly entries: EntryColumns;
  readonly toldMs: readonly number[];
  readonly atMs: number;
}

export interface KernelDump {
  readonly node: string;
  readonly pieces: readonly KernelPiece[];
  /** False: it takes no entries of others, so nothing is expected in it. */
  readonly takes: boolean;
}

export type DifferenceKind = 'missing' | 'extra' | 'backend' | 'lifetime';

/** `entries`, `at`: an entry of that key, for those who can name it. */
export interface RawDifference {
  readonly node: string;
  /** The node that it was compared with. */
  readonly reference: string;
  readonly what: DifferenceKind;
  readonly entries: EntryColumns;
  readonly at: number;
  /** What the reference has; undefined: nothing. */
  readonly wanted: { readonly entries: EntryColumns; readonly at: number } | undefined;
  readonly remainingMs: number;
  readonly wantedMs: number;
}

/** Frames, batches and dumps take time. */
export const toleranceMs = 5_000;

interface Wanted {
  readonly piece: KernelPiece;
  readonly at: number;
}

/**
 * `referenceOf`: the node whose word counts in a group. Groups without one of `dumps` are passed over, and so are entries of no group (-1).
 * At most `most` differences.
 */
export const compareKernels = (
  dumps: readonly KernelDump[],
  groupOf: (address: number) => number,
  referenceOf: (group: number) => string | undefined,
  nowMs: number,
  most: number,
): RawDifference[] => {
  const total = dumps.reduce(
    (sum, { pieces }) => sum + pieces.reduce((entries, piece) => entries + piece.entries.client.length, 0),
    0,
  );
  const table = new EntryTable(Math.max(1, total), 0);
  const wanted: Wanted[] = [];
  const judged = new Set(dumps.map(({ node }) => node));
  const reference = (address: number): string | undefined => {
    const group = groupOf(address);
    const node = group < 0 ? undefined : referenceOf(group);
    return node !== undefined && judged.has(node) ? node : undefined;
  };
  for (const { node, pieces } of dumps) {
    for (const piece of pieces) {
      const { client, address, protocolPort } = piece.entries;
      for (let at = 0; at < client.length; at++) {
        if (reference(address[at]!) !== node) continue;
        if (table.find(client[at]!, address[at]!, protocolPort[at]!) >= 0) continue;
        wanted[table.insert(client[at]!, address[at]!, protocolPort[at]!)] = { piece, at };
      }
    }
  }
  const differences: RawDifference[] = [];
  dumps.forEach(({ node, pieces, takes }, index) => {
    if (!takes) return;
    const stamp = index + 1;
    for (const piece of pieces) {
      const { client, address, protocolPort } = piece.entries;
      for (let at = 0; at < client.length && differences.length < most; at++) {
        const other = reference(address[at]!);
        if (other === undefined || other === node) continue;
        const row = table.find(client[at]!, address[at]!, protocolPort[at]!);
        if (row >= 0) table.stamp[row] = stamp;
        const difference = judge(piece, at, row < 0 ? undefined : wanted[row]!, nowMs);
        if (difference) differences.push({ node, reference: other, ...difference });
      }
    }
    for (let row = 0; row < table.used && differences.length < most; row++) {
      if (table.stamp[row] === stamp) continue;
      const { piece, at } = wanted[row]!;
      const other = reference(table.address[row]!)!;
      if (other === node) continue;
      const wantedMs = known(piece, at, nowMs);
      if (wantedMs <= toleranceMs) continue;
      const found = { entries: piece.entries, at };
      differences.push({
        ...{ node, reference: other, what: 'missing', remainingMs: 0, wantedMs },
        ...{ ...found, wanted: found },
      });
    }
  });
  return differences;
};

const left = (piece: KernelPiece, at: number, nowMs: number): number =>
  piece.entries.remainingMs[at]! - (nowMs - piece.atMs);

/** What the peers of its node know to be left; of an entry that they were not told of, all of it. */
const known = (piece: KernelPiece, at: number, nowMs: number): number => {
  const told = piece.toldMs[at]!;
  return told > 0 ? told - (nowMs - piece.atMs) : left(piece, at, nowMs);
};

const judge = (
  piece: KernelPiece,
  at: number,
  wanted: Wanted | undefined,
  nowMs: number,
): Omit<RawDifference, 'node' | 'reference'> | undefined => {
  const { entries } = piece;
  const remainingMs = left(piece, at, nowMs);
  if (!wanted) {
    if (remainingMs <= toleranceMs) return undefined;
    return { what: 'extra', entries, at, wanted: undefined, remainingMs, wantedMs: 0 };
  }
  const { piece: other, at: place } = wanted;
  const pair = { entries, at, wanted: { entries: other.entries, at: place }, remainingMs };
  const upperMs = left(other, place, nowMs);
  const lowerMs = Math.min(upperMs, known(other, place, nowMs));
  if (
    entries.backend[at] !== other.entries.backend[place] ||
    entries.backendPort[at] !== other.entries.backendPort[place]
  ) {
    return { ...pair, what: 'backend', wantedMs: upperMs };
  }
  if (remainingMs > upperMs + toleranceMs) return { ...pair, what: 'lifetime', wantedMs: upperMs };
  if (remainingMs < lowerMs - toleranceMs) return { ...pair, what: 'lifetime', wantedMs: lowerMs };
  return undefined;
};
