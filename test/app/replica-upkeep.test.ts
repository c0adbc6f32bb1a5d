/** Entries that came before the rules that they need reach the kernel, whoever is active by then. */

import test from 'ava';
import type { KernelSink } from '../../src/app/kernel-sink.js';
import { createUpkeep } from '../../src/app/replica-upkeep.js';
import { createEntryColumns } from '../../src/model/columns.js';
import { GroupBook } from '../../src/replication/groups.js';
import { mark } from '../../src/replication/marks.js';
import { Replica } from '../../src/replication/replica.js';

const tcp80 = (6 << 16) | 80;
const address = 0x0a000001;

/** A standby that was told of two entries, one of which its kernel has. */
const standby = (isReady: () => boolean) => {
  const groups = new GroupBook('lb2', [{ name: 'front', addresses: [address] }]);
  const replica = new Replica({
    ...{ maxEntries: 10, logEntries: 16, tombstoneMs: 1_000, seed: 0 },
    groupOf: () => 0,
  });
  const told = createEntryColumns();
  for (const client of [1, 2]) {
    told.client.push(client);
    told.address.push(address);
    told.protocolPort.push(tcp80);
    told.backend.push(7);
    told.backendPort.push(80);
    told.ttlMs.push(60_000);
    told.remainingMs.push(60_000);
  }
  const rows = [0, 1].map((at) => replica.applyUpsert(told, at, 1, at + 1, 900));
  replica.table.marks[rows[0]!]! |= mark.inKernel;
  const written: number[] = [];
  const upkeep = createUpkeep({
    ...{ replica, groups, clock: { nowMs: () => 1_000 }, extendRows: 10 },
    verdicts: {
      shortestTtlMs: 60_000,
      of: () => ({ belongs: true, writable: isReady(), ttlMs: 60_000 }),
    },
    sink: {
      write: (wanted: readonly number[]) =>
        void written.push(...wanted.map((row) => replica.table.client[row]!)),
    } as unknown as KernelSink,
    review: () => undefined,
    onChange: () => undefined,
  });
  return { groups, upkeep, written };
};

test('at the takeover, if the rules are there', (t) => {
  const { groups, upkeep, written } = standby(() => true);
  groups.setActive(0, 2, true);
  upkeep.inherit(0);
  t.deepEqual(written, [2]);
});

test('when the rules come after the takeover', (t) => {
  let isReady = false;
  const { groups, upkeep, written } = standby(() => isReady);
  groups.setActive(0, 2, true);
  upkeep.inherit(0);
  t.deepEqual(written, []);
  isReady = true;
  upkeep.writeWaiting();
  t.deepEqual(written, [2]);
});
