/** Nodes that only send or only take entries, and what each service costs; over real TLS. */

import test from 'ava';
import type { Direction } from '../../src/model/node.js';
import { content, createSyncCluster, entry, type SyncNode, until } from './support/sync-cluster.js';

const connected = (node: SyncNode, peers: number): boolean =>
  node.replicator.status().peers.filter((peer) => peer.connected).length === peers;

test.serial(
  'by direction: who only sends takes nothing and is not eligible; who only takes has all of it',
  async (t) => {
    const cluster = await createSyncCluster(t, ['lb1', 'lb2', 'lb3']);
    const start = (name: string, direction: Direction) => cluster.start(name, { direction });
    const [lb1, lb2, lb3] = [
      await start('lb1', 'both'),
      await start('lb2', 'send'),
      await start('lb3', 'receive'),
    ];
    const all = [lb1, lb2, lb3];
    lb1.replicator.setActive('front', 1, true);
    await until(() => all.every((node) => connected(node, 2)));
    for (let number = 0; number < 50; number++) lb1.kernel.packet(entry(number));
    await until(() => lb3.kernel.entries().length === 50 && lb3.replicator.readiness().ready);
    t.like(lb2.replicator.readiness(), {
      ready: false,
      reasons: ['this node takes no entries of others (replication.direction: send)'],
    });
    t.is(lb2.kernel.entries().length, 0);
    t.is(lb1.replicator.status().peers.find(({ name }) => name === 'lb2')?.sentEntries, 0);
    t.like(await lb1.replicator.verify(), { consistent: true, lines: [] });
    t.like(await lb2.replicator.verify(), { consistent: true, lines: [] });

    // It may have to be active all the same: what it makes goes to the others.
    lb1.replicator.setActive('front', 1, false);
    lb2.replicator.setActive('front', 2, true);
    t.true(lb2.replicator.readiness().ready);
    lb2.kernel.packet(entry(50));
    await until(() => content(lb1.kernel).length === 1 && content(lb3.kernel).length === 1);

    lb2.replicator.setActive('front', 2, false);
    lb3.replicator.setActive('front', 3, true);
    lb3.kernel.packet(entry(51));
    await until(() => !lb1.replicator.readiness().ready);
    t.deepEqual(lb1.replicator.readiness().reasons, [
      'group front: lb3 is active and sends nothing (its replication.direction)',
    ]);
    t.false(
      content(lb1.kernel).some((line) => content(lb3.kernel).includes(line) && line.includes('10.9.0.51')),
    );
  },
);

test.serial('what a service costs is what its frames weigh, all peers together', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2', 'lb3']);
  const [lb1, lb2, lb3] = [
    await cluster.start('lb1'),
    await cluster.start('lb2'),
    await cluster.start('lb3'),
  ];
  lb1.replicator.setActive('front', 1, true);
  await until(() => lb2.replicator.readiness().ready && lb3.replicator.readiness().ready);
  await until(() => connected(lb1, 2));
  const before = lb1.replicator.status().peers.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  for (let number = 0; number < 1_000; number++) lb1.kernel.packet(entry(number));
  await until(() => lb2.kernel.entries().length === 1_000 && lb3.kernel.entries().length === 1_000);
  const { services, peers } = lb1.replicator.status();
  const sent = peers.reduce((sum, { bytesSent }) => sum + bytesSent, 0) - before;
  const [web, ...others] = services!;
  t.deepEqual(others, []);
  t.like(web, { service: 'web', replicate: 'all', entries: 2_000 });
  // At least 20 bytes an entry; the rest of what was sent is pings and digests.
  t.true(web!.bytes >= 2_000 * 20 && web!.bytes <= sent, `${web!.bytes} of ${sent}`);
  t.true(web!.entriesPerSecond >= 2_000 / 11 && web!.bytesPerSecond >= web!.bytes / 11);
  t.deepEqual(lb2.replicator.status().services, []);
});
