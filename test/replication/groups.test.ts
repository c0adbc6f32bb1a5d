import test from 'ava';
import { type Ipv6, parseIp } from '../../src/model/address.js';
import { GroupBook } from '../../src/replication/groups.js';
import { SimCluster, tcp80, vipOf } from './support/cluster.js';

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
