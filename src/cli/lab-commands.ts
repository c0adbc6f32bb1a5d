/** `relevo lab`: a cluster on one machine. Also what `relevo drill` shares with it. */

import { type Command, Option } from 'commander';
import { labExec } from '../lab/exec.js';
import { defaultLabName, type LabStatus, labDown, labStatus, labUp } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { hostFolder } from '../lab/state.js';
import { coordinations, type LabCoordination, nodeNamesOf } from '../lab/topology.js';
import { systemClock } from '../shell/clock.js';
import { createDaemons } from '../shell/daemons.js';
import { createFiles } from '../shell/files.js';
import { createRunner } from '../shell/runner.js';
import type { Output } from './client-commands.js';
import { formatTable } from './table.js';

export const createLabPorts = (): LabPorts => ({
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
    `lab ${status.name} is ${status.health}: owner ${status.owner}, coordination ${status.coordination}, replication ${status.replication ? 'on' : 'OFF'}`,
    ...status.problems.map((problem) => `  ${problem}`),
    ...(status.health === 'up' ? [formatTable(['node', 'role', 'state', 'control socket'], nodes)] : []),
    formatTable(['process', 'pid', ''], processes),
  ].join('\n');
};

interface UpOptions {
  readonly name: string;
  readonly replication: boolean;
  readonly nodes?: number;
  readonly coordination: LabCoordination;
}

export const addLabCommands = (program: Command, output: Output): void => {
  const lab = program
    .command('lab')
    .description('a whole cluster in network namespaces of this machine (root)');
  const nameOption = ['--name <name>', 'which lab; several run side by side', defaultLabName] as const;

  lab
    .command('up')
    .option(...nameOption)
    .option(
      '--nodes <count>',
      'load balancers, 2 to 7 (default 2, with etcd 3); without a witness from three on',
      Number,
    )
    .addOption(
      new Option('--coordination <driver>', 'what decides beside the votes (docs/coordination.md)')
        .choices(coordinations)
        .default('votes'),
    )
    .option('--no-replication', 'without replication of persistence: the negative control of drills')
    .description('bring it up, with clients, backends, witness, observer and the example services')
    .action(async ({ nodes, ...options }: UpOptions) => {
      const wanted = { ...options, owner: 'relevo', ...(nodes !== undefined && { nodes }) } as const;
      const { status, made } = await labUp(createLabPorts(), wanted);
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
    .argument('<host>', 'client, lb1, lb2, …, witness, backend1, backend2, observer or etcd1 …')
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
