import test from 'ava';
import { fewestSamples, growthOf, type Holding } from './flat.js';

const series = (length: number, of: (at: number) => Holding): Holding[] =>
  Array.from({ length }, (_, at) => of(at));

test('a start that grows and then a saw of garbage is flat', (t) => {
  const samples = series(30, (at) => ({
    rssMiB: at < 2 ? 40 : 90 + (at % 5) * 8,
    descriptors: 30 + (at % 3),
  }));
  t.true(growthOf(samples)?.isFlat);
});

test('a leak of memory is seen, and one of descriptors', (t) => {
  t.false(growthOf(series(30, (at) => ({ rssMiB: 90 + at * 3, descriptors: 30 })))?.isFlat);
  t.false(growthOf(series(30, (at) => ({ rssMiB: 90, descriptors: 30 + at })))?.isFlat);
});

test('too short a life says nothing', (t) => {
  const samples = series(fewestSamples - 1, (at) => ({ rssMiB: 90 + at * 100, descriptors: 30 }));
  t.is(growthOf(samples), undefined);
});
