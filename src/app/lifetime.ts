/** How long a process with several parts lives: until it is told to stop, or until one of its parts has failed. */

import { errorFrom } from '../errors.js';
import type { Log } from '../ports.js';

export interface Lifetime {
  /** Aborts when the parts have to end. */
  readonly signal: AbortSignal;
  /** What to undo; done in reverse order. */
  onStop(undo: () => unknown): void;
  /** A part that rejects has failed, and everything with it: a supervisor starts it all again. */
  background(part: Promise<void>): void;
  /** Until `outside` aborts; rejects with the error of a part that failed first. */
  last(outside: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export const createLifetime = (log: Log): Lifetime => {
  const running = new AbortController();
  const undos: (() => unknown)[] = [];
  return {
    signal: running.signal,
    onStop: (undo) => {
      undos.push(undo);
    },
    background(part) {
      const done = part.catch((thrown) => running.abort(errorFrom(thrown)));
      undos.push(() => {
        running.abort();
        return done;
      });
    },
    last: (outside) =>
      new Promise<void>((resolve, reject) => {
        const end = (): void => (running.signal.aborted ? reject(running.signal.reason) : resolve());
        const either = AbortSignal.any([outside, running.signal]);
        if (either.aborted) end();
        else either.addEventListener('abort', end, { once: true });
      }),
    async stop() {
      for (const undo of undos.splice(0).reverse()) {
        try {
          await undo();
        } catch (thrown) {
          log.warn({ error: errorFrom(thrown).message }, 'while stopping');
        }
      }
    },
  };
};
