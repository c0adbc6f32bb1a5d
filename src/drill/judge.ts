/** Turns a drill's history into findings, and findings into a verdict against a budget. Pure: the same history, the same verdict. */

import type { Budget } from './budgets.js';
import type { BackendAnswers, DrillHistory, Probed, ProbeHistory, StreamHistory } from './history.js';
import { type ArpFindings, judgeArp } from './judge-arp.js';
import type { Milestone } from './milestones.js';

export interface ProbeFindings {
  readonly attempts: number;
  readonly lost: number;
  /** Longest time from a lost attempt to the next one that was answered. */
  readonly outageMs: number;
  readonly slowestMs: number;
  readonly longestStallMs: number;
}

/** Milliseconds after the fault began; null when it never happened. */
export interface Timeline {
  /** Last answer of the node that owned the address, and first one of the node that took it over. */
  readonly lastOldAnswerMs: number | null;
  readonly firstNewAnswerMs: number | null;
  /** First and last attempt of any probe that was lost. */
  readonly firstLossMs: number | null;
  readonly lastLossMs: number | null;
  /** As the nodes recorded it: noticed, claimed, in force in the kernel, first announcement. */
  readonly detectedMs: number | null;
  readonly decidedMs: number | null;
  readonly leaseMs: number | null;
  readonly announcedMs: number | null;
}

export interface LimitFindings {
  readonly banned: number;
  readonly stillBanned: number;
  readonly freeServed: boolean;
  readonly allowed: number;
  /** The most that one client got. */
  readonly granted: number;
}

export interface Findings {
  readonly timeline: Timeline;
  readonly notHealed: string | null;
  readonly udp: ProbeFindings;
  readonly connect: ProbeFindings;
  readonly streams: {
    readonly total: number;
    readonly kept: number;
    readonly errors: readonly string[];
    readonly longestGapMs: number;
  };
  readonly persistence: {
    readonly clients: number;
    readonly kept: number;
    readonly moved: number;
    readonly unanswered: number;
  };
  /** Null: not probed. */
  readonly limits: LimitFindings | null;
  readonly arp: ArpFindings;
  readonly unprobed: readonly Probed[];
  readonly takeovers: number;
}

export interface Verdict {
  readonly passed: boolean;
  /** What broke the budget, as sentences. */
  readonly failures: readonly string[];
}

/** An attempt that was answered later than this (and the probe's own pauses) was of no use to its client. */
const uselessMs = 900;

const judgeOne = (history: ProbeHistory): ProbeFindings => {
  let lost = 0;
  let outageMs = 0;
  let slowestMs = 0;
  let outageFrom: number | undefined;
  history.sentMs.forEach((sentMs, index) => {
    const answeredMs = history.answeredMs[index] ?? null;
    const tookMs = answeredMs === null ? Number.POSITIVE_INFINITY : answeredMs - sentMs;
    if (tookMs > uselessMs + history.longestStallMs) {
      lost += 1;
      outageFrom ??= sentMs;
      return;
    }
    slowestMs = Math.max(slowestMs, tookMs);
    if (outageFrom !== undefined) outageMs = Math.max(outageMs, sentMs - outageFrom);
    outageFrom = undefined;
  });
  // Never answered again: the outage lasts at least to the last attempt.
  const last = history.sentMs.at(-1);
  if (outageFrom !== undefined && last !== undefined) {
    outageMs = Math.max(outageMs, last - outageFrom + history.intervalMs);
  }
  return {
    attempts: history.sentMs.length,
    lost,
    outageMs,
    slowestMs,
    longestStallMs: history.longestStallMs,
  };
};

/** Each of its targets for itself: that one answers says nothing of another. */
const perTarget = (history: ProbeHistory): ProbeHistory[] => {
  const { targets = [], sentMs, answeredMs, intervalMs, longestStallMs } = history;
  if (targets.length < 2) return [history];
  const of = <T>(values: readonly T[], target: number): T[] =>
    values.filter((_, index) => index % targets.length === target);
  return targets.map((name, target) => ({
    intervalMs: intervalMs * targets.length,
    sentMs: of(sentMs, target),
    answeredMs: of(answeredMs, target),
    longestStallMs,
    targets: [name],
  }));
};

/** Over all targets: sums of attempts, and the worst of the times. */
export const judgeProbe = (history: ProbeHistory): ProbeFindings => {
  const each = perTarget(history).map(judgeOne);
  const sum = (value: (one: ProbeFindings) => number): number =>
    each.reduce((all, one) => all + value(one), 0);
  return {
    attempts: sum(({ attempts }) => attempts),
    lost: sum(({ lost }) => lost),
    outageMs: Math.max(...each.map(({ outageMs }) => outageMs)),
    slowestMs: Math.max(...each.map(({ slowestMs }) => slowestMs)),
    longestStallMs: history.longestStallMs,
  };
};

const judgeStreams = (streams: readonly StreamHistory[]): Findings['streams'] => {
  const broken = streams.filter((each) => each.error !== null || each.answeredBytes !== each.sentBytes);
  return {
    total: streams.length,
    kept: streams.length - broken.length,
    errors: broken.map((each) => each.error ?? `${each.sentBytes - each.answeredBytes} bytes unanswered`),
    longestGapMs: Math.max(0, ...streams.map((each) => each.longestGapMs)),
  };
};

/** Only clients that had a backend before can keep it. */
const judgePersistence = (before: BackendAnswers, after: BackendAnswers): Findings['persistence'] => {
  const clients = Object.keys(before).filter((client) => before[client] !== null);
  const answered = clients.filter((client) => (after[client] ?? null) !== null);
  const kept = answered.filter((client) => after[client] === before[client]).length;
  return {
    clients: clients.length,
    kept,
    moved: answered.length - kept,
    unanswered: clients.length - answered.length,
  };
};

const lossesOf = ({ sentMs, answeredMs }: ProbeHistory): number[] =>
  sentMs.filter((_, index) => (answeredMs[index] ?? null) === null);

/** Only who was banned before can still be. */
const judgeLimits = ({ limits }: DrillHistory): LimitFindings | null => {
  if (!limits) return null;
  const { allowed, before, after } = limits;
  const banned = Object.keys(before.refused).filter((client) => before.refused[client]);
  return {
    banned: banned.length,
    stillBanned: banned.filter((client) => after.refused[client]).length,
    freeServed: before.freeServed && after.freeServed,
    allowed,
    granted: Math.max(before.granted, after.granted),
  };
};

const timelineOf = ({ arp, udp, connect, injectedMs, milestones = [] }: DrillHistory): Timeline => {
  const after = (times: readonly number[], pick: (...values: number[]) => number): number | null =>
    times.length === 0
      ? null
      : Math.round((times.reduce((one, other) => pick(one, other)) - injectedMs) * 1000) / 1000;
  // The client's side: the first address that is asked for.
  const requests = arp.filter((request) => request.address === arp[0]?.address);
  const answers = requests.flatMap(({ sentMs, answers }) => answers.map(({ mac }) => ({ mac, sentMs })));
  const old = answers.findLast((answer) => answer.sentMs < injectedMs)?.mac;
  const times = (ours: boolean): number[] =>
    answers
      .filter((answer) => answer.sentMs >= injectedMs && (answer.mac === old) === ours)
      .map((answer) => answer.sentMs);
  const since = milestones.filter(({ atMs }) => atMs >= injectedMs);
  const first = (what: Milestone['what']): number | null =>
    after(
      since.filter((each) => each.what === what).map(({ atMs }) => atMs),
      Math.min,
    );
  const losses = [...lossesOf(udp), ...lossesOf(connect)];
  return {
    lastOldAnswerMs: after(times(true), Math.max),
    firstNewAnswerMs: after(times(false), Math.min),
    firstLossMs: after(losses, Math.min),
    lastLossMs: after(losses, Math.max),
    detectedMs: first('detected'),
    decidedMs: first('decided'),
    leaseMs: first('lease'),
    announcedMs: first('announced'),
  };
};

export const judge = (history: DrillHistory): Findings => {
  const arp = judgeArp(history.arp, history.settledMs);
  return {
    timeline: timelineOf(history),
    notHealed: history.notHealed,
    udp: judgeProbe(history.udp),
    connect: judgeProbe(history.connect),
    streams: judgeStreams(history.streams),
    persistence: judgePersistence(history.before, history.after),
    limits: judgeLimits(history),
    arp,
    unprobed: history.unprobed ?? [],
    takeovers: history.takeovers ?? arp.switches,
  };
};

const ms = (value: number): string => `${Math.round(value * 10) / 10} ms`;

export const verdictOf = (findings: Findings, budget: Budget): Verdict => {
  const { udp, connect, streams, persistence, limits, arp, takeovers, unprobed } = findings;
  const failures: string[] = [];
  const expect = (good: boolean, sentence: string): void => {
    if (!good) failures.push(sentence);
  };
  const recorded = (kind: Probed, attempts: number): boolean => unprobed.includes(kind) || attempts > 0;
  expect(
    recorded('owners', arp.requests) &&
      recorded('datagrams', udp.attempts) &&
      recorded('connects', connect.attempts),
    'a probe recorded nothing',
  );
  expect(udp.attempts + connect.attempts > 0, 'neither datagrams nor connects were probed');
  expect(udp.outageMs <= budget.outageMs, `UDP outage ${ms(udp.outageMs)}, budget ${ms(budget.outageMs)}`);
  expect(
    connect.outageMs <= budget.outageMs,
    `connect outage ${ms(connect.outageMs)}, budget ${ms(budget.outageMs)}`,
  );
  expect(udp.lost <= budget.lostDatagrams, `${udp.lost} datagrams lost, budget ${budget.lostDatagrams}`);
  expect(
    connect.lost <= budget.failedConnects,
    `${connect.lost} connects failed, budget ${budget.failedConnects}`,
  );
  expect(
    unprobed.includes('streams') || (streams.total > 0 && streams.kept === streams.total),
    `${streams.kept} of ${streams.total} streams kept: ${[...new Set(streams.errors)].join(', ') || 'none opened'}`,
  );
  expect(
    unprobed.includes('persistence') || (persistence.clients > 0 && persistence.kept === persistence.clients),
    `${persistence.kept} of ${persistence.clients} persistent clients kept their backend (${persistence.moved} moved, ${persistence.unanswered} unanswered)`,
  );
  if (limits) {
    const { banned, stillBanned, freeServed, granted, allowed } = limits;
    expect(banned > 0, 'nobody could be banned before the fault');
    expect(stillBanned === banned, `${stillBanned} of ${banned} banned clients are still banned`);
    expect(freeServed, 'a client that nobody has banned was not served where others are banned');
    expect(granted <= allowed, `one client was granted ${granted} connections, ${allowed} are allowed`);
    expect(granted > 0, 'a limited service granted nothing at all');
  }
  expect(
    arp.twoAnsweringTimes === 0,
    `two nodes answered ${arp.twoAnsweringTimes} times, for up to ${ms(arp.twoAnsweringMs)}`,
  );
  expect(
    arp.noneAnsweringMs <= budget.noneAnsweringMs,
    `nobody answered for ${ms(arp.noneAnsweringMs)}, budget ${ms(budget.noneAnsweringMs)}`,
  );
  for (const [address, owners] of Object.entries(arp.finalOwners)) {
    expect(owners.length === 1, `${owners.length} nodes answer for ${address} at the end, not exactly one`);
  }
  expect(findings.notHealed === null, `after the fault was undone: ${findings.notHealed}`);
  expect(takeovers === budget.takeovers, `${takeovers} takeovers, ${budget.takeovers} deserved`);
  return { passed: failures.length === 0, failures };
};

/** A run that was stopped before its end has failed, whatever its figures. */
export const withStop = (verdict: Verdict, stopped: string | undefined): Verdict =>
  stopped === undefined ? verdict : { passed: false, failures: [stopped, ...verdict.failures] };
