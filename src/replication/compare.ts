/**
 * The kernel's map, as dumped, against the replica. In groups this node is active in the kernel is right (packets write it), in the
 * others the replica is (the active node's word).
 */

import type { ElementBytes } from '../netlink/nft/ast.js';
import type { GroupBook } from './groups.js';
import { mark } from './marks.js';
import { full, type Replica } from './replica.js';
import { type EntryTable, rowState } from './table.js';
import type { Verdicts } from './verdicts.js';

export interface Comparison {
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Verdicts;
  readonly elements: readonly ElementBytes[];
  readonly nowMs: number;
  /** When the dump began: rows changed later may be missing in it. */
  readonly startedAtMs: number;
  /** At start: everything found is taken over, nothing is judged missing. */
  readonly adopt: boolean;
}

export interface ComparisonResult {
  /** Rows that the kernel must be told of (or, when adopting, that it has). */
  readonly rows: readonly number[];
  /** Elements of replicated services in groups of others, which their active node does not have. */
  readonly strays: readonly ElementBytes[];
  /** Entries of ours that no report had told of. */
  readonly found: number;
}

/** A report and the element it tells of may reach us in either order. */
const settleMs = 200;
/** Lifetimes on a standby may differ from what its kernel says by the time a frame and a batch take. */
const toleranceMs = 2_000;

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
const half = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

export const compareDump = (comparison: Comparison): ComparisonResult => {
  const { replica, groups, verdicts, elements, nowMs, adopt } = comparison;
  const { table } = replica;
  const rows: number[] = [];
  const strays: ElementBytes[] = [];
  const seen = new Set<number>();
  let found = 0;
  for (const element of elements) {
    const { key, data, timeoutMs } = element;
    if (key.length !== 16 || !(data instanceof Uint8Array) || data.length !== 8 || timeoutMs === undefined)
      continue;
    const [client, address] = [word(key, 0), word(key, 4)];
    const group = groups.groupOf(address);
    if (group < 0) continue;
    const protocolPort = (key[8]! << 16) | half(key, 12);
    const [backend, backendPort] = [word(data, 0), half(data, 4)];
    const remainingMs = Math.min(timeoutMs, element.expiresMs ?? timeoutMs);
    if (remainingMs <= 0) continue;
    if (adopt) {
      const row = adoptElement(
        replica,
        client,
        address,
        protocolPort,
        backend,
        backendPort,
        timeoutMs,
        remainingMs,
        nowMs,
      );
      if (row >= 0) rows.push(row);
      continue;
    }
    const row = table.find(client, address, protocolPort);
    const verdict = verdicts.of(address, protocolPort, backend, backendPort);
    if (groups.isActive(group)) {
      if (row >= 0) seen.add(row);
      if (!verdict.belongs) continue;
      const known = row >= 0 && table.state[row] === rowState.live;
      // Just deleted: the kernel's copy goes with the next batch.
      if (row >= 0 && !known && table.marks[row]! & (mark.queued | mark.writing)) continue;
      const epoch = groups.epochOf(group);
      const changed = replica.originate(
        client,
        address,
        protocolPort,
        backend,
        backendPort,
        timeoutMs,
        remainingMs,
        epoch,
        nowMs,
      );
      if (changed === full || changed < 0) continue;
      seen.add(changed);
      table.marks[changed]! |= mark.inKernel;
      if (!known) found++;
      if (!verdict.writable) {
        replica.remove(changed, epoch, nowMs);
        rows.push(changed);
      }
      continue;
    }
    if (row < 0 || !replica.isLive(row, nowMs)) {
      if (verdict.belongs && (row < 0 || (table.marks[row]! & (mark.queued | mark.writing)) === 0))
        strays.push(element);
      continue;
    }
    seen.add(row);
    table.marks[row]! |= mark.inKernel;
    const same = table.backend[row] === backend && table.backendPort[row] === backendPort;
    const driftMs = Math.abs(table.expiresAtMs[row]! - nowMs - remainingMs);
    if (!same || driftMs > toleranceMs || !verdict.writable) rows.push(row);
  }
  if (!adopt) judgeMissing(comparison, seen, rows);
  return { rows, strays, found };
};

/** Origin unknown: whoever is active in whatever epoch knows better. */
const adoptElement = (
  replica: Replica,
  client: number,
  address: number,
  protocolPort: number,
  backend: number,
  backendPort: number,
  ttlMs: number,
  remainingMs: number,
  nowMs: number,
): number => {
  if (replica.table.find(client, address, protocolPort) >= 0) return -1;
  const columns = {
    client: [client],
    address: [address],
    protocolPort: [protocolPort],
    backend: [backend],
    backendPort: [backendPort],
    ttlMs: [ttlMs],
    remainingMs: [remainingMs],
  };
  return replica.applyUpsert(columns, 0, 0, 0, nowMs);
};

/** Rows that the dump did not show: twice in a row, so that a walk over a table that is being resized does not count. */
const judgeMissing = (comparison: Comparison, seen: ReadonlySet<number>, rows: number[]): void => {
  const { replica, groups, verdicts, nowMs, startedAtMs } = comparison;
  const { table } = replica;
  for (let row = 0; row < table.used; row++) {
    if (table.state[row] !== rowState.live) continue;
    if (seen.has(row)) {
      table.marks[row]! &= ~mark.missing;
      continue;
    }
    if (!replica.isLive(row, nowMs) || table.changedAtMs[row]! > startedAtMs - settleMs) continue;
    if (table.marks[row]! & (mark.queued | mark.writing)) continue;
    const group = table.group[row]!;
    if (!groups.isActive(group)) {
      if (isWritable(table, verdicts, row)) {
        table.marks[row]! &= ~mark.inKernel;
        rows.push(row);
      }
    } else if (table.marks[row]! & mark.missing) {
      table.marks[row]! &= ~mark.inKernel;
      replica.remove(row, groups.epochOf(group), nowMs);
    } else {
      table.marks[row]! |= mark.missing;
    }
  }
};

export const isWritable = (table: EntryTable, verdicts: Verdicts, row: number): boolean =>
  verdicts.of(table.address[row]!, table.protocolPort[row]!, table.backend[row]!, table.backendPort[row]!)
    .writable;
