/** What a peer may send: everything that a node of ours does at its fastest, and no more. */

import test from 'ava';
import { limits } from '../../src/limits.js';
import { FloodGate, isCostly } from '../../src/replication/flood.js';

const admitted = (count: number, ask: (at: number) => string | undefined): number => {
  for (let at = 0; at < count; at++) if (ask(at) !== undefined) return at;
  return count;
};

test('two full windows of single entries may wait, and a rate lasts', (t) => {
  const gate = new FloodGate(1, 0);
  const windows = 2 * limits.syncWindowEntries;
  t.is(
    admitted(windows, () => gate.refusal(60, 0)),
    windows,
  );
  // A minute at the highest rate, frame by frame.
  const perMs = limits.syncFramesPerSecond / 1000;
  const minute = 60_000 * perMs;
  t.is(
    admitted(minute, (at) => gate.refusal(60, at / perMs)),
    minute,
  );
});

test('more frames, more bytes: refused by name of the bound, and admitted again after a pause', (t) => {
  const gate = new FloodGate(1, 0);
  t.is(
    admitted(1_000_000, () => gate.refusal(20, 0)),
    limits.syncFrameBurst,
  );
  t.regex(gate.refusal(20, 0)!, /^sends more than 25000 frames a second: .*restart its agent/);
  t.is(gate.refusal(20, 1), undefined);
  t.is(
    admitted(1_000_000, () => gate.refusal(limits.syncFrameBytes, 60_000)),
    limits.syncByteBurst / limits.syncFrameBytes,
  );
  t.regex(gate.refusal(limits.syncFrameBytes, 60_000)!, /^sends more than 33554432 bytes a second/);
  t.is(gate.refusal(20, 60_001), undefined);
});

test('a clock that steps back gives nothing and takes nothing', (t) => {
  const gate = new FloodGate(1, 1_000_000);
  t.is(
    admitted(limits.syncFrameBurst, () => gate.refusal(20, 0)),
    limits.syncFrameBurst,
  );
  t.truthy(gate.refusal(20, 0));
});

test('what makes a node look at all its entries has a bound of its own, for each group', (t) => {
  for (const groups of [1, 64]) {
    const gate = new FloodGate(groups, 0);
    t.is(
      admitted(1_000_000, () => gate.costlyRefusal(0)),
      groups * limits.syncCostlyBurst,
    );
    t.regex(gate.costlyRefusal(0)!, /^sends more digests, roles and requests/);
  }
  t.true(isCostly({ kind: 'digest' }));
  t.true(isCostly({ kind: 'general', body: { kind: 'resync' } }));
  t.false(isCostly({ kind: 'general', body: { kind: 'delta' } }));
});
