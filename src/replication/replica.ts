/**
 * What this node knows of the cluster's persistence entries: those it originates itself, with a log from which peers are
 * fed, and those it received.
 *
 * Invariants:
 * - A higher epoch wins; within an epoch there is one origin, whose frames arrive in order.
 * - A position in the log names a row only while that row is `own` and still has that sequence: a later change of the same
 *   key supersedes the earlier one (coalescing), and a log overwritten before a peer read it means a resync for that peer.
 * - A deletion leaves a tombstone until peers had time to read it; one purged earlier than a peer's position is a resync too.
 */

import { ipv4FromNumber } from '../model/address.js';
import { type EntryColumns, type KeyColumns, protocolOf } from '../model/columns.js';
import type { PersistenceEntry } from '../model/persistence.js';
import { BackendIndex } from './backend-index.js';
import { type RowIdentity, wordIdentity } from './hash.js';
import { heldMarks, mark } from './marks.js';
import { EntryTable, rowState } from './table.js';

export interface ReplicaOptions {
  readonly maxEntries: number;
  /** Changes remembered for peers that are behind; a power of two. */
  readonly logEntries: number;
  /** How long a deletion is remembered for peers that are away. */
  readonly tombstoneMs: number;
  readonly seed: number;
  /** Number of the group that an address belongs to (0–254), or -1. */
  readonly groupOf: (address: number) => number;
  /** Default: the columns are addresses and ports. */
  readonly identity?: RowIdentity;
}

export interface BackendPair {
  readonly address: number;
  readonly protocolPort: number;
  readonly backend: number;
  readonly backendPort: number;
}

/** A lifetime that grew by less is no refresh, but the time that a dump takes. */
const refreshSlackMs = 1_000;
/** What the columns, the wire and a peer's kernel are told of a longer one: 49 days, which packets prolong. */
const longestTtlMs = 0xffff_ffff;

/** What has become of an entry. */
export type EntryChange = 'added' | 'moved' | 'refreshed' | 'removed' | 'expired';

/** Why a change left no trace. */
export const unchanged = -1;
export const full = -2;
export const foreign = -3;
export const stale = -4;

export class Replica {
  readonly table: EntryTable;
  /** Sequence of the newest change of our own. */
  head = 0;
  /** Newest deletion that is no longer remembered. */
  purgedThrough = 0;
  /** Live entries, those expired and not yet swept included. */
  live = 0;
  /** False: what the kernel held at start is not all here yet. What is missing says nothing then. */
  whole = true;
  /** Told of every change, for people who watch; the row still says what it was. */
  watcher: ((row: number, what: EntryChange) => void) | undefined;

  readonly #backends: BackendIndex;
  readonly #log: Int32Array;
  readonly #options: ReplicaOptions;
  readonly #identity: RowIdentity;
  #sweepRow = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#identity = options.identity ?? wordIdentity;
    this.table = new EntryTable(options.maxEntries, options.seed, this.#identity);
    this.#backends = new BackendIndex(this.table);
    this.#log = new Int32Array(options.logEntries);
  }

  groupOf(address: number): number {
    return this.#options.groupOf(address);
  }

  /** Oldest sequence that the log still holds, minus one: a peer behind it must resync. */
  get tail(): number {
    return Math.max(0, this.head - this.#log.length);
  }

  /** The row changed at this sequence, or -1 if a later change supersedes it. */
  rowAt(sequence: number): number {
    const row = this.#log[sequence & (this.#log.length - 1)]!;
    return this.table.own[row] === 1 && this.table.sequence[row] === sequence ? row : unchanged;
  }

  /** How long ago the first change behind this sequence was made that nothing has superseded; 0: there is none, or none of the next thousand. */
  oldestChangeMs(sequence: number, nowMs: number): number {
    const from = Math.max(sequence, this.tail) + 1;
    for (let at = from; at <= Math.min(this.head, from + 1_000); at++) {
      const row = this.rowAt(at);
      if (row >= 0) return nowMs - this.table.changedAtMs[row]!;
    }
    return 0;
  }

  /**
   * An entry of ours, seen in a packet or a dump. Returns its row if peers must hear of it: new, changed, or with less
   * than half of its life left in what they know; otherwise `unchanged`, `full` or `foreign` (an address of no group).
   */
  originate(
    client: number,
    address: number,
    protocolPort: number,
    backend: number,
    backendPort: number,
    kernelTtlMs: number,
    kernelRemainingMs: number,
    epoch: number,
    nowMs: number,
  ): number {
    const { table } = this;
    const ttlMs = Math.min(kernelTtlMs, longestTtlMs);
    const remainingMs = Math.min(kernelRemainingMs, ttlMs);
    let what: EntryChange = 'added';
    let row = table.find(client, address, protocolPort);
    if (row < 0) {
      const group = this.#options.groupOf(address);
      if (group < 0) return foreign;
      row = table.insert(client, address, protocolPort);
      if (row < 0) return full;
      table.group[row] = group;
      this.live++;
    } else if (table.state[row] === rowState.live) {
      const same = table.backend[row] === backend && table.backendPort[row] === backendPort;
      const knownMs = table.expiresAtMs[row]! - nowMs;
      if (same && (knownMs >= ttlMs / 2 || remainingMs <= knownMs + refreshSlackMs)) return unchanged;
      what = same ? 'refreshed' : 'moved';
      this.#backends.remove(row);
    } else {
      table.state[row] = rowState.live;
      this.live++;
    }
    this.#write(row, backend, backendPort, ttlMs, remainingMs, epoch, nowMs);
    this.#append(row);
    this.watcher?.(row, what);
    return row;
  }

  /** Forgets an entry of ours and tells the peers. */
  remove(row: number, epoch: number, nowMs: number): void {
    if (this.table.state[row] !== rowState.live) return;
    this.#bury(row, epoch, nowMs);
    this.#append(row);
    this.watcher?.(row, 'removed');
  }

  /**
   * After a takeover: the owner that is gone may have refreshed an entry without our hearing of it, so it gets half a lifetime more,
   * from us. False if it is no received entry any more.
   */
  extend(row: number, epoch: number, nowMs: number): boolean {
    const { table } = this;
    if (!this.isLive(row, nowMs) || table.own[row] === 1) return false;
    const ttlMs = table.ttlMs[row]!;
    table.expiresAtMs[row] = Math.min(nowMs + ttlMs, table.expiresAtMs[row]! + ttlMs / 2);
    table.epoch[row] = epoch;
    table.changedAtMs[row] = nowMs;
    table.marks[row]! &= ~mark.checks;
    this.#append(row);
    this.watcher?.(row, 'refreshed');
    return true;
  }

  /** Item `at` of a peer's frame. Returns the row, or `stale` (we know better), `full`, `foreign`. */
  applyUpsert(columns: EntryColumns, at: number, epoch: number, sequence: number, nowMs: number): number {
    const { table } = this;
    const client = columns.client[at]!;
    const address = columns.address[at]!;
    const protocolPort = columns.protocolPort[at]!;
    let what: EntryChange = 'added';
    let row = table.find(client, address, protocolPort);
    if (row < 0) {
      const group = this.#options.groupOf(address);
      if (group < 0) return foreign;
      row = table.insert(client, address, protocolPort);
      if (row < 0) return full;
      table.group[row] = group;
      this.live++;
    } else {
      if (this.#knowsBetter(row, epoch)) return stale;
      if (table.state[row] === rowState.live) {
        const same =
          table.backend[row] === columns.backend[at] && table.backendPort[row] === columns.backendPort[at];
        what = same ? 'refreshed' : 'moved';
        this.#backends.remove(row);
      } else {
        table.state[row] = rowState.live;
        this.live++;
      }
    }
    this.#write(
      row,
      columns.backend[at]!,
      columns.backendPort[at]!,
      columns.ttlMs[at]!,
      columns.remainingMs[at]!,
      epoch,
      nowMs,
    );
    table.own[row] = 0;
    table.sequence[row] = sequence;
    this.watcher?.(row, what);
    return row;
  }

  /** Returns the row that was removed, or a negative reason. */
  applyDeletion(columns: KeyColumns, at: number, epoch: number, sequence: number, nowMs: number): number {
    const row = this.table.find(columns.client[at]!, columns.address[at]!, columns.protocolPort[at]!);
    if (row < 0 || this.table.state[row] !== rowState.live) return unchanged;
    if (this.#knowsBetter(row, epoch)) return stale;
    this.dropReceived(row, epoch, sequence, nowMs);
    return row;
  }

  /** Removes without telling peers: the origin said so. */
  dropReceived(row: number, epoch: number, sequence: number, nowMs: number): void {
    this.#bury(row, epoch, nowMs);
    this.table.own[row] = 0;
    this.table.sequence[row] = sequence;
    this.watcher?.(row, 'removed');
  }

  isLive(row: number, nowMs: number): boolean {
    return this.table.state[row] === rowState.live && this.table.expiresAtMs[row]! > nowMs;
  }

  rowsOfBackend(address: number, protocolPort: number, backend: number, backendPort: number): number[] {
    return this.#backends.rows(address, protocolPort, backend, backendPort);
  }

  /** Every pair of endpoint and backend that has entries. */
  pairs(): BackendPair[] {
    const { table } = this;
    return Array.from(this.#backends.representatives(), (row) => ({
      address: table.address[row]!,
      protocolPort: table.protocolPort[row]!,
      backend: table.backend[row]!,
      backendPort: table.backendPort[row]!,
    }));
  }

  entry(row: number, nowMs: number): PersistenceEntry {
    const { table } = this;
    const protocolPort = table.protocolPort[row]!;
    return {
      client: ipv4FromNumber(table.client[row]!),
      address: ipv4FromNumber(table.address[row]!),
      protocol: protocolOf(protocolPort) ?? 'tcp',
      port: protocolPort & 0xffff,
      backendAddress: ipv4FromNumber(table.backend[row]!),
      backendPort: table.backendPort[row]!,
      ttlMs: table.ttlMs[row]!,
      remainingMs: Math.max(0, Math.round(table.expiresAtMs[row]! - nowMs)),
    };
  }

  /** Appends the row's entry to columns on their way to a peer or to the kernel. */
  pushEntry(columns: EntryColumns, row: number, nowMs: number): void {
    const { table } = this;
    this.pushKey(columns, row);
    columns.backend.push(table.backend[row]!);
    columns.backendPort.push(table.backendPort[row]!);
    columns.ttlMs.push(table.ttlMs[row]!);
    const leftMs = Math.max(1, Math.round(table.expiresAtMs[row]! - nowMs));
    columns.remainingMs.push(Math.min(table.ttlMs[row]!, leftMs));
  }

  pushKey(columns: KeyColumns, row: number): void {
    columns.client.push(this.table.client[row]!);
    columns.address.push(this.table.address[row]!);
    columns.protocolPort.push(this.table.protocolPort[row]!);
  }

  /** Frees what has expired among the next `rows` rows; called often, it goes round the table. */
  sweep(rows: number, nowMs: number): void {
    const { table } = this;
    for (let left = Math.min(rows, table.used); left > 0; left--) {
      if (this.#sweepRow >= table.used) this.#sweepRow = 0;
      const row = this.#sweepRow++;
      if (table.state[row] === rowState.free || table.expiresAtMs[row]! > nowMs) continue;
      if (table.marks[row]! & heldMarks) continue;
      if (table.state[row] === rowState.live) {
        this.watcher?.(row, 'expired');
        this.#backends.remove(row);
        this.live--;
      } else if (table.own[row] === 1) {
        this.purgedThrough = Math.max(this.purgedThrough, table.sequence[row]!);
      }
      table.free(row);
    }
  }

  #knowsBetter(row: number, epoch: number): boolean {
    const known = this.table.epoch[row]!;
    return known > epoch || (known === epoch && this.table.own[row] === 1);
  }

  #write(
    row: number,
    backend: number,
    backendPort: number,
    ttlMs: number,
    remainingMs: number,
    epoch: number,
    nowMs: number,
  ): void {
    const { table } = this;
    table.backend[row] = backend;
    table.backendPort[row] = backendPort;
    table.entryHash[row] = this.#identity.hashEntry(
      table.client[row]!,
      table.address[row]!,
      table.protocolPort[row]!,
      backend,
      backendPort,
    );
    table.ttlMs[row] = ttlMs;
    table.expiresAtMs[row] = nowMs + remainingMs;
    table.epoch[row] = epoch;
    table.changedAtMs[row] = nowMs;
    table.marks[row]! &= ~mark.checks;
    this.#backends.add(row);
  }

  #bury(row: number, epoch: number, nowMs: number): void {
    const { table } = this;
    this.#backends.remove(row);
    table.state[row] = rowState.tombstone;
    table.expiresAtMs[row] = nowMs + this.#options.tombstoneMs;
    table.epoch[row] = epoch;
    table.changedAtMs[row] = nowMs;
    this.live--;
  }

  #append(row: number): void {
    this.#log[++this.head & (this.#log.length - 1)] = row;
    this.table.own[row] = 1;
    this.table.sequence[row] = this.head;
  }
}
