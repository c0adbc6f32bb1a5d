import test from 'ava';
import type { EtcdMutation } from './etcd.js';
import { simulate } from './world.js';

test('three nodes and etcd, which is cut off, slow, without answers, or led by one that is none any more', (t) => {
  let takeovers = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const result = simulate({ seed, etcd: true });
    t.is(result.failure, undefined, `seed ${seed}`);
    takeovers += result.takeovers;
  }
  t.true(takeovers > 120);
});

test('a handover works while etcd takes its time, within what a claim may wait', (t) => {
  let handovers = 0;
  for (let seed = 1; seed <= 40; seed++) {
    // On whoever owns the group; the others refuse.
    const orders = ['lb1', 'lb2', 'lb3'].map((who) => ({ atMs: 900, type: 'handover', who }) as const);
    const slow = { atMs: 500, type: 'etcd-slow', slowMs: 20, loss: 0 } as const;
    const result = simulate({ seed, etcd: true, faults: [slow, ...orders] });
    t.is(result.failure, undefined, `seed ${seed}`);
    handovers += result.handovers;
  }
  t.is(handovers, 40);
});

/** The judges must be able to see: an etcd that breaks its word shows up as two holders within these seeds. */
const findsBrokenEtcd = test.macro((t, etcdMutation: EtcdMutation, seeds: readonly number[]) => {
  const found = seeds.filter((seed) =>
    simulate({ seed, etcd: true, etcdMutation }).failure?.includes('both hold'),
  );
  t.not(found.length, 0, `${etcdMutation} was not found`);
});

test('finds an etcd whose leases end early', findsBrokenEtcd, 'short-lease', [13, 19, 21]);
test('finds renewals by a leader that is none', findsBrokenEtcd, 'stale-renewal', [37, 63, 109]);
test('finds a copy of etcd that passes for it', findsBrokenEtcd, 'same-id', [50, 212]);
test('finds swaps that do not compare', findsBrokenEtcd, 'blind-swap', [37, 46, 72]);
