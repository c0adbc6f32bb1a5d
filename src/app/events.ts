/** The last things that happened on this node, bounded, for `relevo events`, and told to those who follow. */

import type { NodeEvent } from '../model/status.js';
import type { Clock } from '../ports.js';

export interface EventRecorder {
  record(kind: string, message: string, facts?: Readonly<Record<string, unknown>>): void;
  list(): readonly NodeEvent[];
  /** Each event as it happens; one that repeats the last is told again with `times`. Returns the unsubscriber. */
  onEvent(listener: (event: NodeEvent) => void): () => void;
}

const keptEvents = 1_000;

/** `wallTime` is for people only. What repeats the last event word for word is counted on it, not added. */
export const createEventRecorder = (clock: Clock, wallTime: () => string): EventRecorder => {
  const events: NodeEvent[] = [];
  const listeners = new Set<(event: NodeEvent) => void>();
  return {
    record(kind, message, facts = {}) {
      const last = events.at(-1);
      if (last && last.kind === kind && last.message === message) {
        events[events.length - 1] = { ...last, times: (last.times ?? 1) + 1 };
      } else {
        events.push({ time: wallTime(), atMs: clock.nowMs(), kind, message, facts });
        if (events.length > keptEvents) events.shift();
      }
      for (const listener of listeners) listener(events.at(-1)!);
    },
    list: () => events,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
