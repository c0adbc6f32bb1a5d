/** The guard thread: its own netlink, UDP and packet sockets, and nothing else in it (DESIGN section 5, rule 7). */

import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { watchedLinks } from './app/guard-config.js';
import { createGuardLoop } from './app/guard-loop.js';
import type { FromGuard, GuardThreadData, ToGuard } from './election/thread.js';
import { errorFrom } from './errors.js';
import type { Log } from './ports.js';
import { createAddressMover } from './shell/address-mover.js';
import { systemClock } from './shell/clock.js';
import { createDatagrams } from './shell/datagrams.js';
import { startEtcdThread } from './shell/etcd-thread.js';
import { createFrameSocket } from './shell/frames.js';
import { createLinks } from './shell/links.js';
import { createNft } from './shell/nft.js';
import { wallClock } from './shell/process.js';
import { becomeRealtime } from './shell/realtime.js';
import { createTurns } from './shell/turns.js';
import { watchVrrpFifo } from './shell/vrrp-fifo.js';

const { config, secret, epochs, maintenance, etcdCluster } = workerData as GuardThreadData;
const port = parentPort!;
const turns = createTurns();
const post = (message: FromGuard): void => {
  port.postMessage(message);
  if (message.type !== 'stopped' && message.type !== 'failed') return;
  // Nothing keeps the thread alive then: it ends when the last socket is closed.
  turns.stop();
  port.close();
};

/** Nothing is written from this thread; what matters is posted as an event. */
const nothing = (): void => {};
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };

// Prepared once: the key as bytes doubles the time of each datagram.
const key = createSecretKey(secret);

const session = 1 + (randomBytes(6).readUIntBE(0, 6) % (2 ** 48 - 1));

/** The machine's monotonic clock, as everywhere else, so that recorded decisions of all nodes and events have one time; read as cheaply as the thread's own. */
const threadBeganMs = systemClock.nowMs() - performance.now();

const loop = createGuardLoop(
  {
    clock: { nowMs: () => threadBeganMs + performance.now() },
    timers: turns.timers,
    wall: wallClock,
    log,
    mac: (bytes) => createHmac('sha256', key).update(bytes).digest(),
    nft: createNft({ log }),
    links: createAddressMover(createLinks({ carrierLinks: watchedLinks(config) })),
    frames: createFrameSocket,
    datagrams: createDatagrams(turns),
    post,
    etcd: startEtcdThread,
    fifo: watchVrrpFifo,
  },
  config,
  { session, epochs, maintenance, etcdCluster },
);

if (!becomeRealtime()) {
  const detail = 'no real-time scheduling: allow CAP_SYS_NICE, or busy processors will cost takeovers';
  post({ type: 'event', event: { kind: 'fault', detail } });
}
port.on('message', (message: ToGuard) => loop.hear(message));
loop.start().catch((thrown) => {
  const { code, message } = errorFrom(thrown);
  loop.abandon();
  post({ type: 'failed', code, message });
});
