/** `relevo lab`: a cluster on one machine. Also what `relevo drill` shares with it. */

import { type Command, Option } from 'commander';
import { RelevoError } from '../errors.js';
import { labExec } from '../lab/exec.js';
import { defaultLabName, type LabStatus, labDown, labStatus, labUp } from '../lab/lab.js';
import { writeMachineFiles } from '../lab/machine-files.js';
import type { LabPorts } from '../lab/owner.js';
import { type LabMode, labModes } from '../lab/services.js';
import { checkNodes, hostFolder } from '../lab/state.js';
import {
  coordinations,
  families,
  type LabCoordination,
  type LabFamily,
  nodeNamesOf,
} from '../lab/topology.js';
import { systemClock } from '../shell/clock.js';
import { createDaemons } from '../shell/daemons.js';
import { createFiles } from '../shell/files.js';
import { projectFile } from '../shell/programs.js';
import { createRunner } from '../shell/runner.js';
import type { Output } from './client-commands.js';
import { formatTable } from './table.js';

export const createLabPorts = (): LabPorts => ({
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
});

const labFiles = async (
  ports: LabPorts,
  options: { out: string; nodes: number; backends: number; slowness: number },
): Promise<readonly string[]> => {
  const { out, nodes, backends, slowness } = options;
  checkNodes(nodes, 'relevo');
  if (backends !== 1 && backends !== 2)
    throw new RelevoError('bad-request', `${backends} backends: give 1 or 2`);
  if (!(slowness >= 1 && slowness <= 50))
    throw new RelevoError('bad-request', `slowness ${slowness}: give 1 to 50`);
  const unit = async (name: string): Promise<string> => {
    const path = projectFile(`cluster/systemd/${name}.service`);
    const text = await ports.files.read(path);
    if (text === undefined) throw new RelevoError('not-found', `${path} is not there`);
    return text;
  };
  const units = { agent: await unit('relevo'), witness: await unit('relevo-witness') };
  return writeMachineFiles(ports, out, { nodes, backends, slowness, units });
};

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
    `lab ${status.name} is ${status.health}: owner ${status.owner}, coordination ${status.coordination}, replication ${status.replication ? 'on' : 'OFF'}, ${status.mode} over ${status.family}`,
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
  readonly mode: LabMode;
  readonly family: LabFamily;
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
    .addOption(
      new Option('--mode <mode>', 'how web, echo and stream are forwarded').choices(labModes).default('dnat'),
    )
    .addOption(new Option('--family <family>', 'of the services').choices(families).default('ipv4'))
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
    .command('files')
    .requiredOption('--out <folder>', 'where to; keys are written there')
    .option('--nodes <count>', 'load balancers, 2 to 7', Number, 2)
    .option('--backends <count>', 'machines of backends: 1 (with both addresses) or 2', Number, 2)
    .option('--slowness <factor>', 'multiplies lease and heartbeat times, for emulated processors', Number, 1)
    .description('write the files of a lab of separate machines: configuration, keys, networks, units')
    .action(async (options: { out: string; nodes: number; backends: number; slowness: number }) => {
      output.print((await labFiles(createLabPorts(), options)).join('\n'));
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
