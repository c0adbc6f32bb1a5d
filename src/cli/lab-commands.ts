/** `relevo lab` and `relevo drill`: a cluster on one machine, and the faults to try on it. */

import type { Command } from 'commander';
import { budgets, type FaultName, faultMeaning, faultNames } from '../drill/budgets.js';
import { runDrill } from '../drill/drill.js';
import { formatReport, reportJson } from '../drill/report.js';
import { RelevoError } from '../errors.js';
import { labExec } from '../lab/exec.js';
import { defaultLabName, type LabStatus, labDown, labStatus, labUp } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { hostFolder } from '../lab/state.js';
import { nodeNamesOf } from '../lab/topology.js';
import { systemClock } from '../shell/clock.js';
import { createDaemons } from '../shell/daemons.js';
import { createFiles } from '../shell/files.js';
import { describeMachine } from '../shell/machine.js';
import { createRunner } from '../shell/runner.js';
import type { Output } from './client-commands.js';
import { formatTable } from './table.js';

const createLabPorts = (): LabPorts => ({
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
});

const formatLab = (status: LabStatus): string => {
  if (status.health === 'none') return `no lab '${status.name}'`;
  const nodes = nodeNamesOf(status.nodeCount).map((node) => {
    const view = status.nodes[node];
    const role = view?.active ? 'active' : 'standby';
    const ready = view?.ready ? 'ready' : `NOT READY: ${view?.reasons.join('; ') || 'unknown'}`;
    return [node, role, ready, `${hostFolder(status.name, node)}/relevo.sock`];
  });
  const processes = status.processes.map((each) => [
    each.label,
    each.pid,
    each.running ? 'running' : 'ENDED',
  ]);
  return [
    `lab ${status.name} is ${status.health}: owner ${status.owner}, replication ${status.replication ? 'on' : 'OFF'}`,
    ...status.problems.map((problem) => `  ${problem}`),
    ...(status.health === 'up' ? [formatTable(['node', 'role', 'state', 'control socket'], nodes)] : []),
    formatTable(['process', 'pid', ''], processes),
  ].join('\n');
};

/** Ctrl-C once: stop and heal. The second one ends the process as usual. */
const abortOnInterrupt = (): AbortSignal => {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  return abort.signal;
};

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new RelevoError('bad-request', `'${text}': give a whole number from 1 to 10000`);
  }
  return value;
};

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const duration = (text: string): number => {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([smh])$/.exec(text) ?? [];
  const factor = unitMs[unit];
  if (factor === undefined) throw new RelevoError('bad-request', `'${text}': give a time as 90s, 10m or 1h`);
  return Number(count) * factor;
};

const addLab = (program: Command, output: Output): void => {
  const lab = program
    .command('lab')
    .description('a whole cluster in network namespaces of this machine (root)');
  const nameOption = ['--name <name>', 'which lab; several run side by side', defaultLabName] as const;

  lab
    .command('up')
    .option(...nameOption)
    .option('--nodes <count>', 'load balancers, 2 to 7; without a witness from three on', positive, 2)
    .option('--no-replication', 'without replication of persistence: the negative control of drills')
    .description('bring it up, with clients, backends, witness, observer and the example services')
    .action(async (options: { name: string; replication: boolean; nodes: number }) => {
      const { status, made } = await labUp(createLabPorts(), { ...options, owner: 'relevo' });
      output.print(`${made ? '' : 'already up: '}${formatLab(status)}`);
    });
  lab
    .command('status')
    .option(...nameOption)
    .option('--json', 'as JSON')
    .description('what is in it, and who is active')
    .action(async (options: { name: string; json?: boolean }) => {
      const status = await labStatus(createLabPorts(), options.name);
      output.print(options.json ? JSON.stringify(status, null, 2) : formatLab(status));
      if (status.health !== 'up') output.fail();
    });
  lab
    .command('exec')
    .argument('<host>', 'client, lb1, lb2, …, witness, backend1, backend2 or observer')
    .argument('[command...]', 'what to run there; a shell without')
    .option(...nameOption)
    .passThroughOptions()
    .description('run a command inside one of its hosts (`relevo status` there asks that node’s agent)')
    .action(async (host: string, command: string[], options: { name: string }) => {
      const argv = command[0] === '--' ? command.slice(1) : command;
      process.exitCode = await labExec(createLabPorts(), options.name, host, argv);
    });
  lab
    .command('down')
    .option(...nameOption)
    .description('end its processes and remove its namespaces, and nothing else')
    .action(async (options: { name: string }) => {
      const removed = await labDown(createLabPorts(), options.name);
      output.print(removed ? `lab ${options.name} is gone` : `no lab '${options.name}'`);
    });
};

interface DrillFlags {
  readonly lab: string;
  readonly repeat: number;
  readonly seed: number;
  readonly json?: string;
  readonly replication: boolean;
  readonly for: number;
  readonly load: number;
}

const runDrillCommand = async (fault: FaultName, flags: DrillFlags, output: Output): Promise<void> => {
  const ports = createLabPorts();
  await checkControl(ports, flags);
  const { runs, error } = await runDrill(
    ports,
    { ...flags, idleMs: flags.for, fault, onProgress: (sentence) => process.stderr.write(`${sentence}\n`) },
    abortOnInterrupt(),
  );
  output.print(formatReport(runs));
  if (flags.json !== undefined) {
    const about = { createdAt: new Date().toISOString(), machine: describeMachine(), lab: flags.lab };
    await ports.files.writeAtomic(flags.json, reportJson(runs, about), 0o644);
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

const addDrill = (program: Command, output: Output): void => {
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
    .option('--for <time>', '`idle` only: how long, as 90s or 10m', duration, 60_000)
    .option('--load <programs>', '`idle` only: busy programs beside it', positive, 0)
    .option(
      '--no-replication',
      'negative control: passes only if persistence is lost, in a lab without replication',
    )
    .option('--json <file>', 'write the report, with the whole history, to a file')
    .description('probe, break, watch, heal, judge; exit status 1 when a budget is broken')
    .action(async (fault: string, flags: DrillFlags) => {
      const known = faultNames.find((name) => name === fault);
      if (!known)
        throw new RelevoError('bad-request', `no fault '${fault}': one of ${faultNames.join(', ')}`);
      await runDrillCommand(known, flags, output);
    });
};

export const addLabCommands = (program: Command, output: Output): void => {
  addLab(program, output);
  addDrill(program, output);
};
