/** The last things that happened on this node, bounded, for `relevo events`. */

import type { NodeEvent } from '../model/status.js';
import type { Clock } from '../ports.js';

export interface EventRecorder {
  record(kind: string, message: string, facts?: Readonly<Record<string, unknown>>): void;
  list(): readonly NodeEvent[];
}

const keptEvents = 1_000;

/** `wallTime` is for people only. What repeats the last event word for word is counted on it, not added. */
export const createEventRecorder = (clock: Clock, wallTime: () => string): EventRecorder => {
  const events: NodeEvent[] = [];
  return {
    record(kind, message, facts = {}) {
      const last = events.at(-1);
      if (last && last.kind === kind && last.message === message) {
        events[events.length - 1] = { ...last, times: (last.times ?? 1) + 1 };
        return;
      }
      events.push({ time: wallTime(), atMs: clock.nowMs(), kind, message, facts });
      if (events.length > keptEvents) events.shift();
    },
    list: () => events,
  };
};
