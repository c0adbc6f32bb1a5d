/** Large batches are written unheard, and a foreign change meanwhile is noticed nevertheless. */

import { setTimeout as after } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import test from 'ava';
import type { ElementBytes, SetSpec, TableName, Transaction } from '../../src/netlink/nft/ast.js';
import type { ForeignChange } from '../../src/ports.js';
import { createNft } from '../../src/shell/nft.js';
import { createUnheard } from '../../src/shell/nft-unheard.js';
import { createNftWatch, ownPorts, tableId } from '../../src/shell/nft-watch.js';
import { ownCommits } from '../../src/shell/own-commits.js';
import { openThread } from '../../src/shell/threads.js';
import { enterKernel, ip4, silentLog } from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

const table: TableName = { family: 'ip', name: 'unheard' };
const set: SetSpec = { name: 'many', key: ['ipv4_addr'] };
const held: SetSpec = { name: 'held', key: ['ipv4_addr'], flags: ['timeout'] };
const large = 4_000;
const element = (index: number): ElementBytes => ({ key: Uint8Array.of(10, index >> 16, index >> 8, index) });
const elements = (from: number, count = large): ElementBytes[] =>
  Array.from({ length: count }, (_, index) => element(from + index));
const add = (from: number, count = large) =>
  ({ op: 'add-elements', table, set, elements: elements(from, count) }) as const;
const write = (operation: Transaction['operations'][number], nft = kernel.nft): Promise<void> =>
  nft.commit({ reason: 'unheard', operations: [operation] });
const foreignAdd = (key: string): void => {
  kernel.stockNft('add', 'element', 'ip', table.name, set.name, `{ ${key} }`);
};

test.serial.before(async () => {
  await kernel.commit(
    { op: 'add-table', table },
    { op: 'add-set', table, set },
    { op: 'add-set', table, set: held },
  );
});

/** What is reported of a batch "written" by `send`. */
const during = (send: () => void): ForeignChange[] => {
  const seen: ForeignChange[] = [];
  const watch = createNftWatch(new Set([tableId(table)]), ownPorts(), () => {});
  const unheard = createUnheard(
    watch,
    ownCommits,
    (change) => seen.push(change),
    () => performance.now(),
  );
  unheard.during(send);
  unheard.close();
  watch.close();
  return seen;
};

test.serial('somebody else commits while nobody listens: told, whatever it was', (t) => {
  t.deepEqual(
    during(() => {}),
    [],
  );
  t.deepEqual(
    during(() => foreignAdd('10.255.0.1')).map(({ kind, table: of }) => [kind, of]),
    [['overrun', undefined]],
  );
  t.is(during(() => kernel.stockNft('add', 'table', 'ip', 'unrelated')).length, 1);
  t.is(during(() => foreignAdd('10.255.0.1')).length, 0, 'it is there already: no change');
});

test.serial(
  'our own batches explain themselves, also those that change nothing or are refused',
  async (t) => {
    const sibling = createNft({ log: silentLog });
    const own = (operation: Transaction['operations'][number]): number => {
      const settled: Promise<void>[] = [];
      const { length } = during(() => settled.push(write(operation, sibling).catch(() => {})));
      t.is(settled.length, 1);
      return length;
    };
    t.is(own(add(0)), 0);
    t.is(own(add(0)), 0, 'all there already');
    t.is(own({ ...add(0), create: true }), 0, 'refused');
    t.is(own({ ...add(10_000, 1), create: true }), 0, 'small, but it certainly changes something');
    t.is(own({ op: 'delete-elements', table, set, elements: elements(0) }), 0);
    t.is(
      own({ op: 'destroy-elements', table, set, elements: elements(0) }),
      0,
      'large: the kernel says that nothing was there',
    );
    t.is(own(add(20_000, 1)), 1, 'small, and it may have changed nothing');
    // A batch of ours that changes nothing does not stand for a foreign one that does.
    await write(add(30_000), sibling);
    const masked = during(() => {
      void write(add(30_000), sibling);
      foreignAdd('10.255.0.2');
    });
    t.is(masked.length, 1);
    sibling.close();
  },
);

test.serial(
  'a thread renews leases meanwhile: never taken for somebody else, and held all the time',
  async (t) => {
    const nft = createNft({ log: silentLog });
    const seen: ForeignChange[] = [];
    nft.onForeignChange((change) => seen.push(change));
    await write(add(40_000), nft);
    const worker: Worker = openThread(new URL('./renewing-worker.js', import.meta.url), {
      table,
      set: held,
      leaseMs: 2_000,
    });
    await new Promise((resolve) => worker.once('message', resolve));
    const key = ip4('10.0.0.1');
    for (let round = 0; round < 25; round++) {
      await write(add(100_000), nft);
      await write({ op: 'delete-elements', table, set, elements: elements(100_000) }, nft);
      if (round % 8 === 0) t.is((await nft.dumpElements(table, 'held')).length, 1, 'held');
      await after(1);
    }
    t.deepEqual((await nft.dumpElements(table, 'held'))[0]?.key, key);
    t.deepEqual(seen, []);
    await worker.terminate();
    nft.close();
  },
);

test.serial(
  'foreign changes between and during large batches: each is told, one way or the other',
  async (t) => {
    const nft = createNft({ log: silentLog });
    let toldMs = 0;
    nft.onForeignChange(() => {
      toldMs = performance.now();
    });
    await write(add(40_000), nft);
    // From outside of this process, so that it meets our batches at any moment.
    const script =
      'for i in $(seq 1 40); do nft add element ip unheard many "{ 10.254.0.$i }"; sleep 0.01; done';
    const foreign = kernel.namespaces.start(kernel.namespace, '/bin/sh', '-c', script);
    let isDone = false;
    foreign.once('exit', () => {
      isDone = true;
    });
    const count = async (): Promise<number> => {
      const all = await kernel.nft.dumpElements(table, set.name);
      return all.filter(({ key }) => key[1] === 254).length;
    };
    let known = 0;
    let sinceMs = performance.now();
    let missed = 0;
    for (let at = 0; !isDone || at < 10; at++) {
      await write(add(200_000), nft);
      await write({ op: 'delete-elements', table, set, elements: elements(200_000) }, nft);
      const countedMs = performance.now();
      const now = await count();
      for (let waited = 0; now > known && toldMs < sinceMs && waited < 50; waited++) await after(20);
      if (now > known && toldMs < sinceMs) missed++;
      known = now;
      sinceMs = countedMs;
    }
    t.is(known, 40);
    t.is(missed, 0);
    nft.close();
  },
);
