/** Answers changes that others make to our table: one repair at a time, and not faster than two writers could spin. */

import { errorFrom } from '../errors.js';
import type { ForeignChange, Log, Nft } from '../ports.js';
import { featureTables } from '../ruleset/feature.js';

const repairIntervalMs = 200;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });

const concernsUs = ({ table }: ForeignChange): boolean =>
  !table || featureTables.some(({ name, family }) => table.name === name && table.family === family);

export const watchForeignChanges = async (
  nft: Nft,
  log: Log,
  repair: (change: ForeignChange) => Promise<void>,
  seen: (change: ForeignChange) => void,
  signal: AbortSignal,
): Promise<void> => {
  let waiting: ForeignChange | undefined;
  let wake: (() => void) | undefined;
  const unsubscribe = nft.onForeignChange((change) => {
    if (!concernsUs(change)) return;
    seen(change);
    waiting ??= change;
    wake?.();
  });
  const onAbort = (): void => wake?.();
  signal.addEventListener('abort', onAbort, { once: true });
  while (!signal.aborted) {
    if (!waiting) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const change = waiting;
    waiting = undefined;
    if (signal.aborted || !change) continue;
    try {
      await repair(change);
    } catch (thrown) {
      log.error({ error: errorFrom(thrown).message }, 'a foreign change is not repaired yet: trying again');
      waiting ??= change;
    }
    await pause(repairIntervalMs, signal);
  }
  unsubscribe();
};
