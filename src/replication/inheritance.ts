/**
 * What a takeover does to lifetimes. A refresh travels when less than half of the life is left in what the standby knows, so at most
 * half of a lifetime is missing here: entries in the second half get that half, and no client loses its backend early.
 */

import type { Replica } from './replica.js';

/** Rows of a group that another node originated and that are in the second half of their life, the most urgent first. */
export const receivedRows = (replica: Replica, group: number, nowMs: number): number[] => {
  const { table } = replica;
  const rows: number[] = [];
  for (let row = 0; row < table.used; row++) {
    if (table.group[row] !== group || table.own[row] === 1 || !replica.isLive(row, nowMs)) continue;
    if (table.expiresAtMs[row]! - nowMs < table.ttlMs[row]! / 2) rows.push(row);
  }
  return rows.sort((one, other) => table.expiresAtMs[one]! - table.expiresAtMs[other]!);
};
