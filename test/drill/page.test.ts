/** Reports that are kept: read back, compared, judged again, and shown as a page. */

import test from 'ava';
import { compareReports } from '../../src/drill/compare.js';
import type { DrillHistory } from '../../src/drill/history.js';
import { drillPage } from '../../src/drill/page/page.js';
import { type ReportFile, reportJson, reportOf } from '../../src/drill/report.js';
import { judgeAgain, readReport, reportJsonSchema } from '../../src/drill/report-file.js';

const times = Array.from({ length: 500 }, (_, at) => at * 2);
/** The old owner answers until 300, nobody until `backMs`, then the other one. */
const historyOf = (backMs: number): DrillHistory => {
  const silent = (ms: number): boolean => ms >= 300 && ms < backMs;
  const probe = {
    intervalMs: 2,
    sentMs: times,
    answeredMs: times.map((ms) => (silent(ms) ? null : ms + 0.5)),
    longestStallMs: 1,
  };
  return {
    udp: probe,
    connect: probe,
    streams: [{ seed: 1, sentBytes: 1, answeredBytes: 1, error: null, longestGapMs: 1 }],
    before: { '10.10.8.1': 'backend1' },
    after: { '10.10.8.1': 'backend1' },
    arp: times.map((sentMs) => ({
      address: '10.10.0.100',
      sentMs,
      answers: silent(sentMs) ? [] : [{ mac: sentMs < 300 ? 'old' : 'new', atMs: sentMs }],
    })),
    injectedMs: 290,
    healedMs: 900,
    settledMs: 950,
    events: [{ node: 'lb2', atMs: 400, message: 'takeover: <b>"g1"</b> & more' }],
    notHealed: null,
    takeovers: 1,
  };
};
const reportFor = (backMs: number, limits = {}): ReportFile => {
  const raw = { fault: 'node-off', index: 0, seed: 1, from: 'lb1', limits, history: historyOf(backMs) };
  const about = { createdAt: '2030-01-01T00:00:00Z', machine: 'm', lab: 'lab' };
  return reportOf(judgeAgain([raw as never]), about);
};

test('what is written is read back, and judged as it was', (t) => {
  const report = reportFor(500);
  const again = readReport(reportJson(report), 'report.json');
  t.deepEqual(judgeAgain(again.runs), report.runs as never);
  t.true(again.passed);
});

test('limits of a run go with it: any number is null in JSON', (t) => {
  t.false(reportFor(500, { outageMs: 100 }).passed);
  const any = reportFor(900, { outageMs: Number.POSITIVE_INFINITY });
  t.true(any.passed);
  t.regex(reportJson(any), /"outageMs":null/);
  t.is(readReport(reportJson(any), 'r').runs[0]?.limits?.outageMs, Number.POSITIVE_INFINITY);
});

for (const [what, text, pattern] of [
  ['no JSON', '{', /^r\.json: is not JSON: give a file that/],
  ['another document', '{"farms":[]}', /version: .*\n.*runs: /s],
  [
    'a fault that this version does not know',
    reportJson(reportFor(500)).replace('"fault":"node-off"', '"fault":"meteor"'),
    /runs\[0\]\.fault: .*handover/,
  ],
] as const) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => readReport(text, 'r.json'), { code: 'bad-document' });
    t.regex(error?.message ?? '', pattern);
  });
}

test('what is worse than in an earlier report is named, noise is not', (t) => {
  const judgementOf = (before: ReportFile, now: ReportFile, figure: string): string | undefined =>
    compareReports(before, now).find((each) => each.figure === figure)?.judgement;
  t.is(judgementOf(reportFor(500), reportFor(600), 'UDP outage, ms'), 'worse');
  t.is(judgementOf(reportFor(600), reportFor(500), 'UDP outage, ms'), 'better');
  t.is(judgementOf(reportFor(500), reportFor(504), 'UDP outage, ms'), 'same');
  const moved = reportFor(500);
  const lost = {
    ...moved,
    summary: { ...moved.summary, 'streams kept, %': { min: 90, median: 100, p95: 100, max: 100 } },
  };
  t.is(judgementOf(moved, lost, 'streams kept, %'), 'worse');
});

test('the page stands alone, and text of nodes stays text', (t) => {
  const page = drillPage(reportFor(500), reportFor(400));
  t.notRegex(page, /(?:src|href)=|url\(|@import/);
  t.true(page.includes('takeover: &lt;b&gt;&quot;g1&quot;&lt;/b&gt; &amp; more'));
  t.notRegex(page, /<b>"g1"/);
  t.regex(page, /new owner answered first<\/td><td>210 ms/);
  t.regex(page, /class="worse"/);
  t.regex(page, /nobody answers for 200\.0 ms/);
});

test('a report without a run has a page, too', (t) => {
  t.regex(drillPage(reportOf([], { createdAt: 'now', machine: 'm', lab: 'lab' })), /no run was finished/);
});

test('the schema is of the kind that other programs read', (t) => {
  const schema = reportJsonSchema() as { $schema: string; required: string[] };
  t.regex(schema.$schema, /2020-12/);
  t.true(schema.required.includes('runs'));
});
