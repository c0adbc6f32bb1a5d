/** Reports that are kept: read back, compared, judged again, and shown as a page. */

import test from 'ava';
import { z } from 'zod';
import { compareReports } from '../../src/drill/compare.js';
import { drillPage } from '../../src/drill/page/page.js';
import { type ReportFile, reportJson, reportOf } from '../../src/drill/report.js';
import { judgeAgain, readReport, reportJsonSchema } from '../../src/drill/report-file.js';
import { storedReportFor } from '../support/drill-report.js';

test('what is written is read back, and judged as it was', (t) => {
  const report = storedReportFor(500);
  const again = readReport(reportJson(report), 'report.json');
  t.deepEqual(judgeAgain(again.runs), report.runs as never);
  t.true(again.passed);
});

test('limits of a run go with it: any number is null in JSON', (t) => {
  t.false(storedReportFor(500, { outageMs: 100 }).passed);
  const any = storedReportFor(900, { outageMs: Number.POSITIVE_INFINITY });
  t.true(any.passed);
  t.regex(reportJson(any), /"outageMs":null/);
  t.is(readReport(reportJson(any), 'r').runs[0]?.limits?.outageMs, Number.POSITIVE_INFINITY);
});

for (const [what, text, pattern] of [
  ['no JSON', '{', /^r\.json: is not JSON: give a file that/],
  ['another document', '{"farms":[]}', /version: .*\n.*runs: /s],
  [
    'a fault that this version does not know',
    reportJson(storedReportFor(500)).replace('"fault":"node-off"', '"fault":"meteor"'),
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
  t.is(judgementOf(storedReportFor(500), storedReportFor(600), 'UDP outage, ms'), 'worse');
  t.is(judgementOf(storedReportFor(600), storedReportFor(500), 'UDP outage, ms'), 'better');
  t.is(judgementOf(storedReportFor(500), storedReportFor(504), 'UDP outage, ms'), 'same');
  const moved = storedReportFor(500);
  const lost = {
    ...moved,
    summary: { ...moved.summary, 'streams kept, %': { min: 90, median: 100, p95: 100, max: 100 } },
  };
  t.is(judgementOf(moved, lost, 'streams kept, %'), 'worse');
});

test('the page stands alone, and text of nodes stays text', (t) => {
  const page = drillPage(storedReportFor(500), storedReportFor(400));
  t.notRegex(page, /(?:src|href)=|url\(|@import/);
  t.true(page.includes('takeover: &lt;b&gt;&quot;g1&quot;&lt;/b&gt; &amp; more'));
  t.notRegex(page, /<b>"g1"/);
  t.regex(page, /the other answered first<\/td><td>210 ms/);
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

test('what is written is as the published schema says, and nothing else is', (t) => {
  const read = z.fromJSONSchema(reportJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const written = JSON.parse(reportJson(storedReportFor(900, { outageMs: Number.POSITIVE_INFINITY })));
  t.is(read.safeParse(written).error, undefined);
  t.false(read.safeParse({ ...written, runs: [{ ...written.runs[0], fault: 'meteor' }] }).success);
  t.false(read.safeParse({ ...written, createdAt: 5 }).success);
});
