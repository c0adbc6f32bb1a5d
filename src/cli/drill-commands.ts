/** `relevo drill`: faults to try on a lab, what they cost its clients, and reports that are kept, compared and judged again. */

import type { Command } from 'commander';
import { budgets, faultMeaning, faultNames } from '../drill/budgets.js';
import { drillPage } from '../drill/page/page.js';
import { formatReport, type ReportFile, reportJson, reportOf } from '../drill/report.js';
import { judgeAgain, reportJsonSchema } from '../drill/report-file.js';
import { parseScenario, type Scenario } from '../drill/scenario.js';
import { inTheirLabs, runSuite, suiteRows, variations } from '../drill/suite.js';
import { RelevoError } from '../errors.js';
import { labDown } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { listFiles } from '../shell/folders.js';
import { describeMachine } from '../shell/machine.js';
import { scenariosFolder } from '../shell/programs.js';
import { abortOnSignals } from '../shell/signals.js';
import type { Output } from './client-commands.js';
import { checkSameFault, comparison, isWorse, storedReport } from './drill-reports.js';
import { addDrillRunCommands } from './drill-run.js';
import { createLabPorts } from './lab-commands.js';
import { formatTable } from './table.js';

interface SuiteFlags {
  readonly lab: string;
  readonly keep?: boolean;
  readonly out?: string;
  readonly vary?: number;
}

const variation = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new RelevoError('bad-request', `--vary ${text}: a number, 0 to 999999`);
};

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
  const signal = abortOnSignals({ terminal: true });
  const results = await runSuite(ports, flags.lab, inTheirLabs(scenarios, flags.vary), signal, say);
  if (!flags.keep) await labDown(ports, flags.lab);
  const about = { createdAt: new Date().toISOString(), machine: describeMachine(), lab: flags.lab };
  for (const { scenario, runs } of flags.out === undefined ? [] : results) {
    const report = reportOf(runs, about);
    await ports.files.writeAtomic(`${flags.out}/${scenario.name}.json`, reportJson(report), 0o644);
    await ports.files.writeAtomic(`${flags.out}/${scenario.name}.html`, drillPage(report), 0o644);
  }
  const head = ['scenario', 'lab', '', 'runs', 'UDP ms', 'connect ms', 'two owners ms', 'takeovers'];
  output.print(formatTable(head, suiteRows(results)));
  for (const { scenario, failures, impossible } of results) {
    for (const failure of failures) output.print(`${scenario.name}: ${failure}`);
    if (impossible !== undefined) output.print(`${scenario.name}: not possible here: ${impossible}`);
  }
  const passed = results.filter((each) => each.passed).length;
  const impossible = results.filter((each) => each.impossible !== undefined).length;
  const good = passed > 0 && passed + impossible === scenarios.length;
  const besides = impossible > 0 ? `, ${impossible} not possible here` : '';
  output.print(`${good ? 'PASS' : 'FAIL'}: ${passed} of ${scenarios.length} scenarios${besides}`);
  if (!good) output.fail();
};

export const addDrillCommands = (program: Command, output: Output): void => {
  const drill = program
    .command('drill')
    .description('break a lab or a live cluster on purpose, and judge what its clients saw');
  drill
    .command('faults')
    .description('what can be broken, and what each may cost')
    .action(() => {
      const rows = faultNames.map((name) => [name, `${budgets[name].outageMs} ms`, faultMeaning[name]]);
      output.print(formatTable(['fault', 'outage', 'what happens'], rows));
    });
  addDrillRunCommands(drill, output);
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
        const { runs, ...about } = await storedReport(ports, path);
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
      if (html === undefined) return;
      if (reports[1]) checkSameFault(reports[1], reports[0]!.runs[0]?.fault);
      await ports.files.writeAtomic(html, drillPage(reports[0]!, reports[1]), 0o644);
    });
  drill
    .command('compare')
    .argument('<earlier>')
    .argument('<later>')
    .description('what has become better or worse between two reports; exit status 1 when something is worse')
    .action(async (earlier: string, later: string) => {
      const ports = createLabPorts();
      const [one, other] = [await storedReport(ports, earlier), await storedReport(ports, later)];
      checkSameFault(one, other.runs[0]?.fault);
      output.print(comparison(one, other));
      if (isWorse(one, other)) output.fail();
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
    .option(
      '--vary <number>',
      `play each in another lab: of two and three nodes, in every mode, over IPv4 and IPv6; ${variations.length} numbers in a row are all of them`,
      variation,
    )
    .option('--out <folder>', 'write a report of each, as JSON and as a page, to a folder')
    .description('run scenarios and print one table; exit status 1 when one did not go as written')
    .action(async (paths: string[], flags: SuiteFlags) => runSuiteCommand(paths, flags, output));
};
