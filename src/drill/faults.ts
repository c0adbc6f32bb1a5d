/** Breaks a lab in one particular way, and puts it right again. Each fault is an inject and a heal; heal may be called at any time. */

import { RelevoError } from '../errors.js';
import { emptyDisk } from '../lab/disk.js';
import { activeIn, nodeViews, processesInside, startAll } from '../lab/lab.js';
import { setDelay } from '../lab/netem.js';
import { replaceHost, setAllCables, setCables, setForwarding, setLosses } from '../lab/network.js';
import { killProcesses, stopProcesses } from '../lab/processes.js';
import { type LabState, readLab, writeLab } from '../lab/state.js';
import { type NodeName, segmentNames } from '../lab/topology.js';
import { sleep } from '../shell/clock.js';
import { isRunning, type ProcessIdentity, signalProcess } from '../shell/process-identity.js';
import { type FaultName, onlyOnMachines } from './budgets.js';
import type { Fault, Site } from './fault-site.js';
import { diskFull, idle, rulesetFlush, synFlood } from './machine-faults.js';
import {
  deadCable,
  deadPath,
  delayed,
  duplicates,
  frontFlap,
  halfSync,
  oneWay,
  packetLoss,
  partialMesh,
  partition,
  switchForgets,
} from './path-faults.js';

export type { Fault } from './fault-site.js';

const freezeMs = 3_000;
/** How long what deserves no takeover lasts before it is put right. */
const holdMs = 3_000;
/** `second-failure`: longest wait for the first takeover. */
const takeoverMs = 8_000;
/** After a takeover that is not the end of a fault. */
const settleMs = 500;

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

/** Stops processes of the node for a while; all of them, the agent's, or the others. */
const freeze =
  (which: (site: Site) => Promise<ProcessIdentity[]>) =>
  (site: Site): Fault => {
    let frozen: ProcessIdentity[] = [];
    const thaw = (): void => {
      for (const each of frozen) signalProcess(each, 'SIGCONT');
      frozen = [];
    };
    return {
      async inject(signal) {
        frozen = await which(site);
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
  const { family } = await stateOf(site);
  await replaceHost(site.ports.runner, site.lab, site.node, family);
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

/** What the agent's last words have moved goes on for a moment, as in a machine that takes seconds to stop. */
const nodeReboot = (site: Site): Fault => {
  const off = nodeOff(site);
  return {
    async inject(signal) {
      const agent = await agentProcesses(site);
      const atMs = site.ports.clock.nowMs();
      await stopProcesses(agent.map((each) => ({ ...each, label: 'agent', host: site.node })));
      await sleep(settleMs, signal);
      await off.inject(signal);
      return { atMs };
    },
    heal: () => off.heal(),
  };
};

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

/** conntrackd: what runs in a node and is not the agent. */
const otherProcesses = async (site: Site): Promise<ProcessIdentity[]> => {
  const agents = await agentProcesses(site);
  return (await inside(site)).filter((each) => !agents.some((agent) => agent.pid === each.pid));
};

const conntrackdKill = (site: Site): Fault => ({
  async inject(signal) {
    const others = await otherProcesses(site);
    const atMs = site.ports.clock.nowMs();
    killProcesses(others.map((each) => ({ ...each, label: 'conntrackd', host: site.node })));
    await sleep(holdMs, signal);
    return { atMs };
  },
  heal: () => restartNode(site),
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
        const active = activeIn(await nodeViews(site.owner));
        second = site.owner.nodes.find((node) => node !== site.node && active.includes(node));
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

const factories: Readonly<Record<Exclude<FaultName, 'clock-step'>, (site: Site) => Fault>> = {
  handover,
  'agent-kill': agentKill,
  'agent-freeze': freeze(agentProcesses),
  'node-freeze': freeze(inside),
  'node-off': nodeOff,
  'front-link': deadCable('front', 0),
  'back-link': deadCable('back', 0),
  'front-flap': frontFlap,
  partition,
  'one-way': oneWay,
  'half-sync': halfSync,
  'packet-loss': packetLoss,
  'switch-forgets': switchForgets,
  'partial-mesh': partialMesh,
  'conntrackd-freeze': freeze(otherProcesses),
  'back-path': deadPath('back'),
  'front-path': deadPath('front'),
  'sync-link': deadCable('sync', holdMs),
  'agent-restart': agentRestart,
  'node-reboot': nodeReboot,
  'witness-off': witnessOff,
  'conntrackd-kill': conntrackdKill,
  'ruleset-flush': rulesetFlush,
  'second-failure': secondFailure,
  duplicates,
  delay: delayed,
  'disk-full': diskFull,
  'syn-flood': synFlood,
  idle,
};

export const createFault = (name: FaultName, site: Site): Fault => {
  if (name === 'clock-step') throw new RelevoError('unsupported', `${name}: ${onlyOnMachines[name]}`);
  return factories[name](site);
};

/**
 * Puts a lab right that a drill left broken which has gone: what its faults remember went with it, so everything that any of them may have
 * done is undone. A node that was off gets an empty kernel, as after the fault itself.
 */
export const healLeft = async (name: FaultName, site: Site): Promise<void> => {
  const { runner } = site.ports;
  if (name === 'node-off' || name === 'node-reboot' || name === 'second-failure') await powerOn(site);
  await setLosses(runner, site.lab, []);
  for (const node of site.owner.nodes) {
    const each = { ...site, node };
    await thawAll(each);
    await setDelay(runner, site.lab, node, undefined);
    await emptyDisk(site.ports.files, site.lab, node);
    for (const segment of segmentNames) await setForwarding(runner, site.lab, node, segment, true);
    await setAllCables(runner, site.lab, node, 'up');
    await restartNode(each);
  }
  await restartShared(site);
};
