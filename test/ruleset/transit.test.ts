/** Slots in transit: which are, since when, and until when. */

import test from 'ava';
import fc from 'fast-check';
import { jhash, slotOf } from '../../src/ruleset/jhash.js';
import { type Choice, keptSlots, type Layout, lookedAt, nextState } from '../../src/ruleset/transit.js';

const layout = (...owners: number[]): Layout => ({ hashed: ['srcip'], owners });
const choice = (of: Layout, changes: Partial<Choice> = {}): Choice => ({
  layout: of,
  isMemoryless: true,
  isComplete: true,
  ...changes,
});
const timing = { silentMs: 900_000, completeMs: 10_000 };
const [before, after, third] = [layout(1, 2), layout(1, 3), layout(4, 3)];

test("jhash starts as the kernel's; that it goes on like it is shown by packets (netns/transit)", (t) => {
  t.is(jhash(new Uint8Array(0), 0), 0xdeadbeef);
  t.is(slotOf(Uint8Array.of(10, 40, 1, 1), 1, 1), 0);
});

test('a slot is kept when every hash in it had the same owner, whatever the number of slots was', (t) => {
  t.deepEqual(keptSlots(layout(1, 2), layout(1, 1, 2, 2)), [true, true, true, true]);
  t.deepEqual(keptSlots(layout(1, 2), layout(1, 1, 2)), [true, false, true]);
  t.deepEqual(keptSlots(layout(), layout(1)), [false]);
  t.deepEqual(keptSlots({ hashed: ['srcport'], owners: [1] }, layout(1)), [false]);
  const owners = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 70 });
  fc.assert(
    fc.property(owners, owners, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (old, now, hash) => {
      const at = (list: number[]): number => Math.floor((hash * list.length) / 2 ** 32);
      return !keptSlots(layout(...old), layout(...now))[at(now)] || old[at(old)] === now[at(now)];
    }),
  );
});

test('a change begins a transit from the layout before; another one keeps it and widens it', (t) => {
  const stable = nextState(undefined, choice(before), 0);
  t.is(stable.transit, undefined);
  const moved = nextState(stable, choice(after), 10);
  t.deepEqual(moved.transit, { former: before, whole: false });
  t.is(nextState(moved, choice(after), 20).sinceMs, 10, 'nothing has changed');
  const again = nextState(moved, choice(third), 30);
  t.deepEqual(again.transit, { former: before, whole: true });
  t.is(again.sinceMs, 30);
  t.deepEqual(nextState(moved, choice(before), 40).transit, { former: before, whole: true });
});

test('nobody serving before is no layout; who cannot be reached is waited for', (t) => {
  t.is(nextState(nextState(undefined, choice(layout()), 0), choice(before), 1).transit, undefined);
  const waiting = nextState(undefined, choice(before, { isComplete: false }), 0);
  t.deepEqual(waiting.transit, { whole: true });
  t.is(lookedAt(waiting, 0, 9_999, timing), waiting);
  t.is(lookedAt(waiting, 0, 10_000, timing).transit, undefined);
  const complete = nextState(waiting, choice(after), 1_000);
  t.deepEqual(complete.transit, { whole: true }, 'flows of that time are remembered');
  t.is(lookedAt(complete, 1, 1_000, timing), complete);
  t.is(lookedAt(complete, 0, 1_000, timing).transit, undefined);
});

test('a transit ends when silent flows count as ended and no flow is left elsewhere', (t) => {
  const moved = nextState(nextState(undefined, choice(before), 0), choice(after), 10);
  t.is(lookedAt(moved, 0, 900_009, timing), moved);
  t.is(lookedAt(moved, 1, 9_000_000, timing), moved);
  t.is(lookedAt(moved, 0, 900_010, timing).transit, undefined);
});

test('a service that begins to remember knows where the flows of before are; one that ceases to looks first', (t) => {
  const stable = nextState(undefined, choice(before), 0);
  const remembering = nextState(stable, choice(before, { isMemoryless: false }), 10);
  t.deepEqual(remembering.transit?.former, before);
  t.is(lookedAt(remembering, 5, 900_010, timing).transit, undefined, 'by then all are remembered');
  const always = nextState(undefined, choice(before, { isMemoryless: false }), 0);
  t.is(nextState(always, choice(after, { isMemoryless: false }), 1).transit, undefined);
  t.deepEqual(nextState(always, choice(before), 1).transit, { whole: true });
});

test('flows that another node had in transit begin one here', (t) => {
  const stable = nextState(undefined, choice(before), 0);
  t.is(lookedAt(stable, 0, 5, timing), stable);
  t.deepEqual(lookedAt(stable, 1, 5, timing).transit, { former: before, whole: true });
});
