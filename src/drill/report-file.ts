/** A stored report: its schema, reading one back, and judging its histories again with the checker of today. */

import { z } from 'zod';
import { formatProblems, problemsFromZod } from '../config/problems.js';
import { RelevoError } from '../errors.js';
import { budgetOf, faultNames } from './budgets.js';
import { judge, verdictOf, withStop } from './judge.js';
import { milestoneKinds } from './milestones.js';
import type { ReportedRun, ReportFile } from './report.js';

const time = z.number().describe('milliseconds of the monotonic clock of the machine that ran the drill');
const summary = z.object({ min: z.number(), median: z.number(), p95: z.number(), max: z.number() });
const probe = z.object({
  intervalMs: z.number().positive(),
  sentMs: z.array(time),
  answeredMs: z.array(time.nullable()).describe('entry n is about attempt n; null: never answered'),
  longestStallMs: z.number(),
  targets: z.array(z.string()).optional().describe('attempt n was aimed at entry n modulo their number'),
});
const limitAnswers = z.object({
  refused: z.record(z.string(), z.boolean()).describe('client address: refused'),
  freeServed: z.boolean(),
  granted: z.number().int(),
});
const answers = z.record(z.string(), z.string().nullable()).describe('client address: backend that answered');
/** JSON has no infinity: `null` is any number. */
const limit = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY);
const limits = z
  .object({
    outageMs: limit,
    lostDatagrams: limit,
    failedConnects: limit,
    noneAnsweringMs: limit,
    takeovers: z.number(),
  })
  .partial();
const history = z.object({
  udp: probe,
  connect: probe,
  streams: z.array(
    z.object({
      seed: z.number(),
      sentBytes: z.number(),
      answeredBytes: z.number(),
      error: z.string().nullable(),
      longestGapMs: z.number(),
    }),
  ),
  before: answers,
  after: answers,
  arp: z.array(
    z.object({
      address: z.string(),
      sentMs: time,
      answers: z.array(z.object({ mac: z.string(), atMs: time })),
    }),
  ),
  injectedMs: time,
  healedMs: time,
  settledMs: time,
  events: z.array(z.object({ node: z.string(), atMs: time, message: z.string() })),
  limits: z
    .object({ allowed: z.number().int(), before: limitAnswers, after: limitAnswers })
    .optional()
    .describe('bans and limits of connections; absent: not probed'),
  milestones: z
    .array(z.object({ node: z.string(), atMs: time, what: z.enum(milestoneKinds), detail: z.string() }))
    .optional()
    .describe('as the nodes recorded their decisions'),
  unprobed: z.array(z.string()).optional().describe('kinds of probe that there was nothing for'),
  notHealed: z.string().nullable(),
  takeovers: z.number().optional(),
});

const reportSchema = z
  .object({
    version: z.literal(1),
    createdAt: z.string().describe('wall-clock time, RFC 3339'),
    machine: z.string(),
    lab: z.string(),
    passed: z.boolean(),
    summary: z.record(z.string(), summary).describe('figure: percentiles over all runs'),
    runs: z.array(
      z.object({
        fault: z.enum(faultNames),
        index: z.number().int(),
        seed: z.number().int(),
        limits: limits.optional().describe("asked for instead of the fault's own budget"),
        from: z.string().describe('the node that was broken'),
        stopped: z.string().optional().describe('why it was stopped before its end'),
        findings: z.looseObject({}).describe('what the checker of that day found'),
        verdict: z.object({ passed: z.boolean(), failures: z.array(z.string()) }),
        history: history.describe('what the probes recorded: the checker of any day judges it'),
      }),
    ),
  })
  .describe('Report of relevo drill run');

/** JSON Schema (draft 2020-12) of a report. */
export const reportJsonSchema = (): unknown => z.toJSONSchema(reportSchema, { io: 'input' });

/** `place` is named in errors. Throws `bad-document` with every problem. */
export const readReport = (text: string, place: string): ReportFile => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RelevoError(
      'bad-document',
      `${place}: is not JSON: give a file that 'relevo drill run --json' wrote`,
      {},
      cause,
    );
  }
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) {
    const problems = problemsFromZod(parsed.error).slice(0, 20);
    throw new RelevoError('bad-document', `${place}: not a report of a drill:\n${formatProblems(problems)}`);
  }
  return parsed.data as unknown as ReportFile;
};

/** The same histories, judged anew. */
export const judgeAgain = (runs: readonly ReportedRun[]): ReportedRun[] =>
  runs.map((run) => {
    const findings = judge(run.history);
    return {
      ...run,
      findings,
      verdict: withStop(verdictOf(findings, budgetOf(run.fault, run.limits)), run.stopped),
    };
  });
