/** When a group may go back to a node that is preferred to its owner. The wall clock comes in as a minute of the day. */

import type { Failback } from '../model/node.js';

/** @param minute of the local day, 0 to 1439; undefined: the clock is not known, and no window is open. */
export const mayFailBack = (failback: Failback, minute: number | undefined): boolean => {
  if (failback.kind !== 'window') return failback.kind === 'now';
  if (minute === undefined) return false;
  const { fromMinute, untilMinute } = failback;
  return fromMinute < untilMinute
    ? minute >= fromMinute && minute < untilMinute
    : minute >= fromMinute || minute < untilMinute;
};
