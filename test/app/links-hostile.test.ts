/** What strangers and broken peers may try on the links of three real replicators: refused by name, and the others go on. */

import test from 'ava';
import { mapShape } from '../../src/app/replicate.js';
import { limits } from '../../src/limits.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { HelloFrame } from '../../src/wire/frames.js';
import { createSyncCluster, entry, type SyncCluster, until } from './support/sync-cluster.js';

const hello: HelloFrame = {
  ...{ kind: 'hello', versionMin: 1, versionMax: 1, software: 'rogue', cluster: 'prod', node: 'lb1' },
  ...{ session: 'x', maps: [mapShape], resume: undefined, active: [] },
};

/** lb3 originates, lb2 follows; lb1 is the test's to play. */
const pair = async (cluster: SyncCluster) => {
  const [lb2, lb3] = [await cluster.start('lb2'), await cluster.start('lb3')];
  lb3.replicator.setActive('front', 1, true);
  const stateOf = () => lb2.replicator.status().peers.find(({ name }) => name === 'lb3');
  await until(() => stateOf()?.state === 'in sync');
  const { lastError } = stateOf()!;
  let next = 0;
  /** A new entry still gets from lb3 to lb2's kernel, over the same link; how long it took, in ms. */
  const replicates = async (): Promise<number> => {
    const startMs = performance.now();
    lb3.kernel.packet(entry(next++));
    await until(() => lb2.kernel.entries().length === next);
    if (stateOf()!.lastError !== lastError)
      throw new Error(`the link was disturbed: ${stateOf()!.lastError}`);
    return performance.now() - startMs;
  };
  return { lb2, lb3, replicates };
};

test.serial('a peer that floods is named and cut off, again and again, and the others go on', async (t) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2', 'lb3']);
  const { lb2, replicates } = await pair(cluster);
  const receivedBytes = () => lb2.replicator.status().peers.find(({ name }) => name === 'lb1')!.bytesReceived;
  /** Until it is cut off; returns how many frames were read of it. */
  const flood = async (frame: Uint8Array, most: number): Promise<number> => {
    const before = receivedBytes();
    const socket = await cluster.dial('lb1', 'lb2');
    let closed = false;
    socket.once('close', () => {
      closed = true;
    });
    socket.send(encodeFrame(hello));
    for (let sent = 0; sent < most && !closed; sent++) {
      socket.send(frame);
      // As fast as the socket takes it.
      while (!closed && socket.bufferedAmount > 1_000_000)
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => closed);
    return (receivedBytes() - before) / frame.length;
  };
  const digest = encodeFrame({
    ...{ kind: 'digest', group: 'front', epoch: 1, sequence: 1, decisive: true },
    ...{ sums: new Uint32Array(256), counts: new Uint32Array(256) },
  });
  const digests = flood(digest, 20_000);
  t.true((await replicates()) < 1_000);
  t.true((await digests) < 2 * limits.syncCostlyBurst);
  await until(() => lb2.complaints.some((line) => /^peer lb1: sends more digests, roles/.test(line)));
  const ping = encodeFrame({ kind: 'ping', token: 1, head: 0, sequence: 0 });
  const pings = flood(ping, 2_000_000);
  t.true((await replicates()) < 1_000);
  const read = await pings;
  t.true(read < 2 * limits.syncFrameBurst, `${read} frames were read`);
  await until(() => lb2.complaints.some((line) => /^peer lb1: sends more than 25000 frames/.test(line)));
  const again = await flood(ping, 2_000_000);
  t.true(again < limits.syncFrameBurst / 2, `a new connection is no new reserve: ${again} frames were read`);
  await replicates();
  t.true(lb2.replicator.readiness().ready);
});
