/** Steady pace for probes: every interval one call; time lost to a pause is noted, not caught up with in a burst. */

export interface Pace {
  /** Longest lateness so far. */
  readonly longestStallMs: number;
  stop(): void;
}

export const startPace = (intervalMs: number, nowMs: () => number, beat: () => void): Pace => {
  let longestStallMs = 0;
  let nextMs = nowMs();
  let timer: NodeJS.Timeout | undefined;
  const turn = (): void => {
    const now = nowMs();
    const lateMs = now - nextMs;
    if (lateMs > longestStallMs) longestStallMs = lateMs;
    // Timers of Node tick in whole milliseconds: a few beats may be due at once, a long row of them is a pause.
    if (lateMs > 10 * intervalMs) nextMs = now;
    while (nextMs <= now) {
      beat();
      nextMs += intervalMs;
    }
    timer = setTimeout(turn, Math.max(0, nextMs - nowMs()));
  };
  turn();
  return {
    get longestStallMs() {
      return longestStallMs;
    },
    stop: () => clearTimeout(timer),
  };
};
