import test from 'ava';
import { Rate } from '../../src/replication/rate.js';

test('a steady total has a steady rate, and nothing has none', (t) => {
  const rate = new Rate(0);
  t.is(rate.perSecond(5, 0), 0);
  for (let ms = 0; ms <= 60_000; ms += 200) rate.take(ms * 3, ms);
  t.is(rate.perSecond(180_000, 60_000), 3_000);
});

test('what was long ago does not count, and a pause shows within ten seconds', (t) => {
  const rate = new Rate(0);
  for (let ms = 0; ms <= 10_000; ms += 200) rate.take(ms * 100, ms);
  for (let ms = 10_200; ms <= 25_000; ms += 200) rate.take(1_000_000, ms);
  t.is(rate.perSecond(1_000_000, 25_000), 0);
});

test('one burst is spread over the time that is looked at', (t) => {
  const rate = new Rate(0);
  t.is(rate.perSecond(500, 500), 1_000);
  t.is(rate.perSecond(500, 5_000), 100);
});
