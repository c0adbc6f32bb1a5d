/** Runs a witness until it is told to end. */

import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { createWitness, type WitnessOptions } from './app/witness.js';
import type { Log } from './ports.js';
import { createDatagrams } from './shell/datagrams.js';
import { becomeRealtime } from './shell/realtime.js';
import { createTurns } from './shell/turns.js';

export interface RunWitnessOptions extends WitnessOptions {
  readonly secret: Uint8Array;
  readonly log: Log;
}

/** Ends when `signal` aborts; rejects with `bad-config` when an address cannot be bound. */
export const runWitness = async (options: RunWitnessOptions, signal: AbortSignal): Promise<void> => {
  const { secret, log, cluster, listen, leaseMs } = options;
  const key = createSecretKey(secret);
  const turns = createTurns();
  const witness = createWitness(
    {
      clock: { nowMs: () => performance.now() },
      log,
      mac: (bytes) => createHmac('sha256', key).update(bytes).digest(),
      session: 1 + (randomBytes(6).readUIntBE(0, 6) % (2 ** 48 - 1)),
      datagrams: createDatagrams(turns),
    },
    { cluster, listen, leaseMs },
  );
  if (!becomeRealtime())
    log.warn({}, 'no real-time scheduling: allow CAP_SYS_NICE, or a busy processor delays grants');
  await witness.start();
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  await witness.stop();
  turns.stop();
};
