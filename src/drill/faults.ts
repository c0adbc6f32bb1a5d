/** Breaks a lab in one particular way, and puts it right again. Each fault is an inject and a heal; heal may be called at any time. */

import { RelevoError } from '../errors.js';
import { activeIn, nodeViews, processesInside, startAll } from '../lab/lab.js';
import { replaceHost, setAllCables, setCables, setForwarding } from '../lab/network.js';
import type { LabOwnerDriver, LabPorts } from '../lab/owner.js';
import { killProcesses, stopProcesses } from '../lab/processes.js';
import { type LabState, readLab, writeLab } from '../lab/state.js';
import { type NodeName, namespaceOf } from '../lab/topology.js';
import { sleep } from '../shell/clock.js';
import { type LineProcess, startLines } from '../shell/lines.js';
import { isRunning, type ProcessIdentity, signalProcess } from '../shell/process-identity.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { runOrThrow } from '../shell/runner.js';
import type { FaultName } from './budgets.js';

export interface Fault {
  /** Resolves when the fault is complete; `atMs` is the time just before it began. */
  inject(signal: AbortSignal): Promise<{ atMs: number }>;
  /** Idempotent: whatever inject has done so far is undone, and what it ended runs again. */
  heal(): Promise<void>;
}

const freezeMs = 3_000;
/** How long what deserves no takeover lasts before it is put right. */
const holdMs = 3_000;
/** `second-failure`: longest wait for the first takeover, and the pause after it. */
const takeoverMs = 8_000;
const settleMs = 500;
/** `back-path`: an owner gives a group away for its health only after it has had it for so long (`healthPace`). */
const stayedMs = 10_500;

export interface Site {
  readonly ports: LabPorts;
  readonly lab: string;
  readonly owner: LabOwnerDriver;
  /** The node to break: the active one. */
  readonly node: NodeName;
  /** `handover`: where to; undefined: the program chooses. */
  readonly to?: NodeName | undefined;
  /** `idle`: for how long nothing fails, and beside how many busy programs. */
  readonly idleMs: number;
  readonly load: number;
}

const stateOf = async ({ ports, lab }: Site): Promise<LabState> => {
  const state = await readLab(ports.files, lab);
  if (!state) throw new RelevoError('not-found', `lab '${lab}' has gone`);
  return state;
};

const inside = ({ ports, lab, node }: Site) => processesInside(ports, lab, node);

/** The owner's process and its children of the same program: keepalived is two, an agent one. */
const agentProcesses = async (site: Site): Promise<ProcessIdentity[]> => {
  const state = await stateOf(site);
  const agent = state.processes.find((each) => each.label === `${site.node}/${site.owner.agentName}`);
  if (!agent || !isRunning(agent)) {
    throw new RelevoError('not-ready', `${site.node}/${site.owner.agentName} is not running`);
  }
  if (state.owner === 'relevo') return [agent];
  const others = state.processes.filter((each) => each.host === site.node && each.pid !== agent.pid);
  return (await inside(site)).filter((each) => !others.some((other) => other.pid === each.pid));
};

/** Stopped processes of a node run on. */
const thawAll = async (site: Site): Promise<void> => {
  for (const each of await inside(site)) signalProcess(each, 'SIGCONT');
};

/** Starts those processes of the node that do not run, and notes them in the lab's state. */
const restartNode = async (site: Site): Promise<void> => {
  const { ports, lab, owner, node } = site;
  const state = await stateOf(site);
  const kept = state.processes.filter((each) => each.host !== node || isRunning(each));
  const missing = owner
    .nodeProcesses(node)
    .filter((spec) => !kept.some((each) => each.label === `${node}/${spec.name}`));
  if (missing.some((spec) => spec.name === owner.agentName)) await owner.clearNode(node);
  const started = await startAll(ports.daemons, lab, missing);
  await writeLab(ports.files, { ...state, processes: [...kept, ...started] });
};

const handover = (site: Site): Fault => ({
  async inject() {
    const atMs = site.ports.clock.nowMs();
    await site.owner.handover(site.node, site.to);
    return { atMs };
  },
  heal: () => restartNode(site),
});

const agentKill = (site: Site): Fault => ({
  async inject() {
    const agent = await agentProcesses(site);
    const atMs = site.ports.clock.nowMs();
    // Stopped first: of two processes the second must not see the first one die, and clean up.
    for (const each of agent) signalProcess(each, 'SIGSTOP');
    killProcesses(agent.map((each) => ({ ...each, label: 'agent', host: site.node })));
    return { atMs };
  },
  heal: () => restartNode(site),
});

const agentFreeze = (site: Site): Fault => {
  let frozen: ProcessIdentity[] = [];
  const thaw = (): void => {
    for (const each of frozen) signalProcess(each, 'SIGCONT');
    frozen = [];
  };
  return {
    async inject(signal) {
      frozen = await agentProcesses(site);
      const atMs = site.ports.clock.nowMs();
      for (const each of frozen) signalProcess(each, 'SIGSTOP');
      await sleep(freezeMs, signal);
      thaw();
      return { atMs };
    },
    async heal() {
      thaw();
      await restartNode(site);
    },
  };
};

/** The node that was off comes back with an empty kernel, and all its processes. */
const powerOn = async (site: Site): Promise<void> => {
  const left = await inside(site);
  killProcesses(left.map((each) => ({ ...each, label: 'process', host: site.node })));
  while (left.some(isRunning)) await sleep(10);
  await replaceHost(site.ports.runner, site.lab, site.node);
  await site.owner.prepareNode(site.node);
  await restartNode(site);
};

const nodeOff = (site: Site): Fault => {
  let off = false;
  return {
    async inject() {
      const doomed = await inside(site);
      off = true;
      const atMs = site.ports.clock.nowMs();
      // Cables first: what a dying program still says (keepalived does, when its companion ends) is heard by nobody.
      await setAllCables(site.ports.runner, site.lab, site.node, 'down');
      killProcesses(doomed.map((each) => ({ ...each, label: 'process', host: site.node })));
      return { atMs };
    },
    async heal() {
      if (!off) return;
      off = false;
      await powerOn(site);
    },
  };
};

/** A cable of the node is dead for `holdMs` at least: 0 for one whose loss ends in a takeover, which is waited for anyway. */
const deadCable =
  (segment: 'front' | 'sync', holdMs: number) =>
  (site: Site): Fault => ({
    async inject(signal) {
      const atMs = site.ports.clock.nowMs();
      await setCables(site.ports.runner, site.lab, site.node, [segment], 'down');
      await sleep(holdMs, signal);
      return { atMs };
    },
    async heal() {
      await setCables(site.ports.runner, site.lab, site.node, [segment], 'up');
    },
  });

const frontLink = deadCable('front', 0);

/** Waited for like any takeover, and no longer: the cable looks alive, so the node has to find out by trying. */
const backPath = (site: Site): Fault => {
  const forward = (forwards: boolean): Promise<string> =>
    setForwarding(site.ports.runner, site.lab, site.node, 'back', forwards);
  return {
    async inject(signal) {
      await sleep(stayedMs, signal);
      const atMs = site.ports.clock.nowMs();
      await forward(false);
      return { atMs };
    },
    heal: async () => {
      await forward(true);
    },
  };
};

const agentRestart = (site: Site): Fault => ({
  async inject() {
    const agent = await agentProcesses(site);
    const atMs = site.ports.clock.nowMs();
    await stopProcesses(agent.map((each) => ({ ...each, label: 'agent', host: site.node })));
    await restartNode(site);
    return { atMs };
  },
  heal: () => restartNode(site),
});

/** Starts again what the nodes share and does not run. */
const restartShared = async (site: Site): Promise<void> => {
  const state = await stateOf(site);
  const running = state.processes.filter(isRunning);
  const missing = site.owner
    .sharedProcesses()
    .filter((spec) => !running.some((each) => each.label === `${spec.host}/${spec.name}`));
  if (missing.length === 0) return;
  const started = await startAll(site.ports.daemons, site.lab, missing);
  await writeLab(site.ports.files, { ...state, processes: [...running, ...started] });
};

const witnessOff = (site: Site): Fault => ({
  async inject(signal) {
    const { processes } = await stateOf(site);
    const atMs = site.ports.clock.nowMs();
    killProcesses(processes.filter((each) => each.host === 'witness'));
    await sleep(holdMs, signal);
    return { atMs };
  },
  heal: () => restartShared(site),
});

const conntrackdKill = (site: Site): Fault => ({
  async inject(signal) {
    const agents = await agentProcesses(site);
    const others = (await inside(site)).filter((each) => !agents.some((agent) => agent.pid === each.pid));
    const atMs = site.ports.clock.nowMs();
    killProcesses(others.map((each) => ({ ...each, label: 'conntrackd', host: site.node })));
    await sleep(holdMs, signal);
    return { atMs };
  },
  heal: () => restartNode(site),
});

const rulesetFlush = (site: Site): Fault => ({
  async inject(signal) {
    const atMs = site.ports.clock.nowMs();
    const flush = ['netns', 'exec', namespaceOf(site.lab, site.node), 'nft', 'flush', 'ruleset'];
    await runOrThrow(site.ports.runner, 'ip', flush);
    await sleep(holdMs, signal);
    return { atMs };
  },
  heal: async () => undefined,
});

/** Of three nodes two are left after the first, and one without its front link still votes. */
const secondFailure = (site: Site): Fault => {
  const first = nodeOff(site);
  let second: NodeName | undefined;
  return {
    async inject(signal) {
      const injected = await first.inject(signal);
      const until = site.ports.clock.nowMs() + takeoverMs;
      while (second === undefined && site.ports.clock.nowMs() < until) {
        signal.throwIfAborted();
        await sleep(25, signal);
        second = activeIn(await nodeViews(site.owner)).find((node) => node !== site.node);
      }
      if (second === undefined) throw new RelevoError('not-ready', `nobody took over from ${site.node}`);
      // What the streams lose now counts for the second failure: it comes once they flow again.
      await sleep(settleMs, signal);
      await setCables(site.ports.runner, site.lab, second, ['front'], 'down');
      return injected;
    },
    async heal() {
      if (second) await setCables(site.ports.runner, site.lab, second, ['front'], 'up');
      second = undefined;
      await first.heal();
    },
  };
};

const idle = (site: Site): Fault => {
  const busy: LineProcess[] = [];
  return {
    async inject(signal) {
      const atMs = site.ports.clock.nowMs();
      for (let count = 0; count < site.load; count++) {
        busy.push(startLines(nodeProgram, [builtProgram('drill/load-process.js')], () => {}));
      }
      await sleep(site.idleMs, signal);
      return { atMs };
    },
    async heal() {
      const ending = busy.splice(0);
      for (const one of ending) one.kill();
      await Promise.all(ending.map((one) => one.ended));
    },
  };
};

const factories: Readonly<Record<FaultName, (site: Site) => Fault>> = {
  handover,
  'agent-kill': agentKill,
  'agent-freeze': agentFreeze,
  'node-off': nodeOff,
  'front-link': frontLink,
  'back-path': backPath,
  'sync-link': deadCable('sync', holdMs),
  'agent-restart': agentRestart,
  'witness-off': witnessOff,
  'conntrackd-kill': conntrackdKill,
  'ruleset-flush': rulesetFlush,
  'second-failure': secondFailure,
  idle,
};

export const createFault = (name: FaultName, site: Site): Fault => factories[name](site);

/**
 * Puts a lab right that a drill left broken which has gone: what its faults remember went with it, so everything that any of them may have
 * done is undone. A node that was off gets an empty kernel, as after the fault itself.
 */
export const healLeft = async (name: FaultName, site: Site): Promise<void> => {
  const { runner } = site.ports;
  if (name === 'node-off' || name === 'second-failure') await powerOn(site);
  for (const node of site.owner.nodes) {
    const each = { ...site, node };
    await thawAll(each);
    await setForwarding(runner, site.lab, node, 'back', true);
    await setAllCables(runner, site.lab, node, 'up');
    await restartNode(each);
  }
  await restartShared(site);
};
