import test from 'ava';
import { witnessName } from '../../src/election/types.js';
import { activate, createBench, group, type NodeBench, ready, startBench } from './node-bench.js';

const order = { type: 'handover', id: 7, group, to: undefined } as const;

const owner = (): NodeBench => {
  const bench = createBench();
  activate(bench);
  bench.heartbeat('lb2');
  return bench;
};

test('offer, the target’s ask, close, release and grant, done when the target is active', (t) => {
  const bench = owner();
  t.deepEqual(bench.feed(order), ['offer → lb2']);
  const offer = bench.state.groups[group]!.handover!.offer;
  t.deepEqual(bench.hear('lb2', { type: 'ask', group, ask: 3, epoch: 2, leaseMs: 120, offer }), [
    'active → draining: handover to lb2',
    'kernel close',
  ]);
  t.deepEqual(bench.kernel('close'), [
    'remove-addresses',
    'release → lb2',
    `release → ${witnessName}`,
    'answer → lb2',
  ]);
  t.deepEqual(bench.heartbeat('lb2', { role: 'active', epoch: 2 }), [
    'handover done',
    'draining → standby: handed over to lb2',
    'waiting: lb2 is active',
  ]);
});

test('the target arms itself, asks, and opens with its own vote and the owner’s', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.heartbeat('lb2', { role: 'active', epoch: 4 });
  bench.feed(ready);
  bench.hear('lb2', { type: 'ask', group, ask: 9, epoch: 4, leaseMs: 120, offer: 0 });
  t.deepEqual(bench.hear('lb2', { type: 'offer', group, epoch: 4, offer: 1 }), ['kernel arm']);
  t.deepEqual(bench.hear('lb2', { type: 'offer', group, epoch: 4, offer: 1 }), [], 'a repeated offer');
  t.deepEqual(bench.kernel('arm'), ['ask → lb2', `ask → ${witnessName}`]);
  t.deepEqual(bench.hear('lb2', { type: 'release', group, ask: 9, epoch: 4, to: 'lb1' }), []);
  t.deepEqual(bench.grant('lb2'), ['kernel claim']);
  t.is(bench.kernel('claim')[0], 'standby → active: handover from lb2, epoch 5');
});

test('a target that is not fit declines with its reason, and nothing changes', (t) => {
  const target = createBench();
  startBench(target, { front0: false });
  target.heartbeat('lb2', { role: 'active', epoch: 4 });
  t.deepEqual(target.hear('lb2', { type: 'offer', group, epoch: 4, offer: 1 }), ['decline → lb2']);
  const bench = owner();
  bench.feed(order);
  const offer = bench.state.groups[group]!.handover!.offer;
  t.deepEqual(bench.hear('lb2', { type: 'decline', group, offer, reason: 'link front0 is down' }), [
    'handover refused: lb2 declines: link front0 is down',
  ]);
  t.is(bench.state.groups[group]!.role, 'active');
});

test('an unanswered offer is repeated, then given up; the owner stays', (t) => {
  const bench = owner();
  bench.feed(order);
  const seen: string[] = [];
  for (let count = 0; count < 25; count++) {
    seen.push(...bench.pass(10), ...bench.heartbeat('lb2'), ...bench.grant('lb2'));
    if (bench.state.groups[group]!.pending) bench.kernel('renew');
  }
  t.true(seen.filter((text) => text === 'offer → lb2').length > 10);
  t.true(seen.includes('handover refused: lb2 did not answer the offer'));
  t.is(bench.state.groups[group]!.role, 'active');
});

test('a target that does not confirm: the old owner takes the group back after the safe wait', (t) => {
  const bench = owner();
  bench.feed(order);
  const offer = bench.state.groups[group]!.handover!.offer;
  bench.hear('lb2', { type: 'ask', group, ask: 3, epoch: 2, leaseMs: 120, offer });
  bench.kernel('close');
  const waiting = bench.pass(250);
  t.false(waiting.includes('kernel arm'));
  const seen = bench.pass(20);
  t.true(seen.includes('handover refused: lb2 did not take over'));
  t.true(seen.includes('kernel arm'));
});

test('refused at once: not the owner, nobody to hand over to, one at a time', (t) => {
  const standby = createBench();
  startBench(standby);
  t.regex(standby.feed(order)[0] ?? '', /^handover refused: this node is standby, not active/);
  const lonely = createBench();
  activate(lonely);
  t.deepEqual(lonely.feed(order), ['handover refused: lb2: not heard']);
  t.deepEqual(lonely.feed({ ...order, to: 'lb1' }), ['handover refused: lb1 is active already']);
  t.deepEqual(lonely.feed({ ...order, group: 'x' }), ['handover refused: no group called x']);
  const busy = owner();
  busy.feed(order);
  t.deepEqual(busy.feed(order), ['handover refused: already handing over to lb2']);
});

test('with preempt the group goes back once the preferred node has been ready for a second', (t) => {
  const groups = [{ name: group, preferred: ['lb2'], failback: { kind: 'now' } as const, trackLinks: [] }];
  const bench = createBench({ groups });
  activate(bench);
  const seen: string[] = [];
  for (let count = 0; count < 110; count++) {
    if (count > 2) seen.push(...bench.heartbeat('lb2'));
    seen.push(...bench.pass(10), ...bench.grant('lb2'));
    if (bench.state.groups[group]!.pending) bench.kernel('renew');
    if (count === 90) t.false(seen.includes('offer → lb2'));
  }
  t.true(seen.includes('offer → lb2'));
});
