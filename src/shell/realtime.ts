/** Scheduling of what should not wait behind other work: real time for the guard, precedence for the agent (sched(7)). */

import { setPriority } from 'node:os';
import { sched_setscheduler } from './libc.js';

const SCHED_RR = 2;
/** Threads and programs that this thread starts later are ordinary again. */
const SCHED_RESET_ON_FORK = 0x40000000;
/** Above ordinary work, below what the kernel and conntrackd take for themselves. */
const priority = 10;

/** False when it is not permitted (CAP_SYS_NICE or LimitRTPRIO is missing): the thread then competes like any other. */
export const becomeRealtime = (): boolean =>
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, Int32Array.of(priority)) === 0;

/**
 * Precedence over ordinary programs for the calling thread: what replicates is woken thousands of times a second, and on a busy
 * machine each time waits up to a scheduling slice (3 ms) otherwise. Not permitted (CAP_SYS_NICE, LimitNICE): goes on without.
 */
export const becomePrompt = (): void => {
  try {
    setPriority(-10);
  } catch {
    // Slower under load, not wrong.
  }
};
