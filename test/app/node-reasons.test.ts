/** Reasons of a node that is not quite well: how long they are told, and that they move nothing by themselves. */

import test from 'ava';
import type { ConntrackdStatus } from '../../src/app/conntrackd.js';
import { createNodeReasons, lookEveryMs, weights } from '../../src/app/node-reasons.js';
import { parseConntrackdStats } from '../../src/conntrack/stats.js';
import { healthMargin } from '../../src/election/health.js';

const counters = parseConntrackdStats('cache internal:\n')!;
const well: ConntrackdStatus = { enabled: true, managed: true, running: true, pid: 7, restarts: 0, counters };

const createBench = () => {
  let nowMs = 0;
  let status = well;
  let replica = { ready: true };
  const { look } = createNodeReasons({
    clock: { nowMs: () => nowMs },
    conntrackd: () => status,
    replica: () => replica,
  });
  return {
    set: (change: Partial<ConntrackdStatus>) => {
      status = { ...status, ...change };
    },
    replicate: (ready: boolean) => {
      replica = { ready };
    },
    after(ms: number): string[] {
      nowMs += ms;
      return look().map(({ text, weight }) => `${weight} ${text}`);
    },
  };
};

test('a node that is well has no reason', (t) => {
  const bench = createBench();
  for (let turn = 0; turn < 5; turn++) t.deepEqual(bench.after(lookEveryMs), []);
});

test('conntrackd: not running, ended lately, diverged; a counter that begins anew is no divergence', (t) => {
  const bench = createBench();
  bench.after(lookEveryMs);
  bench.set({ counters: { ...counters, injectFailures: 5 } });
  t.regex(bench.after(lookEveryMs).join(), /^4 conntrackd diverges: the kernel refused 5 connections/);
  for (let turn = 0; turn < 62; turn++) bench.after(lookEveryMs);
  t.deepEqual(bench.after(lookEveryMs), []);
  bench.set({ running: false, restarts: 1, reason: 'ended (SIGKILL)' });
  t.regex(bench.after(lookEveryMs).join(), /^4 conntrackd is not running: ended \(SIGKILL\)$/);
  bench.set({ running: true, pid: 8, counters: { ...counters, lostMessages: 3 } });
  t.regex(bench.after(lookEveryMs).join(), /^4 conntrackd has ended within the last minute/);
  for (let turn = 0; turn < 61; turn++) bench.after(lookEveryMs);
  t.deepEqual(bench.after(lookEveryMs), []);
});

test('the replica and a main thread that stood still', (t) => {
  const bench = createBench();
  bench.after(lookEveryMs);
  bench.replicate(false);
  t.deepEqual(bench.after(lookEveryMs), ['3 the replica is not complete']);
  bench.replicate(true);
  t.regex(bench.after(lookEveryMs + 2_500).join(), /^2 the main thread stood still for 2500 ms/);
});

test('all of it together moves no group', (t) => {
  t.true(Object.values(weights).reduce((sum, weight) => sum + weight, 0) < healthMargin);
});
