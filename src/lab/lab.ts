/** Brings a lab up and down, and tells what is in it. Idempotent: up twice is one lab, down twice is none. */

import { RelevoError } from '../errors.js';
import type { Daemons } from '../ports.js';
import { sleep } from '../shell/clock.js';
import { pathExists } from '../shell/folders.js';
import { isRunning, type ProcessIdentity, processIdentity } from '../shell/process-identity.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { runOrThrow } from '../shell/runner.js';
import { removeDisks } from './disk.js';
import { keepalivedOwner } from './keepalived-owner.js';
import { addNetwork, addWayBack, presentNamespaces, removeNetwork } from './network.js';
import type { ClusterDriver, LabOwnerDriver, LabOwnerFactory, LabPorts, NodeView } from './owner.js';
import { killProcesses, logPath, type ProcessSpec, startProcess, stopProcesses } from './processes.js';
import { relevoOwner } from './relevo-owner.js';
import { frontOf, type LabMode } from './services.js';
import {
  checkLabName,
  checkNodes,
  type LabOwner,
  type LabPace,
  type LabProcess,
  type LabState,
  readLab,
  removeLabFolder,
  writeLab,
} from './state.js';
import {
  allHosts,
  backendNames,
  fewestNodes,
  hostsOf,
  type LabCoordination,
  type LabFamily,
  type NodeName,
  namespaceOf,
} from './topology.js';

export interface LabOptions {
  readonly name?: string;
  readonly owner?: LabOwner;
  readonly replication?: boolean;
  readonly nodes?: number;
  readonly coordination?: LabCoordination;
  readonly pace?: LabPace;
  /** How web, echo and stream are forwarded. */
  readonly mode?: LabMode;
  readonly family?: LabFamily;
}

export interface LabStatus {
  readonly name: string;
  /** `none`: nothing there. `broken`: half up, half down, or a process has ended. */
  readonly health: 'none' | 'up' | 'broken';
  readonly problems: readonly string[];
  readonly owner: LabOwner | undefined;
  readonly replication: boolean | undefined;
  readonly nodeCount: number;
  readonly coordination: LabCoordination | undefined;
  readonly pace: LabPace | undefined;
  readonly mode: LabMode | undefined;
  readonly family: LabFamily | undefined;
  readonly active: readonly string[];
  readonly nodes: Readonly<Partial<Record<NodeName, NodeView>>>;
  readonly processes: readonly (LabProcess & { readonly running: boolean })[];
}

export const defaultLabName = 'lab';
const readyMs = 45_000;

const factories: Readonly<Record<LabOwner, LabOwnerFactory>> = {
  relevo: relevoOwner,
  keepalived: keepalivedOwner,
};

export const ownerOf = (
  ports: LabPorts,
  state: Pick<LabState, 'name' | 'owner' | 'replication' | 'nodes'> &
    Partial<Pick<LabState, 'coordination' | 'mode' | 'family' | 'pace'>>,
): LabOwnerDriver => factories[state.owner](ports, state);

const backendProcesses = ({ mode, family }: LabState): ProcessSpec[] =>
  backendNames.map((name) => ({
    host: name,
    name: 'server',
    // As the probes: a backend that waits for a processor would look like an outage.
    file: '/usr/bin/nice',
    args: [
      '-n',
      '-10',
      nodeProgram,
      builtProgram('lab/backend-process.js'),
      name,
      family === 'ipv6' ? '::' : '0.0.0.0',
      ...(mode === 'dsr' ? [frontOf(family)] : []),
    ],
  }));

export const startAll = async (
  daemons: Daemons,
  lab: string,
  specs: readonly ProcessSpec[],
): Promise<LabProcess[]> => {
  const started: LabProcess[] = [];
  for (const spec of specs) started.push(await startProcess(daemons, lab, spec));
  return started;
};

export type NodeViews = ReadonlyMap<string, NodeView>;

/** Views of all nodes at about the same time. */
export const nodeViews = async (owner: ClusterDriver): Promise<NodeViews> => {
  const views = await Promise.all(owner.nodes.map(async (node) => [node, await owner.view(node)] as const));
  return new Map(views);
};

export const activeIn = (views: NodeViews): string[] =>
  [...views].filter(([, view]) => view.active).map(([node]) => node);

const whyNotSettled = (views: NodeViews): string | undefined => {
  const notReady = [...views].filter(([, view]) => !view.ready);
  if (notReady.length > 0) {
    return notReady.map(([node, { reasons }]) => `${node}: ${reasons.join('; ') || 'not ready'}`).join(', ');
  }
  const active = activeIn(views);
  if (active.length !== 1) return `${active.length} active nodes`;
  const lacking = views.get(active[0]!)?.successorsLack ?? [];
  return lacking.length === 0
    ? undefined
    : `${active[0]} does not know of all that they are ready: ${lacking.join(', ')}`;
};

/** Until all nodes are ready and exactly one is active; throws `not-ready` with what is missing after `timeoutMs`. */
export const untilSettled = async (
  ports: Pick<LabPorts, 'clock'>,
  owner: ClusterDriver,
  timeoutMs = readyMs,
): Promise<NodeViews> => {
  const until = ports.clock.nowMs() + timeoutMs;
  for (;;) {
    const views = await nodeViews(owner);
    const missing = whyNotSettled(views);
    if (missing === undefined) return views;
    if (ports.clock.nowMs() > until) {
      throw new RelevoError('not-ready', `not ready after ${timeoutMs / 1000} s: ${missing}`);
    }
    await sleep(50);
  }
};

/** Everything that runs in a namespace of the lab, whoever started it: conntrackd is its agent's child, not in the list. */
export const processesInside = async (
  ports: LabPorts,
  lab: string,
  host: string,
): Promise<ProcessIdentity[]> => {
  const printed = await runOrThrow(ports.runner, 'ip', ['netns', 'pids', namespaceOf(lab, host)]);
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => processIdentity(Number(line)) ?? []);
};

const checkMachine = (owner: LabOwnerDriver): void => {
  if (process.getuid?.() !== 0) {
    throw new RelevoError('not-permitted', 'a lab needs root, for network namespaces: run it with sudo');
  }
  const missing = ['/usr/sbin/ip', ...owner.needs].filter((path) => !pathExists(path));
  if (missing.length > 0) {
    throw new RelevoError('not-found', `not installed: ${missing.join(', ')}: run ./scripts/setup`);
  }
};

/** Whoever works on a lab says so in its state: two at once would take each other's namespaces away. */
const checkNobodyWorks = (state: LabState | undefined): void => {
  if (!state || state.phase === 'up' || state.worker.pid === process.pid || !isRunning(state.worker)) return;
  throw new RelevoError(
    'conflict',
    `lab '${state.name}' is ${state.phase} by process ${state.worker.pid}: wait for it`,
  );
};
const thisProcess = (): ProcessIdentity => processIdentity(process.pid)!;

const build = async (ports: LabPorts, owner: LabOwnerDriver, empty: LabState): Promise<LabState> => {
  const lab = empty.name;
  await addNetwork(ports.runner, lab, hostsOf(empty.nodes, empty.coordination), empty.family);
  if (empty.mode === 'dsr') await addWayBack(ports.runner, lab, empty.family);
  let processes: LabProcess[] = [];
  const start = async (specs: readonly ProcessSpec[]): Promise<void> => {
    processes = [...processes, ...(await startAll(ports.daemons, lab, specs))];
    await writeLab(ports.files, { ...empty, processes });
  };
  await owner.prepareLab();
  await start([...backendProcesses(empty), ...owner.sharedProcesses()]);
  for (const node of owner.nodes) {
    await owner.prepareNode(node);
    await start(owner.nodeProcesses(node));
  }
  const until = ports.clock.nowMs() + readyMs;
  for (const node of owner.nodes) {
    while (!(await owner.view(node)).running) {
      const dead = processes.find((each) => each.host === node && !isRunning(each));
      if (dead || ports.clock.nowMs() > until) {
        const log = await ports.files.read(logPath(lab, node, dead?.label.split('/')[1] ?? owner.agentName));
        const tail = log?.trimEnd().split('\n').slice(-5).join('\n');
        throw new RelevoError(
          'not-ready',
          `${dead ? `${dead.label} ended` : `${node} does not answer`}:\n${tail}`,
        );
      }
      await sleep(50);
    }
    await owner.applyServices(node);
  }
  await untilSettled(ports, owner);
  return { ...empty, phase: 'up', processes };
};

export const labStatus = async (ports: LabPorts, name = defaultLabName): Promise<LabStatus> => {
  const state = await readLab(ports.files, name);
  if (!state) {
    return {
      name,
      health: 'none',
      problems: [],
      owner: undefined,
      replication: undefined,
      nodeCount: 0,
      coordination: undefined,
      pace: undefined,
      mode: undefined,
      family: undefined,
      active: [],
      nodes: {},
      processes: [],
    };
  }
  const processes = state.processes.map((each) => ({ ...each, running: isRunning(each) }));
  const namespaces = await presentNamespaces(ports.runner, name);
  const missing = hostsOf(state.nodes, state.coordination).length + 1 - namespaces.length;
  const problems = [
    ...(state.phase === 'up' ? [] : [`it was left ${state.phase}`]),
    ...(missing === 0 ? [] : [`${missing} namespaces are missing`]),
    ...processes.filter((each) => !each.running).map((each) => `${each.label} (pid ${each.pid}) has ended`),
  ];
  const nodes = problems.length === 0 ? await nodeViews(ownerOf(ports, state)) : undefined;
  return {
    name,
    health: problems.length === 0 ? 'up' : 'broken',
    problems,
    owner: state.owner,
    replication: state.replication,
    nodeCount: state.nodes,
    coordination: state.coordination,
    pace: state.pace ?? 'default',
    mode: state.mode,
    family: state.family,
    active: nodes ? activeIn(nodes) : [],
    nodes: nodes ? Object.fromEntries(nodes) : {},
    processes,
  };
};

/** Removes what `lab.json` says was made, whatever state it is in. Returns false when there was nothing. */
export const labDown = async (ports: LabPorts, name = defaultLabName): Promise<boolean> => {
  const state = await readLab(ports.files, name);
  if (!state) return false;
  checkNobodyWorks(state);
  await writeLab(ports.files, { ...state, phase: 'stopping', worker: thisProcess() });
  await stopProcesses(state.processes);
  const present = await presentNamespaces(ports.runner, name);
  for (const host of ['switch', ...allHosts.map((each) => each.name)]) {
    if (!present.includes(namespaceOf(name, host))) continue;
    const left = await processesInside(ports, name, host);
    killProcesses(left.map((each) => ({ ...each, label: host, host })));
  }
  await removeNetwork(ports.runner, name);
  await removeDisks(ports, name);
  removeLabFolder(name);
  return true;
};

/**
 * Brings a lab up, or finds it up. One that an interrupted run left half up, or in which something has ended,
 * or which was asked for otherwise, is taken down first. On failure nothing is left.
 */
export const labUp = async (
  ports: LabPorts,
  options: LabOptions = {},
): Promise<{ status: LabStatus; made: boolean }> => {
  const {
    name = defaultLabName,
    owner: ownerName = 'relevo',
    replication = true,
    coordination = 'votes',
    pace = 'default',
    mode = 'dnat',
    family = 'ipv4',
    nodes = coordination === 'etcd' ? 3 : fewestNodes,
  } = options;
  checkLabName(name);
  checkNodes(nodes, ownerName, coordination);
  const owner = ownerOf(ports, {
    ...{ name, owner: ownerName, replication, nodes, coordination, mode, family, pace },
  });
  checkMachine(owner);
  const present = await labStatus(ports, name);
  const wanted: Partial<LabStatus> = {
    ...{ owner: ownerName, replication, nodeCount: nodes, coordination, mode, family, pace },
  };
  const isAsWanted = Object.entries(wanted).every(
    ([key, value]) => present[key as keyof LabStatus] === value,
  );
  if (present.health === 'up' && isAsWanted) return { status: present, made: false };
  checkNobodyWorks(await readLab(ports.files, name));
  if (present.health !== 'none') await labDown(ports, name);
  const foreign = await presentNamespaces(ports.runner, name);
  if (foreign.length > 0) {
    throw new RelevoError(
      'conflict',
      `namespace ${foreign[0]} exists and no lab of that name made it: choose another --name, or remove it with 'ip netns del ${foreign[0]}'`,
    );
  }
  const empty: LabState = {
    version: 1,
    name,
    phase: 'starting',
    owner: ownerName,
    replication,
    nodes,
    coordination,
    pace,
    mode,
    family,
    worker: thisProcess(),
    createdAt: new Date().toISOString(),
    processes: [],
  };
  await writeLab(ports.files, empty);
  try {
    await writeLab(ports.files, await build(ports, owner, empty));
  } catch (thrown) {
    await labDown(ports, name);
    throw thrown;
  }
  return { status: await labStatus(ports, name), made: true };
};
