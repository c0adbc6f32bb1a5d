/** Turns a drill's history into findings, and findings into a verdict against a budget. Pure: the same history, the same verdict. */

import type { Budget } from './budgets.js';
import type { ArpRequest, BackendAnswers, DrillHistory, ProbeHistory, StreamHistory } from './history.js';

export interface ProbeFindings {
  readonly attempts: number;
  readonly lost: number;
  /** Longest time from a lost attempt to the next one that was answered. */
  readonly outageMs: number;
  readonly slowestMs: number;
  readonly longestStallMs: number;
}

export interface ArpFindings {
  readonly requests: number;
  /** Longest time in which two nodes answered. Never may they. */
  readonly twoAnsweringMs: number;
  readonly twoAnsweringTimes: number;
  /** Longest time from an unanswered request to the next answered one. */
  readonly noneAnsweringMs: number;
  /** Times the answering node changed. */
  readonly switches: number;
  /** Nodes (MACs) that answered in the quiet end, one list per address. */
  readonly finalOwners: Readonly<Record<string, readonly string[]>>;
}

export interface Findings {
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
  readonly arp: ArpFindings;
  readonly takeovers: number;
}

export interface Verdict {
  readonly passed: boolean;
  /** What broke the budget, as sentences. */
  readonly failures: readonly string[];
}

/** An attempt that was answered later than this was of no use to its client. */
const uselessMs = 900;

export const judgeProbe = (history: ProbeHistory): ProbeFindings => {
  let lost = 0;
  let outageMs = 0;
  let slowestMs = 0;
  let outageFrom: number | undefined;
  history.sentMs.forEach((sentMs, index) => {
    const answeredMs = history.answeredMs[index] ?? null;
    const tookMs = answeredMs === null ? Number.POSITIVE_INFINITY : answeredMs - sentMs;
    if (tookMs > uselessMs) {
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

/**
 * Two nodes answer when one request gets answers from two, or when the answers go A, B, A within `flapMs`: nothing but two
 * owners makes that, since a takeover back takes longer than a lease. Such moments that are no further apart are one time.
 */
const flapMs = 200;

interface Moment {
  readonly fromMs: number;
  readonly toMs: number;
}

const doubleAnswers = (requests: readonly ArpRequest[]): Moment[] =>
  requests
    .filter(({ answers }) => new Set(answers.map((each) => each.mac)).size > 1)
    .map(({ answers }) => {
      const times = answers.map((each) => each.atMs);
      return { fromMs: Math.min(...times), toMs: Math.max(...times) };
    });

const flaps = (requests: readonly ArpRequest[]): Moment[] => {
  const moments: Moment[] = [];
  const lastMsByMac = new Map<string, number>();
  let current: string | undefined;
  const answers = requests.flatMap((each) => each.answers).sort((one, other) => one.atMs - other.atMs);
  for (const { mac, atMs } of answers) {
    const before = lastMsByMac.get(mac);
    if (mac !== current && before !== undefined && atMs - before <= flapMs) {
      moments.push({ fromMs: before, toMs: atMs });
    }
    current = mac;
    lastMsByMac.set(mac, atMs);
  }
  return moments;
};

const longestOf = (moments: readonly Moment[]): number => {
  let longestMs = 0;
  let fromMs: number | undefined;
  let toMs = 0;
  for (const moment of [...moments].sort((one, other) => one.fromMs - other.fromMs)) {
    if (fromMs === undefined || moment.fromMs - toMs > flapMs) {
      fromMs = moment.fromMs;
      toMs = moment.toMs;
    }
    toMs = Math.max(toMs, moment.toMs);
    // Both owned the address at the moment of the request: that is never no time at all.
    longestMs = Math.max(longestMs, toMs - fromMs, 0.001);
  }
  return longestMs;
};

const judgeAddress = (requests: readonly ArpRequest[]) => {
  let noneAnsweringMs = 0;
  let silentFromMs: number | undefined;
  for (const { sentMs, answers } of requests) {
    if (answers.length === 0) {
      silentFromMs ??= sentMs;
      continue;
    }
    if (silentFromMs !== undefined) noneAnsweringMs = Math.max(noneAnsweringMs, sentMs - silentFromMs);
    silentFromMs = undefined;
  }
  const last = requests.at(-1);
  if (silentFromMs !== undefined && last) {
    noneAnsweringMs = Math.max(noneAnsweringMs, last.sentMs - silentFromMs);
  }
  const moments = [...doubleAnswers(requests), ...flaps(requests)];
  const macs = requests.flatMap((each) => each.answers.map(({ mac }) => mac));
  return {
    noneAnsweringMs,
    twoAnsweringMs: longestOf(moments),
    twoAnsweringTimes: moments.length,
    switches: macs.filter((mac, index) => index > 0 && macs[index - 1] !== mac).length,
  };
};

export const judgeArp = (requests: readonly ArpRequest[], settledMs: number): ArpFindings => {
  const addresses = [...new Set(requests.map((each) => each.address))].sort();
  const each = addresses.map((address) =>
    judgeAddress(requests.filter((request) => request.address === address)),
  );
  const finalOwners = Object.fromEntries(
    addresses.map((address) => {
      const quiet = requests.filter((request) => request.address === address && request.sentMs >= settledMs);
      return [address, [...new Set(quiet.flatMap(({ answers }) => answers.map(({ mac }) => mac)))].sort()];
    }),
  );
  const worst = (value: (one: (typeof each)[number]) => number): number => Math.max(0, ...each.map(value));
  return {
    requests: requests.length,
    twoAnsweringMs: worst((one) => one.twoAnsweringMs),
    twoAnsweringTimes: each.reduce((sum, one) => sum + one.twoAnsweringTimes, 0),
    noneAnsweringMs: worst((one) => one.noneAnsweringMs),
    switches: worst((one) => one.switches),
    finalOwners,
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

export const judge = (history: DrillHistory): Findings => {
  const arp = judgeArp(history.arp, history.settledMs);
  return {
    udp: judgeProbe(history.udp),
    connect: judgeProbe(history.connect),
    streams: judgeStreams(history.streams),
    persistence: judgePersistence(history.before, history.after),
    arp,
    takeovers: history.takeovers ?? arp.switches,
  };
};

const ms = (value: number): string => `${Math.round(value * 10) / 10} ms`;

export const verdictOf = (findings: Findings, budget: Budget): Verdict => {
  const { udp, connect, streams, persistence, arp, takeovers } = findings;
  const failures: string[] = [];
  const expect = (good: boolean, sentence: string): void => {
    if (!good) failures.push(sentence);
  };
  expect(arp.requests > 0 && udp.attempts > 0 && connect.attempts > 0, 'a probe recorded nothing');
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
    streams.total > 0 && streams.kept === streams.total,
    `${streams.kept} of ${streams.total} streams kept: ${[...new Set(streams.errors)].join(', ') || 'none opened'}`,
  );
  expect(
    persistence.clients > 0 && persistence.kept === persistence.clients,
    `${persistence.kept} of ${persistence.clients} persistent clients kept their backend (${persistence.moved} moved, ${persistence.unanswered} unanswered)`,
  );
  expect(
    arp.twoAnsweringTimes === 0,
    `two nodes answered ${arp.twoAnsweringTimes} times, for up to ${ms(arp.twoAnsweringMs)}`,
  );
  for (const [address, owners] of Object.entries(arp.finalOwners)) {
    expect(owners.length === 1, `${owners.length} nodes answer for ${address} at the end, not exactly one`);
  }
  expect(takeovers === budget.takeovers, `${takeovers} takeovers, ${budget.takeovers} deserved`);
  return { passed: failures.length === 0, failures };
};
