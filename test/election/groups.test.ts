/** Health, maintenance, failback and orders, one machine on a table. */

import test from 'ava';
import { fileNumber } from '../../src/election/cluster-file.js';
import { mayFailBack } from '../../src/election/failback.js';
import { changeMaintenance } from '../../src/election/maintenance.js';
import { viewElection } from '../../src/election/view.js';
import { activate, createBench, group, type NodeBench, ready, startBench } from './node-bench.js';

const weak = (weight: number) =>
  ({ type: 'health', reasons: [{ text: 'no backend answers', weight }] }) as const;

/** Keeps an owner's lease and its peer alive for a while; what the machine wanted, renewals left out. */
const serve = (bench: NodeBench, ms: number, peer = {}): string[] => {
  const seen: string[] = [];
  for (let at = 0; at < ms; at += 10) {
    seen.push(...bench.heartbeat('lb2', peer), ...bench.pass(10));
    if (bench.state.groups[group]!.pending === 'renew') bench.kernel('renew');
    seen.push(...bench.grant('lb2'));
    if (bench.state.groups[group]!.pending === 'renew') bench.kernel('renew');
  }
  return seen.filter((one) => !/^(ask|kernel renew|announce)/.test(one));
};

test('an owner that is not well hands over to a healthier peer, once that has lasted', (t) => {
  const bench = createBench();
  activate(bench);
  bench.feed(weak(40));
  t.notRegex(serve(bench, 9_500).join(), /offer/, 'it has owned for less than ten seconds');
  t.regex(serve(bench, 1_000).join(), /offer → lb2/);
});

test('nothing moves for a small difference, for a peer that is as ill, or before the time', (t) => {
  for (const [own, theirs] of [
    [5, 0],
    [40, 40],
    [40, 35],
  ] as const) {
    const bench = createBench();
    activate(bench);
    bench.feed(weak(own));
    t.notRegex(serve(bench, 13_000, { penalty: theirs }).join(), /offer/, `${own} and ${theirs}`);
  }
});

test('a fatal reason ends the tenure at once, and is the reason given', (t) => {
  const bench = createBench();
  activate(bench);
  t.regex(bench.feed(weak(100)).join(), /active → draining: no backend answers/);
});

test('a reason about another group leaves this one alone', (t) => {
  const bench = createBench();
  activate(bench);
  const reasons = [{ text: 'front1 hears nobody', weight: 100, group: 'other' }];
  t.notRegex(bench.feed({ type: 'health', reasons }).join(), /draining/);
});

test('among equally ready nodes the healthier one claims', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.feed(weak(40));
  bench.heartbeat('lb2');
  t.regex(bench.feed(ready).join(), /lb2 goes first/);
});

test('maintenance: an owner hands over as soon as it can, and serves until then; a standby claims nothing', (t) => {
  const bench = createBench();
  activate(bench);
  serve(bench, 50, { eligible: 'no' });
  const order = { type: 'maintenance', id: 3, node: 'lb1', group: '', on: true } as const;
  t.deepEqual(
    bench.feed(order).filter((one) => !one.startsWith('ask')),
    ['maintenance', 'handover done'],
  );
  t.notRegex(serve(bench, 2_000, { eligible: 'no' }).join(), /offer|draining/);
  t.is(bench.state.groups[group]!.role, 'active');
  t.regex(serve(bench, 1_100).join(), /offer → lb2/);

  const standby = createBench();
  standby.feed({ type: 'start', links: { front0: true }, epochs: {}, maintenance: [group] });
  standby.kernel('close');
  t.regex(standby.pass(260).concat(standby.feed(ready)).join(), /g is in maintenance on this node/);
  t.notRegex(standby.pass(2_000).join(), /kernel arm/);
  t.regex(standby.feed({ ...order, on: false }).join(), /kernel arm/);
});

test('maintenance of a node includes its groups, and ends with all of them', (t) => {
  t.deepEqual(changeMaintenance(['a'], 'b', true), ['a', 'b']);
  t.deepEqual(changeMaintenance(['a', 'b'], 'a', false), ['b']);
  t.deepEqual(changeMaintenance(['', 'a'], '', false), []);
});

test('an order for another node travels, is repeated, answered once, and given up in the end', (t) => {
  const bench = createBench();
  startBench(bench);
  bench.heartbeat('lb2', { role: 'active', epoch: 3 });
  t.regex(bench.feed({ type: 'handover', id: 7, group, to: undefined }).join(), /order → lb2/);
  bench.heartbeat('lb2', { role: 'active', epoch: 3 });
  t.regex(bench.pass(101).join(), /order → lb2/);
  const result = { type: 'order-result', id: 7, ok: false, tookMs: 0, reason: 'lb1: not eligible' } as const;
  t.regex(bench.hear('lb2', result).join(), /handover refused: lb1: not eligible/);
  t.deepEqual(bench.state.orders, {});
  bench.feed({ type: 'maintenance', id: 8, node: 'lb2', group: '', on: true });
  let seen = '';
  for (let at = 0; at < 4_200; at += 50) {
    bench.heartbeat('lb2', { role: 'active', epoch: 3 });
    seen += bench.pass(50).join();
  }
  t.regex(seen, /handover refused: lb2 did not answer/);
  t.regex(
    bench.feed({ type: 'maintenance', id: 9, node: 'lb9', group: '', on: true }).join(),
    /no node called lb9, there are lb1, lb2/,
  );
});

test('an order of a peer is carried out once, however often it comes, and answered each time', (t) => {
  const bench = createBench();
  startBench(bench);
  const order = { type: 'order', id: 4, verb: 'maintain', group, to: '' } as const;
  bench.heartbeat('lb2');
  t.deepEqual(bench.hear('lb2', order).slice(0, 2), ['maintenance', 'order-result → lb2']);
  t.deepEqual(bench.hear('lb2', order), ['order-result → lb2']);
  t.deepEqual(bench.state.maintenance, [group]);
});

test('failback: never, now, or in a window, which may pass midnight', (t) => {
  t.false(mayFailBack({ kind: 'never' }, 130));
  t.true(mayFailBack({ kind: 'now' }, undefined));
  const night = { kind: 'window', fromMinute: 120, untilMinute: 240 } as const;
  t.deepEqual(
    [undefined, 119, 120, 239, 240].map((at) => mayFailBack(night, at)),
    [false, false, true, true, false],
  );
  const late = { kind: 'window', fromMinute: 1_380, untilMinute: 60 } as const;
  t.deepEqual(
    [1_379, 1_400, 30, 60].map((at) => mayFailBack(late, at)),
    [false, true, true, false],
  );
});

test('in a window the group goes back to its preferred node, unless that is the less healthy one', (t) => {
  const failback = { kind: 'window', fromMinute: 120, untilMinute: 240 } as const;
  const bench = createBench({ groups: [{ name: group, preferred: ['lb2'], failback, trackLinks: [] }] });
  activate(bench);
  bench.feed({ type: 'wall', seconds: 1_000, minute: 60 });
  t.notRegex(serve(bench, 3_000).join(), /offer/);
  bench.feed({ type: 'wall', seconds: 1_000, minute: 130 });
  t.notRegex(serve(bench, 3_000, { penalty: 40 }).join(), /offer/);
  t.regex(serve(bench, 1_200).join(), /offer → lb2/);
});

test('another node.yaml and a clock an hour off are named with the remedy, and cost a standby its readiness only', (t) => {
  const bench = createBench({ file: [1, 2, 3, 4] });
  startBench(bench);
  bench.feed({ type: 'wall', seconds: 1_000_000, minute: 5 });
  bench.feed(ready);
  bench.hear('lb2', {
    type: 'heartbeat',
    sentUs: 1,
    echoUs: 0,
    echoHeldUs: 0,
    ready: true,
    position: '',
    reason: '',
    groups: [{ group, role: 'active', eligible: 'ready', epoch: 3, releasedAsk: 0 }],
    file: [1, 2, 3, 9],
    wallS: 1_003_600,
  });
  const { problems, groups } = viewElection(bench.config, bench.state, bench.nowMs);
  t.regex(problems[0]!, /lb2 has other timing in its node.yaml: make them equal/);
  t.regex(problems[1]!, /clock of lb2 is 3600 s ahead of this node's: set both by NTP/);
  t.is(groups[0]!.role, 'standby');
  t.not(fileNumber('a'), fileNumber('b'));
});

test('an interface that is not here is named as such', (t) => {
  const bench = createBench();
  t.regex(startBench(bench, {} as { front0: boolean }).join(), /there is no interface front0 on this node/);
});
