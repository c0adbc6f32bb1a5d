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
import { type Findings, judge, type Verdict, verdictOf, withStop } from './judge.js';
import { type DrillLock, healCommand, lockDrill, refuseWhatIsLeft } from './lock.js';
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
  /** When clients have been without an answer for longer, the run is stopped: healed, and the addresses go back to where they were. */
  readonly maxOutageMs?: number | undefined;
  /** Of `handover`: where to; of other faults in a larger lab nobody can say. */
  readonly to?: NodeName | undefined;
  /** The addresses go back to where they were, so long after each run; undefined: they stay. */
  readonly returnAfterMs?: number | undefined;
  readonly onProgress?: (sentence: string) => void;
}

export interface DrillRun {
  readonly fault: FaultName;
  readonly index: number;
  readonly seed: number;
  readonly limits?: Partial<Budget>;
  /** The node that was broken. */
  readonly from: NodeName;
  /** Why it was stopped before its end. */
  readonly stopped?: string;
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

interface Watch {
  readonly ports: LabPorts;
  readonly owner: LabOwnerDriver;
  readonly probes: Probes;
  readonly fault: Fault;
  readonly from: NodeName;
  /** The fault deserves a takeover, which is waited for. */
  readonly moves: boolean;
  /** Ends the run, with nothing to report. */
  readonly interrupt: AbortSignal;
  /** Notes what is about to be broken, and that it is whole again. */
  readonly note: (broken: boolean) => Promise<void>;
}

/** Back to the node that was active before; the reason when it does not go. */
const failBack = async (
  ports: LabPorts,
  owner: LabOwnerDriver,
  to: NodeName,
): Promise<string | undefined> => {
  try {
    const active = activeIn(await untilSettled(ports, owner, healMs))[0]!;
    if (active === to) return undefined;
    await owner.handover(active, to);
    await untilSettled(ports, owner, healMs);
    return undefined;
  } catch (thrown) {
    return errorFrom(thrown).message;
  }
};

const breakAndWatch = async (watch: Watch): Promise<{ history: DrillHistory; stopped?: string }> => {
  const { ports, owner, probes, fault, from, moves, interrupt, note } = watch;
  const startedMs = ports.clock.nowMs();
  const viewsBefore = await nodeViews(owner);
  const before = await probes.ask();
  const breach = new AbortController();
  let broke: string | undefined;
  void probes.breach.then((what) => {
    broke = what;
    breach.abort();
  });
  // Ends each wait; what has happened until then is judged.
  const stop = AbortSignal.any([interrupt, breach.signal]);
  await sleep(quietMs, stop);
  interrupt.throwIfAborted();
  await note(true);
  const aboutMs = ports.clock.nowMs();
  const injecting = fault.inject(stop).catch((thrown: unknown) => {
    if (broke === undefined) throw thrown;
    return { atMs: aboutMs };
  });
  if (!moves) await askOnUntil(injecting, probes);
  const { atMs: injectedMs } = await injecting;
  if (moves) await untilTakenOver(ports, owner, from, stop);
  await sleep(lookMs, stop);
  interrupt.throwIfAborted();
  const after = broke === undefined ? await probes.ask() : {};
  await fault.heal();
  const healedMs = ports.clock.nowMs();
  const notHealed = await untilSettled(ports, owner, healMs).then(
    () => null,
    (thrown: unknown) => errorFrom(thrown).message,
  );
  if (notHealed === null) await note(false);
  const settledMs = ports.clock.nowMs();
  const viewsAfter = await nodeViews(owner);
  const elapsedMs = ports.clock.nowMs() - startedMs;
  const back = broke === undefined ? undefined : await failBack(ports, owner, from);
  await sleep(settledTailMs, interrupt);
  interrupt.throwIfAborted();
  const recorded = await probes.stop();
  const events = await eventsSince(owner, startedMs);
  const takeovers = takeoversBetween(viewsBefore, viewsAfter, elapsedMs);
  const history = {
    ...recorded,
    before,
    after,
    injectedMs,
    healedMs,
    settledMs,
    notHealed,
    takeovers,
    events,
  };
  if (broke === undefined) return { history };
  const place = back === undefined ? `${from} is active again` : `but the addresses did not go back: ${back}`;
  return { history, stopped: `${broke}: stopped, healed, ${place}` };
};

const runDrillOnce = async (
  ports: LabPorts,
  options: DrillOptions,
  index: number,
  interrupt: AbortSignal,
  lock: DrillLock,
): Promise<DrillRun> => {
  const { deadlineMs, lab, fault: name, streams = 12, clients = 1000, idleMs = 10_000, load = 0 } = options;
  const late = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
  const signal = late ? AbortSignal.any([interrupt, late]) : interrupt;
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
  const from = activeIn(await untilSettled(ports, owner))[0]!;
  options.onProgress?.(`${name} ${index + 1} of ${options.repeat}: ${from} is active, probes start`);
  const fault = createFault(name, { ports, lab, owner, node: from, to: options.to, idleMs, load });
  let probes: Probes | undefined;
  try {
    const { maxOutageMs } = options;
    probes = await startProbes(lab, { streams, clients, seed, intervalMs, maxOutageMs });
    const moves = budgets[name].takeovers > 0;
    const note = (broken: boolean) => lock.note(broken ? { fault: name, node: from } : null);
    const watched = await breakAndWatch({
      ports,
      owner,
      probes,
      fault,
      from,
      moves,
      interrupt: signal,
      note,
    });
    const { history, stopped } = watched;
    const findings = judge(history);
    const { limits } = options;
    const verdict = withStop(verdictOf(findings, budgetOf(name, limits)), stopped);
    return {
      fault: name,
      index,
      seed,
      ...(limits && { limits }),
      ...(stopped !== undefined && { stopped }),
      from,
      findings,
      verdict,
      history,
    };
  } catch (thrown) {
    probes?.kill();
    try {
      await fault.heal();
    } catch (again) {
      const why = errorFrom(again).message;
      throw new RelevoError(
        'not-ready',
        `${errorFrom(thrown).message}; and healing failed (${why}): '${healCommand(lab)}' tries again`,
      );
    }
    await lock.note(null);
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
  const { lab, fault, repeat, returnAfterMs, onProgress } = options;
  let lock: DrillLock | undefined;
  try {
    // First of all: a lab that a drill left broken looks as if it had to be rebuilt, and needs healing only.
    await refuseWhatIsLeft(ports.files, lab);
    const owner = await checkLab(ports, lab);
    lock = await lockDrill(ports.files, lab, `${fault}, ${repeat} times`);
    for (let index = 0; index < repeat && !signal.aborted; index += 1) {
      const run = await runDrillOnce(ports, options, index, signal, lock);
      runs.push(run);
      const { passed, failures } = run.verdict;
      onProgress?.(passed ? '  within budget' : `  ${failures.join('\n  ')}`);
      if (run.stopped !== undefined) break;
      if (returnAfterMs === undefined) continue;
      await sleep(returnAfterMs, signal);
      const back = await failBack(ports, owner, run.from);
      if (back !== undefined) throw new RelevoError('not-ready', `not back on ${run.from}: ${back}`);
      onProgress?.(`  back on ${run.from}`);
    }
    await lock.release();
    return { runs };
  } catch (thrown) {
    // The lab may have gone meanwhile, and its note with it.
    await lock?.abandon().catch(() => undefined);
    return { runs, error: errorFrom(thrown) };
  }
};
