import test from 'ava';
import { mapShape } from '../../src/app/replicate.js';
import { RelevoError } from '../../src/errors.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { HelloFrame } from '../../src/wire/frames.js';
import {
  backends,
  content,
  createSyncCluster,
  createSyncPair,
  entry,
  serviceOf,
  until,
  vip,
} from './support/sync-cluster.js';

test.serial('a new session reaches the other kernel with its remaining lifetime', async (t) => {
  const { lb1, lb2 } = await createSyncPair(t);
  for (let number = 0; number < 100; number++) lb1.kernel.packet(entry(number));
  await until(() => lb2.kernel.entries().length === 100);
  t.deepEqual(content(lb2.kernel), content(lb1.kernel));
  for (const { ttlMs, remainingMs } of lb2.kernel.entries()) {
    t.is(ttlMs, 60_000);
    t.true(remainingMs > 58_000 && remainingMs <= 60_000, `${remainingMs} ms left`);
  }
  await until(() => lb1.replicator.status().peers[0]?.unconfirmed === 0);
  const [peer] = lb1.replicator.status().peers;
  t.is(peer?.ackedEntries, 100);
  t.true(peer!.lagP99Ms! > 0 && peer!.lagP99Ms! < 1000);
  await until(() => lb1.replicator.status().digests.front === lb2.replicator.status().digests.front);
  t.like(await lb1.replicator.verify(), { consistent: true, lines: [], differences: [] });
});

test.serial(
  'a dump that passes over elements and shows others twice: no difference, no count of its own',
  async (t) => {
    const { lb1, lb2 } = await createSyncPair(t);
    for (let number = 0; number < 100; number++) lb1.kernel.packet(entry(number));
    await until(() => lb2.kernel.entries().length === 100);
    for (const { kernel } of [lb1, lb2]) {
      kernel.shown = (position) => (position % 10 === 0 ? 0 : position % 10 === 1 ? 2 : 1);
    }
    for (const { replicator } of [lb1, lb2]) {
      const { lines, nodes } = await replicator.verify();
      t.deepEqual(lines, []);
      t.deepEqual(
        nodes.map(({ entries }) => entries),
        [100, 100],
      );
    }
  },
);

test.serial('a standby that starts later, or again, gets a snapshot before it is ready', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
  const lb1 = await cluster.start('lb1');
  lb1.replicator.setActive('front', 1, true);
  await until(() => lb1.replicator.readiness().ready);
  for (let number = 0; number < 30_000; number++) lb1.kernel.packet(entry(number));
  const lb2 = await cluster.start('lb2');
  t.false(lb2.replicator.readiness().ready);
  t.regex(lb2.replicator.readiness().reasons.join(), /waiting for lb1: not connected since start/);
  await until(
    () => lb2.replicator.readiness().ready,
    () => lb2.replicator.status(),
  );
  await until(() => lb2.kernel.entries().length === 30_000);
  t.regex(lb2.replicator.readiness().position, /^lb1:\d+$/);
  await lb2.stop();
  lb1.kernel.packet(entry(40_000));
  const again = await cluster.start('lb2', { kernel: lb2.kernel });
  await until(
    () => again.kernel.entries().length === 30_001,
    () => again.replicator.status(),
  );
  await until(() => again.replicator.readiness().ready);
  t.true(
    again.replicator.status().writtenEntries < 30_000,
    'what the kernel kept was not sent again in full',
  );
});

test.serial(
  'takeover: the standby holds everything, originates from then on, and the old node follows',
  async (t) => {
    const { cluster, lb1, lb2 } = await createSyncPair(t);
    for (let number = 0; number < 50; number++) lb1.kernel.packet(entry(number));
    await until(() => lb2.kernel.entries().length === 50);
    await lb1.stop();
    await until(() => !lb2.replicator.status().peers[0]?.connected);
    t.true(lb2.replicator.readiness().ready, 'a complete standby is ready the moment its peer is gone');
    lb2.replicator.setActive('front', 2, true);
    for (let number = 50; number < 80; number++) lb2.kernel.packet(entry(number));
    const back = await cluster.start('lb1', { kernel: lb1.kernel });
    await until(() => back.kernel.entries().length === 80);
    await until(() => back.replicator.readiness().ready);
    t.deepEqual(content(back.kernel), content(lb2.kernel));
  },
);

test.serial(
  'lost reports are found by a dump, and refreshes travel when half of the lifetime is gone',
  async (t) => {
    const service = serviceOf(['up', 'up'], { persistTtlMs: 8_000 });
    const { lb1, lb2 } = await createSyncPair(t, { service });
    lb1.kernel.packet(entry(1, 0, 8_000), { lost: true });
    lb1.kernel.lose('ENOBUFS');
    await until(() => lb2.kernel.entries().length === 1);
    t.is(lb1.replicator.status().lostReports, 1);
    t.is(lb1.replicator.status().foundByDump, 1);
    const refresher = setInterval(() => lb1.kernel.packet(entry(1, 0, 8_000)), 200);
    t.teardown(() => clearInterval(refresher));
    const deadline = performance.now() + 11_000;
    while (performance.now() < deadline) {
      t.is(lb2.kernel.entries().length, 1, 'the standby forgot a session that is alive');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
);

test.serial(
  'a failed backend: its entries go on both nodes, and one written by a late packet goes again',
  async (t) => {
    const { lb1, lb2 } = await createSyncPair(t);
    for (let number = 0; number < 20; number++) lb1.kernel.packet(entry(number));
    await until(() => lb2.kernel.entries().length === 20);
    const endpoint = { protocol: 'tcp', address: vip, port: 80 } as const;
    const keys = [...lb1.replicator.index!.keysOfBackend(endpoint, backends[1]!, 8080)];
    t.is(keys.length, 10);
    lb1.service = serviceOf(['up', 'down']);
    lb1.replicator.rulesChanged();
    await until(() => content(lb2.kernel).length === 10);
    await until(() => content(lb1.kernel).length === 10);
    lb1.kernel.packet(entry(101));
    await until(() => content(lb1.kernel).length === 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.deepEqual(content(lb2.kernel), content(lb1.kernel));
  },
);

test.serial(
  'entries of a service that this node does not know wait in the replica, out of the kernel',
  async (t) => {
    const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
    const lb1 = await cluster.start('lb1');
    const lb2 = await cluster.start('lb2', { service: serviceOf(['up'], { replicate: 'none' }) });
    lb1.replicator.setActive('front', 1, true);
    for (let number = 0; number < 10; number++) lb1.kernel.packet(entry(number));
    await until(() => lb2.replicator.status().entries === 10);
    await until(() => lb2.replicator.readiness().ready);
    t.deepEqual(content(lb2.kernel), []);
    lb2.service = serviceOf(['up', 'up']);
    lb2.replicator.rulesChanged();
    await until(() => lb2.kernel.entries().length === 10);
    t.pass();
  },
);

test.serial('a kernel that was emptied by a foreign hand is filled again', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
  const [lb1, lb2] = [await cluster.start('lb1'), await cluster.start('lb2')];
  lb1.replicator.setActive('front', 1, true);
  for (let number = 0; number < 10; number++) lb1.kernel.packet(entry(number));
  await until(() => lb2.kernel.entries().length === 10);
  for (const node of [lb1, lb2]) {
    node.kernel.flush();
    node.replicator.refill();
    await until(() => node.kernel.entries().length === 10);
  }
  t.pass();
});

test.serial('a kernel that refuses for a while: nothing is confirmed, nothing is lost', async (t) => {
  const { lb1, lb2 } = await createSyncPair(t);
  lb2.kernel.failures = [1, 2].map(() => new RelevoError('kernel-busy', 'the transaction mutex is held'));
  lb1.kernel.packet(entry(1));
  await until(() => !lb2.replicator.readiness().ready);
  t.regex(lb2.replicator.readiness().reasons.join(), /the kernel refuses replicated entries/);
  t.is(lb1.replicator.status().peers[0]?.ackedEntries, 0);
  await until(() => lb2.kernel.entries().length === 1);
  await until(() => lb1.replicator.status().peers[0]?.ackedEntries === 1);
  await until(() => lb2.replicator.readiness().ready);
});

test.serial(
  'another cluster with the same authority is refused on both sides, with the remedy',
  async (t) => {
    const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
    const lb1 = await cluster.start('lb1');
    const lb2 = await cluster.start('lb2', { cluster: 'test' });
    const refusal = /belongs to cluster .*correct 'cluster' in one node\.yaml/;
    await until(() => [...lb1.complaints, ...lb2.complaints].some((line) => refusal.test(line)));
    t.false(lb1.replicator.status().peers[0]?.connected);
  },
);

test.serial(
  'a peer that sends garbage, cut frames or lies is named and cut off, and the others go on',
  async (t) => {
    const cluster = await createSyncCluster(t, ['lb1', 'lb2', 'lb3']);
    const lb2 = await cluster.start('lb2');
    const lb3 = await cluster.start('lb3');
    lb3.replicator.setActive('front', 1, true);
    await until(() => lb2.replicator.status().peers.find(({ name }) => name === 'lb3')?.state === 'in sync');
    const hello: HelloFrame = {
      kind: 'hello',
      versionMin: 1,
      versionMax: 1,
      software: 'rogue',
      cluster: 'prod',
      node: 'lb1',
      session: 'x',
      maps: [mapShape],
      resume: undefined,
      active: [],
    };
    const digest = { kind: 'ack', frame: 2 ** 40 } as const;
    const tooShort = encodeFrame({
      kind: 'general',
      body: {
        ...{ kind: 'delta', frame: 1, group: 'front', epoch: 9, firstSequence: 1, lastSequence: 1 },
        upserts: {
          ...{ service: ['web'], key: ['\x01\x04\x01\x01\x0a\x00\x00'], backend: ['\x0a\x01\x00\x01'] },
          ...{ backendPort: [80], ttlMs: [1000], remainingMs: [1000] },
        },
        deletions: { service: [], key: [] },
      },
    });
    const attempts: [string, Uint8Array[], RegExp][] = [
      ['garbage', [Uint8Array.of(0xff, 0xff, 0xff, 1, 2, 3)], /lb1: malformed frame/],
      ['a frame cut short', [encodeFrame(hello), encodeFrame(digest).subarray(0, 3)], /lb1: malformed frame/],
      [
        'the name of the node it talks to',
        [encodeFrame({ ...hello, node: 'lb2' })],
        /another node calls itself 'lb2'/,
      ],
      [
        'the name of a third',
        [encodeFrame({ ...hello, node: 'lb3' })],
        /itself 'lb3' but its certificate says 'lb1'/,
      ],
      ['data before hello', [encodeFrame(digest)], /first frame is a ack/],
      [
        'a frame out of turn',
        [encodeFrame(hello), encodeFrame({ kind: 'snapshot-end', frame: 7, group: 'front', epoch: 9 })],
        /frame 7 is out of order/,
      ],
      [
        'a general entry whose key is too short',
        [encodeFrame({ ...hello, general: 1 }), tooShort],
        /lb1: malformed frame: upserts has an entry whose key has 7 bytes instead of 8/,
      ],
      [
        'a general frame that its hello does not speak of',
        [encodeFrame(hello), encodeFrame({ kind: 'general', body: digest })],
        /lb1: a general frame without a version of it/,
      ],
    ];
    for (const [what, frames, complaint] of attempts) {
      const socket = await cluster.dial('lb1', 'lb2');
      const closed = new Promise((resolve) => socket.once('close', resolve));
      for (const frame of frames) socket.send(frame);
      await closed;
      await until(
        () => lb2.complaints.some((line) => complaint.test(line)),
        () => [what, lb2.complaints],
      );
    }
    lb3.kernel.packet(entry(1));
    await until(() => lb2.kernel.entries().length === 1);
    t.true(lb2.replicator.readiness().ready);
  },
);

test.serial('replication off: nothing is sent, nothing is reported, and the node says so', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
  const lb1 = await cluster.start('lb1', { enabled: false });
  const lb2 = await cluster.start('lb2');
  lb1.replicator.setActive('front', 1, true);
  lb1.kernel.packet(entry(1));
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.deepEqual(content(lb2.kernel), []);
  t.is(lb1.replicator.index, undefined);
  t.deepEqual(lb1.replicator.readiness().reasons, ['replication is off']);
  t.false(lb1.replicator.status().enabled);
});

test.serial('a node alone is ready after a bounded wait', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
  const lb1 = await cluster.start('lb1');
  const seen: boolean[] = [];
  lb1.replicator.onReadiness(({ ready }) => seen.push(ready));
  t.false(lb1.replicator.readiness().ready);
  await until(() => lb1.replicator.readiness().ready);
  t.deepEqual(lb1.replicator.readiness().reasons, ['alone: lb2 not connected']);
  await until(() => seen.includes(true));
});
