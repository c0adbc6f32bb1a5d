/** An agent that starts anew while its node stays active: what its kernel holds is known bit by bit, and no peer may lose what it has. */

import test, { type ExecutionContext } from 'ava';
import { client, type PersistKernel } from './support/persist-kernel.js';
import { content, createSyncPair, entry, type SyncNode, until } from './support/sync-cluster.js';

const known = 1_000;
const newcomer = 5_000;
const brief = 6_000;

/** Two nodes in step; the agent of the active one has ended, and its kernel has not. */
const createStopped = async (t: ExecutionContext) => {
  const { cluster, lb1, lb2 } = await createSyncPair(t);
  for (let number = 0; number < known; number++) lb1.kernel.packet(entry(number));
  await until(() => lb2.kernel.entries().length === known);
  await lb1.stop();
  await until(() => !lb2.replicator.status().peers[0]?.connected);
  return { cluster, lb2, kernel: lb1.kernel };
};

/** The fewest entries that the peer has had by the time it has heard of a newcomer and is ready. */
const fewest = async ({ kernel, replicator }: SyncNode, active: SyncNode): Promise<number> => {
  active.kernel.packet(entry(newcomer));
  let least = Number.POSITIVE_INFINITY;
  await until(
    () => {
      const clients = kernel.entries().map((one) => one.client);
      least = Math.min(least, clients.length);
      return clients.includes(client(newcomer)) && replicator.readiness().ready;
    },
    () => replicator.status(),
  );
  return least;
};

test.serial(
  'while a large map is read, the peer keeps what it has, gets what is new, and is not ready',
  async (t) => {
    const { cluster, lb2, kernel } = await createStopped(t);
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    kernel.scanning = async (pieces) => (pieces === 1 ? held : undefined);
    const again = await cluster.start('lb1', { kernel });
    again.replicator.setActive('front', 2, true);
    await until(() => lb2.replicator.status().peers[0]!.connected);
    kernel.packet(entry(known));
    await until(() => lb2.kernel.entries().length === known + 1);
    // Longer than it would take to compare and to send all of it.
    for (let look = 0; look < 20; look++) {
      t.false(lb2.replicator.readiness().ready);
      t.is(lb2.kernel.entries().length, known + 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    goOn();
    t.is(await fewest(lb2, again), known + 1);
    await until(() => lb2.kernel.entries().length === known + 2);
    t.deepEqual(content(lb2.kernel), content(kernel));
  },
);

for (const [cause, disturb] of [
  [
    'the table is widened',
    (kernel: PersistKernel) => {
      kernel.shown = (position) => (position % 10 === kernel.scans ? 0 : position % 10 === 9 ? 2 : 1);
    },
  ],
  [
    'others end',
    (kernel: PersistKernel) => {
      kernel.shown = (position) => (position % 10 === kernel.scans ? 0 : 1);
      // One is shown, and gone when the scan has ended.
      kernel.scanning = async (pieces) => {
        if (pieces > 0) await new Promise((resolve) => setTimeout(resolve, 150));
        else if (kernel.scans === 1) kernel.packet({ ...entry(brief), ttlMs: 50 }, { lost: true });
      };
    },
  ],
] as const) {
  test.serial(`what the scan at start passes over while ${cause} stays on the peer`, async (t) => {
    const { cluster, lb2, kernel } = await createStopped(t);
    kernel.scans = 0;
    disturb(kernel);
    const again = await cluster.start('lb1', { kernel });
    again.replicator.setActive('front', 2, true);
    t.is(await fewest(lb2, again), known);
    await until(() => lb2.kernel.entries().length === known + 1);
    t.deepEqual(content(lb2.kernel), content(kernel));
  });
}

test.serial('what packets made before this node knew that it is active', async (t) => {
  const { cluster, lb2, kernel } = await createStopped(t);
  const again = await cluster.start('lb1', { kernel });
  await until(() => lb2.replicator.status().peers[0]!.connected);
  for (let number = 0; number < 10; number++) kernel.packet(entry(known + number));
  again.replicator.setActive('front', 2, true);
  t.is(await fewest(lb2, again), known);
  t.is(lb2.replicator.status().entries, known + 11, 'ready means that it has them');
  await until(() => lb2.kernel.entries().length === known + 11);
});
