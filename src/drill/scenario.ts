/** A scenario file: what to break, how often, and what it may cost, in plain words. YAML → scenario, or every problem with its path. */

import { z } from 'zod';
import { name } from '../config/fields.js';
import { formatProblems, problemsFromZod } from '../config/problems.js';
import { readYaml } from '../config/yaml.js';
import { RelevoError } from '../errors.js';
import { type LabMode, labModes } from '../lab/services.js';
import { checkNodes } from '../lab/state.js';
import { coordinations, families, type LabCoordination, type LabFamily } from '../lab/topology.js';
import { type Budget, budgetOf, type FaultName, faultNames, nodesFor } from './budgets.js';

/** The lab that a scenario is played in. */
export interface LabShape {
  readonly nodes: number;
  readonly coordination: LabCoordination;
  /** How the lab's services are forwarded, and over what. */
  readonly mode: LabMode;
  readonly family: LabFamily;
}

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
  /** What it says of its lab; `shapeOf` has the rest. */
  readonly lab: Partial<LabShape>;
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
  nodes: z.number().int().optional(),
  coordination: z.enum(coordinations, { error: `must be one of ${coordinations.join(', ')}` }).optional(),
  mode: z.enum(labModes, { error: `must be one of ${labModes.join(', ')}` }).optional(),
  family: z.enum(families, { error: `must be one of ${families.join(', ')}` }).optional(),
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

/** The lab it needs; `chosen` is taken where neither the scenario nor its fault says otherwise. */
export const shapeOf = (
  { fault, lab }: Pick<Scenario, 'fault' | 'lab'>,
  chosen: Partial<LabShape> = {},
): LabShape => {
  const coordination = lab.coordination ?? 'votes';
  const least = Math.max(nodesFor(fault), coordination === 'etcd' ? 3 : 2);
  return {
    coordination,
    nodes: lab.nodes ?? (coordination === 'keepalived' ? 2 : Math.max(least, chosen.nodes ?? 0)),
    mode: lab.mode ?? chosen.mode ?? 'dnat',
    family: lab.family ?? (fault === 'syn-flood' ? 'ipv4' : (chosen.family ?? 'ipv4')),
  };
};

/** Why there is no such lab, or why the fault is not for it. */
const shapeProblems = (fault: FaultName, lab: Partial<LabShape>): { path: string; message: string }[] => {
  const { nodes, coordination, family } = shapeOf({ fault, lab });
  const problems: { path: string; message: string }[] = [];
  try {
    checkNodes(nodes, 'relevo', coordination);
  } catch (thrown) {
    problems.push({ path: 'nodes', message: (thrown as Error).message });
  }
  if (nodes < nodesFor(fault)) {
    problems.push({ path: 'nodes', message: `${fault} needs ${nodesFor(fault)}` });
  }
  if (fault === 'syn-flood' && family !== 'ipv4') {
    problems.push({ path: 'family', message: 'syn-flood needs ipv4' });
  }
  if (fault === 'handover' && coordination === 'keepalived') {
    problems.push({
      path: 'coordination',
      message: "keepalived's priorities decide: no handover can be asked for",
    });
  }
  return problems;
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
  const lab: Partial<LabShape> = {
    ...(data?.nodes !== undefined && { nodes: data.nodes }),
    ...(data?.coordination && { coordination: data.coordination }),
    ...(data?.mode && { mode: data.mode }),
    ...(data?.family && { family: data.family }),
  };
  if (data) problems.push(...shapeProblems(data.fault, lab));
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
    lab,
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
