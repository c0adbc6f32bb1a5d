/** When a drill begins: `--at`. Pure. */

import { RelevoError } from '../errors.js';

/** Later than this is a slip of the pen. */
const longestMs = 8 * 24 * 3_600_000;

/** `02:30` (the next one, by this machine's time zone) or `2027-01-31T02:30`, with or without a zone. Milliseconds since 1970. */
export const startTime = (text: string, nowMs: number): number => {
  const clock = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  const date = clock ? new Date(nowMs) : new Date(text);
  if (clock) {
    date.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    if (date.getTime() <= nowMs) date.setDate(date.getDate() + 1);
  }
  const atMs = date.getTime();
  if (!/^\d{4}-\d{2}-\d{2}T|^\d{2}:\d{2}$/.test(text) || Number.isNaN(atMs)) {
    throw new RelevoError('bad-request', `--at ${text}: write it as 02:30 or 2027-01-31T02:30`);
  }
  if (atMs < nowMs) throw new RelevoError('bad-request', `--at ${text} has gone by`);
  if (atMs - nowMs > longestMs) {
    throw new RelevoError(
      'bad-request',
      `--at ${text} is more than a week away: let cron start the drill then`,
    );
  }
  return atMs;
};
