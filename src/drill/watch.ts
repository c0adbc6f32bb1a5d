/** One run from the quiet before the fault to the quiet after it: probing, breaking, waiting, healing. Records; judges nothing. */

import { errorFrom } from '../errors.js';
import { activeIn, type NodeViews, nodeViews, untilSettled } from '../lab/lab.js';
import type { ClusterDriver } from '../lab/owner.js';
import type { Clock } from '../ports.js';
import { sleep } from '../shell/clock.js';
import type { Fault } from './faults.js';
import type { DrillHistory, Probed, ToldEvent } from './history.js';
import { type Milestone, milestonesOf } from './milestones.js';
import type { Probes } from './probes.js';

/** Probing before the fault, so that the quiet state is on record, and after healing. */
const quietMs = 700;
const settledTailMs = 500;
/** Longest wait for another node to take over. */
const takeoverMs = 8_000;
/** The dead time that is looked at before healing starts. */
const lookMs = 700;
/** Below half of the lifetime of the lab's persistence entries. */
const askAgainMs = 45_000;

/** Until one of those that were standby is active. */
const untilTakenOver = async (
  ports: { readonly clock: Clock },
  owner: ClusterDriver,
  from: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const until = ports.clock.nowMs() + withinMs;
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

const eventsSince = async (owner: ClusterDriver, sinceMs: number): Promise<ToldEvent[]> => {
  const told = await Promise.all(
    owner.nodes.map(async (node) => (await owner.events(node)).map((event) => ({ node, ...event }))),
  );
  return told
    .flat()
    .filter((event) => event.atMs >= sinceMs)
    .sort((one, other) => one.atMs - other.atMs);
};

/** Decisions are written some time after they were made; the quiet end of a run is longer. */
const milestonesSince = async (owner: ClusterDriver, sinceMs: number): Promise<Milestone[]> => {
  if (!owner.decisions) return [];
  const all: Milestone[] = [];
  for (const node of owner.nodes) {
    const text = await owner.decisions(node);
    if (text !== undefined) all.push(...milestonesOf(node, text, sinceMs));
  }
  return all.sort((one, other) => one.atMs - other.atMs);
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

export interface Watch {
  readonly ports: { readonly clock: Clock };
  readonly owner: ClusterDriver;
  readonly probes: Probes;
  readonly unprobed: readonly Probed[];
  /** Connections that the limited service grants. */
  readonly allowed: number | undefined;
  readonly fault: Fault;
  readonly from: string;
  /** The fault deserves a takeover, which is waited for. */
  readonly moves: boolean;
  /** Of the target. */
  readonly slowness: number;
  readonly settleMs: number;
  /** Ends the run, with nothing to report. */
  readonly interrupt: AbortSignal;
  /** Notes what is about to be broken, and that it is whole again. */
  readonly note: (broken: boolean) => Promise<void>;
}

/** Back to the node that was active before; the reason when it does not go. */
export const failBack = async (
  ports: { readonly clock: Clock },
  owner: ClusterDriver,
  to: string,
  withinMs: number,
): Promise<string | undefined> => {
  const until = ports.clock.nowMs() + withinMs;
  for (;;) {
    try {
      const active = activeIn(await untilSettled(ports, owner, withinMs))[0]!;
      if (active === to) return undefined;
      await owner.handover(active, to);
      await untilSettled(ports, owner, withinMs);
      return undefined;
    } catch (thrown) {
      const { code, message } = errorFrom(thrown);
      // A node that has just come back takes nothing for a moment.
      if (code !== 'not-ready' || ports.clock.nowMs() > until) return message;
      await sleep(200);
    }
  }
};

export const breakAndWatch = async (watch: Watch): Promise<{ history: DrillHistory; stopped?: string }> => {
  const { ports, owner, probes, unprobed, allowed, fault, from, moves, interrupt, note } = watch;
  const { slowness, settleMs } = watch;
  const startedMs = ports.clock.nowMs();
  const viewsBefore = await nodeViews(owner);
  const before = await probes.ask();
  const limitsBefore = await probes.askLimits();
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
  if (moves) await untilTakenOver(ports, owner, from, takeoverMs * slowness, stop);
  await sleep(lookMs * slowness, stop);
  interrupt.throwIfAborted();
  const after = broke === undefined ? await probes.ask() : {};
  const limitsAfter = broke === undefined ? await probes.askLimits() : null;
  await fault.heal();
  const healedMs = ports.clock.nowMs();
  const notHealed = await untilSettled(ports, owner, settleMs).then(
    () => null,
    (thrown: unknown) => errorFrom(thrown).message,
  );
  if (notHealed === null) await note(false);
  const settledMs = ports.clock.nowMs();
  const viewsAfter = await nodeViews(owner);
  const elapsedMs = ports.clock.nowMs() - startedMs;
  const back = broke === undefined ? undefined : await failBack(ports, owner, from, settleMs);
  await sleep(settledTailMs, interrupt);
  interrupt.throwIfAborted();
  const recorded = await probes.stop();
  const events = await eventsSince(owner, startedMs);
  const milestones = await milestonesSince(owner, startedMs);
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
    milestones,
    unprobed,
    ...(limitsBefore &&
      limitsAfter &&
      allowed !== undefined && { limits: { allowed, before: limitsBefore, after: limitsAfter } }),
  };
  if (broke === undefined) return { history };
  const place = back === undefined ? `${from} is active again` : `but the addresses did not go back: ${back}`;
  return { history, stopped: `${broke}: stopped, healed, ${place}` };
};
