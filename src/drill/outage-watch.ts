/** Sees an outage while it lasts: how long attempts have gone without an answer. Of a pause of the probe itself it knows nothing wrong. */

export interface OutageWatch {
  /** Attempts in the order of time. */
  sent(index: number, atMs: number): void;
  answered(index: number): void;
}

/** A probe that was late by more than this, and by several of its intervals, has paused: it counts anew, answers that have come meanwhile wait to be read. */
const leastPauseMs = 50;

/** Calls `onBreach` at each attempt that finds the first unanswered one older than `limitMs`. With 0 it never does. */
export const startOutageWatch = (
  limitMs: number,
  intervalMs: number,
  onBreach: (outageMs: number) => void,
): OutageWatch => {
  const pausedMs = Math.max(leastPauseMs, 4 * intervalMs);
  let lastAnswered = -1;
  let firstLost: { readonly index: number; readonly atMs: number } | undefined;
  let lastSentMs: number | undefined;
  return {
    sent(index, atMs) {
      const paused = lastSentMs !== undefined && atMs - lastSentMs > pausedMs;
      lastSentMs = atMs;
      if (firstLost === undefined || firstLost.index <= lastAnswered || paused) firstLost = { index, atMs };
      const outageMs = atMs - firstLost.atMs;
      if (limitMs > 0 && outageMs > limitMs) onBreach(outageMs);
    },
    answered(index) {
      lastAnswered = Math.max(lastAnswered, index);
    },
  };
};
