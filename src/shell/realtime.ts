/** Real-time scheduling of the calling thread, for what must not wait behind other work (sched(7)). */

import { sched_setscheduler } from './libc.js';

const SCHED_RR = 2;
/** Threads and programs that this thread starts later are ordinary again. */
const SCHED_RESET_ON_FORK = 0x40000000;
/** Above ordinary work, below what the kernel and conntrackd take for themselves. */
const priority = 10;

/** False when it is not permitted (CAP_SYS_NICE or LimitRTPRIO is missing): the thread then competes like any other. */
export const becomeRealtime = (): boolean =>
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, Int32Array.of(priority)) === 0;
