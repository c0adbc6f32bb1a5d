/** A scenario file: what to break, how often, and what it may cost, in plain words. YAML → scenario, or every problem with its path. */

import { z } from 'zod';
import { name } from '../config/fields.js';
import { formatProblems, problemsFromZod } from '../config/problems.js';
import { readYaml } from '../config/yaml.js';
import { RelevoError } from '../errors.js';
import { type LabMode, labModes } from '../lab/services.js';
import { families, type LabFamily } from '../lab/topology.js';
import { type Budget, budgetOf, type FaultName, faultNames } from './budgets.js';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly fault: FaultName;
  readonly repeat: number;
  readonly seed: number;
  /** `idle` only. */
  readonly idleMs: number;
  readonly load: number;
  /** One run that has not ended by then is broken off, and the lab healed. */
  readonly deadlineMs: number;
  /** False: a lab without replication. */
  readonly replication: boolean;
  /** How the lab's services are forwarded, and over what. */
  readonly mode: LabMode;
  readonly family: LabFamily;
  readonly limits: Partial<Budget>;
  /** Negative control: every run must break its budget, and one of its failures must contain this. */
  readonly mustFail: string | undefined;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `20ms`, `1.5s`, `10m`, `1h`. */
const duration = z.string().transform((text, context) => {
  const [, count = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = unitMs[unit];
  if (factor !== undefined) return Number(count) * factor;
  context.addIssue(`'${text}' is not a time: write it like 20ms, 1.5s, 10m or 1h`);
  return z.NEVER;
});
const any = z.literal('any').transform(() => Number.POSITIVE_INFINITY);
const none = z.literal('none').transform(() => 0);
const atMost = z.union([any, none, duration], { error: "must be a time like 20ms, 'none' or 'any'" });
const count = z.union([any, none, z.number().int().min(0)], { error: "must be a number, 'none' or 'any'" });

const schema = z.strictObject({
  name,
  about: z.string({ error: 'must be text: say in a sentence what it shows' }).min(1),
  fault: z.enum(faultNames, { error: `must be one of ${faultNames.join(', ')}` }),
  repeat: z.number().int().min(1).max(1_000).default(1),
  seed: z.number().int().min(1).max(1_000_000).default(1),
  for: duration.optional(),
  load: z.number().int().min(0).max(100).optional(),
  deadline: duration.default(60_000),
  replication: z.boolean().default(true),
  mode: z.enum(labModes, { error: `must be one of ${labModes.join(', ')}` }).default('dnat'),
  family: z.enum(families, { error: `must be one of ${families.join(', ')}` }).default('ipv4'),
  expect: z
    .strictObject({
      outage: atMost.optional(),
      'lost datagrams': count.optional(),
      'failed connects': count.optional(),
      'nobody answers': atMost.optional(),
      takeovers: z.number().int().min(0).optional(),
    })
    .default({}),
  'must fail with': z.string().min(1).optional(),
});

/** What a run takes at least, beside the fault itself: probing, looking, healing. */
const leastMs = 7_000;
/** Faults that last for some time by themselves, or wait before they begin. */
const lastsMs: Partial<Record<FaultName, number>> = {
  'back-path': 10_500,
  'front-path': 10_500,
  'packet-loss': 5_000,
  duplicates: 5_000,
  delay: 5_000,
  'disk-full': 5_000,
  'syn-flood': 4_000,
};

/** `place` is the file, named in errors. Throws `bad-document` with every problem. */
export const parseScenario = (text: string, place: string): Scenario => {
  const read = readYaml(text);
  const parsed = read.ok ? schema.safeParse(read.value) : undefined;
  const problems = !read.ok ? [...read.problems] : parsed!.success ? [] : problemsFromZod(parsed!.error);
  const data = parsed?.data;
  const idleMs = data?.for ?? 10_000;
  if (data && data.fault !== 'idle' && data.for !== undefined) {
    problems.push({ path: 'for', message: `is for the fault idle: ${data.fault} lasts as long as it does` });
  }
  if (data && data.fault !== 'idle' && data.load !== undefined) {
    problems.push({
      path: 'load',
      message: `is for the fault idle: ${data.fault} has no busy programs beside it`,
    });
  }
  const neededMs = leastMs + (data?.fault === 'idle' ? idleMs : ((data && lastsMs[data.fault]) ?? 0));
  if (data && data.deadline < neededMs) {
    problems.push({
      path: 'deadline',
      message: `is impossible: a run of ${data.fault} takes at least ${neededMs / 1_000}s`,
    });
  }
  if (!data || problems.length > 0) {
    throw new RelevoError('bad-document', `${place}: not a scenario:\n${formatProblems(problems)}`);
  }
  const { expect } = data;
  const limits = Object.fromEntries(
    Object.entries({
      outageMs: expect.outage,
      lostDatagrams: expect['lost datagrams'],
      failedConnects: expect['failed connects'],
      noneAnsweringMs: expect['nobody answers'],
      takeovers: expect.takeovers,
    }).filter(([, value]) => value !== undefined),
  );
  return {
    name: data.name,
    about: data.about,
    fault: data.fault,
    repeat: data.repeat,
    seed: data.seed,
    idleMs,
    load: data.load ?? 0,
    deadlineMs: data.deadline,
    replication: data.replication,
    mode: data.mode,
    family: data.family,
    limits,
    mustFail: data['must fail with'],
  };
};

/** As a sentence for tables. */
export const expectationOf = ({ fault, limits, mustFail }: Scenario): string => {
  if (mustFail !== undefined) return `must fail: ${mustFail}`;
  const { outageMs, takeovers } = budgetOf(fault, limits);
  const outage = Number.isFinite(outageMs) ? `outage ≤ ${outageMs} ms` : 'any outage';
  return `${outage}, ${takeovers} ${takeovers === 1 ? 'takeover' : 'takeovers'}`;
};
