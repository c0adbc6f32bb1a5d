/** The monotonic clock of the machine. Wall-clock time is never used for a decision: it steps. */

import type { Clock } from '../ports.js';

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
};
