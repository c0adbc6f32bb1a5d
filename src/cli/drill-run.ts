/** `relevo drill plan`, `run` and `heal`: on a lab, or on a live cluster. */

import { type Command, InvalidArgumentError } from 'commander';
import { type FaultName, faultNames } from '../drill/budgets.js';
import { clusterOfNodes, parseClusterFile } from '../drill/cluster-file.js';
import { firstLookMs, runDrill } from '../drill/drill.js';
import { healDrill } from '../drill/heal.js';
import { healLive, liveTarget } from '../drill/live.js';
import { labPlace, refuseWhatIsLeft } from '../drill/lock.js';
import { metricsWith } from '../drill/metric.js';
import { drillPage } from '../drill/page/page.js';
import { askForPlan } from '../drill/preflight.js';
import { formatReport, reportJson, reportOf } from '../drill/report.js';
import { startTime } from '../drill/schedule.js';
import { type DrillTarget, labTarget } from '../drill/target.js';
import { RelevoError } from '../errors.js';
import { defaultLabName } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { sleep } from '../shell/clock.js';
import { describeMachine } from '../shell/machine.js';
import { abortOnSignals } from '../shell/signals.js';
import type { Output } from './client-commands.js';
import { formatPlan } from './drill-plan-text.js';
import { checkSameFault, comparison, storedReport } from './drill-reports.js';
import { createLabPorts } from './lab-commands.js';

export const positive = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('give a whole number from 1');
};

/** Of `idle`, when it is not said. */
const idleMs = 60_000;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const duration = (text: string): number => {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})(ms|s|m|h)$/.exec(text) ?? [];
  const factor = unitMs[unit];
  if (factor === undefined)
    throw new RelevoError('bad-request', `'${text}': give a time as 500ms, 90s, 10m or 1h`);
  return Number(count) * factor;
};

interface WhereFlags {
  readonly lab: string;
  readonly cluster?: string;
  readonly node: readonly string[];
  readonly group?: string;
  readonly force?: boolean;
}

interface RunFlags extends WhereFlags {
  readonly repeat: number;
  readonly seed: number;
  readonly json?: string;
  readonly html?: string;
  readonly compare?: string;
  readonly metric?: string;
  readonly replication: boolean;
  readonly for?: number;
  readonly load?: number;
  readonly at?: string;
  readonly to?: string;
  readonly maxOutage?: number;
  readonly returnAfter?: number;
}

const isLive = ({ cluster, node }: WhereFlags): boolean => cluster !== undefined || node.length > 0;

const liveFile = async (ports: LabPorts, { cluster, node, group }: WhereFlags) => {
  if (cluster !== undefined && node.length > 0) {
    throw new RelevoError('bad-request', 'give either --cluster or --node');
  }
  const text = cluster === undefined ? undefined : await ports.files.read(cluster);
  if (cluster !== undefined && text === undefined)
    throw new RelevoError('not-found', `${cluster}: no such file`);
  const read = text === undefined ? clusterOfNodes(node) : parseClusterFile(text, cluster!);
  const file = { ...read, ...(group !== undefined && { group }) };
  const how = cluster === undefined ? node.map((each) => `--node ${each}`).join(' ') : `--cluster ${cluster}`;
  return { file, how };
};

const targetOf = async (ports: LabPorts, flags: WhereFlags): Promise<DrillTarget> => {
  if (isLive(flags)) {
    const { file, how } = await liveFile(ports, flags);
    return liveTarget(ports, file, { how, force: flags.force ?? false });
  }
  if (flags.group !== undefined) throw new RelevoError('bad-request', '--group is for a live cluster');
  // A lab that a drill left broken looks as if it had to be rebuilt, and needs healing only.
  await refuseWhatIsLeft(ports.files, labPlace(flags.lab));
  return labTarget(ports, flags.lab);
};

const faultNamed = (name: string): FaultName => {
  const known = faultNames.find((each) => each === name);
  if (!known) throw new RelevoError('bad-request', `no fault '${name}': one of ${faultNames.join(', ')}`);
  return known;
};

/** What the fault has no use for. */
const checkOptions = (fault: FaultName, flags: RunFlags): void => {
  for (const option of ['for', 'load'] as const) {
    if (fault !== 'idle' && flags[option] !== undefined)
      throw new RelevoError('bad-request', `--${option} is for idle: ${fault} lasts as long as it does`);
  }
  if (fault !== 'handover' && flags.to !== undefined)
    throw new RelevoError(
      'bad-request',
      `--to is for handover: nobody can say who takes over after ${fault}`,
    );
};

const checkTo = ({ to }: RunFlags, { cluster }: DrillTarget): void => {
  if (to !== undefined && !cluster.nodes.includes(to))
    throw new RelevoError(
      'bad-request',
      `--to ${to}: no node has that name, there are ${cluster.nodes.join(', ')}`,
    );
};

const runPlan = async (
  fault: FaultName,
  flags: RunFlags & { json?: boolean | string },
  output: Output,
): Promise<void> => {
  const ports = createLabPorts();
  checkOptions(fault, flags);
  const target = await targetOf(ports, flags);
  checkTo(flags, target);
  // On a live cluster it is a note that a fault needs --force.
  if (!isLive(flags)) await target.check(fault);
  const asked = { fault, to: flags.to, maxOutageMs: flags.maxOutage };
  const plan = await askForPlan(target, asked);
  if (!plan)
    throw new RelevoError(
      'unsupported',
      `${target.place.title} is kept by another program, which tells no plan`,
    );
  output.print(flags.json ? JSON.stringify(plan, null, 2) : formatPlan(plan));
  if (!plan.ready) output.fail();
};

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

/** What hinders now is told now, not at night; at the time it is all looked at again. */
const waitForStart = async (
  flags: RunFlags,
  fault: FaultName,
  target: DrillTarget,
  signal: AbortSignal,
): Promise<void> => {
  if (flags.at === undefined) return;
  const atMs = startTime(flags.at, Date.now());
  const plan = await askForPlan(target, { fault, to: flags.to, maxOutageMs: flags.maxOutage });
  if (plan) say(formatPlan(plan));
  if (plan && !plan.ready && !flags.force) {
    throw new RelevoError(
      'not-ready',
      `${target.place.title} is not fit for ${fault}: put that right, or drill nevertheless with --force`,
    );
  }
  say(`waiting until ${new Date(atMs).toISOString()}, then it is planned again`);
  // In steps: the time of day may be put right meanwhile.
  while (Date.now() < atMs && !signal.aborted) await sleep(Math.min(atMs - Date.now(), 30_000), signal);
  if (signal.aborted) throw new RelevoError('not-ready', 'interrupted before anything was broken');
};

/** The negative control proves something only in a lab that does not replicate. */
const checkControl = (flags: RunFlags, target: DrillTarget): void => {
  if (target.replication === flags.replication) return;
  if (isLive(flags)) throw new RelevoError('bad-request', '--no-replication is for labs');
  const remedy = `relevo lab up --name ${flags.lab}${flags.replication ? '' : ' --no-replication'}`;
  throw new RelevoError(
    'conflict',
    `lab '${flags.lab}' ${target.replication ? 'replicates' : 'does not replicate'}: '${remedy}' rebuilds it as this drill needs it`,
  );
};

const runRun = async (fault: FaultName, flags: RunFlags, output: Output): Promise<void> => {
  const ports = createLabPorts();
  checkOptions(fault, flags);
  const target = await targetOf(ports, flags);
  checkTo(flags, target);
  checkControl(flags, target);
  await target.check(fault);
  const earlier = flags.compare === undefined ? undefined : await storedReport(ports, flags.compare);
  if (earlier) checkSameFault(earlier, fault);
  const signal = abortOnSignals({ terminal: true });
  await waitForStart(flags, fault, target, signal);
  const { runs, error } = await runDrill(
    ports,
    {
      target,
      fault,
      repeat: flags.repeat,
      seed: flags.seed,
      to: flags.to,
      load: flags.load ?? 0,
      idleMs: flags.for ?? idleMs,
      maxOutageMs: flags.maxOutage,
      returnAfterMs: flags.returnAfter,
      fitWithinMs: flags.force ? undefined : firstLookMs,
      onProgress: say,
    },
    signal,
  );
  output.print(formatReport(runs));
  const where = isLive(flags) ? target.place.title : flags.lab;
  const about = { createdAt: new Date().toISOString(), machine: describeMachine(), lab: where };
  const report = reportOf(runs, about);
  if (earlier) output.print(`\n${comparison(earlier, report)}`);
  if (flags.json !== undefined) await ports.files.writeAtomic(flags.json, reportJson(report), 0o644);
  if (flags.html !== undefined) await ports.files.writeAtomic(flags.html, drillPage(report, earlier), 0o644);
  if (flags.metric !== undefined && runs.length > 0) {
    const outcome = {
      where,
      fault,
      passed: report.passed && !error,
      atSeconds: Math.round(Date.now() / 1000),
    };
    const text = metricsWith((await ports.files.read(flags.metric)) ?? '', outcome);
    await ports.files.writeAtomic(flags.metric, text, 0o644);
  }
  if (error) throw error;
  if (!flags.replication) {
    const blind = runs.filter(({ findings }) => findings.persistence.kept === findings.persistence.clients);
    output.print(
      blind.length === 0
        ? 'NEGATIVE CONTROL PASS: without replication, persistence is lost and the drill sees it'
        : `NEGATIVE CONTROL FAIL: ${blind.length} of ${runs.length} runs kept all persistence without replication`,
    );
    if (blind.length > 0) output.fail();
    return;
  }
  if (runs.some((run) => !run.verdict.passed)) output.fail();
};

const healAny = async (flags: WhereFlags): Promise<string> => {
  const ports = createLabPorts();
  if (!isLive(flags)) return healDrill(ports, flags.lab);
  const { file, how } = await liveFile(ports, flags);
  return healLive(ports, file, how);
};

const each = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const withWhere = (command: Command): Command =>
  command
    .option('--lab <name>', 'a lab', defaultLabName)
    .option('--cluster <file>', 'a live cluster: control sockets, probes, commands (docs/DRILLS.md)')
    .option(
      '--node <name=socket>',
      'a node of a live cluster and its control socket; once for each',
      each,
      [],
    )
    .option('--group <group>', 'of a live cluster with several');

export const addDrillRunCommands = (drill: Command, output: Output): void => {
  withWhere(drill.command('plan'))
    .argument('<fault>', faultNames.join(', '))
    .option('--to <node>', '`handover` only: where to')
    .option('--max-outage <time>', 'as it would be given to run', duration)
    .option('--json', 'as JSON')
    .description(
      'who would take over, what would be lost, why it is not fit; breaks nothing, exit status 1 when not fit',
    )
    .action((fault: string, flags: RunFlags) => runPlan(faultNamed(fault), flags, output));
  withWhere(drill.command('run'))
    .argument('<fault>', faultNames.join(', '))
    .option('--force', 'also when the cluster is not fit for it, or when the fault is not safe on a live one')
    .option('--at <time>', 'begin at 02:30 or 2027-01-31T02:30: planned now, and again then')
    .option('--repeat <times>', 'how many times', positive, 1)
    .option('--seed <number>', 'of the streams’ bytes, and of faults that are random', positive, 1)
    .option('--to <node>', '`handover` only: where to')
    .option(
      '--max-outage <time>',
      'stop when clients wait longer (500ms): heal, and move the addresses back',
      duration,
    )
    .option('--return-after <time>', 'move the addresses back so long after each run', duration)
    .option('--for <time>', '`idle` only: how long, as 90s or 10m (default 60s)', duration)
    .option('--load <programs>', '`idle` only: busy programs beside it', positive)
    .option(
      '--no-replication',
      'negative control: passes only if persistence is lost, in a lab without replication',
    )
    .option('--json <file>', 'write the report, with the whole history, to a file')
    .option('--html <file>', 'write it as one page with the timeline drawn')
    .option('--compare <file>', 'say what has changed since an earlier --json report')
    .option('--metric <file>', 'keep the time of the last success there, for node_exporter (name it *.prom)')
    .description('plan, probe, break, watch, heal, judge; exit status 1 when a budget is broken')
    .action((fault: string, flags: RunFlags) => runRun(faultNamed(fault), flags, output));
  withWhere(drill.command('heal'))
    .description('put right what a drill left broken that was killed; safe at any time')
    .action(async (flags: WhereFlags) => output.print(await healAny(flags)));
};
