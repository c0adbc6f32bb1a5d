/** Wall-clock time for people, and chance. */

import type { Random } from '../ports.js';

/** ISO 8601. Nothing decides by it. */
export const wallTime = (): string => new Date().toISOString();

/** For failback windows and the comparison of clocks. */
export const wallClock = (): { seconds: number; minute: number } => {
  const now = new Date();
  return { seconds: Math.floor(now.getTime() / 1000), minute: now.getHours() * 60 + now.getMinutes() };
};
/** Milliseconds since 1970. Nothing decides by it. */
export const wallMs = (): number => Date.now();

export const systemRandom: Random = { next: () => Math.random() };
