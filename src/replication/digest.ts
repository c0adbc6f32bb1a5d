/** Digests of a group's entries, bucket by bucket: equal digests mean equal content, and a difference names 1/256 of it. */

import { bucketCount } from '../model/buckets.js';
import type { Replica } from './replica.js';
import { rowState } from './table.js';

export interface GroupDigest {
  readonly sums: Uint32Array;
  readonly counts: Uint32Array;
}

export const digestOf = (replica: Replica, group: number, nowMs: number): GroupDigest => {
  const sums = new Uint32Array(bucketCount);
  const counts = new Uint32Array(bucketCount);
  const { used, group: groups, state, expiresAtMs, bucket: buckets, entryHash } = replica.table;
  for (let row = 0; row < used; row++) {
    if (groups[row] !== group || state[row] !== rowState.live || expiresAtMs[row]! <= nowMs) continue;
    const bucket = buckets[row]!;
    // Typed arrays wrap at 2^32 by themselves.
    sums[bucket]! += entryHash[row]!;
    counts[bucket]!++;
  }
  return { sums, counts };
};

export const differingBuckets = (ours: GroupDigest, theirs: GroupDigest): number[] => {
  const buckets: number[] = [];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    if (ours.sums[bucket] !== theirs.sums[bucket] || ours.counts[bucket] !== theirs.counts[bucket]) {
      buckets.push(bucket);
    }
  }
  return buckets;
};

/** Eight hexadecimal digits for people to compare between nodes. */
export const digestText = (digest: GroupDigest): string => {
  let sum = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    sum = (Math.imul(sum, 31) + digest.sums[bucket]! + digest.counts[bucket]!) | 0;
  }
  return (sum >>> 0).toString(16).padStart(8, '0');
};
