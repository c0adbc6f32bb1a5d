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

/** The judges must be able to see: an etcd that breaks its word shows up as two holders within these seeds. */
const findsBrokenEtcd = test.macro((t, etcdMutation: EtcdMutation, seeds: readonly number[]) => {
  const found = seeds.filter((seed) =>
    simulate({ seed, etcd: true, etcdMutation }).failure?.includes('both hold'),
  );
  t.not(found.length, 0, `${etcdMutation} was not found`);
});

test('finds an etcd whose leases end early', findsBrokenEtcd, 'short-lease', [4, 6, 65]);
test('finds renewals by a leader that is none', findsBrokenEtcd, 'stale-renewal', [6, 88]);
test('finds swaps that do not compare', findsBrokenEtcd, 'blind-swap', [58, 71, 98]);
