import test from 'ava';
import { type Ipv6, parseIp } from '../../src/model/address.js';
import { GroupBook } from '../../src/replication/groups.js';
import { SimCluster, tcp80, vipOf } from './support/cluster.js';
import { play } from './support/convergence.js';

test('addresses of both families lead to their group', (t) => {
  const six = parseIp('2001:db8::100') as Ipv6;
  const book = new GroupBook('lb1', [
    { name: 'front', addresses: [1] },
    { name: 'other', addresses: [2, six] },
  ]);
  t.deepEqual([1, 2, six, 3].map(book.groupOf), [0, 1, 1, -1]);
  t.is(book.groupOf(parseIp('2001:db8::101') as Ipv6), -1);
});

test('entries count in the epoch that their owner has announced, and only its word announces one', (t) => {
  const cluster = new SimCluster(['a', 'b', 'c']);
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 5, true);
  cluster.connect(link);
  cluster.drain();
  const { inbound } = link.sessions!.get('b')!;
  const upserts = {
    client: [1],
    address: [vipOf(0)],
    protocolPort: [tcp80],
    backend: [1],
    backendPort: [80],
  };
  const delta = (epoch: number) =>
    inbound.onDelta(
      {
        ...{ kind: 'delta', frame: 1, group: 'group0', epoch, firstSequence: 0, lastSequence: 0 },
        upserts: { ...upserts, ttlMs: [60_000], remainingMs: [60_000] },
        deletions: { client: [], address: [], protocolPort: [] },
      },
      cluster.nowMs,
    );
  t.deepEqual(delta(46), []);
  t.is(inbound.staleFrames, 1);
  t.is(delta(5).length, 1, 'and the one announced counts as before');
  // Somebody else says that it owns the group, later: whoever claims it in an older epoch is known by name, whichever was said first.
  cluster.node('b').book.admit('group0', 46, 'c');
  t.deepEqual(inbound.activeGroups(), []);
  t.deepEqual(inbound.refusedGroups(), [{ group: 0, epoch: 5 }]);
  inbound.onRole('group0', 6, true);
  t.deepEqual(inbound.refusedGroups(), [{ group: 0, epoch: 6 }]);
  inbound.onRole('group0', 6, false);
  t.deepEqual(inbound.refusedGroups(), []);
});

test('a node that has given up a group without knowing its successor takes no word of an older owner', (t) => {
  const book = new GroupBook('lb1', [{ name: 'front', addresses: [1] }]);
  book.setActive(0, 5, true);
  book.setActive(0, 6, false);
  t.is(book.admit('front', 5, 'lb2'), 'stale');
  t.is(book.originOf(0), undefined);
  t.is(book.admit('front', 6, 'lb2'), 'accepted');
});

test('an owner that has heard of its successor, and not yet of its own loss, does not speak in the successor’s epoch', (t) => {
  const book = new GroupBook('lb1', [{ name: 'front', addresses: [1] }]);
  book.setActive(0, 5, true);
  t.is(book.admit('front', 6, 'lb2'), 'accepted');
  t.is(book.epochOf(0), 5);
  book.setActive(0, 6, false);
  t.is(book.epochOf(0), 6);
  t.true(book.isOrigin('front', 6, 'lb2'));
  // a hears of b, and says to c that it is active.
  t.notThrows(() =>
    play({}, [
      { kind: 'takeover', node: 1, group: 0, orderly: false },
      { kind: 'exchange', pair: 0 },
      { kind: 'exchange', pair: 1 },
      { kind: 'add', group: 0, client: 77, backend: 0 },
    ]),
  );
});
