/** Runs drills against a lab: probes, fault, waiting, healing, verdict. Whatever happens in between, the lab is healed. */

import { errorFrom, RelevoError } from '../errors.js';
import { activeIn, labStatus, type NodeViews, nodeViews, ownerOf, untilSettled } from '../lab/lab.js';
import type { LabOwnerDriver, LabPorts } from '../lab/owner.js';
import { readLab } from '../lab/state.js';
import type { NodeName } from '../lab/topology.js';
import { sleep } from '../shell/clock.js';
import { type Budget, budgetOf, budgets, type FaultName, nodesFor } from './budgets.js';
import { createFault, type Fault } from './faults.js';
import type { DrillHistory, ToldEvent } from './history.js';
import { type Findings, judge, type Verdict, verdictOf } from './judge.js';
import { type Probes, startProbes } from './probes.js';

export interface DrillOptions {
  readonly lab: string;
  readonly fault: FaultName;
  readonly repeat: number;
  /** Streams, persistent clients, and the pace of the probes. */
  readonly streams?: number;
  readonly clients?: number;
  readonly intervalMs?: number;
  readonly seed?: number;
  /** Of `idle`: how long, and how many busy programs beside it. */
  readonly idleMs?: number;
  readonly load?: number;
  /** Instead of the fault's own budget. */
  readonly limits?: Partial<Budget>;
  /** A run that has not ended by then is broken off, and the lab healed. */
  readonly deadlineMs?: number;
  readonly onProgress?: (sentence: string) => void;
}

export interface DrillRun {
  readonly fault: FaultName;
  readonly index: number;
  readonly seed: number;
  readonly limits?: Partial<Budget>;
  /** The node that was broken. */
  readonly from: NodeName;
  readonly findings: Findings;
  readonly verdict: Verdict;
  readonly history: DrillHistory;
}

/** Probing before the fault, so that the quiet state is on record, and after healing. */
const quietMs = 700;
const settledTailMs = 500;
/** Longest wait for another node to take over. */
const takeoverMs = 8_000;
/** The dead time that is looked at before healing starts. */
const lookMs = 700;
const healMs = 30_000;
/** Below half of the lifetime of the lab's persistence entries. */
const askAgainMs = 45_000;

/** Until one of those that were standby is active. */
const untilTakenOver = async (
  ports: LabPorts,
  owner: LabOwnerDriver,
  from: NodeName,
  signal: AbortSignal,
): Promise<void> => {
  const until = ports.clock.nowMs() + takeoverMs;
  while (!signal.aborted && ports.clock.nowMs() < until) {
    if (activeIn(await nodeViews(owner)).some((node) => node !== from)) return;
    await sleep(25, signal);
  }
};

/** A node's count starts anew with its program: what it says after a restart all happened since. */
const takeoversBetween = (before: NodeViews, after: NodeViews, elapsedMs: number): number | undefined => {
  let sum = 0;
  for (const [node, now] of after) {
    const then = before.get(node)?.takeovers;
    if (then === undefined || now.takeovers === undefined || now.uptimeMs === undefined) return undefined;
    sum += now.uptimeMs < elapsedMs ? now.takeovers : now.takeovers - then;
  }
  return sum;
};

const checkLab = async (ports: LabPorts, name: string): Promise<LabOwnerDriver> => {
  const status = await labStatus(ports, name);
  if (status.health === 'none') {
    throw new RelevoError('not-found', `no lab '${name}': start it with 'relevo lab up --name ${name}'`);
  }
  if (status.health === 'broken') {
    throw new RelevoError(
      'not-ready',
      `lab '${name}' is broken (${status.problems.join('; ')}): 'relevo lab up' rebuilds it`,
    );
  }
  const state = await readLab(ports.files, name);
  return ownerOf(ports, state!);
};

const eventsSince = async (owner: LabOwnerDriver, sinceMs: number): Promise<ToldEvent[]> => {
  const told = await Promise.all(
    owner.nodes.map(async (node) => (await owner.events(node)).map((event) => ({ node, ...event }))),
  );
  return told
    .flat()
    .filter((event) => event.atMs >= sinceMs)
    .sort((one, other) => one.atMs - other.atMs);
};

/** Entries of clients that say nothing expire; what lasts longer than a lifetime needs clients that do. */
const askOnUntil = async (done: Promise<unknown>, probes: Probes): Promise<void> => {
  const over = new AbortController();
  const stop = (): void => over.abort();
  void done.then(stop, stop);
  for (;;) {
    await sleep(askAgainMs, over.signal);
    if (over.signal.aborted) return;
    await probes.ask();
  }
};

const breakAndWatch = async (
  ports: LabPorts,
  owner: LabOwnerDriver,
  probes: Probes,
  fault: Fault,
  from: NodeName,
  moves: boolean,
  signal: AbortSignal,
): Promise<DrillHistory> => {
  const startedMs = ports.clock.nowMs();
  const viewsBefore = await nodeViews(owner);
  const before = await probes.ask();
  await sleep(quietMs, signal);
  signal.throwIfAborted();
  const injecting = fault.inject(signal);
  if (!moves) await askOnUntil(injecting, probes);
  const { atMs: injectedMs } = await injecting;
  if (moves) await untilTakenOver(ports, owner, from, signal);
  await sleep(lookMs, signal);
  signal.throwIfAborted();
  const after = await probes.ask();
  await fault.heal();
  const healedMs = ports.clock.nowMs();
  const notHealed = await untilSettled(ports, owner, healMs).then(
    () => null,
    (thrown: unknown) => errorFrom(thrown).message,
  );
  const settledMs = ports.clock.nowMs();
  await sleep(settledTailMs, signal);
  signal.throwIfAborted();
  const recorded = await probes.stop();
  const viewsAfter = await nodeViews(owner);
  const events = await eventsSince(owner, startedMs);
  const takeovers = takeoversBetween(viewsBefore, viewsAfter, ports.clock.nowMs() - startedMs);
  return { ...recorded, before, after, injectedMs, healedMs, settledMs, notHealed, takeovers, events };
};

export const runDrillOnce = async (
  ports: LabPorts,
  options: DrillOptions,
  index: number,
  interrupt: AbortSignal,
): Promise<DrillRun> => {
  const { deadlineMs } = options;
  const late = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
  const signal = late ? AbortSignal.any([interrupt, late]) : interrupt;
  const { lab, fault: name, streams = 12, clients = 1000, idleMs = 10_000, load = 0 } = options;
  // What lasts long is recorded less densely.
  const intervalMs = options.intervalMs ?? (name === 'idle' ? 10 : 2);
  const seed = (options.seed ?? 1) + index * 1000;
  const owner = await checkLab(ports, lab);
  if (owner.nodes.length < nodesFor(name)) {
    throw new RelevoError(
      'bad-request',
      `${name} needs a lab of ${nodesFor(name)} nodes: 'relevo lab up --name ${lab} --nodes ${nodesFor(name)}'`,
    );
  }
  const views = await untilSettled(ports, owner);
  const from = activeIn(views)[0]!;
  options.onProgress?.(`${name} ${index + 1} of ${options.repeat}: ${from} is active, probes start`);
  const fault = createFault(name, { ports, lab, owner, node: from, idleMs, load });
  let probes: Probes | undefined;
  try {
    probes = await startProbes(lab, { streams, clients, seed, intervalMs });
    const history = await breakAndWatch(
      ports,
      owner,
      probes,
      fault,
      from,
      budgets[name].takeovers > 0,
      signal,
    );
    const findings = judge(history);
    const { limits } = options;
    const verdict = verdictOf(findings, budgetOf(name, limits));
    return { fault: name, index, seed, ...(limits && { limits }), from, findings, verdict, history };
  } catch (thrown) {
    probes?.kill();
    await fault.heal();
    if (late?.aborted) {
      throw new RelevoError('timeout', `not finished after ${deadlineMs! / 1000} s: the lab has been healed`);
    }
    if (signal.aborted) throw new RelevoError('not-ready', 'interrupted: the lab has been healed');
    throw thrown;
  }
};

/** All repeats, one after the other; an interrupted or failing one ends the row, with the lab healed. */
export const runDrill = async (
  ports: LabPorts,
  options: DrillOptions,
  signal: AbortSignal,
): Promise<{ runs: readonly DrillRun[]; error?: RelevoError }> => {
  const runs: DrillRun[] = [];
  try {
    for (let index = 0; index < options.repeat && !signal.aborted; index += 1) {
      const run = await runDrillOnce(ports, options, index, signal);
      runs.push(run);
      const { passed, failures } = run.verdict;
      options.onProgress?.(passed ? '  within budget' : `  ${failures.join('\n  ')}`);
    }
    return { runs };
  } catch (thrown) {
    return { runs, error: errorFrom(thrown) };
  }
};
