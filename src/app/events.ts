/** The last things that happened on this node, bounded, for `relevo events` and the log alike. */

import type { NodeEvent } from '../model/status.js';
import type { Clock, Log } from '../ports.js';

export interface EventRecorder {
  record(kind: string, message: string, facts?: Readonly<Record<string, unknown>>): void;
  list(): readonly NodeEvent[];
}

const keptEvents = 1_000;

/** `wallTime` is for people only. */
export const createEventRecorder = (clock: Clock, wallTime: () => string, log: Log): EventRecorder => {
  const events: NodeEvent[] = [];
  return {
    record(kind, message, facts = {}) {
      events.push({ time: wallTime(), atMs: clock.nowMs(), kind, message, facts });
      if (events.length > keptEvents) events.shift();
      log.info({ kind, ...facts }, message);
    },
    list: () => events,
  };
};
