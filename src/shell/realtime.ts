/** Real-time scheduling of the calling thread, for what must not wait behind other work (sched(7)). */

import { readdirSync } from 'node:fs';
import { sched_setscheduler } from './libc.js';

const SCHED_RR = 2;
/** Threads and programs that this thread starts later are ordinary again. */
const SCHED_RESET_ON_FORK = 0x40000000;
/** Above ordinary work, below what the kernel and conntrackd take for themselves. */
const priority = 10;
const helperPriority = 5;

/** False when it is not permitted (CAP_SYS_NICE or LimitRTPRIO is missing): the thread then competes like any other. */
export const becomeRealtime = (): boolean =>
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, Int32Array.of(priority)) === 0;

/**
 * A garbage collection in a real-time thread waits for V8's helper threads, which every thread of the process shares: left
 * ordinary, they wait for a processor as long as there is other work (140 ms seen beside four busy programs). Raises all threads but the
 * main one; to be called by the main thread before it starts a real-time one.
 */
export const raiseHelperThreads = (): void => {
  for (const thread of readdirSync('/proc/self/task').map(Number)) {
    if (thread === process.pid) continue;
    sched_setscheduler(thread, SCHED_RR | SCHED_RESET_ON_FORK, Int32Array.of(helperPriority));
  }
};
