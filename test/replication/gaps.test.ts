/** A peer that was passed over (its queue was dropped, or its first snapshot was cut short) does not count as up to date, and does not say so. */

import test, { type ExecutionContext } from 'ava';
import { ipv4Number } from '../../src/model/address.js';
import type { PersistenceEntry as Entry } from '../../src/model/persistence.js';
import { identity, SimCluster } from './support/cluster.js';
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

test('between a takeover and the answer to its digest, nobody counts a peer as ready that has what was deleted before', (t) => {
  const [group, client] = [0, 77];
  const takeover = (node: number) => ({ kind: 'takeover' as const, node, group, orderly: true });
  const seen = play({}, [
    { kind: 'add', group, client, backend: 1 },
    { kind: 'exchange', pair: 0 },
    { kind: 'exchange', pair: 1 },
    // c owns the group and deletes the entry, of which a hears and b does not.
    takeover(2),
    { kind: 'exchange', pair: 1 },
    { kind: 'remove', group, client },
    { kind: 'exchange', pair: 1 },
    takeover(0),
    { kind: 'pump', pair: 0, side: true, amount: 4 },
    takeover(1),
  ]);
  t.is(seen.readyTakeovers, 2);
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

test('a snapshot that had begun before a digest does not complete what the digest shows to be missing', (t) => {
  const cluster = new SimCluster(['a', 'b'], { frameEntries: 8, windowEntries: 8, logEntries: 32 });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  for (let client = 0; client < 100; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  const turn = (): void => {
    cluster.pump(link, 'a');
    cluster.deliver(link, 'b', 1);
    cluster.deliver(link, 'a', 10);
    cluster.apply(link, 'b');
  };
  const held = () => cluster.content('b').filter(({ backendAddress }) => backendAddress === '0.0.0.1').length;
  while (held() < 60) turn();
  // More than the log holds, and the snapshot has passed them by.
  for (let client = 0; client < 50; client++) cluster.originate('a', 0, client, 2);
  const [a, b] = [link.sessions!.get('a')!, link.sessions!.get('b')!];
  for (let turns = 0; turns < 200; turns++) {
    turn();
    if (!b.inbound.activeGroups()[0]!.complete && a.outbound.hasGap()) continue;
    t.deepEqual(cluster.content('b').map(identity), cluster.content('a').map(identity));
  }
  t.is(a.outbound.overflows, 1);
  t.true(b.inbound.activeGroups()[0]!.complete);
});

test('an answer to a digest of before a takeover proves nothing', (t) => {
  const cluster = new SimCluster(['a', 'b']);
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  cluster.connect(link);
  cluster.deliver(link, 'a', 10);
  cluster.pump(link, 'a');
  cluster.deliver(link, 'b', 10);
  // The answer to its first digest is under way.
  const { outbound } = link.sessions!.get('a')!;
  cluster.setActive('a', 0, 1, false);
  cluster.setActive('a', 0, 3, true);
  cluster.pump(link, 'a');
  cluster.deliver(link, 'a', 10);
  t.true(outbound.hasGap(0));
  cluster.drain();
  t.false(outbound.hasGap(0));
});

const cutShort = (t: ExecutionContext, group: number): void => {
  const cluster = new SimCluster(['a', 'b'], { groups: 2, frameEntries: 8, windowEntries: 8 });
  const link = cluster.pair('a', 'b');
  for (const one of [0, 1]) cluster.setActive('a', one, 1, true);
  for (let client = 0; client < 100; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  while (cluster.content('b').length < 20) {
    cluster.pump(link, 'a');
    cluster.deliver(link, 'b', 1);
    cluster.deliver(link, 'a', 10);
    cluster.apply(link, 'b');
  }
  cluster.originate('a', 1, 1, 1);
  t.true(cluster.content('b').length < 100, 'within the snapshot of the first group');
  cluster.setActive('a', 0, 1, false);
  cluster.setActive('b', 0, 2, true);
  cluster.drain();
  // The owner comes back to a group of which nothing is missing any more.
  cluster.setActive('b', 0, 2, false);
  cluster.setActive('a', 0, 3, true);
  cluster.drain();
  const [{ client }] = cluster.content('b').filter(({ address }) => address === `10.0.0.${group}`) as [Entry];
  t.true(cluster.corrupt('b', ipv4Number(client), group, 0));
  cluster.settle();
  t.deepEqual(cluster.content('b').map(identity), cluster.content('a').map(identity));
};

test('a snapshot that its owner cut short, because it lost the group, keeps no digest from being answered', (t) => {
  for (const group of [0, 1]) cutShort(t, group);
});
