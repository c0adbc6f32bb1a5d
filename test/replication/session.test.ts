import test from 'ava';
import { bucketBitmap, bucketsIn } from '../../src/model/buckets.js';
import { GroupBook } from '../../src/replication/groups.js';
import { Outbound } from '../../src/replication/outbound.js';
import { Replica } from '../../src/replication/replica.js';
import { PeerSession, type SessionEffect } from '../../src/replication/session.js';
import { decodeFrame } from '../../src/wire/decode.js';
import type { HelloFrame, SyncFrame } from '../../src/wire/frames.js';
import { SimCluster } from './support/cluster.js';

const timing = { helloMs: 5000, pingMs: 1000, silenceMs: 4000, digestMs: 10_000 };

const create = () => {
  const groups = new GroupBook('lb1', [{ name: 'front', addresses: [1] }]);
  const replica = new Replica({
    maxEntries: 100,
    logEntries: 16,
    tombstoneMs: 1000,
    seed: 0,
    groupOf: groups.groupOf,
  });
  const config = {
    node: 'lb1',
    peer: 'lb2',
    cluster: 'prod',
    software: '0.1.0',
    session: 's1',
    maps: ['persist'],
    flow: { frameEntries: 8, windowEntries: 32 },
    timing,
  };
  return new PeerSession(config, replica, groups, { next: 1 }, undefined);
};

const hello = (changes: Partial<HelloFrame> = {}): HelloFrame => ({
  kind: 'hello',
  versionMin: 1,
  versionMax: 1,
  software: '0.1.0',
  cluster: 'prod',
  node: 'lb2',
  session: 's2',
  maps: ['persist'],
  resume: undefined,
  active: [],
  ...changes,
});

const closed = (effects: SessionEffect[]) => effects.find((effect) => effect.kind === 'close');

const refused = test.macro({
  exec(t, frame: SyncFrame, code: string, detail: RegExp) {
    const session = create();
    session.step({ kind: 'open' }, 0);
    const close = closed(session.step({ kind: 'frame', frame }, 1));
    t.is(close?.code, code);
    t.regex(close?.detail ?? '', detail);
    t.is(session.state, 'closed');
    t.deepEqual(session.step({ kind: 'frame', frame: hello() }, 2), [], 'a closed session hears nothing');
  },
  title: (what) => `refused: ${what}`,
});

test('a fitting hello starts the stream', (t) => {
  const session = create();
  const [said] = session.step({ kind: 'open' }, 0);
  t.like(said, { kind: 'send', frame: { kind: 'hello', node: 'lb1' } });
  const effects = session.step({ kind: 'frame', frame: hello({ versionMax: 9 }) }, 1);
  t.deepEqual(effects, [
    { kind: 'send', frame: { kind: 'start', resumed: false, sequence: 0 } },
    { kind: 'streaming', document: false },
  ]);
  t.is(session.state, 'streaming');
});

test(
  'another cluster',
  refused,
  hello({ cluster: 'test' }),
  'cluster',
  /belongs to cluster 'test'.*correct 'cluster'/,
);
test(
  'our own name',
  refused,
  hello({ node: 'lb1' }),
  'node',
  /calls itself 'lb1': give each node its own name/,
);
test(
  'not the name in its certificate',
  refused,
  hello({ node: 'lb3' }),
  'node',
  /'lb3' but its certificate says 'lb2'/,
);
test('only newer versions', refused, hello({ versionMin: 2, versionMax: 3 }), 'version', /upgrade the older/);
test('other shapes of maps', refused, hello({ maps: ['x'] }), 'maps', /no map of the shape 'persist'/);
test('data before hello', refused, { kind: 'ack', frame: 1 }, 'hello', /first frame is a ack/);

test('a repeated frame closes the connection', (t) => {
  const session = create();
  session.step({ kind: 'open' }, 0);
  session.step({ kind: 'frame', frame: hello({ active: [{ group: 'front', epoch: 1 }] }) }, 1);
  const end = { kind: 'snapshot-end', frame: 1, group: 'front', epoch: 1 } as const;
  t.is(closed(session.step({ kind: 'frame', frame: end }, 2)), undefined);
  t.regex(closed(session.step({ kind: 'frame', frame: end }, 2))?.detail ?? '', /out of order/);
});

test('a peer that never says hello, and one that falls silent, are given up', (t) => {
  const mute = create();
  mute.step({ kind: 'open' }, 0);
  t.is(closed(mute.step({ kind: 'tick' }, 4999)), undefined);
  t.regex(closed(mute.step({ kind: 'tick' }, 5000))?.detail ?? '', /no hello within 5000 ms/);
  const silent = create();
  silent.step({ kind: 'open' }, 0);
  silent.step({ kind: 'frame', frame: hello() }, 10);
  t.is(closed(silent.step({ kind: 'tick' }, 4009)), undefined);
  t.regex(closed(silent.step({ kind: 'tick' }, 4010))?.detail ?? '', /half-open/);
});

test('a short break is resumed from the position, without a snapshot', (t) => {
  const cluster = new SimCluster(['a', 'b']);
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  cluster.connect(link);
  cluster.originate('a', 0, 1, 1);
  cluster.drain();
  cluster.break(link);
  cluster.originate('a', 0, 2, 1);
  cluster.connect(link);
  cluster.drain();
  t.is(cluster.content('b').length, 2);
  t.is(link.sessions?.get('a')?.outbound.sentEntries, 1, 'only what was missed');
  t.deepEqual(link.sessions?.get('b')?.inbound.activeGroups(), [{ group: 0, complete: true, differing: 0 }]);
});

test('a standby is complete only after the snapshot', (t) => {
  const cluster = new SimCluster(['a', 'b']);
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  for (let client = 0; client < 100; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  const complete = () => link.sessions?.get('b')?.inbound.activeGroups()[0]?.complete;
  cluster.deliver(link, 'b', 1);
  t.false(complete());
  cluster.deliver(link, 'a', 2);
  cluster.pump(link, 'a');
  cluster.deliver(link, 'b', 10);
  t.false(complete(), 'the digest differs');
  cluster.drain();
  t.true(complete());
  t.is(cluster.content('b').length, 100);
});

test('a peer that stops acknowledging is sent no more than the window, and resyncs when the log has moved on', (t) => {
  const cluster = new SimCluster(['a', 'b'], { windowEntries: 8, frameEntries: 4, logEntries: 32 });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  cluster.connect(link);
  cluster.drain();
  const { outbound } = link.sessions!.get('a')!;
  for (let client = 0; client < 20; client++) cluster.originate('a', 0, client, 1);
  for (let turn = 0; turn < 10; turn++) cluster.pump(link, 'a');
  t.is(outbound.unconfirmed, 8);
  t.is(outbound.queued, 12);
  for (let client = 20; client < 100; client++) cluster.originate('a', 0, client, 1);
  cluster.drain();
  t.is(outbound.overflows, 1);
  t.is(cluster.content('b').length, 100);
  t.is(outbound.unconfirmed, 0);
});

/** Delivers everything until nothing moves; every frame that travelled, in order. */
const travelled = (
  cluster: SimCluster,
  link: SimCluster['pairs'][number],
  roomBytes?: number,
): SyncFrame[] => {
  const frames: SyncFrame[] = [];
  for (let quiet = 0; quiet < 3; quiet++) {
    for (const self of [link.a, link.b]) {
      cluster.pump(link, self, roomBytes);
      const arriving = link.inFlight.get(self)!.map(decodeFrame);
      if (arriving.length > 0) quiet = 0;
      frames.push(...arriving);
      cluster.deliver(link, self, arriving.length);
      cluster.apply(link, self);
    }
  }
  return frames;
};

const counts = (frames: readonly SyncFrame[]): Record<string, number> => {
  const byKind: Record<string, number> = {};
  for (const { kind } of frames) byKind[kind] = (byKind[kind] ?? 0) + 1;
  return byKind;
};

/** 200 entries on both sides, then a break in which `change` happens; the frames of the second connection. */
const afterBreak = (logEntries: number, change: (cluster: SimCluster) => void) => {
  const cluster = new SimCluster(['a', 'b'], { logEntries });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  for (let client = 0; client < 200; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  cluster.drain();
  cluster.break(link);
  change(cluster);
  cluster.connect(link);
  return { cluster, frames: travelled(cluster, link) };
};

test('confirmed is only what the peer has: nothing of a start without a position, until its snapshot has ended', (t) => {
  const cluster = new SimCluster(['a', 'b'], { windowEntries: 8, frameEntries: 4, logEntries: 32 });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  for (let client = 0; client < 20; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  const outbound = () => link.sessions!.get('a')!.outbound;
  const seen: number[] = [];
  for (let turn = 0; turn < 40 && cluster.content('b').length < 20; turn++) {
    seen.push(link.sessions ? outbound().acked : 0);
    cluster.pump(link, 'a');
    cluster.deliver(link, 'a', 1);
    cluster.deliver(link, 'b', 1);
    cluster.apply(link, 'b');
  }
  t.true(seen.length > 4, 'a snapshot of several frames');
  t.deepEqual([...new Set(seen)], [0]);
  cluster.drain();
  t.is(outbound().acked, 20);
});

/** The owner of one group, with a log of 16 entries. */
const smallOwner = () => {
  const groups = new GroupBook('lb1', [{ name: 'front', addresses: [1] }]);
  groups.setActive(0, 1, true);
  const replica = new Replica({
    maxEntries: 100,
    logEntries: 16,
    tombstoneMs: 1000,
    seed: 0,
    groupOf: () => 0,
  });
  return { replica, groups };
};

test('the oldest change that is not confirmed may be one that has not been sent yet', (t) => {
  const { replica, groups } = smallOwner();
  const outbound = new Outbound(replica, groups, { frameEntries: 8, windowEntries: 1000 });
  outbound.start(undefined, 's1');
  t.is(outbound.oldestUnconfirmedMs(100), 0);
  for (const [client, atMs] of [
    [1, 200],
    [2, 300],
    [1, 400],
  ] as const)
    replica.originate(client, 1, 1, atMs, 1, 9000, 9000, 1, atMs);
  t.is(outbound.oldestUnconfirmedMs(1000), 700, 'that of client 2: the first of client 1 was superseded');
});

test('requests for snapshots do not gather: one more for each group', (t) => {
  const session = create();
  session.step({ kind: 'open' }, 0);
  session.step({ kind: 'frame', frame: hello() }, 0);
  const { replica, groups } = smallOwner();
  for (let client = 0; client < 50; client++) replica.originate(client, 1, 1, 1, 1, 1000, 1000, 1, 0);
  const outbound = new Outbound(replica, groups, { frameEntries: 8, windowEntries: 1000 });
  outbound.start(undefined, 's1');
  const ask = (bucket: number) => ({ buckets: bucketBitmap([bucket]), epoch: 1, sequence: 50 });
  for (let bucket = 0; bucket < 256; bucket++) outbound.onResync(0, ask(bucket));
  const frames = outbound.pump(1, 1_000_000);
  t.is(frames.filter(({ kind }) => kind === 'snapshot-begin').length, 1);
  t.is(outbound.sentEntries, 50, 'every bucket that was asked for');
});

test('after a break with 100 changes only deltas travel', (t) => {
  const { cluster, frames } = afterBreak(1024, (one) => {
    for (let client = 0; client < 90; client++) one.originate('a', 0, client, 2);
    for (let client = 190; client < 200; client++) one.remove('a', 0, client);
  });
  const { ack, ...kinds } = counts(frames);
  // 16 entries in a frame; the digest behind them is equal.
  t.deepEqual(kinds, { hello: 2, start: 2, delta: 7, digest: 1, resync: 1 });
  t.true(ack! >= 1);
  const resync = frames.find((frame) => frame.kind === 'resync');
  t.is(resync?.buckets, undefined);
  t.deepEqual(cluster.content('b'), cluster.content('a'));
  t.is(cluster.content('b').length, 190);
});

test('after a break longer than the log, a digest and a snapshot of the buckets that differ', (t) => {
  const { cluster, frames } = afterBreak(64, (one) => {
    for (let turn = 0; turn < 20; turn++) {
      for (let client = 0; client < 5; client++) one.originate('a', 0, client, 2 + turn);
    }
  });
  const kinds = counts(frames);
  t.is(kinds.delta, undefined);
  t.is(kinds['snapshot-begin'], 1);
  t.is(kinds['snapshot-end'], 1);
  const begin = frames.find((frame) => frame.kind === 'snapshot-begin');
  t.true(bucketsIn(begin!.buckets!) <= 5, 'five keys');
  const sent = frames.flatMap((frame) => (frame.kind === 'snapshot-chunk' ? frame.entries.client : []));
  t.true(sent.length >= 5 && sent.length < 50, `${sent.length} of 200 entries`);
  for (let client = 0; client < 5; client++) t.true(sent.includes(client));
  t.deepEqual(cluster.content('b'), cluster.content('a'));
});

test('a change made during a long snapshot travels between its chunks', (t) => {
  const cluster = new SimCluster(['a', 'b'], { frameEntries: 4, windowEntries: 1000 });
  const link = cluster.pair('a', 'b');
  cluster.setActive('a', 0, 1, true);
  for (let client = 0; client < 200; client++) cluster.originate('a', 0, client, 1);
  cluster.connect(link);
  const kinds: string[] = [];
  for (let turn = 0; turn < 500; turn++) {
    for (const self of ['a', 'b']) {
      // Room for one chunk.
      cluster.pump(link, self, 4 * 32);
      const arriving = link.inFlight.get(self)!.map((bytes) => decodeFrame(bytes).kind);
      if (self === 'b') kinds.push(...arriving);
      cluster.deliver(link, self, arriving.length);
      cluster.apply(link, self);
    }
    if (kinds.at(-1) === 'snapshot-end') break;
    if (kinds.filter((kind) => kind === 'snapshot-chunk').length !== 10 || kinds.includes('delta')) continue;
    cluster.originate('a', 0, 500, 1);
    cluster.originate('a', 0, 199, 2);
    cluster.remove('a', 0, 198);
  }
  const delta = kinds.indexOf('delta');
  const chunks = (part: readonly string[]) => part.filter((kind) => kind === 'snapshot-chunk').length;
  t.is(chunks(kinds.slice(0, delta)), 10, 'it goes out next');
  t.true(chunks(kinds.slice(delta)) > 30);
  t.true(kinds.indexOf('snapshot-end') > delta);
  t.deepEqual(cluster.content('b'), cluster.content('a'));
  t.is(cluster.content('b').length, 200);
});
