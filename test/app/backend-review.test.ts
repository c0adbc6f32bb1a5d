/** A backend fails or goes: what packets have made anew meanwhile stays, in either stream. The replica's addresses are numbers of services, as in the second. */

import test from 'ava';
import { createBackendReview } from '../../src/app/backend-review.js';
import { KernelSink } from '../../src/app/kernel-sink.js';
import { createUpkeep } from '../../src/app/replica-upkeep.js';
import { limits } from '../../src/limits.js';
import { createEntryColumns, type EntryColumns, type KeyColumns } from '../../src/model/columns.js';
import type { Transaction } from '../../src/netlink/nft/ast.js';
import { encodeTransaction } from '../../src/netlink/nft/encode.js';
import type { Nft, PersistenceMap } from '../../src/ports.js';
import { GroupBook } from '../../src/replication/groups.js';
import { mark } from '../../src/replication/marks.js';
import { Replica } from '../../src/replication/replica.js';
import type { Judge, Verdict } from '../../src/replication/verdicts.js';
import { createLog } from '../support/log.js';

const service = 7;
const tcp80 = (6 << 16) | 80;
const [failed, healthy, removed] = [1, 2, 3];

/** One entry of `backend` for client 1, which the kernel has with `kernelBackend` (undefined: it cannot be read). */
const judged = async (backend: number, kernelBackend: number | undefined, numbered: boolean) => {
  const groups = new GroupBook('lb1', [{ name: 'front', addresses: [0x0a000001] }]);
  groups.setActive(0, 1, true);
  const replica = new Replica({
    maxEntries: 10,
    logEntries: 16,
    tombstoneMs: 1_000,
    seed: 0,
    groupOf: (number) => (number === service ? 0 : -1),
  });
  const clock = { nowMs: () => 1_000 };
  const row = replica.originate(1, service, tcp80, backend, 80, 60_000, 60_000, 1, 900);
  replica.table.marks[row]! |= mark.inKernel;
  const verdicts: Judge = {
    shortestTtlMs: 60_000,
    of: (_address, _port, of): Verdict =>
      of === removed
        ? { belongs: false, writable: false, gone: true, ttlMs: 0 }
        : { belongs: true, writable: of === healthy, ttlMs: 60_000 },
  };
  const destroyed: number[] = [];
  const sink = {
    destroy: async ({ client }: KeyColumns) => void destroyed.push(...client),
    write: () => undefined,
  } as unknown as KernelSink;
  const persistence = {
    read: async (): Promise<EntryColumns> => {
      const found = createEntryColumns();
      if (kernelBackend === undefined) return found;
      found.client.push(1);
      found.address.push(service);
      found.protocolPort.push(tcp80);
      found.backend.push(kernelBackend);
      found.backendPort.push(80);
      found.ttlMs.push(60_000);
      found.remainingMs.push(60_000);
      return found;
    },
  } as unknown as PersistenceMap;
  const onChange = (): void => undefined;
  const parts = { clock, log: createLog(), replica, groups, verdicts, sink, onChange };
  const review = createBackendReview({ ...parts, persistence });
  const upkeep = createUpkeep({
    ...parts,
    extendRows: 10,
    review: (keys, unread) => review.now(keys, unread),
    isNumbered: () => numbered,
  });
  for (const pair of replica.pairs()) upkeep.judge(pair);
  await new Promise((resolve) => setImmediate(resolve));
  review.stop();
  return { destroyed, backend: replica.isLive(row, 1_000) ? replica.table.backend[row] : undefined };
};

test('a failed backend with 300,000 clients is asked about and forgotten in pieces, which the kernel takes', async (t) => {
  const count = 300_000;
  const keys: KeyColumns = createEntryColumns();
  for (let client = 0; client < count; client++) {
    keys.client.push(client);
    keys.address.push(0x0a000001);
    keys.protocolPort.push(tcp80);
  }
  let destroyed = 0;
  const commit = async (transaction: Transaction): Promise<void> => {
    const bytes = encodeTransaction(transaction, 1)?.bytes.length ?? 0;
    t.true(bytes <= limits.batchBytes, `${bytes} bytes`);
    for (const operation of transaction.operations)
      if ('elements' in operation) destroyed += operation.elements.length;
  };
  const groups = new GroupBook('lb1', [{ name: 'front', addresses: [0x0a000001] }]);
  groups.setActive(0, 1, true);
  const clock = { nowMs: () => 1_000 };
  const replica = new Replica({
    ...{ maxEntries: 10, logEntries: 16, tombstoneMs: 1_000, seed: 0 },
    groupOf: () => 0,
  });
  const log = createLog();
  const sink = new KernelSink({
    nft: { commit } as unknown as Nft,
    clock,
    log,
    replica,
    writable: () => true,
  });
  const asked: number[] = [];
  const finished = new Promise<void>((resolve) => {
    const review = createBackendReview({
      ...{ clock, log, replica, groups, sink },
      verdicts: { shortestTtlMs: 1, of: () => ({ belongs: true, writable: false, ttlMs: 1 }) },
      persistence: {
        read: async (piece: KeyColumns) => {
          asked.push(piece.client.length);
          const found = createEntryColumns();
          for (let at = 0; at < piece.client.length; at++) {
            found.client.push(piece.client[at]!);
            found.address.push(piece.address[at]!);
            found.protocolPort.push(piece.protocolPort[at]!);
            found.backend.push(failed);
            found.backendPort.push(80);
            found.ttlMs.push(1);
            found.remainingMs.push(1);
          }
          return found;
        },
      } as unknown as PersistenceMap,
      onChange: () => {
        if (destroyed === count) resolve();
      },
    });
    review.now(keys);
  });
  await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, 20_000).unref())]);
  t.is(destroyed, count);
  t.true(Math.max(...asked) <= limits.batchElements);
});

test('an entry of a failed backend leaves the kernel, one that a packet has made anew stays and is known', async (t) => {
  t.deepEqual(await judged(failed, failed, false), { destroyed: [1], backend: undefined });
  t.deepEqual(await judged(failed, healthy, false), { destroyed: [], backend: healthy });
  t.deepEqual(await judged(failed, healthy, true), { destroyed: [], backend: healthy });
});

test('an entry of a removed backend, too; where the kernel has only its number, what cannot be read leaves', async (t) => {
  t.deepEqual(await judged(removed, removed, false), { destroyed: [1], backend: undefined });
  t.deepEqual(await judged(removed, undefined, false), { destroyed: [], backend: undefined });
  t.deepEqual(await judged(removed, undefined, true), { destroyed: [1], backend: undefined });
  t.deepEqual(await judged(removed, healthy, true), { destroyed: [], backend: healthy });
});
