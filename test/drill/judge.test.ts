import test from 'ava';
import { budgets } from '../../src/drill/budgets.js';
import type { ArpRequest, DrillHistory, ProbeHistory } from '../../src/drill/history.js';
import { judge, judgeProbe, verdictOf } from '../../src/drill/judge.js';
import { judgeArp } from '../../src/drill/judge-arp.js';

/** Attempts each 2 ms from time 0, answered after 0.5 ms unless `lost` says otherwise. */
const probe = (count: number, lost: (index: number) => boolean = () => false): ProbeHistory => {
  const sentMs = Array.from({ length: count }, (_, index) => index * 2);
  return {
    intervalMs: 2,
    sentMs,
    answeredMs: sentMs.map((sent, index) => (lost(index) ? null : sent + 0.5)),
    longestStallMs: 0,
  };
};

const vip = '10.10.0.100';
/** Requests each 2 ms; `owner` names who answers each of them. */
const asked = (count: number, owner: (index: number) => string, address = vip): ArpRequest[] =>
  Array.from({ length: count }, (_, index) => ({
    address,
    sentMs: index * 2,
    answers: [...owner(index)].map((mac, order) => ({ mac, atMs: index * 2 + 0.1 + order * 0.1 })),
  }));

const quiet: DrillHistory = {
  udp: probe(1000),
  connect: probe(1000),
  streams: [{ seed: 1, sentBytes: 512, answeredBytes: 512, error: null, longestGapMs: 20 }],
  before: { '10.10.8.1': 'backend1', '10.10.8.2': 'backend2' },
  after: { '10.10.8.1': 'backend1', '10.10.8.2': 'backend2' },
  arp: asked(1000, (index) => (index < 500 ? 'A' : 'B')),
  injectedMs: 1000,
  healedMs: 1500,
  settledMs: 1600,
  events: [],
  notHealed: null,
  takeovers: 1,
};

test('nothing lost is no outage', (t) => {
  t.like(judgeProbe(probe(100)), { attempts: 100, lost: 0, outageMs: 0, slowestMs: 0.5 });
});

test('an outage lasts from the first lost attempt to the next answered one', (t) => {
  t.like(judgeProbe(probe(100, (index) => index >= 10 && index < 20)), { lost: 10, outageMs: 20 });
});

test('the longest of several outages counts; one lost attempt is one interval', (t) => {
  t.is(judgeProbe(probe(100, (index) => index === 5 || (index >= 10 && index < 13))).outageMs, 6);
  t.is(judgeProbe(probe(100, (index) => index === 5)).outageMs, 2);
});

test('an outage that never ends lasts to the end', (t) => {
  t.is(judgeProbe(probe(100, (index) => index >= 50)).outageMs, 100);
});

test('an answer after most of a second is as good as lost', (t) => {
  const history = probe(3);
  const late = { ...history, answeredMs: [0.5, 2 + 950, 4.5] };
  t.is(judgeProbe(late).lost, 1);
  t.is(judgeProbe({ ...late, longestStallMs: 100 }).lost, 0, 'the probe itself was away');
});

test('a probe that paused loses nothing', (t) => {
  t.is(
    judgeProbe({ intervalMs: 2, sentMs: [0, 2, 300], answeredMs: [1, 3, 301], longestStallMs: 296 }).outageMs,
    0,
  );
});

test('a takeover is one switch, and nobody answers in between for so long', (t) => {
  const requests = asked(100, (index) => (index < 40 ? 'A' : index < 60 ? '' : 'B'));
  t.like(judgeArp(requests, 150), {
    twoAnsweringMs: 0,
    twoAnsweringTimes: 0,
    noneAnsweringMs: 40,
    switches: 1,
    finalOwners: { [vip]: ['B'] },
  });
});

test('one request answered by two nodes is found, however short', (t) => {
  const found = judgeArp(
    asked(100, (index) => (index < 50 ? 'A' : index === 50 ? 'AB' : 'B')),
    150,
  );
  t.is(found.twoAnsweringTimes, 1);
  t.true(found.twoAnsweringMs > 0);
});

test('answers that go A B A are two owners; a takeover back after a while is not', (t) => {
  const flapping = judgeArp(
    asked(100, (index) => (index < 50 ? 'A' : index % 2 ? 'A' : 'B')),
    1_000,
  );
  t.true(flapping.twoAnsweringTimes > 0);
  const back = judgeArp(
    asked(1000, (index) => (index < 200 ? 'A' : index < 600 ? 'B' : 'A')),
    1_900,
  );
  t.like(back, { twoAnsweringTimes: 0, switches: 2 });
});

test('two owners for a while are one time, as long as it lasted', (t) => {
  const found = judgeArp(
    asked(1000, (index) => (index < 100 ? 'A' : index < 300 ? 'AB' : 'B')),
    1_900,
  );
  t.true(Math.abs(found.twoAnsweringMs - 400) < 3, `${found.twoAnsweringMs}`);
});

test('answers that are read late are as old as their requests', (t) => {
  const requests = asked(100, (index) => (index < 50 ? 'A' : 'B')).map((each) => ({
    ...each,
    answers: each.answers.map(({ mac }) => ({ mac, atMs: 500 })),
  }));
  t.like(judgeArp(requests, 150), { twoAnsweringTimes: 0, switches: 1 });
});

test('addresses are judged each on its own', (t) => {
  const requests = [...asked(100, () => 'A'), ...asked(100, () => 'B', '10.20.0.100')];
  t.like(judgeArp(requests, 100), { twoAnsweringTimes: 0, switches: 0 });
});

test('a quiet drill passes', (t) => {
  t.deepEqual(verdictOf(judge(quiet), budgets['agent-kill']), { passed: true, failures: [] });
});

test('where nothing failed, nothing may have happened', (t) => {
  const found = { ...judge(quiet), takeovers: 0 };
  t.deepEqual(verdictOf(found, budgets.idle), { passed: true, failures: [] });
  t.deepEqual(verdictOf({ ...found, takeovers: 1 }, budgets.idle).failures, ['1 takeovers, 0 deserved']);
  const silent = { ...found, arp: { ...found.arp, noneAnsweringMs: 20 } };
  t.deepEqual(verdictOf(silent, budgets.idle).failures, ['nobody answered for 20 ms, budget 0 ms']);
});

test('a handover during which nobody answers for longer than clients may wait fails, as after any takeover', (t) => {
  const found = judge(quiet);
  const silent = (noneAnsweringMs: number) => ({ ...found, arp: { ...found.arp, noneAnsweringMs } });
  t.deepEqual(verdictOf(silent(20), budgets.handover).failures, []);
  t.deepEqual(verdictOf(silent(21), budgets.handover).failures, ['nobody answered for 21 ms, budget 20 ms']);
  t.deepEqual(verdictOf(silent(501), budgets['agent-kill']).failures, [
    'nobody answered for 501 ms, budget 500 ms',
  ]);
  t.is(budgets['node-off'].noneAnsweringMs, 500);
});

const fails = test.macro({
  exec: (t, change: Partial<DrillHistory>, ...expected: RegExp[]) => {
    const { passed, failures } = verdictOf(judge({ ...quiet, ...change }), budgets.handover);
    t.false(passed);
    t.is(failures.length, expected.length, failures.join('\n'));
    for (const [index, one] of expected.entries()) t.regex(failures[index]!, one);
  },
  title: (name) => `fails: ${name}`,
});

test(
  'UDP outage',
  fails,
  { udp: probe(1000, (index) => index > 10 && index < 30) },
  /^UDP outage 38 ms, budget 20 ms$/,
);
test(
  'one failed connect',
  fails,
  { connect: probe(1000, (index) => index === 10) },
  /^1 connects failed, budget 0$/,
);
test(
  'a broken stream',
  fails,
  { streams: [{ seed: 1, sentBytes: 9, answeredBytes: 5, error: 'ECONNRESET', longestGapMs: 0 }] },
  /^0 of 1 streams kept: ECONNRESET$/,
);
test(
  'a stream that stands still',
  fails,
  { streams: [{ seed: 1, sentBytes: 9, answeredBytes: 5, error: null, longestGapMs: 0 }] },
  /4 bytes unanswered/,
);
test('no stream at all', fails, { streams: [] }, /none opened/);
test(
  'a client moved',
  fails,
  { after: { '10.10.8.1': 'backend1', '10.10.8.2': 'backend1' } },
  /1 of 2 persistent clients kept their backend \(1 moved, 0 unanswered\)/,
);
test(
  'a client unanswered',
  fails,
  { after: { '10.10.8.1': 'backend1', '10.10.8.2': null } },
  /0 moved, 1 unanswered/,
);
test('a takeover too many', fails, { takeovers: 2 }, /^2 takeovers, 1 deserved$/);
test(
  'nobody owns it at the end',
  fails,
  { arp: asked(1000, (index) => (index < 799 ? 'A' : '')) },
  /^nobody answered for 400 ms, budget 20 ms/,
  /^0 nodes answer for/,
);
test(
  'two owners',
  fails,
  { arp: asked(1000, (index) => (index === 400 ? 'AB' : 'A')) },
  /^two nodes answered 2 times/,
);

test('without the owner’s count, switches seen by the observer are the takeovers', (t) => {
  t.is(judge({ ...quiet, takeovers: undefined }).takeovers, 1);
});

test('the timeline counts from the fault', (t) => {
  const { timeline } = judge({
    ...quiet,
    injectedMs: 900,
    udp: probe(1000, (index) => index >= 460 && index < 480),
    arp: asked(1000, (index) => (index < 470 ? 'A' : index < 490 ? '' : 'B')),
  });
  t.like(timeline, {
    lastOldAnswerMs: 38,
    firstNewAnswerMs: 80,
    firstLossMs: 20,
    lastLossMs: 58,
    leaseMs: null,
  });
  t.like(judge(quiet).timeline, { firstLossMs: null, lastLossMs: null });
});

test('the timeline takes the first of each step from what nodes recorded', (t) => {
  const at = (atMs: number, what: 'detected' | 'decided' | 'lease' | 'announced') => ({
    node: 'lb2',
    atMs,
    what,
    detail: '',
  });
  const milestones = [
    at(400, 'detected'),
    at(1100, 'detected'),
    at(1200, 'decided'),
    at(1210, 'lease'),
    at(1300, 'detected'),
  ];
  t.like(judge({ ...quiet, milestones }).timeline, {
    detectedMs: 100,
    decidedMs: 200,
    leaseMs: 210,
    announcedMs: null,
  });
});

test('of several services in turns each is judged for itself: that one answers does not end the outage of another', (t) => {
  const turns = { ...probe(1000, (index) => index % 2 === 1 && index > 100), targets: ['a', 'b'] };
  t.like(judgeProbe(turns), { attempts: 1000, lost: 449 + 1, outageMs: 1800 });
  t.is(judgeProbe({ ...turns, targets: ['both'] }).outageMs, 2);
});

const answers = (refused: readonly boolean[], freeServed = true, granted = 3) => ({
  refused: Object.fromEntries(refused.map((each, index) => [`10.10.11.${index}`, each])),
  freeServed,
  granted,
});
const limitsOf = (after: ReturnType<typeof answers>) => {
  const history = { ...quiet, limits: { allowed: 3, before: answers([true, true]), after } };
  return verdictOf(judge(history), budgets['node-off']).failures;
};

test('who was banned is still banned, who was not is served, and nobody gets more than allowed', (t) => {
  t.deepEqual(limitsOf(answers([true, true])), []);
  t.deepEqual(limitsOf(answers([true, false])), ['1 of 2 banned clients are still banned']);
  t.regex(limitsOf(answers([true, true], false))[0]!, /nobody has banned was not served/);
  t.deepEqual(limitsOf(answers([true, true], true, 6)), [
    'one client was granted 6 connections, 3 are allowed',
  ]);
});

test('what was not probed is not held against a run, what was and recorded nothing is', (t) => {
  const none = { intervalMs: 2, sentMs: [], answeredMs: [], longestStallMs: 0 };
  const bare = { ...quiet, udp: none, streams: [], before: {}, after: {}, arp: [] };
  const failuresOf = (unprobed: DrillHistory['unprobed']) =>
    verdictOf(judge({ ...bare, unprobed: unprobed ?? [] }), budgets['node-off']).failures;
  t.deepEqual(failuresOf(['datagrams', 'streams', 'persistence', 'owners', 'limits']), []);
  t.true(failuresOf(['streams', 'persistence', 'owners']).includes('a probe recorded nothing'));
  t.true(failuresOf([]).length >= 3);
});
