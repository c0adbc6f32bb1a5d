/** A report as one self-contained HTML page: verdict, figures with percentiles, what has changed since an earlier one, a drawing of each run. */

import { faultMeaning } from '../budgets.js';
import { type Change, compareReports } from '../compare.js';
import { budgetText, phasesOf, type ReportedRun, type ReportFile } from '../report.js';
import { chart } from './chart.js';
import { escapeHtml as text } from './escape.js';
import { style } from './style.js';

const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const verdict = (passed: boolean): string =>
  `<span class="verdict ${passed ? 'pass' : 'fail'}">${passed ? 'PASS' : 'FAIL'}</span>`;

const table = (head: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table><thead><tr>${head.map((each) => `<th>${each}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;

const figures = (report: ReportFile, changes: readonly Change[]): string => {
  const rows = Object.entries(report.summary).map(([name, { min, median, p95, max }]) => {
    const change = changes.find((each) => each.figure === name);
    const since = change
      ? `<td>${number(change.before)}</td><td class="${change.judgement}">${change.judgement}</td>`
      : changes.length > 0
        ? '<td></td><td></td>'
        : '';
    const cells = [min, median, p95, max].map((value) => `<td>${number(value)}</td>`).join('');
    return `<tr><td>${text(name)}</td>${cells}${since}</tr>`;
  });
  const head = ['', 'min', 'median', 'p95', 'max', ...(changes.length > 0 ? ['then', 'since'] : [])];
  return table(head, rows);
};

const at = (ms: number | null): string => (ms === null ? 'never' : `${number(Math.round(ms * 10) / 10)} ms`);

/** The phases of a takeover, as far as the run has them. */
const phases = (run: ReportedRun): string =>
  table(
    ['after the fault', ''],
    phasesOf(run).map(([name, ms]) => `<tr><td>${text(name)}</td><td>${at(ms)}</td></tr>`),
  );

const events = ({ history, verdict }: ReportedRun): string => {
  const items = history.events.map(
    ({ node, atMs, message }) =>
      `<li><span>${number(Math.round((atMs - history.injectedMs) * 10) / 10)} ms</span><b>${text(node)}</b> ${text(message)}</li>`,
  );
  return `<details${verdict.passed ? '' : ' open'}><summary>what the nodes said (${items.length})</summary><ol class="events">${items.join('')}</ol></details>`;
};

const section = (run: ReportedRun): string =>
  [
    `<h2>Run ${run.index + 1}: ${text(run.fault)} on ${text(run.from)} ${verdict(run.verdict.passed)}</h2>`,
    ...(run.verdict.passed
      ? []
      : [
          `<ul>${run.verdict.failures.map((each) => `<li class="failure">${text(each)}</li>`).join('')}</ul>`,
        ]),
    `<figure><div class="scroll">${chart(run.history)}</div></figure>`,
    phases(run),
    events(run),
  ].join('\n');

/** The whole page. `earlier`: a report of the same fault to compare with. */
export const drillPage = (report: ReportFile, earlier?: ReportFile): string => {
  const first = report.runs[0];
  const changes = earlier ? compareReports(earlier, report) : [];
  const title = `Drill ${first?.fault ?? ''} of ${report.createdAt}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title><style>${style}</style></head><body><main>
<h1>${text(first?.fault ?? 'no run was finished')} ${verdict(report.passed)}</h1>
<p>${first ? text(faultMeaning[first.fault]) : ''}</p>
<p class="soft">${text(report.createdAt)}, lab ${text(report.lab)}, ${text(report.machine)}, ${report.runs.length} ${report.runs.length === 1 ? 'run' : 'runs'}</p>
<p class="soft">${first ? text(budgetText(first)) : ''}</p>
<h2>Figures</h2>
${earlier ? `<p class="soft">beside the report of ${text(earlier.createdAt)} (p95; of shares the worst)</p>` : ''}
${figures(report, changes)}
<p class="soft">In the drawings: blue, the node that owned the address; orange, the one that took it over; a red frame, nobody answered; red, lost attempts; the dashed line is the fault. What nodes decide: red, detected; orange, decided; green, in force; blue, announced. Point at a part for its numbers.</p>
${report.runs.map(section).join('\n')}
</main></body></html>
`;
};
