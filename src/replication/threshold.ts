/**
 * How many packets the kernel may gather before it wakes us. A report that travels alone costs some 100 µs on either node, nearly all of it
 * system calls (netlink, TLS, netlink again); four that travel together cost the same, and wait for each other for less than a millisecond.
 * But the last ones of a burst wait for the flush timer (10 ms steps), so at low rates none waits.
 */

export const lowestThreshold = 1;

/** Nothing waits where there is processor time to spare; packets of about half a millisecond above that, more where the work itself counts. */
const steps = [
  { threshold: 64, fromPerSecond: 40_000 },
  { threshold: 32, fromPerSecond: 16_000 },
  { threshold: 8, fromPerSecond: 12_000 },
  { threshold: 4, fromPerSecond: 9_000 },
  { threshold: 2, fromPerSecond: 6_500 },
] as const;

/** It falls below this share of the rate at which it rose: a rate that wavers does not make the threshold waver. */
const fallShare = 0.75;

export const nextThreshold = (current: number, packetsPerSecond: number): number => {
  for (const { threshold, fromPerSecond } of steps) {
    const bound = current >= threshold ? fromPerSecond * fallShare : fromPerSecond;
    if (packetsPerSecond >= bound) return threshold;
  }
  return lowestThreshold;
};
