/** Runs drills: is the cluster fit, probes, fault, waiting, healing, verdict. Whatever happens in between, it is healed. */

import { errorFrom, RelevoError } from '../errors.js';
import { activeIn, untilSettled } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { sleep } from '../shell/clock.js';
import { type Budget, budgetOf, budgets, type FaultName, limitsOn } from './budgets.js';
import type { DrillHistory } from './history.js';
import { type Findings, judge, type Verdict, verdictOf, withStop } from './judge.js';
import { type DrillLock, labPlace, lockDrill, refuseWhatIsLeft } from './lock.js';
import { refuseUnlessFit } from './preflight.js';
import { unprobedBy } from './probe-targets.js';
import { type Probes, startProbes } from './probes.js';
import { type DrillTarget, labTarget } from './target.js';
import { breakAndWatch, failBack } from './watch.js';

interface Options {
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
  readonly to?: string | undefined;
  /** The addresses go back to where they were, so long after each run; undefined: they stay. */
  readonly returnAfterMs?: number | undefined;
  /** Refuses a cluster that has not become fit for the first run by then (`plan.ts`); further runs wait for longer. Undefined: nobody asks. */
  readonly fitWithinMs?: number | undefined;
  readonly onProgress?: (sentence: string) => void;
}

export type DrillOptions = Options & ({ readonly lab: string } | { readonly target: DrillTarget });

export interface DrillRun {
  readonly fault: FaultName;
  readonly index: number;
  readonly seed: number;
  readonly limits?: Partial<Budget>;
  /** The node that was broken. */
  readonly from: string;
  /** Why it was stopped before its end. */
  readonly stopped?: string;
  readonly findings: Findings;
  readonly verdict: Verdict;
  readonly history: DrillHistory;
}

/** For a cluster that nobody has just broken. */
export const firstLookMs = 3_000;
/** What a run before this one has stirred up is remembered for a minute by the nodes. */
export const quietMs = 75_000;

const runDrillOnce = async (
  ports: LabPorts,
  options: DrillOptions,
  target: DrillTarget,
  index: number,
  interrupt: AbortSignal,
  lock: DrillLock,
): Promise<DrillRun> => {
  const { deadlineMs, fault: name, streams = 12, clients = 1000, idleMs = 10_000, load = 0 } = options;
  // What lasts long is recorded less densely.
  const intervalMs = options.intervalMs ?? (name === 'idle' ? 10 : target.paceMs);
  const seed = (options.seed ?? 1) + index * 1000;
  const { cluster, place, slowness, settleMs } = target;
  const { to, maxOutageMs } = options;
  const limits = limitsOn(name, slowness, options.limits);
  if (options.fitWithinMs !== undefined) {
    const withinMs = index === 0 ? options.fitWithinMs : quietMs;
    await refuseUnlessFit(ports.clock, target, { fault: name, to, maxOutageMs }, interrupt, withinMs);
  }
  // A run that waits for a fit cluster has not begun.
  const late = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
  const signal = late ? AbortSignal.any([interrupt, late]) : interrupt;
  const from = activeIn(await untilSettled(ports, cluster))[0]!;
  options.onProgress?.(`${name} ${index + 1} of ${options.repeat}: ${from} is active, probes start`);
  const fault = target.fault(name, { node: from, to, idleMs, load, seed });
  let probes: Probes | undefined;
  try {
    const targets = target.aim(clients);
    probes = await startProbes(ports.clock, target.where, {
      targets,
      streams,
      seed,
      intervalMs,
      maxOutageMs,
    });
    const moves = budgets[name].takeovers > 0;
    const note = (broken: boolean) => lock.note(broken ? { fault: name, node: from } : null);
    const { history, stopped } = await breakAndWatch({
      ports,
      owner: cluster,
      probes,
      unprobed: unprobedBy(targets),
      allowed: targets.limits?.allowed,
      fault,
      from,
      moves,
      slowness,
      settleMs,
      interrupt: signal,
      note,
    });
    const findings = judge(history);
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
        `${errorFrom(thrown).message}; and healing failed (${why}): '${place.healCommand}' tries again`,
      );
    }
    await lock.note(null);
    if (late?.aborted) {
      throw new RelevoError(
        'timeout',
        `not finished after ${deadlineMs! / 1000} s: ${place.title} has been healed`,
      );
    }
    if (signal.aborted) throw new RelevoError('not-ready', `interrupted: ${place.title} has been healed`);
    throw thrown;
  }
};

/** All repeats, one after the other; an interrupted or failing one ends the row, with everything healed. */
export const runDrill = async (
  ports: LabPorts,
  options: DrillOptions,
  signal: AbortSignal,
): Promise<{ runs: readonly DrillRun[]; error?: RelevoError }> => {
  const runs: DrillRun[] = [];
  const { fault, repeat, returnAfterMs, onProgress } = options;
  let lock: DrillLock | undefined;
  try {
    // First of all: a lab that a drill left broken looks as if it had to be rebuilt, and needs healing only.
    await refuseWhatIsLeft(ports.files, 'target' in options ? options.target.place : labPlace(options.lab));
    const target = 'target' in options ? options.target : await labTarget(ports, options.lab);
    await target.check(fault);
    lock = await lockDrill(ports.files, target.place, `${fault}, ${repeat} times`);
    for (let index = 0; index < repeat && !signal.aborted; index += 1) {
      const run = await runDrillOnce(ports, options, target, index, signal, lock);
      runs.push(run);
      const { passed, failures } = run.verdict;
      onProgress?.(passed ? '  within budget' : `  ${failures.join('\n  ')}`);
      if (run.stopped !== undefined) break;
      if (returnAfterMs === undefined) continue;
      await sleep(returnAfterMs, signal);
      const back = await failBack(ports, target.cluster, run.from, target.settleMs);
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
