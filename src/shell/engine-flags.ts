/** Settings of V8 that count only from the start of a process, for the processes whose pauses clients could feel. */

import { execv, keepAcrossExec } from './libc.js';

/**
 * Collections by the thread itself: one that waits for V8's helper threads waits for a processor whenever there is other work (140 ms
 * seen in a real-time thread beside four busy programs). Small young generations: many pauses below a millisecond instead of a
 * few of several, and less memory.
 */
export const engineFlags = ['--single-threaded-gc', '--max-semi-space-size=1'] as const;

/** Starts this process anew with the flags, under the same id, if it lacks them. Where that fails it goes on as it is. */
export const ensureEngineFlags = (): void => {
  if (engineFlags.every((flag) => process.execArgv.includes(flag))) return;
  // Without them what goes wrong from here on would be said to nobody.
  keepAcrossExec(0, 1, 2);
  execv(process.execPath, [
    process.execPath,
    ...engineFlags,
    ...process.execArgv,
    ...process.argv.slice(1),
    null,
  ]);
};
