/** Every figure of `relevo sync status` against a count made outside, while entries flow. */

import test from 'ava';
import { createSyncCluster, entry, type SyncNode, until } from './support/sync-cluster.js';

const peerOf = ({ replicator }: SyncNode) => replicator.status().peers[0]!;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.serial('confirmed, unconfirmed, oldest, lag, bytes and rates are what is counted outside', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
  const [lb1, lb2] = [await cluster.start('lb1'), await cluster.start('lb2')];
  lb1.replicator.setActive('front', 1, true);
  await until(() => lb2.replicator.readiness().ready && peerOf(lb1).state === 'in sync');

  // The standby's kernel takes a while for each batch, and sometimes none at all.
  const { kernel } = lb2;
  const commit = kernel.commit.bind(kernel);
  const slowMs = 40;
  let open = true;
  const arrivedAtMs = new Map<string, number>();
  kernel.commit = async (transaction) => {
    await sleep(slowMs);
    while (!open) await sleep(5);
    await commit(transaction);
    const nowMs = performance.now();
    for (const { client } of kernel.entries()) if (!arrivedAtMs.has(client)) arrivedAtMs.set(client, nowMs);
  };
  const bornAtMs = new Map<string, number>();
  const born = (number: number): void => {
    const one = entry(number, 0);
    bornAtMs.set(one.client, performance.now());
    lb1.kernel.packet(one);
  };
  const startedAtMs = performance.now();
  for (let number = 0; number < 1_000; number++) {
    born(number);
    if (number % 10 === 9) await sleep(10);
  }
  const peak = peerOf(lb1);
  t.true(peak.unconfirmed > 0 && peak.unconfirmed <= 1_000);
  await until(() => arrivedAtMs.size === 1_000 && peerOf(lb1).unconfirmed === 0);
  const after = peerOf(lb1);
  const tookS = (performance.now() - startedAtMs) / 1000;
  const lagsMs = [...bornAtMs]
    .map(([client, atMs]) => arrivedAtMs.get(client)! - atMs)
    .sort((one, other) => one - other);
  t.is(after.sentEntries, 1_000);
  t.is(after.ackedEntries, kernel.entries().length);
  t.is(after.oldestUnconfirmedMs, 0);
  // Acks gather for 5 ms, the oldest entry of a frame counts for all of it, and the machine has other work: never much less, and little more.
  const [p50, p99] = [lagsMs[500]!, lagsMs[990]!];
  t.log({ outside: [p50, p99], status: [after.lagP50Ms, after.lagP99Ms] });
  t.true(after.lagP50Ms! > p50 - 3 && after.lagP50Ms! < p50 + 30, `${after.lagP50Ms} outside ${p50}`);
  t.true(after.lagP99Ms! > p99 - 3 && after.lagP99Ms! < p99 + 30, `${after.lagP99Ms} outside ${p99}`);
  t.is(after.general?.lagP50Ms, undefined, 'nothing has gone there');
  // The window of a rate begins at most ten seconds and a tick before now.
  t.true(after.entriesPerSecond >= 1_000 / (tookS + 12) && after.entriesPerSecond <= 2_000 / tookS);
  await until(
    () =>
      peerOf(lb1).bytesSent === lb2.received.get('lb1') &&
      peerOf(lb1).bytesReceived === lb1.received.get('lb2'),
  );

  // It takes nothing for a while: the figures say how much, and since when.
  open = false;
  const stuckAtMs = performance.now();
  for (let number = 1_000; number < 1_100; number++) born(number);
  await sleep(400);
  const stuck = peerOf(lb1);
  const waitedMs = performance.now() - stuckAtMs;
  t.is(stuck.unconfirmed, 1_100 - kernel.entries().length);
  t.is(stuck.ackedEntries, kernel.entries().length);
  const { oldestUnconfirmedMs } = stuck;
  t.true(
    oldestUnconfirmedMs > waitedMs - 60 && oldestUnconfirmedMs <= waitedMs + 5,
    `${oldestUnconfirmedMs}`,
  );

  // Its link breaks: what it has not confirmed stays unconfirmed, grows, and is not counted twice once it is back.
  await lb2.stop();
  await until(() => !peerOf(lb1).connected);
  for (let number = 1_100; number < 1_150; number++) born(number);
  await until(
    () => peerOf(lb1).unconfirmed === 150,
    () => peerOf(lb1),
  );
  t.true(peerOf(lb1).oldestUnconfirmedMs >= waitedMs - 60);
  t.is(peerOf(lb1).sentEntries, 1_000);
  open = true;
  const back = await cluster.start('lb2', { kernel });
  await until(
    () => kernel.entries().length === 1_150 && peerOf(lb1).unconfirmed === 0,
    () => peerOf(lb1),
  );
  t.is(peerOf(lb1).ackedEntries, peerOf(lb1).sentEntries);
  t.is([...back.replicator.entries()].length, 1_150);
});
