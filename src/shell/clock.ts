/** The monotonic clock of the machine. Wall-clock time is never used for a decision: it steps. */

import type { Clock } from '../ports.js';

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
};

/** Resolves after `ms`, or at once when the signal aborts: a loop that sleeps by it ends without waiting. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });

/** setTimeout rounds down to whole milliseconds; a deadline must not be met early. */
export const systemTimers = {
  after(ms: number, action: () => void): () => void {
    const timer = setTimeout(action, Math.ceil(ms));
    return () => clearTimeout(timer);
  },
};
