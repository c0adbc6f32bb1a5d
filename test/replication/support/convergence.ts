/**
 * Model test of the replica: any order of changes, losses, restarts, silent faults and changes of role. What must hold is said in
 * `judge…`; `scripts/mutants.mjs` shows that each of these rules can be broken and is missed.
 */

import fc from 'fast-check';
import { type Action, action, names, ttlOf } from './actions.js';
import { identity, type Pair, SimCluster, type SimOptions } from './cluster.js';

interface Run {
  readonly cluster: SimCluster;
  readonly owners: (string | undefined)[];
  readonly epochs: number[];
  /** By group: who was replaced and has not noticed. */
  readonly deposed: (string | undefined)[];
  /** By group: clients whose entry the owner has deleted, as far as a takeover by a node that was not ready has not put an end to it. */
  readonly removed: Set<number>[];
  corrupted: boolean;
  /** Time that passed while something was under way: what arrives late lives longer there by as much. */
  lateMs: number;
  /** By group: it has changed hands, or its owner has lost its memory. */
  readonly moved: boolean[];
  /** Links over which everything had been told when they broke. */
  readonly met: Set<Pair>;
  readyTakeovers: number;
  resumptions: number;
}

/** `name` takes over from an owner that fails now: if it counts as ready, it has all that the owner had, and nothing that is deleted. */
const judgeTakeover = (run: Run, owner: string, name: string, group: number): void => {
  const { cluster, removed } = run;
  if (run.corrupted || !cluster.isReady(name, owner, group)) {
    removed[group]!.clear();
    return;
  }
  run.readyTakeovers++;
  const of = (node: string) =>
    new Map(
      cluster
        .content(node)
        .filter(({ address }) => address === `10.0.0.${group}`)
        .map((entry) => [entry.client, entry]),
    );
  const [theirs, ours] = [of(owner), of(name)];
  for (const entry of theirs.values()) {
    const mine = ours.get(entry.client);
    if (!mine || identity(mine) !== identity(entry))
      throw new Error(`ready, but ${name} lacks ${identity(entry)}`);
  }
  judgeRemoved(run, name, group);
};

const judgeRemoved = (run: Run, name: string, group: number): void => {
  for (const { client, address } of run.cluster.content(name)) {
    if (address !== `10.0.0.${group}`) continue;
    const number = client.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    if (run.removed[group]!.has(number)) throw new Error(`${name}: ${client} has come back`);
  }
};

const depose = ({ cluster, deposed, epochs }: Run, group: number): void => {
  if (deposed[group]) cluster.setActive(deposed[group], group, epochs[group]!, false);
  deposed[group] = undefined;
};

const perform = (run: Run, step: Action): void => {
  const { cluster, owners, epochs, deposed } = run;
  const sideOf = (at: number, side: boolean): string => (side ? cluster.pairs[at]!.a : cluster.pairs[at]!.b);
  switch (step.kind) {
    case 'add':
      if (!owners[step.group]) return;
      cluster.originate(owners[step.group]!, step.group, step.client, step.backend, ttlOf(step.client));
      if (cluster.remainingMs(owners[step.group]!, step.group, step.client) < ttlOf(step.client) / 2)
        throw new Error(`${owners[step.group]} does not tell that ${step.client} was seen`);
      run.removed[step.group]!.delete(step.client);
      return;
    case 'remove':
      if (!owners[step.group]) return;
      // One that has run out is not deleted.
      if (cluster.remainingMs(owners[step.group]!, step.group, step.client) > 0)
        run.removed[step.group]!.add(step.client);
      cluster.remove(owners[step.group]!, step.group, step.client);
      return;
    case 'corrupt':
      if (cluster.corrupt(names[step.node]!, step.client, step.group, step.backend)) run.corrupted = true;
      return;
    case 'deliver':
      cluster.deliver(cluster.pairs[step.pair]!, sideOf(step.pair, step.side), step.amount);
      return;
    case 'pump':
      cluster.pump(cluster.pairs[step.pair]!, sideOf(step.pair, step.side), step.amount * 200);
      return;
    case 'apply':
      cluster.apply(cluster.pairs[step.pair]!, sideOf(step.pair, step.side));
      return;
    case 'tick':
      cluster.step(cluster.pairs[step.pair]!, sideOf(step.pair, step.side), { kind: 'tick' });
      return;
    case 'break':
      cluster.break(cluster.pairs[step.pair]!);
      return;
    case 'connect':
      // It may break before the first digest.
      run.met.delete(cluster.pairs[step.pair]!);
      cluster.connect(cluster.pairs[step.pair]!);
      return;
    case 'exchange':
      exchange(run, cluster.pairs[step.pair]!);
      return;
    case 'sweep':
      cluster.node(names[step.node]!).replica.sweep(1000, cluster.nowMs);
      return;
    case 'restart':
    case 'return': {
      const name = names[step.node]!;
      cluster.restart(name, step.kind === 'return');
      for (const pair of cluster.pairs) if (pair.a === name || pair.b === name) run.met.delete(pair);
      for (const [at, owner] of owners.entries()) {
        if (deposed[at] === name) deposed[at] = undefined;
        if (owner !== name) continue;
        owners[at] = undefined;
        run.moved[at] = true;
        run.removed[at]!.clear();
      }
      return;
    }
    case 'straggle': {
      const name = deposed[step.group];
      // Whoever hears its successor has lost its lease.
      if (!name || cluster.node(name).book.originOf(step.group) !== name) return;
      if (step.backend === 0) cluster.remove(name, step.group, step.client);
      else cluster.originate(name, step.group, step.client, step.backend, ttlOf(step.client));
      return;
    }
    case 'depose':
      depose(run, step.group);
      return;
    case 'takeover': {
      const name = names[step.node]!;
      const previous = owners[step.group];
      if (previous === name) return;
      if (previous) judgeTakeover(run, previous, name, step.group);
      // An owner that was cut off learns of its loss late, or only from its successor.
      if (previous && step.orderly) cluster.setActive(previous, step.group, epochs[step.group]!, false);
      if (deposed[step.group] === name) depose(run, step.group);
      epochs[step.group]!++;
      cluster.setActive(name, step.group, epochs[step.group]!, true);
      depose(run, step.group);
      if (previous && !step.orderly) deposed[step.group] = previous;
      owners[step.group] = name;
      run.moved[step.group] = true;
      return;
    }
    case 'time':
      if (cluster.underWay()) run.lateMs += step.ms;
      cluster.nowMs += step.ms;
  }
};

/**
 * A link comes back and all that is due travels. A peer whose position the owner's log still holds goes on from there, and
 * lacks nothing: the digest that follows is equal.
 */
const exchange = (run: Run, pair: Pair): void => {
  const { cluster, owners } = run;
  const expected = [pair.a, pair.b].flatMap((owner) => {
    const peer = owner === pair.a ? pair.b : pair.a;
    return pair.sessions === undefined && cluster.canResume(peer, owner) ? [{ owner, peer }] : [];
  });
  const met = run.met.has(pair);
  cluster.connect(pair);
  cluster.drain([pair]);
  run.met.add(pair);
  for (const { owner, peer } of expected) {
    if (!cluster.resumed.has(`${owner} ${peer}`)) throw new Error(`${peer} is not resumed by ${owner}`);
    run.resumptions++;
    if (run.corrupted || run.lateMs > 0 || !met) continue;
    const session = pair.sessions?.get(owner);
    for (const [group, { differing }] of session?.outbound.answers ?? []) {
      if (owners[group] !== owner || run.moved[group] || differing === 0) continue;
      throw new Error(
        `${peer} was resumed by ${owner} and differs in ${differing} buckets of group ${group}`,
      );
    }
  }
};

/** Of its life: who knows of less than 5/8 asks the owner anew after a break, which may have all of it. */
const shortShare = 3 / 8;

/** Every node has what the owner has, for about as long. `digested`: digests have had time to find what is wrong. */
const judgeEqual = (run: Run, group: number, digested: boolean): void => {
  const { cluster, owners } = run;
  const owner = owners[group]!;
  const address = `10.0.0.${group}`;
  const shortMs = (ttlMs: number): number => shortShare * ttlMs + run.lateMs + 1;
  const of = (name: string) => cluster.content(name).filter((entry) => entry.address === address);
  const truth = new Map(of(owner).map((entry) => [entry.client, entry]));
  for (const name of names) {
    const seen = of(name);
    const missing = new Map(truth);
    for (const entry of seen) {
      const original = truth.get(entry.client);
      missing.delete(entry.client);
      // It ended at its owner a moment ago, and came here late, or from one who had taken over and lengthened it.
      if (!original && cluster.hasEnded(owner, entry, digested ? 60_000 : undefined)) continue;
      if (!original || identity(original) !== identity(entry)) {
        throw new Error(
          `${name} has ${identity(entry)}, ${owner} ${original ? identity(original) : 'has not'}`,
        );
      }
      if (!run.corrupted && original.remainingMs - entry.remainingMs > shortMs(entry.ttlMs)) {
        throw new Error(
          `${name} has ${identity(entry)} for ${entry.remainingMs} ms, ${owner} for ${original.remainingMs} ms`,
        );
      }
    }
    for (const entry of missing.values()) {
      if (entry.remainingMs <= shortMs(entry.ttlMs)) continue;
      throw new Error(`${name} lacks ${identity(entry)} of ${owner}`);
    }
    if (!run.corrupted) judgeRemoved(run, name, group);
  }
};

export interface ModelRuns {
  readonly runs: number;
  readonly seed?: number | undefined;
  /** The first counterexample as it is, not the smallest. */
  readonly quick?: boolean;
}

export interface Seen {
  /** How often a node that counted as ready took over. */
  readonly readyTakeovers: number;
  /** How often a peer went on where it had been. */
  readonly resumptions: number;
}

/** Throws at the first rule that does not hold. */
export const play = (options: SimOptions, actions: readonly Action[]): Seen => {
  const cluster = new SimCluster(names, { ...options, groups: 2 });
  const run: Run = {
    cluster,
    owners: ['a', 'b'],
    epochs: [1, 1],
    deposed: [undefined, undefined],
    removed: [new Set(), new Set()],
    moved: [false, false],
    corrupted: false,
    lateMs: 0,
    met: new Set(),
    readyTakeovers: 0,
    resumptions: 0,
  };
  cluster.setActive('a', 0, 1, true);
  cluster.setActive('b', 1, 1, true);
  for (const step of actions) perform(run, step);
  // An owner that restarted comes back in a new epoch.
  for (const at of [0, 1]) {
    if (!run.owners[at]) perform(run, { kind: 'takeover', node: 2, group: at, orderly: false });
  }
  for (const at of [0, 1]) depose(run, at);
  // What was told must do, without digests: they are there for faults that nobody is told of.
  for (const pair of cluster.pairs) cluster.connect(pair);
  cluster.drain();
  if (!run.corrupted) for (const at of [0, 1]) judgeEqual(run, at, false);
  cluster.settle();
  for (const at of [0, 1]) judgeEqual(run, at, true);
  for (const link of cluster.pairs) {
    for (const session of link.sessions?.values() ?? []) {
      for (const { group: at, complete } of session.inbound.activeGroups()) {
        if (!complete) throw new Error(`group ${at} is still incomplete`);
      }
    }
  }
  if (cluster.notes.length > 0) throw new Error(cluster.notes.join('\n'));
  return run;
};

export const converges = (options: SimOptions, { runs, seed, quick = false }: ModelRuns): Seen => {
  const seen = { readyTakeovers: 0, resumptions: 0 };
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 120, size: 'max' }), (actions) => {
      const { readyTakeovers, resumptions } = play(options, actions);
      seen.readyTakeovers += readyTakeovers;
      seen.resumptions += resumptions;
    }),
    { numRuns: runs, includeErrorInReport: true, endOnFailure: quick, ...(seed !== undefined && { seed }) },
  );
  return seen;
};
