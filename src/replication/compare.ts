/**
 * The kernel's map against the replica. In groups this node is active in the kernel is right (packets write it), in the others the
 * replica is (the active node's word).
 */

import { createKeyColumns, type EntryColumns, type KeyColumns } from '../model/columns.js';
import type { GroupBook } from './groups.js';
import { heldMarks, mark } from './marks.js';
import { type Replica, unchanged } from './replica.js';
import { type EntryTable, rowState } from './table.js';
import type { Judge } from './verdicts.js';

export interface ComparisonContext {
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Judge;
}

/** A report and the element it tells of may reach us in either order. */
const settleMs = 500;
/** Lifetimes on a standby may differ from what its kernel says by the time that frames, batches and a scan take. */
const toleranceMs = 5_000;

export const isWritable = (table: EntryTable, verdicts: Judge, row: number): boolean =>
  verdicts.of(table.address[row]!, table.protocolPort[row]!, table.backend[row]!, table.backendPort[row]!)
    .writable;

/**
 * Takes over what the kernel holds, as of unknown origin: whoever is active in whatever epoch knows better. Returns its row, or `unchanged` (there
 * is one already), `full` or `foreign`.
 */
export const adoptEntry = (replica: Replica, entries: EntryColumns, at: number, nowMs: number): number => {
  if (replica.table.find(entries.client[at]!, entries.address[at]!, entries.protocolPort[at]!) >= 0)
    return unchanged;
  const row = replica.applyUpsert(entries, at, 0, 0, nowMs);
  if (row >= 0) replica.table.marks[row]! |= mark.inKernel;
  return row;
};

export const adoptEntries = (replica: Replica, entries: EntryColumns, nowMs: number): number => {
  let adopted = 0;
  for (let at = 0; at < entries.client.length; at++)
    if (adoptEntry(replica, entries, at, nowMs) >= 0) adopted++;
  return adopted;
};

/** One scan of the whole map, piece by piece. */
export class Comparison {
  /** Rows that the kernel must be told of. */
  readonly rows: number[] = [];
  /** Elements of replicated services in groups of others, which their active node does not have. */
  readonly strays: KeyColumns = createKeyColumns();
  /** Rows of ours that the scan did not show: to be asked for by key, as a walk over a table that grows may miss some. */
  readonly doubtful: number[] = [];
  /** Entries of ours that no report had told of. */
  found = 0;

  readonly #context: ComparisonContext;
  readonly #startedAtMs: number;
  #seen = new Uint8Array(1024);

  constructor(context: ComparisonContext, startedAtMs: number) {
    this.#context = context;
    this.#startedAtMs = startedAtMs;
  }

  take(entries: EntryColumns, nowMs: number): void {
    const { groups, replica } = this.#context;
    for (let at = 0; at < entries.client.length; at++) {
      const group = replica.groupOf(entries.address[at]!);
      if (group < 0) continue;
      if (groups.isActive(group)) this.#takeOwn(entries, at, group, nowMs);
      else this.#takeOther(entries, at, nowMs);
    }
  }

  finish(nowMs: number): void {
    const { replica, groups, verdicts } = this.#context;
    const { table } = replica;
    for (let row = 0; row < table.used; row++) {
      if (this.#seen[row] || !replica.isLive(row, nowMs) || table.marks[row]! & heldMarks) continue;
      if (table.changedAtMs[row]! > this.#startedAtMs - settleMs) continue;
      if (groups.isActive(table.group[row]!)) this.doubtful.push(row);
      else if (isWritable(table, verdicts, row)) {
        table.marks[row]! &= ~mark.inKernel;
        this.rows.push(row);
      }
    }
  }

  #takeOwn(entries: EntryColumns, at: number, group: number, nowMs: number): void {
    const { replica, groups } = this.#context;
    const { table } = replica;
    const row = table.find(entries.client[at]!, entries.address[at]!, entries.protocolPort[at]!);
    const known = row >= 0 && table.state[row] === rowState.live;
    if (row >= 0) this.#see(row);
    // Deleted since the scan began, which may still show it.
    if (row >= 0 && !known && table.changedAtMs[row]! >= this.#startedAtMs) return;
    const changed = takeFromKernel(this.#context, entries, at, groups.epochOf(group), nowMs);
    if (changed < 0) return;
    this.#see(changed);
    if (!known) this.found++;
    if (table.state[changed] === rowState.tombstone) this.rows.push(changed);
  }

  #takeOther(entries: EntryColumns, at: number, nowMs: number): void {
    const { replica, verdicts } = this.#context;
    const { table } = replica;
    const row = table.find(entries.client[at]!, entries.address[at]!, entries.protocolPort[at]!);
    const { belongs, writable } = verdicts.of(
      entries.address[at]!,
      entries.protocolPort[at]!,
      entries.backend[at]!,
      entries.backendPort[at]!,
    );
    if (row >= 0 && table.marks[row]! & heldMarks) {
      this.#see(row);
      return;
    }
    if (row < 0 || !replica.isLive(row, nowMs)) {
      // What a peer's frame brought since the scan began is no stray; a row that has just expired goes by itself.
      if (!belongs || (row >= 0 && table.changedAtMs[row]! > this.#startedAtMs - settleMs)) return;
      this.strays.client.push(entries.client[at]!);
      this.strays.address.push(entries.address[at]!);
      this.strays.protocolPort.push(entries.protocolPort[at]!);
      return;
    }
    this.#see(row);
    table.marks[row]! |= mark.inKernel;
    const same =
      table.backend[row] === entries.backend[at] && table.backendPort[row] === entries.backendPort[at];
    const driftMs = Math.abs(table.expiresAtMs[row]! - nowMs - entries.remainingMs[at]!);
    if (!same || driftMs > toleranceMs || !writable) this.rows.push(row);
  }

  #see(row: number): void {
    if (row >= this.#seen.length) {
      const larger = new Uint8Array(Math.max(row + 1, this.#seen.length * 2));
      larger.set(this.#seen);
      this.#seen = larger;
    }
    this.#seen[row] = 1;
  }
}

/**
 * An element of the kernel in a group of ours. Returns its row if peers must hear of it, otherwise a negative reason; a row that is a
 * tombstone then belongs to a failed backend, and the kernel must lose it.
 */
export const takeFromKernel = (
  context: ComparisonContext,
  entries: EntryColumns,
  at: number,
  epoch: number,
  nowMs: number,
): number => {
  const { replica, verdicts } = context;
  const { table } = replica;
  const client = entries.client[at]!;
  const address = entries.address[at]!;
  const protocolPort = entries.protocolPort[at]!;
  const backend = entries.backend[at]!;
  const backendPort = entries.backendPort[at]!;
  const { belongs, writable } = verdicts.of(address, protocolPort, backend, backendPort);
  if (!belongs) return -1;
  const row = table.find(client, address, protocolPort);
  // Just deleted: the kernel's copy goes with the next batch.
  if (row >= 0 && table.state[row] !== rowState.live && table.marks[row]! & heldMarks) return -1;
  const ttlMs = entries.ttlMs[at]!;
  const remainingMs = entries.remainingMs[at]!;
  if (remainingMs <= 0) return -1;
  const changed = replica.originate(
    client,
    address,
    protocolPort,
    backend,
    backendPort,
    ttlMs,
    remainingMs,
    epoch,
    nowMs,
  );
  if (changed < 0) return changed;
  table.marks[changed]! |= mark.inKernel;
  if (!writable) replica.remove(changed, epoch, nowMs);
  return changed;
};
