/** A model of the lease sets `armed` and `held` in one node's kernel: timeouts, and batches that compare and set. */

import type { KernelOp } from '../../src/election/types.js';

export interface LeaseKernel {
  /** Performs one batch at true time `nowMs`; `missing` when its compare failed, and then nothing changed. */
  write(op: KernelOp, group: string, nowMs: number): 'done' | 'missing' | 'failed';
  /** True time at which the element in `held` ends; 0 when there is none. */
  heldUntilMs(group: string): number;
  /** True time until which this write can succeed; 0: not at all. */
  latestMs(op: KernelOp, group: string): number;
}

/** `lifeMs` gives the true length of a timeout: the lease on the node's own clock, rounded up to jiffies. */
export const createLeaseKernel = (lifeMs: () => number, onHeld: (group: string) => void): LeaseKernel => {
  const armed = new Map<string, number>();
  const held = new Map<string, number>();
  const isLive = (set: Map<string, number>, group: string, nowMs: number): boolean =>
    (set.get(group) ?? 0) > nowMs;
  return {
    write(op, group, nowMs) {
      switch (op) {
        case 'arm':
          armed.set(group, nowMs + lifeMs());
          return 'done';
        case 'claim':
          if (!isLive(armed, group, nowMs)) return 'missing';
          if (isLive(held, group, nowMs)) return 'failed';
          armed.delete(group);
          held.set(group, nowMs + lifeMs());
          onHeld(group);
          return 'done';
        case 'renew':
          if (!isLive(held, group, nowMs)) return 'missing';
          held.set(group, nowMs + lifeMs());
          onHeld(group);
          return 'done';
        case 'close':
          armed.delete(group);
          held.delete(group);
          return 'done';
      }
    },
    heldUntilMs: (group) => held.get(group) ?? 0,
    latestMs: (op, group) => (op === 'claim' ? armed : held).get(group) ?? 0,
  };
};
