/** Scheduling of what should not wait behind other work: real time for the guard, precedence for the agent (sched(7)). */

import { setPriority } from 'node:os';
import { sched_setattr, sched_setscheduler } from './libc.js';

const SCHED_RR = 2;
/** Threads and programs that this thread starts later are ordinary again. */
const SCHED_RESET_ON_FORK = 0x40000000;
/** Above ordinary work, below what the kernel and conntrackd take for themselves. */
const priority = 10;

/** False when it is not permitted (CAP_SYS_NICE or LimitRTPRIO is missing): the thread then competes like any other. */
export const becomeRealtime = (): boolean =>
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, Int32Array.of(priority)) === 0;

/** Nice value, and the slice asked for: the shortest that the kernel takes. */
const promptNice = -10;
const sliceNs = 100_000;
/** struct sched_attr of linux/sched/types.h, its first version. */
const attributeBytes = 48;

const SCHED_OTHER = 0;

/**
 * Precedence over ordinary programs for a thread (0: the calling one): what replicates is woken thousands of times a second for a tenth of a
 * millisecond of work. Since Linux 6.12 an ordinary thread may ask for a short slice (sched_runtime of SCHED_OTHER), and is then let in before
 * the one that runs has used up its own, for which it would else wait until the next tick: 4 ms with HZ=250. Older kernels take the nice value
 * only. A thread that was real-time is ordinary then. Not permitted (CAP_SYS_NICE, LimitNICE): goes on without.
 */
export const makePrompt = (thread = 0): void => {
  const attributes = new DataView(new ArrayBuffer(attributeBytes));
  attributes.setUint32(0, attributeBytes, true);
  attributes.setUint32(4, SCHED_OTHER, true);
  attributes.setInt32(16, promptNice, true);
  attributes.setUint32(24, sliceNs, true);
  if (sched_setattr(thread, new Uint8Array(attributes.buffer), 0) === 0) return;
  sched_setscheduler(thread, SCHED_OTHER, Int32Array.of(0));
  try {
    setPriority(thread, promptNice);
  } catch {
    // Slower under load, not wrong.
  }
};
