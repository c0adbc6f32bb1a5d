/** Balancers side by side: the same packets through each of them in turns, round by round, so that whatever else the machine does hits all alike. */

import { median } from '../table.js';
import { pinThread } from './sender.js';
import type { Subject } from './subject.js';

export type Load = 'new connections' | 'packets' | 'answers';
/** Nanoseconds of processor time per packet, by round. */
export type Rounds = readonly number[];
export interface Measured {
  readonly name: string;
  readonly ns: ReadonlyMap<Load, Rounds>;
  /** Part of what was sent towards the backends that has arrived there; NaN: nobody counted. */
  readonly arrivedShare: number;
}

export interface Amounts {
  readonly rounds: number;
  readonly openings: number;
  /** How often the burst of known flows is repeated in a round. */
  readonly repeats: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let softirqNs: (() => number) | undefined;

/** What one burst takes, with what the kernel's thread for late interrupts has taken for it. */
const cost = (send: () => number, packets: number): number => {
  softirqNs ??= pinThread();
  const before = softirqNs();
  const ns = send();
  return (ns + softirqNs() - before) / packets;
};

/** Subjects in another order each round. */
const rotated = <T>(list: readonly T[], round: number): T[] =>
  list.map((_, at) => list[(at + round) % list.length]!);

export const measure = async (
  subjects: readonly Subject[],
  { rounds, openings, repeats }: Amounts,
): Promise<Measured[]> => {
  const results = subjects.map((subject) => ({
    subject,
    ns: new Map<Load, number[]>(),
    sent: 0,
    before: subject.rig.arrived().there,
  }));
  const note = (result: (typeof results)[number], load: Load, ns: number): void => {
    result.ns.set(load, [...(result.ns.get(load) ?? []), ns]);
  };
  // Once for the caches and for the compiler.
  for (const { subject } of results) {
    subject.there.send(1);
    subject.back?.send(1);
  }
  for (const result of results) result.sent += result.subject.there.frames;
  for (let round = 0; round < rounds; round++) {
    for (const result of rotated(results, round)) {
      const { there, back } = result.subject;
      note(
        result,
        'packets',
        cost(() => there.send(repeats), there.frames * repeats),
      );
      result.sent += there.frames * repeats;
      if (back)
        note(
          result,
          'answers',
          cost(() => back.send(repeats), back.frames * repeats),
        );
    }
    await pause(1);
  }
  for (let round = 0; round < rounds; round++) {
    for (const result of rotated(results, round)) {
      const burst = result.subject.openings(round * openings, openings);
      note(
        result,
        'new connections',
        cost(() => burst.send(1), openings),
      );
      result.sent += openings;
      burst.free();
    }
    for (const { subject } of results) subject.rig.forgetConnections();
    // What was forgotten is given back after a grace period, on whatever processor.
    await pause(30);
  }
  return results.map(({ subject, ns, sent, before }) => ({
    name: subject.name,
    ns,
    arrivedShare: subject.endsAtBackends ? (subject.rig.arrived().there - before) / sent : Number.NaN,
  }));
};

/** Without what the generator takes alone, round by round. */
export const net = (of: Measured, generator: Measured, load: Load): number[] => {
  const own = generator.ns.get(load) ?? generator.ns.get('packets') ?? [];
  return (of.ns.get(load) ?? []).map((ns, round) => ns - own[round]!);
};

/** Median of the ratios of pairs: how many times as many packets `a` takes as `b`. */
export const ratio = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((ns, round) => b[round]! / ns));

/** Packets a second that one processor takes, in thousands. */
export const thousandsPerSecond = (ns: readonly number[]): number => 1e6 / median(ns);
