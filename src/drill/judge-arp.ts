/** Who answered for the addresses, as the observer saw it: for how long two nodes did, for how long none. */

import type { ArpRequest } from './history.js';

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
    .map(({ sentMs }) => ({ fromMs: sentMs, toMs: sentMs }));

const flaps = (requests: readonly ArpRequest[]): Moment[] => {
  const moments: Moment[] = [];
  const lastMsByMac = new Map<string, number>();
  let current: string | undefined;
  for (const { sentMs, answers } of requests) {
    for (const { mac } of answers) {
      const before = lastMsByMac.get(mac);
      if (mac !== current && before !== undefined && before < sentMs && sentMs - before <= flapMs) {
        moments.push({ fromMs: before, toMs: sentMs });
      }
      current = mac;
      lastMsByMac.set(mac, sentMs);
    }
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
