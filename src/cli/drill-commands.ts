/** `relevo drill`: faults to try on a lab, what they cost its clients, and reports that are kept, compared and judged again. */

import type { Command } from 'commander';
import { budgets, type FaultName, faultMeaning, faultNames } from '../drill/budgets.js';
import { compareReports } from '../drill/compare.js';
import { runDrill } from '../drill/drill.js';
import { healDrill } from '../drill/heal.js';
import { drillPage } from '../drill/page/page.js';
import { formatReport, type ReportFile, reportJson, reportOf } from '../drill/report.js';
import { judgeAgain, readReport, reportJsonSchema } from '../drill/report-file.js';
import { parseScenario, type Scenario } from '../drill/scenario.js';
import { runSuite, suiteRows } from '../drill/suite.js';
import { RelevoError } from '../errors.js';
import { defaultLabName, labDown, labStatus } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { allNodeNames, type NodeName } from '../lab/topology.js';
import { listFiles } from '../shell/folders.js';
import { describeMachine } from '../shell/machine.js';
import { scenariosFolder } from '../shell/programs.js';
import type { Output } from './client-commands.js';
import { createLabPorts } from './lab-commands.js';
import { formatTable } from './table.js';

/** Ctrl-C once: stop and heal. The second one ends the process as usual. */
const abortOnInterrupt = (): AbortSignal => {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  return abort.signal;
};

interface SuiteFlags {
  readonly lab: string;
  readonly keep?: boolean;
  readonly out?: string;
}

const readScenarios = async (ports: LabPorts, paths: readonly string[]): Promise<Scenario[]> => {
  const files = paths.length > 0 ? paths : listFiles(scenariosFolder, '.yaml');
  const scenarios: Scenario[] = [];
  for (const path of files) {
    const text = await ports.files.read(path);
    if (text === undefined) throw new RelevoError('not-found', `${path}: no such scenario`);
    const scenario = parseScenario(text, path);
    if (scenarios.some(({ name }) => name === scenario.name)) {
      throw new RelevoError(
        'conflict',
        `${path}: another scenario is named '${scenario.name}', too: rename one`,
      );
    }
    scenarios.push(scenario);
  }
  return scenarios;
};

const runSuiteCommand = async (paths: string[], flags: SuiteFlags, output: Output): Promise<void> => {
  const ports = createLabPorts();
  // All are read before anything is broken.
  const scenarios = await readScenarios(ports, paths);
  const say = (sentence: string): void => {
    process.stderr.write(`${sentence}\n`);
  };
  const signal = abortOnInterrupt();
  const results = await runSuite(ports, flags.lab, scenarios, signal, say);
  if (!flags.keep) await labDown(ports, flags.lab);
  const about = { createdAt: new Date().toISOString(), machine: describeMachine(), lab: flags.lab };
  for (const { scenario, runs } of flags.out === undefined ? [] : results) {
    const report = reportOf(runs, about);
    await ports.files.writeAtomic(`${flags.out}/${scenario.name}.json`, reportJson(report), 0o644);
    await ports.files.writeAtomic(`${flags.out}/${scenario.name}.html`, drillPage(report), 0o644);
  }
  const head = ['scenario', '', 'runs', 'UDP ms', 'connect ms', 'two owners ms', 'takeovers'];
  output.print(formatTable(head, suiteRows(results)));
  for (const { scenario, failures } of results) {
    for (const failure of failures) output.print(`${scenario.name}: ${failure}`);
  }
  const passed = results.filter((each) => each.passed).length;
  output.print(
    `${passed === scenarios.length ? 'PASS' : 'FAIL'}: ${passed} of ${scenarios.length} scenarios`,
  );
  if (passed < scenarios.length) output.fail();
};

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new RelevoError('bad-request', `'${text}': give a whole number from 1 to 10000`);
  }
  return value;
};

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const duration = (text: string): number => {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})(ms|s|m|h)$/.exec(text) ?? [];
  const factor = unitMs[unit];
  if (factor === undefined)
    throw new RelevoError('bad-request', `'${text}': give a time as 500ms, 90s, 10m or 1h`);
  return Number(count) * factor;
};

interface DrillFlags {
  readonly lab: string;
  readonly repeat: number;
  readonly seed: number;
  readonly json?: string;
  readonly html?: string;
  readonly compare?: string;
  readonly replication: boolean;
  readonly for: number;
  readonly load: number;
  readonly to?: string;
  readonly maxOutage?: number;
  readonly returnAfter?: number;
}

const stored = async (ports: LabPorts, path: string): Promise<ReportFile> => {
  const text = await ports.files.read(path);
  if (text === undefined) throw new RelevoError('not-found', `${path}: no such report`);
  return readReport(text, path);
};

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));

const comparison = (earlier: ReportFile, report: ReportFile): string => {
  const rows = compareReports(earlier, report).map(({ figure, before, now, judgement }) => [
    figure,
    shown(before),
    shown(now),
    judgement === 'same' ? '' : judgement,
  ]);
  const runs = earlier.runs.length === 1 ? '1 run' : `${earlier.runs.length} runs`;
  return `since ${earlier.createdAt} (${runs}; p95, of shares the worst):\n${formatTable(['', 'then', 'now', ''], rows)}`;
};

const nodeNamed = (name: string | undefined): NodeName | undefined => {
  const known = allNodeNames.find((node) => node === name);
  if (name !== undefined && !known)
    throw new RelevoError('bad-request', `--to ${name}: no node of a lab has that name`);
  return known;
};

const runDrillCommand = async (fault: FaultName, flags: DrillFlags, output: Output): Promise<void> => {
  const ports = createLabPorts();
  await checkControl(ports, flags);
  const earlier = flags.compare === undefined ? undefined : await stored(ports, flags.compare);
  const { runs, error } = await runDrill(
    ports,
    {
      ...flags,
      to: nodeNamed(flags.to),
      idleMs: flags.for,
      maxOutageMs: flags.maxOutage,
      returnAfterMs: flags.returnAfter,
      fault,
      onProgress: (sentence) => process.stderr.write(`${sentence}\n`),
    },
    abortOnInterrupt(),
  );
  output.print(formatReport(runs));
  const about = { createdAt: new Date().toISOString(), machine: describeMachine(), lab: flags.lab };
  const report = reportOf(runs, about);
  if (earlier) output.print(`\n${comparison(earlier, report)}`);
  if (flags.json !== undefined) await ports.files.writeAtomic(flags.json, reportJson(report), 0o644);
  if (flags.html !== undefined) await ports.files.writeAtomic(flags.html, drillPage(report, earlier), 0o644);
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

/** The negative control proves something only in a lab that does not replicate. */
const checkControl = async (ports: LabPorts, flags: DrillFlags): Promise<void> => {
  const { health, replication } = await labStatus(ports, flags.lab);
  if (health === 'none' || replication === flags.replication) return;
  const remedy = `relevo lab up --name ${flags.lab}${flags.replication ? '' : ' --no-replication'}`;
  throw new RelevoError(
    'conflict',
    `lab '${flags.lab}' ${replication ? 'replicates' : 'does not replicate'}: '${remedy}' rebuilds it as this drill needs it`,
  );
};

export const addDrillCommands = (program: Command, output: Output): void => {
  const drill = program
    .command('drill')
    .description('break a lab on purpose, and judge what its clients saw');
  drill
    .command('faults')
    .description('what can be broken, and what each may cost')
    .action(() => {
      const rows = faultNames.map((name) => [name, `${budgets[name].outageMs} ms`, faultMeaning[name]]);
      output.print(formatTable(['fault', 'outage', 'what happens'], rows));
    });
  drill
    .command('run')
    .argument('<fault>', faultNames.join(', '))
    .option('--lab <name>', 'the lab to break', defaultLabName)
    .option('--repeat <times>', 'how many times', positive, 1)
    .option('--seed <number>', 'of the streams’ bytes', positive, 1)
    .option('--to <node>', '`handover` only: where to')
    .option(
      '--max-outage <time>',
      'stop when clients wait longer (500ms): heal, and move the addresses back',
      duration,
    )
    .option('--return-after <time>', 'move the addresses back so long after each run', duration)
    .option('--for <time>', '`idle` only: how long, as 90s or 10m', duration, 60_000)
    .option('--load <programs>', '`idle` only: busy programs beside it', positive, 0)
    .option(
      '--no-replication',
      'negative control: passes only if persistence is lost, in a lab without replication',
    )
    .option('--json <file>', 'write the report, with the whole history, to a file')
    .option('--html <file>', 'write it as one page with the timeline drawn')
    .option('--compare <file>', 'say what has changed since an earlier --json report')
    .description('probe, break, watch, heal, judge; exit status 1 when a budget is broken')
    .action(async (fault: string, flags: DrillFlags) => {
      const known = faultNames.find((name) => name === fault);
      if (!known)
        throw new RelevoError('bad-request', `no fault '${fault}': one of ${faultNames.join(', ')}`);
      await runDrillCommand(known, flags, output);
    });
  drill
    .command('heal')
    .option('--lab <name>', 'the lab that was left broken', defaultLabName)
    .description('put right what a drill left broken that was killed; safe at any time')
    .action(async ({ lab }: { lab: string }) => output.print(await healDrill(createLabPorts(), lab)));
  drill
    .command('judge')
    .argument('<report...>', 'files that --json wrote')
    .option('--html <file>', 'write the first one as a page, compared with the second')
    .description(
      'judge stored runs again with this version’s checker; exit status 1 when one breaks its budget',
    )
    .action(async (paths: string[], { html }: { html?: string }) => {
      const ports = createLabPorts();
      const reports: ReportFile[] = [];
      for (const path of paths) {
        const { runs, ...about } = await stored(ports, path);
        const report = reportOf(judgeAgain(runs), about);
        reports.push(report);
        output.print(`${path} of ${about.createdAt}\n${formatReport(report.runs)}`);
        for (const [at, run] of report.runs.entries()) {
          const { passed } = runs[at]!.verdict;
          if (passed !== run.verdict.passed) {
            output.print(`run ${run.index + 1} was judged otherwise then: ${passed ? 'PASS' : 'FAIL'}`);
          }
        }
        if (!report.passed) output.fail();
      }
      if (html !== undefined) await ports.files.writeAtomic(html, drillPage(reports[0]!, reports[1]), 0o644);
    });
  drill
    .command('compare')
    .argument('<earlier>')
    .argument('<later>')
    .description('what has become better or worse between two reports')
    .action(async (earlier: string, later: string) => {
      const ports = createLabPorts();
      output.print(comparison(await stored(ports, earlier), await stored(ports, later)));
    });
  drill
    .command('schema')
    .description('the JSON Schema of a report')
    .action(() => output.print(JSON.stringify(reportJsonSchema(), null, 2)));
  drill
    .command('suite')
    .argument('[scenario...]', 'scenario files; without, all of cluster/scenarios')
    .option('--lab <name>', 'the lab to break: it is built as each scenario needs it', 'suite')
    .option('--keep', 'leave the lab up')
    .option('--out <folder>', 'write a report of each, as JSON and as a page, to a folder')
    .description('run scenarios and print one table; exit status 1 when one did not go as written')
    .action(async (paths: string[], flags: SuiteFlags) => runSuiteCommand(paths, flags, output));
};
