/** A peer that was passed over (its queue was dropped, or its first snapshot was cut short) does not count as up to date, and does not say so. */

import test from 'ava';
import { SimCluster } from './support/cluster.js';
import { play } from './support/convergence.js';

test('while the digest that tells of an overflow is under way, nobody counts the peer as ready', (t) => {
  const [group, client] = [0, 77];
  const add = [0, 1].map((backend) => ({ kind: 'add' as const, group, client, backend }));
  const seen = play({ logEntries: 8, windowEntries: 4, frameEntries: 2 }, [
    { kind: 'exchange', pair: 0 },
    ...Array.from({ length: 9 }, (_, at) => add[at % 2]!),
    { kind: 'pump', pair: 0, side: true, amount: 1 },
    { kind: 'takeover', node: 1, group, orderly: false },
  ]);
  t.is(seen.readyTakeovers, 0);
});

test('a standby without room for its digest after an overflow hears how far it is behind', (t) => {
  const cluster = new SimCluster(['a', 'b'], { windowEntries: 8, frameEntries: 4, logEntries: 32 });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  cluster.originate('a', 0, 0, 1);
  cluster.connect(link);
  cluster.drain();
  const [a, b] = [link.sessions!.get('a')!, link.sessions!.get('b')!];
  t.is(b.inbound.behind, 0);
  t.false(a.outbound.hasGap());
  for (let client = 1; client < 100; client++) cluster.originate('a', 0, client, 1);
  cluster.pump(link, 'a', 0);
  t.is(a.outbound.overflows, 1);
  cluster.nowMs += 1_000;
  cluster.step(link, 'a', { kind: 'tick' });
  cluster.deliver(link, 'b', 10);
  t.is(b.inbound.behind, 99, 'its socket is full: the ping passes, the digest waits');
  t.true(a.outbound.hasGap());
  t.is(a.outbound.acked, 1);
  cluster.drain();
  cluster.nowMs += 1_000;
  cluster.step(link, 'a', { kind: 'tick' });
  cluster.drain();
  t.is(b.inbound.behind, 0);
  t.false(a.outbound.hasGap());
});

test('a first connection that breaks within its snapshot is no place to go on from', (t) => {
  const cluster = new SimCluster(['a', 'b'], { frameEntries: 8, windowEntries: 8 });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  for (let client = 0; client < 100; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  cluster.deliver(link, 'a', 10);
  cluster.deliver(link, 'b', 10);
  for (let turn = 0; turn < 5; turn++) {
    cluster.pump(link, 'a');
    cluster.deliver(link, 'b', 10);
    cluster.deliver(link, 'a', 10);
    if (turn < 4) cluster.apply(link, 'b');
  }
  const held = cluster.content('b').length;
  t.true(held > 0 && held < 100, `${held}`);
  cluster.break(link);
  cluster.connect(link);
  cluster.drain();
  t.false(cluster.resumed.has('a b'));
  t.is(cluster.content('b').length, 100);
  cluster.break(link);
  cluster.originate('a', 0, 100, 1);
  cluster.connect(link);
  cluster.drain();
  t.true(cluster.resumed.has('a b'), 'now it has all that was before');
  t.is(cluster.content('b').length, 101);
});
