/**
 * Which entries of ours may have been refreshed without a word (packets refresh an element silently, FACTS.md): they are looked up in
 * the kernel three times in the second half of their life, the last time shortly before they would expire on the standby.
 */

import type { EntryColumns } from '../model/columns.js';
import { type ComparisonContext, takeFromKernel } from './compare.js';
import { heldMarks, mark } from './marks.js';
import { rowState } from './table.js';

/** Time for a look-up, a frame and a batch before an entry runs out on the standby. */
const lastCheckMs = 3_000;
/** An entry with less left than this may have expired since it was asked for. */
const nearEndMs = 1_500;

const boundMs = (stage: number, ttlMs: number): number => {
  if (stage === 0) return ttlMs / 2;
  return stage === 1 ? ttlMs / 4 : Math.min(lastCheckMs, ttlMs / 8);
};

export class RefreshChecker {
  readonly #context: ComparisonContext;
  #row = 0;

  constructor(context: ComparisonContext) {
    this.#context = context;
  }

  /** Looks at the next `rows` rows, goes round the table, and returns those due, at most `most`. */
  due(rows: number, most: number, nowMs: number): number[] {
    const { replica, groups } = this.#context;
    const { table } = replica;
    const due: number[] = [];
    for (let left = Math.min(rows, table.used); left > 0 && due.length < most; left--) {
      if (this.#row >= table.used) this.#row = 0;
      const row = this.#row++;
      if (table.state[row] !== rowState.live || table.marks[row]! & heldMarks) continue;
      const stage = (table.marks[row]! & mark.checks) >> mark.checksShift;
      if (stage > 2) continue;
      const remainingMs = table.expiresAtMs[row]! - nowMs;
      if (remainingMs > boundMs(stage, table.ttlMs[row]!) || remainingMs <= 0) continue;
      if (!groups.isActive(table.group[row]!)) continue;
      table.marks[row] = (table.marks[row]! & ~mark.checks) | ((stage + 1) << mark.checksShift);
      due.push(row);
    }
    return due;
  }

  /** What the kernel said about rows asked for since `askedAtMs`. Returns rows that it must be told of. */
  apply(rows: readonly number[], found: EntryColumns, askedAtMs: number, nowMs: number): number[] {
    const { replica, groups } = this.#context;
    const { table } = replica;
    const seen = new Set<number>();
    const toKernel: number[] = [];
    for (let at = 0; at < found.client.length; at++) {
      const row = table.find(found.client[at]!, found.address[at]!, found.protocolPort[at]!);
      if (row < 0 || !groups.isActive(table.group[row]!)) continue;
      seen.add(row);
      // A report, a purge or a peer knows more than the answer to a question asked before.
      if (table.changedAtMs[row]! >= askedAtMs) continue;
      const changed = takeFromKernel(this.#context, found, at, groups.epochOf(table.group[row]!), nowMs);
      if (changed >= 0 && table.state[changed] === rowState.tombstone) toKernel.push(changed);
    }
    for (const row of rows) {
      if (seen.has(row) || table.state[row] !== rowState.live || table.marks[row]! & heldMarks) continue;
      if (table.changedAtMs[row]! > askedAtMs || table.expiresAtMs[row]! - nowMs < nearEndMs) continue;
      const group = table.group[row]!;
      if (!groups.isActive(group)) continue;
      // Somebody deleted it: a purge, an operator.
      table.marks[row]! &= ~mark.inKernel;
      replica.remove(row, groups.epochOf(group), nowMs);
    }
    return toKernel;
  }
}
