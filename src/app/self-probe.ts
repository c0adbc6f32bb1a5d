/**
 * Can this node reach what it forwards to, and those who ask it (`front-probe.ts`)? One of them is asked every few seconds, as a rule; all of
 * them are tried before the node says that it reaches none. Peers do the same: where the others are dead every node says so, and nothing moves.
 */

import type { HealthReason } from '../election/health.js';
import type { Ip } from '../model/address.js';
import type { Service } from '../model/service.js';

export interface ProbeTarget {
  readonly address: Ip;
  readonly port: number;
}

export interface SelfProbePorts<Target> {
  /** Does anything at all come back: a connection, or its refusal? Settles within `ms`. */
  reaches(target: Target, ms: number): Promise<boolean>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  targets(): readonly Target[] | Promise<readonly Target[]>;
  /** Of these none answers; empty: that proves nothing. */
  reasonsOf(targets: readonly Target[]): readonly HealthReason[];
  say(reasons: readonly HealthReason[]): void;
}

const everyMs = 2_000;
const againMs = 500;
const answerMs = 500;
/** Asked at the same time once the first one has not answered. */
const together = 8;
/** More than these are not asked for one verdict. */
export const mostTargets = 32;
/** Rounds without any answer: one may fall into a moment's congestion. */
const roundsToSay = 2;
/** Below `fatalWeight`: an owner that reaches nobody still answers, and may be the only one. */
export const unreachedWeight = 40;

/** Addresses that services forward to, each once; port 1 where a service takes every port: its refusal is an answer, too. */
export const probeTargets = (services: Iterable<Service>): ProbeTarget[] => {
  const targets = new Map<string, ProbeTarget>();
  for (const { mode, endpoints, backends } of services) {
    if (mode === 'local') continue;
    for (const { address, port, state } of backends) {
      if (state === 'off' || targets.has(address)) continue;
      targets.set(address, { address, port: port ?? endpoints[0]?.port ?? 1 });
      if (targets.size === mostTargets) return [...targets.values()];
    }
  }
  return [...targets.values()];
};

export const backendsUnreached = (targets: readonly ProbeTarget[]): readonly HealthReason[] => [
  {
    text: `none of ${targets.length} backends can be reached from here (${targets[0]!.address} and others tried): look at this node's way to them`,
    weight: unreachedWeight,
  },
];

/** Runs until the signal aborts. */
export const runSelfProbe = async <Target>(
  ports: SelfProbePorts<Target>,
  signal: AbortSignal,
): Promise<void> => {
  let next = 0;
  let unanswered = 0;
  let said = false;

  /** The one whose turn it is, then everybody. */
  const isAnybodyThere = async (targets: readonly Target[]): Promise<boolean> => {
    const first = targets[next++ % targets.length]!;
    if (await ports.reaches(first, answerMs)) return true;
    const others = targets.filter((target) => target !== first);
    for (let from = 0; from < others.length && !signal.aborted; from += together) {
      const some = others.slice(from, from + together);
      const answers = await Promise.all(some.map((target) => ports.reaches(target, answerMs)));
      if (answers.includes(true)) return true;
    }
    return false;
  };

  while (!signal.aborted) {
    const targets = await ports.targets();
    unanswered = targets.length === 0 || (await isAnybodyThere(targets)) ? 0 : unanswered + 1;
    const isLost = unanswered >= roundsToSay;
    if (isLost !== said && !signal.aborted) {
      said = isLost;
      ports.say(isLost ? ports.reasonsOf(targets) : []);
    }
    await ports.sleep(unanswered === 0 ? everyMs : againMs, signal);
  }
};
