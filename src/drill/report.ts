/** A drill's report: figures over all runs, as a table for people and as a value for files. */

import { type Budget, budgetOf, type FaultName, faultMeaning } from './budgets.js';
import type { DrillHistory } from './history.js';
import type { Findings, Verdict } from './judge.js';

export interface ReportedRun {
  readonly fault: FaultName;
  readonly index: number;
  readonly seed: number;
  /** What was asked for instead of the fault's own budget. */
  readonly limits?: Partial<Budget>;
  readonly from: string;
  /** Why it was stopped before its end. */
  readonly stopped?: string;
  readonly findings: Findings;
  readonly verdict: Verdict;
  readonly history: DrillHistory;
}

export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Nearest-rank percentiles; of nothing, all zero. */
export const summarize = (values: readonly number[]): Summary => {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
  return { min: at(0), median: at(0.5), p95: at(0.95), max: at(1) };
};

type Figure = readonly [label: string, unit: string, read: (findings: Findings) => number | undefined];

const figures: readonly Figure[] = [
  ['UDP outage', 'ms', ({ udp }) => (udp.attempts > 0 ? udp.outageMs : undefined)],
  ['connect outage', 'ms', ({ connect }) => connect.outageMs],
  ['datagrams lost', '', ({ udp }) => (udp.attempts > 0 ? udp.lost : undefined)],
  ['connects failed', '', ({ connect }) => connect.lost],
  [
    'streams kept',
    '%',
    ({ streams }) => (streams.total > 0 ? (100 * streams.kept) / streams.total : undefined),
  ],
  [
    'longest pause of a stream',
    'ms',
    ({ streams }) => (streams.total > 0 ? streams.longestGapMs : undefined),
  ],
  [
    'persistence kept',
    '%',
    ({ persistence }) =>
      persistence.clients > 0 ? (100 * persistence.kept) / persistence.clients : undefined,
  ],
  [
    'bans kept',
    '%',
    ({ limits }) => (limits ? (100 * limits.stillBanned) / Math.max(1, limits.banned) : undefined),
  ],
  ['two nodes answering', 'ms', ({ arp }) => (arp.requests > 0 ? arp.twoAnsweringMs : undefined)],
  ['no node answering', 'ms', ({ arp }) => (arp.requests > 0 ? arp.noneAnsweringMs : undefined)],
  ['takeovers', '', ({ takeovers }) => takeovers],
  [
    'longest pause of a probe itself',
    'ms',
    ({ udp, connect }) => Math.max(udp.longestStallMs, connect.longestStallMs),
  ],
];

const labelOf = ([label, unit]: Figure): string => (unit ? `${label}, ${unit}` : label);
/** Keys of a report's summary that say something of the cluster, not of the machine that probes it. */
export const judgedFigures: readonly string[] = figures.slice(0, -1).map(labelOf);

/** Percentiles over all runs of every figure that they have. */
export const summaryOf = (runs: readonly { readonly findings: Findings }[]): Record<string, Summary> =>
  Object.fromEntries(
    figures.flatMap((figure) => {
      const values = runs.flatMap((run) => figure[2](run.findings) ?? []);
      return values.length === 0 ? [] : [[labelOf(figure), summarize(values)]];
    }),
  );

/** From cause to effect: what the nodes recorded, then what the probes saw. */
export const phasesOf = (run: ReportedRun): (readonly [name: string, ms: number | null])[] => {
  const { timeline } = run.findings;
  // Reports of earlier versions have none of these.
  const { detectedMs = null, decidedMs = null, leaseMs = null, announcedMs = null } = timeline;
  const owners: (readonly [string, number | null])[] = (run.findings.unprobed ?? []).includes('owners')
    ? []
    : [
        [`${run.from} answered last`, timeline.lastOldAnswerMs],
        ['the other answered first', timeline.firstNewAnswerMs],
      ];
  return [
    ['detected', detectedMs],
    ['decided', decidedMs],
    ['lease', leaseMs],
    ['announced', announcedMs],
    ...owners,
    ['first loss', timeline.firstLossMs],
    ['last loss', timeline.lastLossMs],
  ];
};

const timelineText = (run: ReportedRun): string => {
  const told = phasesOf(run).filter(([name, ms]) => ms !== null || name.includes('answered'));
  const phases = told.map(([name, ms]) => `${name} ${ms === null ? 'never' : `${ms.toFixed(1)} ms`}`);
  const { firstLossMs } = run.findings.timeline;
  return `run ${run.index + 1}: ${[...phases, ...(firstLossMs === null ? ['no losses'] : [])].join(', ')}`;
};

/** What the nodes said of it, for runs that need an explanation. */
const eventsText = (run: ReportedRun): string[] =>
  run.history.events.map(({ node, atMs, message }) => {
    const at = (atMs - run.history.injectedMs).toFixed(1);
    return `  ${at.padStart(9)} ms  ${node}  ${message}`;
  });

const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
};

/** What a run may cost, as a sentence. */
export const budgetText = ({ fault, limits }: Pick<ReportedRun, 'fault' | 'limits'>): string => {
  const { outageMs, lostDatagrams, failedConnects, noneAnsweringMs, takeovers } = budgetOf(fault, limits);
  const limit = (value: number): string => (Number.isFinite(value) ? number(value) : 'any');
  const none = noneAnsweringMs === 0 ? ', never none' : `, none for ${limit(noneAnsweringMs)} ms`;
  const quiet = takeovers === 0 ? ', no takeover' : '';
  return `budget: outage ${limit(outageMs)} ms, ${limit(lostDatagrams)} datagrams lost, ${limit(failedConnects)} connects failed; every stream and every persistent client kept; never two nodes answering${none}${quiet}`;
};

/** One run is shown as it was, several by their percentiles. */
export const formatReport = (runs: readonly ReportedRun[]): string => {
  const first = runs[0];
  if (!first) return 'no run was finished';
  const single = runs.length === 1;
  const head = single ? ['', 'seen'] : ['', 'min', 'median', 'p95', 'max'];
  const rows = Object.entries(summaryOf(runs)).map(([name, { min, median, p95, max }]) => [
    name,
    ...(single ? [max] : [min, median, p95, max]).map(number),
  ]);
  const failed = runs.filter((run) => !run.verdict.passed);
  return [
    `${first.fault}: ${faultMeaning[first.fault]}`,
    budgetText(first),
    '',
    table([head, ...rows]),
    '',
    'after the fault began:',
    ...runs.map(timelineText),
    ...((first.findings.unprobed ?? []).length > 0
      ? [`not probed: ${first.findings.unprobed.join(', ')}`]
      : []),
    '',
    ...failed.flatMap((run) => [
      ...run.verdict.failures.map((failure) => `run ${run.index + 1}: ${failure}`),
      ...eventsText(run),
    ]),
    failed.length === 0
      ? `PASS: ${runs.length} of ${runs.length} runs within budget`
      : `FAIL: ${failed.length} of ${runs.length} runs broke the budget`,
  ].join('\n');
};

export interface ReportFile {
  readonly version: 1;
  readonly createdAt: string;
  readonly machine: string;
  readonly lab: string;
  readonly passed: boolean;
  readonly summary: Readonly<Record<string, Summary>>;
  /** With the whole history, so that it can be judged again. */
  readonly runs: readonly ReportedRun[];
}

/** Times are kept to the microsecond: what is finer is noise, and takes room. */
const shorten = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value;

export const reportOf = (
  runs: readonly ReportedRun[],
  about: Pick<ReportFile, 'createdAt' | 'machine' | 'lab'>,
): ReportFile => {
  return {
    version: 1,
    ...about,
    passed: runs.length > 0 && runs.every((run) => run.verdict.passed),
    summary: summaryOf(runs),
    runs,
  };
};

export const reportJson = (report: ReportFile): string => `${JSON.stringify(report, shorten)}\n`;
