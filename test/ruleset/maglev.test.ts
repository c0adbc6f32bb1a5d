import test from 'ava';
import { type MaglevBackend, maglevOwners, maglevSlots } from '../../src/ruleset/maglev.js';

const backends = (count: number, weight: (index: number) => number = () => 1, from = 0): MaglevBackend[] =>
  Array.from({ length: count }, (_, index) => ({
    identity: (0x0a000000 + from + index) * 65_536 + 80,
    weight: weight(index),
  }));

const shares = (owners: readonly number[], count: number): number[] =>
  Array.from(
    { length: count },
    (_, index) => owners.filter((owner) => owner === index).length / owners.length,
  );

const moved = (before: readonly MaglevBackend[], after: readonly MaglevBackend[]): number => {
  const a = maglevOwners(before).map((owner) => before[owner]!.identity);
  const b = maglevOwners(after).map((owner) => after[owner]!.identity);
  return a.filter((identity, slot) => identity !== b[slot]).length / maglevSlots;
};

test('shares are within 1 % of the weights', (t) => {
  for (const count of [1, 2, 3, 10, 50]) {
    const weight = (index: number) => 1 + (index % 3);
    const all = backends(count, weight);
    const sum = all.reduce((total, one) => total + one.weight, 0);
    shares(maglevOwners(all), count).forEach((share, index) => {
      t.true(Math.abs(share - weight(index) / sum) <= 0.01, `${count}: ${share}`);
    });
  }
});

test('taking one of ten away moves little more than its share, whoever the ten are', (t) => {
  const each = Array.from({ length: 30 }, (_, place) => backends(10, () => 1, place * 256)).flatMap((all) =>
    all.map((gone) =>
      moved(
        all,
        all.filter((one) => one !== gone),
      ),
    ),
  );
  t.true(each.reduce((a, b) => a + b, 0) / each.length <= 0.106, `${each}`);
  t.true(Math.max(...each) <= 0.121, `${Math.max(...each)}`);
  t.true(each.filter((part) => part > 0.12).length <= 1);
});

test('an eleventh takes its share, and little else moves', (t) => {
  t.true(moved(backends(10), backends(11)) <= 0.12);
});

test('the order of the backends has no meaning', (t) => {
  const all = backends(10);
  t.is(moved(all, [...all].reverse()), 0);
});

test('a thousand backends have a slot each', (t) => {
  t.is(new Set(maglevOwners(backends(1_000))).size, 1_000);
});
