import test from 'ava';
import { step } from '../../src/election/machine.js';
import { type ElectionConfig, witnessName } from '../../src/election/types.js';
import { activate, createBench, group, ready, startBench } from './node-bench.js';

test('a fresh node cleans up first and waits a voter’s lock before it decides anything', (t) => {
  const bench = createBench();
  t.deepEqual(bench.feed({ type: 'start', links: { front0: true }, epochs: {} }), ['kernel close']);
  bench.feed(ready);
  t.deepEqual(bench.kernel('close'), ['remove-addresses']);
  t.deepEqual(bench.pass(250), []);
  t.deepEqual(bench.pass(10), ['init → standby: started', 'kernel arm']);
});

test('not eligible before its replica is complete, for a bounded time, with the reason in sight', (t) => {
  const bench = createBench();
  bench.feed({ type: 'readiness', readiness: { ready: false, reasons: ['snapshot 3 of 9'], position: '' } });
  startBench(bench);
  t.is(bench.state.groups[group]!.waiting, 'not ready: snapshot 3 of 9');
  t.deepEqual(bench.pass(4_700), []);
  t.deepEqual(bench.pass(100), ['kernel arm'], 'syncWaitMs is over');
});

test('arm, ask, open: no ask before the kernel has armed, no claim before a majority', (t) => {
  const bench = createBench();
  startBench(bench);
  t.deepEqual(bench.feed(ready), ['kernel arm']);
  t.deepEqual(bench.pass(15), [], 'nothing while the write is under way');
  t.deepEqual(bench.kernel('arm'), ['ask → lb2', `ask → ${witnessName}`]);
  t.deepEqual(bench.grant(witnessName), ['kernel claim']);
  t.deepEqual(bench.kernel('claim'), ['standby → active: claimed, epoch 1', 'add-addresses', 'announce']);
});

test('after a sleep of its own a node listens before it takes others for dead', (t) => {
  const bench = createBench();
  activate(bench);
  bench.heartbeat('lb2');
  bench.nowMs += 300;
  bench.feed({ type: 'stalled', sleptMs: 60 });
  t.true(bench.state.peers.lb2!.alive);
  t.notRegex(bench.pass(58).join(), /silent/);
  t.regex(bench.pass(3).join(), /silent on every path/);
});

test('a long sleep is listened off for no longer than silence takes to count', (t) => {
  const bench = createBench();
  activate(bench);
  bench.heartbeat('lb2');
  bench.nowMs += 3_000;
  bench.feed({ type: 'stalled', sleptMs: 2_900 });
  t.notRegex(bench.pass(98).join(), /silent/);
  t.regex(bench.pass(3).join(), /silent on every path/);
});

test('a node that is heard again, or anew, is told everything at once: who is active, and in which epoch', (t) => {
  const bench = createBench();
  activate(bench);
  bench.heartbeat('lb2');
  const toldBy = (session: number): boolean => {
    const answer = {
      type: 'answer',
      group,
      ask: 1,
      session: 11,
      verdict: 'granted',
      epoch: 0,
      waitMs: 0,
    } as const;
    const body = { ...answer, holder: '' };
    const event = { type: 'message', from: 'lb2', session, path: 0, body } as const;
    const { effects } = step(bench.config, bench.state, event, bench.nowMs);
    return effects.some((one) => one.type === 'send' && one.to === 'lb2' && one.body.type === 'heartbeat');
  };
  t.false(toldBy(12), 'it knows');
  t.true(toldBy(13), 'a new session');
  bench.pass(400);
  t.false(bench.state.peers.lb2!.alive);
  t.true(toldBy(12), 'heard again');
});

test('lost asks are repeated; an arm that runs out is given back and tried again', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.feed(ready);
  bench.kernel('arm');
  t.deepEqual(bench.pass(10), ['ask → lb2', `ask → ${witnessName}`]);
  const seen = bench.pass(85);
  t.true(seen.includes(`release → ${witnessName}`));
  t.true(seen.includes('claim-failed: no majority (nobody answered)'));
  t.true(bench.pass(200).includes('kernel arm'));
});

test('a claim that the kernel refuses as too late is given back', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.feed(ready);
  bench.kernel('arm');
  bench.grant(witnessName);
  const seen = bench.kernel('claim', 'missing');
  t.true(seen.includes('claim-failed: the claim came too late, its lease had run out'));
  t.true(seen.includes(`release → ${witnessName}`));
});

test('a claim whose outcome is unknown is closed before anything is given back', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.feed(ready);
  bench.kernel('arm');
  bench.grant(witnessName);
  const seen = bench.kernel('claim', 'failed');
  t.true(seen.includes('kernel close'));
  t.false(seen.some((text) => text.startsWith('release')));
  t.true(bench.kernel('close').includes(`release → ${witnessName}`));
});

test('renewal: every 30 ms one ask and one write, each grant used once', (t) => {
  const bench = createBench();
  activate(bench);
  bench.heartbeat('lb2');
  t.deepEqual(bench.pass(30), ['ask → lb2'], 'the living peer is enough');
  t.deepEqual(bench.grant('lb2'), ['kernel renew']);
  t.deepEqual(bench.grant(witnessName), [], 'a second grant for the same ask does not write again');
  t.deepEqual(bench.kernel('renew'), []);
  t.deepEqual(bench.grant(witnessName), [], 'an ask made before the write is worth nothing after it');
  t.deepEqual(bench.pass(29), ['announce'], '50 ms after the takeover');
  t.true(bench.pass(1).includes('ask → lb2'));
});

test('a voter that does not answer a renewal is made good for by all others after 10 ms', (t) => {
  const bench = createBench();
  activate(bench);
  bench.heartbeat('lb2');
  t.deepEqual(bench.pass(30), ['ask → lb2']);
  t.deepEqual(bench.pass(10), ['ask → lb2', `ask → ${witnessName}`]);
  t.deepEqual(bench.grant(witnessName), ['kernel renew']);
});

test('without a majority the owner steps down when its lease is over', (t) => {
  const bench = createBench();
  activate(bench);
  const seen = bench.pass(125);
  t.true(seen.includes('active → draining: no majority renewed the lease in time'));
  t.true(seen.includes('kernel close'));
  t.true(bench.kernel('close').includes('remove-addresses'));
});

test('front link down: close first, then addresses, then the voters, all at once', (t) => {
  const bench = createBench();
  activate(bench);
  t.deepEqual(bench.feed({ type: 'link', name: 'front0', usable: false }), [
    'active → draining: link front0 is down',
    'kernel close',
  ]);
  t.deepEqual(bench.kernel('close'), [
    'remove-addresses',
    'release → lb2',
    `release → ${witnessName}`,
    'draining → standby: link front0 is down',
    'waiting: link front0 is down',
  ]);
});

test('a lease that ran out in the kernel is not given back: the same node may claim at once', (t) => {
  const bench = createBench();
  activate(bench);
  bench.pass(30);
  bench.grant('lb2');
  t.deepEqual(bench.kernel('renew', 'missing'), [
    'active → draining: the lease ran out before it was renewed',
    'kernel close',
  ]);
  const seen = bench.kernel('close');
  t.false(seen.some((text) => text.startsWith('release')));
  t.true(seen.includes('kernel arm'));
});

test('a fault of the node itself, and a stop', (t) => {
  const bench = createBench();
  activate(bench);
  const seen = bench.feed({
    type: 'health',
    reasons: [{ text: 'self probe of 10.0.0.1 failed', weight: 100 }],
  });
  t.is(seen[0], 'active → draining: self probe of 10.0.0.1 failed');
  const other = createBench();
  activate(other);
  t.is(other.feed({ type: 'stop' })[0], 'active → draining: stopping');
  t.true(other.kernel('close').includes('stopped'));
  t.is(other.deadlineMs, Number.POSITIVE_INFINITY);
});

test('a standby claims when its peer is silent and its own vote is free, not before', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.heartbeat('lb2', { role: 'active', epoch: 4 });
  bench.feed(ready);
  t.is(bench.state.groups[group]!.waiting, 'lb2 is active');
  bench.hear('lb2', { type: 'ask', group, ask: 9, epoch: 4, leaseMs: 120, offer: 0 });
  const dead = bench.pass(101);
  t.true(dead.includes('peer: silent on every path for 100 ms'));
  t.is(bench.state.groups[group]!.waiting, 'this node’s vote is bound to lb2'.replace('’', "'"));
  t.deepEqual(bench.pass(150), []);
  t.deepEqual(bench.pass(5), ['kernel arm'], '2 L and the margin after the grant');
  t.is(bench.state.groups[group]!.claim?.epoch, 5);
});

test('a release from the owner is taken up in the same step', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.heartbeat('lb2', { role: 'active', epoch: 4, eligible: 'no' });
  bench.feed(ready);
  bench.hear('lb2', { type: 'ask', group, ask: 9, epoch: 4, leaseMs: 120, offer: 0 });
  t.deepEqual(bench.hear('lb2', { type: 'release', group, ask: 9, epoch: 4, to: '' }), ['kernel arm']);
});

const first = (change: Partial<ElectionConfig>): string[] => {
  const bench = createBench(change);
  bench.feed(ready);
  bench.feed({ type: 'start', links: { front0: true }, epochs: {} });
  bench.kernel('close');
  const seen: string[] = [];
  for (let count = 0; count < 27; count++) {
    seen.push(...bench.heartbeat('lb2'), ...bench.pass(10));
  }
  return seen;
};

test('who goes first when several could: preference, then the order of the configuration', (t) => {
  t.true(first({}).includes('kernel arm'));
  const groups = [{ name: group, preferred: ['lb2'], failback: { kind: 'never' } as const, trackLinks: [] }];
  t.true(first({ groups }).includes('waiting: lb2 goes first'));
});

test('without a witness the third vote is assumed only while the peer is silent', (t) => {
  const bench = createBench({ witness: 'none' });
  startBench(bench);
  bench.feed(ready);
  t.deepEqual(bench.kernel('arm'), ['ask → lb2', 'kernel claim'], 'nobody there: on its own');
  const pair = createBench({ witness: 'none' });
  startBench(pair);
  pair.heartbeat('lb2');
  pair.feed(ready);
  t.deepEqual(pair.kernel('arm'), ['ask → lb2'], 'a living peer is asked');
  t.deepEqual(pair.grant('lb2'), ['kernel claim']);
});

test('a pinged gateway votes only while it answers', (t) => {
  const bench = createBench({ witness: 'ping' });
  startBench(bench);
  bench.feed(ready);
  t.deepEqual(bench.kernel('arm'), ['ask → lb2']);
  t.deepEqual(bench.feed({ type: 'gateway', untilMs: bench.nowMs + 100 }), ['kernel claim']);
});

test('two owners that meet again without a witness: the later epoch stays', (t) => {
  const bench = createBench({ witness: 'none' });
  startBench(bench);
  bench.feed(ready);
  bench.kernel('arm');
  bench.kernel('claim');
  t.deepEqual(bench.heartbeat('lb2', { role: 'active', epoch: 1, eligible: 'ready' }), [
    'peer: heard on path 0',
  ]);
  const seen = bench.heartbeat('lb2', { role: 'active', epoch: 2, eligible: 'ready' });
  t.is(seen[0], 'active → draining: lb2 is active with epoch 2');
});
