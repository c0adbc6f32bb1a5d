/**
 * What the kernel holds when an agent starts. A scan passes over elements while the kernel widens its table, and while others expire
 * (`whole-map.ts`), and here is no replica yet to say which. Another scan passes over others; so a scan that was disturbed is followed by more
 * until one shows nothing that those before should have shown, where this node's word may be the one that counts.
 */

import { errorFrom } from '../errors.js';
import { adoptEntry } from '../replication/compare.js';
import { unchanged } from '../replication/replica.js';
import type { KernelSourceOptions } from './backend-review.js';

/** Of a large map under load each finds nine tenths or more of what was left. */
const mostScans = 3;

/** Returns how many there were. `goesOn`: asked before each further scan. */
export const adoptKernel = async (
  { persistence, replica, clock, groups }: KernelSourceOptions,
  goesOn: () => boolean,
): Promise<number> => {
  const startedAtMs = clock.nowMs();
  let adopted = 0;
  for (let scan = 1; scan <= mostScans; scan++) {
    /** Shown twice, or made meanwhile. */
    let known = 0;
    let soonestEndMs = Number.POSITIVE_INFINITY;
    /** There before the first scan, and not shown by any so far. */
    let passedOver = 0;
    try {
      await persistence.scan((piece) => {
        const nowMs = clock.nowMs();
        for (let at = 0; at < piece.client.length; at++) {
          const row = adoptEntry(replica, piece, at, nowMs);
          if (row === unchanged) known++;
          if (row < 0) continue;
          adopted++;
          soonestEndMs = Math.min(soonestEndMs, nowMs + piece.remainingMs[at]!);
          if (piece.ttlMs[at]! - piece.remainingMs[at]! > nowMs - startedAtMs) passedOver++;
        }
      }, replica.live);
    } catch (thrown) {
      // No map yet: the rule engine makes it with the first service.
      if (errorFrom(thrown).code === 'kernel-missing') return adopted;
      throw thrown;
    }
    const doubtful = scan === 1 ? known > 0 || soonestEndMs <= clock.nowMs() : passedOver > 0;
    if (!doubtful || !goesOn() || !groups.names.some((_, group) => groups.countsHere(group))) break;
  }
  return adopted;
};
