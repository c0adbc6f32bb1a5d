import test from 'ava';
import { startOutageWatch } from '../../src/drill/outage-watch.js';

/** Attempts each `intervalMs`; those of `lost` are never answered, the others at once. Returns when a breach was told, first. */
const breachAt = (
  limitMs: number,
  intervalMs: number,
  isLost: (atMs: number) => boolean,
  isAway: (atMs: number) => boolean = () => false,
): number | undefined => {
  let found: number | undefined;
  let nowMs = 0;
  const watch = startOutageWatch(limitMs, intervalMs, () => {
    found ??= nowMs;
  });
  for (let index = 0; nowMs < 3_000; nowMs += intervalMs) {
    if (isAway(nowMs)) continue;
    watch.sent(index, nowMs);
    if (!isLost(nowMs)) watch.answered(index);
    index++;
  }
  return found;
};
const between = (from: number, to: number) => (atMs: number) => atMs >= from && atMs < to;

test('told while it lasts, and only beyond the limit', (t) => {
  t.is(breachAt(300, 2, between(1_000, 2_000)), 1_302);
  t.is(breachAt(300, 2, between(1_000, 1_290)), undefined);
  t.is(breachAt(0, 2, between(1_000, 2_000)), undefined, 'no limit');
});

test('a pause of the probe is no outage; one after it is', (t) => {
  t.is(
    breachAt(300, 2, () => false, between(1_000, 2_000)),
    undefined,
  );
  t.is(breachAt(300, 2, between(1_900, 3_000), between(1_000, 1_990)), 2_292);
});

test('a slow probe sees an outage, too', (t) => {
  t.is(breachAt(300, 100, between(1_000, 2_000)), 1_400);
});
