/** Keeps the rows of a replica in line with what changes around them: services, and who is active. */

import { createKeyColumns, type KeyColumns } from '../model/columns.js';
import type { Clock } from '../ports.js';
import { isWritable } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import { receivedRows } from '../replication/inheritance.js';
import { heldMarks, mark } from '../replication/marks.js';
import type { BackendPair, Replica } from '../replication/replica.js';
import type { Judge } from '../replication/verdicts.js';
import type { KernelSink } from './kernel-sink.js';

export interface UpkeepParts {
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Judge;
  readonly sink: KernelSink;
  readonly clock: Clock;
  /** Asks the kernel about entries of a backend that has failed or gone. */
  readonly review: (keys: KeyColumns, unread: boolean) => void;
  readonly onChange: () => void;
  /** Entries whose life is extended at a time after a takeover. */
  readonly extendRows: number;
  /** Default: all of them. */
  readonly isExtended?: (row: number) => boolean;
  /** The kernel names its backend by a number, which means nothing once the backend is gone. */
  readonly isNumbered?: (row: number) => boolean;
}

export const createUpkeep = (parts: UpkeepParts) => {
  const { replica, groups, verdicts, sink, clock, review, onChange, extendRows } = parts;
  const { isExtended = () => true, isNumbered = () => false } = parts;
  /** Taken over with less than half of their life left, the most urgent first. */
  let inherited: number[] = [];

  const extend = (): void => {
    if (inherited.length === 0) return;
    const nowMs = clock.nowMs();
    const { table } = replica;
    const rows = inherited.splice(0, extendRows).filter((row) => {
      const group = table.group[row]!;
      return groups.isActive(group) && replica.extend(row, groups.epochOf(group), nowMs);
    });
    if (rows.length === 0) return;
    sink.write(rows);
    onChange();
  };

  /**
   * Rows that came before the rules that they need: nothing else would put them into the kernel of a node that became active meanwhile, where
   * its map counts and the next scan takes them for deleted.
   */
  const writeWaiting = (): void => {
    const { table } = replica;
    const nowMs = clock.nowMs();
    const rows: number[] = [];
    for (let row = 0; row < table.used; row++) {
      if (table.marks[row]! & (mark.inKernel | heldMarks) || !replica.isLive(row, nowMs)) continue;
      if (isWritable(table, verdicts, row)) rows.push(row);
    }
    if (rows.length > 0) sink.write(rows);
  };

  return {
    extend,
    writeWaiting,
    /** This node became active in the group. */
    inherit(group: number): void {
      writeWaiting();
      inherited = receivedRows(replica, group, clock.nowMs()).filter(isExtended);
      extend();
    },
    /** Brings rows in line with what the services now say of their backend. */
    judge(pair: BackendPair): void {
      const { address, protocolPort, backend, backendPort } = pair;
      const verdict = verdicts.of(address, protocolPort, backend, backendPort);
      // Most pairs, most of the time: what packets wrote is right.
      if (verdict.writable && groups.isActive(replica.groupOf(address))) return;
      const nowMs = clock.nowMs();
      const changed: number[] = [];
      const removed = createKeyColumns();
      const unread = createKeyColumns();
      for (const row of replica.rowsOfBackend(address, protocolPort, backend, backendPort)) {
        const group = replica.table.group[row]!;
        const inKernel = (replica.table.marks[row]! & mark.inKernel) !== 0;
        if (groups.isActive(group)) {
          if (verdict.writable) continue;
          replica.remove(row, groups.epochOf(group), nowMs);
          replica.table.marks[row]! &= ~mark.inKernel;
          replica.pushKey(verdict.belongs || !isNumbered(row) ? removed : unread, row);
        } else if (verdict.writable !== inKernel) changed.push(row);
      }
      if (removed.client.length > 0) review(removed, false);
      if (unread.client.length > 0) review(unread, true);
      if (changed.length > 0) sink.write(changed);
      if (changed.length + removed.client.length + unread.client.length > 0) onChange();
    },
  };
};
