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
  /** Freezes it just before its next write to the kernel, and strikes again right after that write. */
  | {
      readonly atMs: number;
      readonly type: 'ambush';
      readonly who: string;
      /** `brink`: until the last moment in which that write can succeed. */
      readonly ms: number | 'brink';
      readonly then: 'kill' | 'silence' | 'freeze';
      /** That write only; else any that takes or keeps a lease. */
      readonly op?: 'claim';
      /** Right after that write these are mended, and the rival no longer hears that another one holds the grant. */
      readonly opens?: { readonly directions: readonly string[]; readonly rival: string };
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
  | {
      readonly atMs: number;
      readonly type: 'handover' | 'stop';
      readonly who: string;
      readonly group?: number;
    }
  /** Something is wrong with a node, or (0) no longer. */
  | { readonly atMs: number; readonly type: 'health'; readonly who: string; readonly weight: number }
  /** An order given on one node for another, or for itself. */
  | {
      readonly atMs: number;
      readonly type: 'maintenance';
      readonly who: string;
      readonly node: string;
      readonly whole: boolean;
      readonly on: boolean;
    }
  /** etcd answers nobody, or again; a new leader while the old one has not noticed; slow and lossy answers. */
  | { readonly atMs: number; readonly type: 'etcd-down' | 'etcd-up' }
  | { readonly atMs: number; readonly type: 'etcd-depose'; readonly ms: number }
  | {
      readonly atMs: number;
      readonly type: 'etcd-cut' | 'etcd-mend' | 'etcd-foreign' | 'etcd-own';
      readonly who: string;
    }
  | { readonly atMs: number; readonly type: 'etcd-slow'; readonly slowMs: number; readonly loss: number }
  /** The wall clock of a node is set. */
  | { readonly atMs: number; readonly type: 'wall'; readonly who: string; readonly minute: number };

const everyDirection = (nodes: readonly string[], witness: string, paths: number): string[] => {
  const all: string[] = [];
  for (const from of [...nodes, witness]) {
    for (const to of [...nodes, witness]) {
      if (from === to) continue;
      const count = from === witness || to === witness ? 1 : paths;
      for (let path = 0; path < count; path++) all.push(`${from}>${to}/${path}`);
    }
  }
  return all;
};

const directionsOf = (
  random: SimRandom,
  nodes: readonly string[],
  witness: string,
  paths: number,
): string[] => {
  const all = everyDirection(nodes, witness, paths);
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

/**
 * To the brink: an owner is cut off, whoever follows it writes its claim in the last moment in which it may and says no more, and the first one
 * is back by then, wants the group, and is put off by nobody. What is left between two owners is the margin.
 */
const drawBrink = (
  random: SimRandom,
  nodes: readonly string[],
  witness: string,
  paths: number,
  atMs: number,
  leaseMs: number,
): Fault[] => {
  const who = random.pick(nodes);
  const directions = everyDirection(nodes, witness, paths).filter(
    (one) => one.startsWith(`${who}>`) || one.includes(`>${who}/`),
  );
  const opens = random.chance(0.7) ? { directions, rival: who } : undefined;
  const ms = opens ? 'brink' : random.between(0.85, 1.01) * leaseMs;
  // A process that lives on sees that its lease is over, and closes at once.
  const then = opens ? 'kill' : 'silence';
  return [
    { atMs, type: 'cut', directions },
    ...nodes
      .filter((name) => name !== who)
      .map(
        (name): Fault => ({
          atMs,
          type: 'ambush',
          who: name,
          ms,
          then,
          op: 'claim',
          ...(opens && { opens }),
        }),
      ),
    { atMs: atMs + random.between(2, opens ? 6 : 3.5) * leaseMs, type: 'mend', directions },
  ];
};

/** Stories of several faults that chance alone would seldom tell, each aimed at one part of the safety argument. */
const drawPlot = (
  random: SimRandom,
  nodes: readonly string[],
  witness: string,
  paths: number,
  atMs: number,
  leaseMs: number,
): Fault[] => {
  const who = random.pick(nodes);
  if (random.chance(0.25)) return drawBrink(random, nodes, witness, paths, atMs, leaseMs);
  if (random.chance(0.6)) {
    // Whoever owns the group: everybody is ambushed, only owners and claimants write.
    const ms = random.chance(0.3) ? 'brink' : random.between(0.2, 1) * leaseMs;
    const then = random.pick(['kill', 'silence', 'freeze'] as const);
    return nodes.map((name) => ({ atMs, type: 'ambush', who: name, ms, then }));
  }
  // An owner whose only other voter forgets: its peers do not hear it, the witness (or a peer) restarts.
  const directions = everyDirection(nodes, witness, paths).filter(
    (one) => (one.startsWith(`${who}>`) || one.includes(`>${who}/`)) && !one.includes(witness),
  );
  const restarted = nodes.length === 2 ? witness : random.pick(nodes.filter((name) => name !== who));
  const killMs = atMs + random.between(0, 3 * leaseMs);
  return [
    { atMs, type: 'cut', directions },
    { atMs: killMs, type: 'kill', who: restarted },
    { atMs: killMs + random.between(0, leaseMs / 2), type: 'start', who: restarted },
  ];
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
  // Now and then alone: any other fault gives it away.
  if (random.chance(0.06)) return drawBrink(random, nodes, witness, paths, fromMs, leaseMs);
  const faults: Fault[] = [];
  const count = 2 + random.below(9);
  for (let index = 0; index < count; index++) {
    const atMs = random.between(fromMs, untilMs);
    const who = random.pick(nodes);
    const anybody = random.pick([...nodes, ...nodes, witness]);
    const laterMs = atMs + random.between(0, 4 * leaseMs);
    const roll = random.below(100);
    if (random.chance(0.15)) {
      const kind = random.below(3);
      if (kind === 0) {
        const weight = random.pick([5, 20, 40, 100]);
        faults.push({ atMs, type: 'health', who, weight });
        if (random.chance(0.5)) faults.push({ atMs: laterMs, type: 'health', who, weight: 0 });
      } else if (kind === 1) {
        const whole = random.chance(0.5);
        const node = random.pick(nodes);
        faults.push({ atMs, type: 'maintenance', who, node, whole, on: true });
        if (random.chance(0.5))
          faults.push({ atMs: laterMs, type: 'maintenance', who, node, whole, on: false });
      } else faults.push({ atMs, type: 'wall', who, minute: random.below(1_440) });
    } else if (roll < 12) {
      faults.push(...drawPlot(random, nodes, witness, paths, atMs, leaseMs));
    } else if (roll < 38) {
      const ms = random.chance(0.6) ? random.between(1, leaseMs) : random.between(leaseMs, 6 * leaseMs);
      faults.push({ atMs, type: 'freeze', who: anybody, ms, steps: random.below(12) });
      // The cruel cases: it wakes with a grant in hand, acts on it, and then nobody can reach it or it is dead.
      if (random.chance(0.3)) {
        const directions = everyDirection(nodes, witness, paths).filter((one) =>
          one.startsWith(`${anybody}>`),
        );
        faults.push({ atMs: atMs + random.between(0, leaseMs / 4), type: 'cut', directions });
        faults.push({ atMs: laterMs, type: 'mend', directions });
      }
      if (random.chance(0.2)) {
        faults.push({ atMs: atMs + ms + random.between(0, leaseMs / 8), type: 'kill', who: anybody });
        if (random.chance(0.5)) faults.push({ atMs: laterMs + ms, type: 'start', who: anybody });
      }
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
    } else if (roll < 96) faults.push({ atMs, type: 'handover', who, group: random.below(2) });
    else if (roll < 98) faults.push({ atMs, type: 'ready', who, ready: random.chance(0.5) });
    else {
      faults.push({ atMs, type: 'stop', who });
      faults.push({ atMs: laterMs, type: 'start', who });
    }
  }
  for (const [index, fault] of faults.entries()) {
    if (fault.atMs > untilMs) faults[index] = { ...fault, atMs: untilMs };
  }
  return faults.sort((left, right) => left.atMs - right.atMs);
};

/** What happens to etcd, on top of everything else. */
export const drawEtcdFaults = (
  random: SimRandom,
  nodes: readonly string[],
  fromMs: number,
  untilMs: number,
  leaseMs: number,
): Fault[] => {
  const faults: Fault[] = [];
  for (let count = random.below(4); count > 0; count--) {
    const atMs = random.between(fromMs, untilMs);
    const roll = random.below(4);
    const endMs = Math.min(untilMs, atMs + random.between(0, 12) * leaseMs);
    const who = random.pick(nodes);
    if (roll === 0) {
      faults.push({ atMs, type: 'etcd-down' });
      if (random.chance(0.8)) faults.push({ atMs: endMs, type: 'etcd-up' });
    } else if (roll === 1) faults.push({ atMs, type: 'etcd-depose', ms: random.between(0, 12) * leaseMs });
    else if (roll === 2) {
      const loss = random.chance(0.5) ? random.next() * 0.5 : 0;
      faults.push({ atMs, type: 'etcd-slow', slowMs: random.between(0, leaseMs), loss });
    } else {
      faults.push({ atMs, type: 'etcd-cut', who });
      if (random.chance(0.8)) faults.push({ atMs: endMs, type: 'etcd-mend', who });
    }
  }
  if (random.chance(0.4)) {
    // A node that hears no other owns by its lease in etcd alone, and then loses that as well, or has it from a leader that is none.
    const who = random.pick(nodes);
    const atMs = fromMs + random.between(0, 2) * leaseMs;
    const thenMs = atMs + random.between(1, 6) * leaseMs;
    const directions = everyDirection(nodes, '', 2).filter(
      (one) => one.startsWith(`${who}>`) || one.includes(`>${who}/`),
    );
    faults.push({ atMs, type: 'cut', directions });
    if (random.chance(0.5)) faults.push({ atMs: thenMs, type: 'etcd-cut', who });
    else faults.push({ atMs: thenMs, type: 'etcd-depose', ms: 14 * leaseMs });
  }
  if (random.chance(0.2)) {
    // A node's endpoints lead to another etcd for a while.
    const who = random.pick(nodes);
    const atMs = random.between(fromMs, untilMs);
    faults.push({ atMs, type: 'etcd-foreign', who });
    if (random.chance(0.5)) faults.push({ atMs: random.between(atMs, untilMs), type: 'etcd-own', who });
  }
  return faults;
};
