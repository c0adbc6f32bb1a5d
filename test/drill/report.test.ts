import test from 'ava';
import { budgets } from '../../src/drill/budgets.js';
import type { DrillHistory } from '../../src/drill/history.js';
import { judge, verdictOf } from '../../src/drill/judge.js';
import {
  formatReport,
  type ReportedRun,
  type ReportFile,
  reportJson,
  reportOf,
  summarize,
} from '../../src/drill/report.js';

const probe = { intervalMs: 2, sentMs: [0, 2, 4], answeredMs: [1, null, 5], longestStallMs: 0.123456 };
const history: DrillHistory = {
  udp: probe,
  connect: probe,
  streams: [{ seed: 1, sentBytes: 1, answeredBytes: 1, error: null, longestGapMs: 1 }],
  before: { '10.10.8.1': 'backend1' },
  after: { '10.10.8.1': 'backend1' },
  arp: [{ address: '10.10.0.100', sentMs: 10, answers: [{ mac: 'A', atMs: 10.1 }] }],
  injectedMs: 1,
  healedMs: 2,
  settledMs: 3,
  events: [],
  notHealed: null,
  takeovers: 1,
};
const run = (fault: 'node-off' | 'agent-kill'): ReportedRun => {
  const findings = judge(history);
  const verdict = verdictOf(findings, budgets[fault]);
  return { fault, index: 0, seed: 1, from: 'lb1', findings, verdict, history };
};

test('nearest-rank percentiles', (t) => {
  t.deepEqual(summarize([5, 1, 3, 2, 4]), { min: 1, median: 3, p95: 5, max: 5 });
  t.deepEqual(summarize([7]), { min: 7, median: 7, p95: 7, max: 7 });
  t.deepEqual(summarize([]), { min: 0, median: 0, p95: 0, max: 0 });
});

test('a passing report says so in its last line, a failing one what broke', (t) => {
  t.regex(formatReport([run('node-off')]), /\nPASS: 1 of 1 runs within budget$/);
  const failing = formatReport([run('agent-kill'), run('agent-kill')]);
  t.regex(failing, /run 1: 1 datagrams lost, budget 0\n/);
  t.regex(failing, /\nFAIL: 2 of 2 runs broke the budget$/);
  t.regex(failing, /min +median +p95 +max/);
});

test('a run that broke its budget tells what the nodes said, counted from the fault', (t) => {
  const events = [{ node: 'lb2', atMs: 251, message: 'takeover: g1: claimed, epoch 2' }];
  const failing = { ...run('agent-kill'), history: { ...history, events } };
  t.regex(formatReport([failing]), / 250\.0 ms {2}lb2 {2}takeover: g1: claimed, epoch 2\n/);
  t.notRegex(formatReport([{ ...failing, verdict: { passed: true, failures: [] } }]), /takeover: g1/);
});

test('nothing finished is not a pass', (t) => {
  t.is(formatReport([]), 'no run was finished');
  t.false(reportOf([], { createdAt: '', machine: '', lab: '' }).passed);
});

test('a stored report can be judged again, with the same verdict', (t) => {
  const text = reportJson(reportOf([run('agent-kill')], { createdAt: 'now', machine: 'm', lab: 'lab' }));
  const stored = JSON.parse(text) as ReportFile;
  const [again] = stored.runs;
  t.deepEqual(verdictOf(judge(again!.history), budgets['agent-kill']), again!.verdict);
  t.regex(text, /"longestStallMs":0\.123\b/);
});
