/**
 * How many reports the kernel may gather before it wakes us: one at low rates, where a report that waits for company waits for the
 * flush timer (10 ms steps); more at high rates, where a wake-up per packet would cost more than the work (FACTS.md).
 */

export const thresholds = { low: 1, medium: 32, high: 64 } as const;

/** Up at the first rate, down again below the second: a rate that wavers does not make the threshold waver. */
const steps = [
  { threshold: thresholds.high, upPerSecond: 40_000, downPerSecond: 30_000 },
  { threshold: thresholds.medium, upPerSecond: 12_000, downPerSecond: 8_000 },
] as const;

export const nextThreshold = (current: number, packetsPerSecond: number): number => {
  for (const { threshold, upPerSecond, downPerSecond } of steps) {
    const bound = current >= threshold ? downPerSecond : upPerSecond;
    if (packetsPerSecond >= bound) return threshold;
  }
  return thresholds.low;
};
