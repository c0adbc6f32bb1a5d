/** The faults of a run, drawn from its seed beforehand, so that a failing run can be shortened one fault at a time. */

import type { SimRandom } from './random.js';

export type Fault =
  | { readonly atMs: number; readonly type: 'kill' | 'start' | 'power-off'; readonly who: string }
  | {
      readonly atMs: number;
      readonly type: 'freeze';
      readonly who: string;
      readonly ms: number;
      readonly steps: number;
    }
  | { readonly atMs: number; readonly type: 'cut' | 'mend'; readonly directions: readonly string[] }
  | {
      readonly atMs: number;
      readonly type: 'weather';
      readonly loss: number;
      readonly duplicate: number;
      readonly corrupt: number;
      readonly maxDelayMs: number;
    }
  | { readonly atMs: number; readonly type: 'front-link'; readonly who: string; readonly usable: boolean }
  | { readonly atMs: number; readonly type: 'ready'; readonly who: string; readonly ready: boolean }
  | { readonly atMs: number; readonly type: 'handover' | 'stop'; readonly who: string };

const directionsOf = (
  random: SimRandom,
  nodes: readonly string[],
  witness: string,
  paths: number,
): string[] => {
  const all: string[] = [];
  for (const from of [...nodes, witness]) {
    for (const to of [...nodes, witness]) {
      if (from === to) continue;
      const count = from === witness || to === witness ? 1 : paths;
      for (let path = 0; path < count; path++) all.push(`${from}>${to}/${path}`);
    }
  }
  if (random.chance(0.4)) {
    // One node loses sight of one other, on every path, one way or both.
    const from = random.pick([...nodes, witness]);
    const to = random.pick([...nodes, witness].filter((name) => name !== from));
    const both = random.chance(0.5);
    return all.filter(
      (direction) =>
        direction.startsWith(`${from}>${to}/`) || (both && direction.startsWith(`${to}>${from}/`)),
    );
  }
  const share = random.between(0.1, 0.9);
  return all.filter(() => random.chance(share));
};

export const drawFaults = (
  random: SimRandom,
  nodes: readonly string[],
  witness: string,
  paths: number,
  fromMs: number,
  untilMs: number,
  leaseMs: number,
): Fault[] => {
  const faults: Fault[] = [];
  const count = 2 + random.below(9);
  for (let index = 0; index < count; index++) {
    const atMs = random.between(fromMs, untilMs);
    const who = random.pick(nodes);
    const anybody = random.pick([...nodes, ...nodes, witness]);
    const laterMs = atMs + random.between(0, 4 * leaseMs);
    const roll = random.below(100);
    if (roll < 35) {
      faults.push({
        atMs,
        type: 'freeze',
        who: anybody,
        ms: random.chance(0.5) ? random.between(1, leaseMs) : random.between(leaseMs, 6 * leaseMs),
        steps: random.below(12),
      });
    } else if (roll < 50) {
      faults.push({ atMs, type: random.chance(0.5) ? 'kill' : 'power-off', who: anybody });
      if (random.chance(0.8)) faults.push({ atMs: laterMs, type: 'start', who: anybody });
    } else if (roll < 70) {
      const directions = directionsOf(random, nodes, witness, paths);
      faults.push({ atMs, type: 'cut', directions });
      if (random.chance(0.7)) faults.push({ atMs: laterMs, type: 'mend', directions });
    } else if (roll < 80) {
      faults.push({
        atMs,
        type: 'weather',
        loss: random.chance(0.5) ? random.next() * 0.5 : 0,
        duplicate: random.next() * 0.3,
        corrupt: random.chance(0.3) ? 0.05 : 0,
        maxDelayMs: random.chance(0.5) ? random.between(1, 20) : random.between(20, 4 * leaseMs),
      });
    } else if (roll < 88) {
      faults.push({ atMs, type: 'front-link', who, usable: false });
      if (random.chance(0.7)) faults.push({ atMs: laterMs, type: 'front-link', who, usable: true });
    } else if (roll < 96) faults.push({ atMs, type: 'handover', who });
    else if (roll < 98) faults.push({ atMs, type: 'ready', who, ready: random.chance(0.5) });
    else {
      faults.push({ atMs, type: 'stop', who });
      faults.push({ atMs: laterMs, type: 'start', who });
    }
  }
  return faults.sort((left, right) => left.atMs - right.atMs);
};
