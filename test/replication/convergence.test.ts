/**
 * Model test: whatever the order of changes, losses, restarts, silent faults and changes of role, nodes that can talk again end with the
 * content of the last active node; a standby that counts as ready has everything when it takes over, and nothing that was deleted.
 * RELEVO_RUNS sets the number of runs (the long mode: 100000), RELEVO_SEED the first seed.
 */

import test from 'ava';
import fc from 'fast-check';
import { identity, SimCluster, type SimOptions } from './support/cluster.js';

const runs = Number(process.env.RELEVO_RUNS ?? 300);
const seed = process.env.RELEVO_SEED === undefined ? {} : { seed: Number(process.env.RELEVO_SEED) };
const names = ['a', 'b', 'c'];

type Action =
  | {
      readonly kind: 'add';
      readonly group: number;
      readonly client: number;
      readonly backend: number;
      readonly ttlMs: number;
    }
  | {
      readonly kind: 'corrupt';
      readonly node: number;
      readonly group: number;
      readonly client: number;
      readonly backend: number;
    }
  | { readonly kind: 'remove'; readonly group: number; readonly client: number }
  | {
      readonly kind: 'deliver' | 'pump';
      readonly pair: number;
      readonly side: boolean;
      readonly amount: number;
    }
  | { readonly kind: 'apply' | 'tick'; readonly pair: number; readonly side: boolean }
  | { readonly kind: 'break' | 'connect' | 'exchange'; readonly pair: number }
  | { readonly kind: 'sweep' | 'restart' | 'return'; readonly node: number }
  | { readonly kind: 'takeover'; readonly node: number; readonly group: number; readonly orderly: boolean }
  | { readonly kind: 'time'; readonly ms: number };

const pair = fc.nat(2);
const node = fc.nat(2);
const group = fc.nat(1);
const client = fc.nat(40);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      group,
      client,
      backend: fc.nat(3),
      // Some end while they travel.
      ttlMs: fc.constantFrom(100_000, 400_000, 3_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('corrupt' as const), node, group, client, backend: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), group, client }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('deliver' as const, 'pump' as const),
      pair,
      side: fc.boolean(),
      amount: fc.nat(4),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('apply' as const, 'tick' as const),
      pair,
      side: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('break' as const, 'connect' as const), pair }) },
  // All that is under way between two nodes arrives: otherwise nobody is ever ready.
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('exchange' as const), pair }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('sweep' as const, 'restart' as const, 'return' as const),
      node,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('takeover' as const), node, group, orderly: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(40_000) }) },
);

interface Run {
  readonly cluster: SimCluster;
  readonly owners: (string | undefined)[];
  readonly epochs: number[];
  /** By group: clients whose entry the owner has deleted, as far as a takeover by a node that was not ready has not put an end to it. */
  readonly removed: Set<number>[];
  corrupted: boolean;
  readyTakeovers: number;
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

const perform = (run: Run, step: Action): void => {
  const { cluster, owners, epochs } = run;
  const sideOf = (at: number, side: boolean): string => (side ? cluster.pairs[at]!.a : cluster.pairs[at]!.b);
  switch (step.kind) {
    case 'add':
      if (!owners[step.group]) return;
      cluster.originate(owners[step.group]!, step.group, step.client, step.backend, step.ttlMs);
      run.removed[step.group]!.delete(step.client);
      return;
    case 'remove':
      if (!owners[step.group]) return;
      cluster.remove(owners[step.group]!, step.group, step.client);
      run.removed[step.group]!.add(step.client);
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
      cluster.connect(cluster.pairs[step.pair]!);
      return;
    case 'exchange':
      cluster.connect(cluster.pairs[step.pair]!);
      cluster.drain([cluster.pairs[step.pair]!]);
      return;
    case 'sweep':
      cluster.node(names[step.node]!).replica.sweep(1000, cluster.nowMs);
      return;
    case 'restart':
    case 'return': {
      const name = names[step.node]!;
      cluster.restart(name, step.kind === 'return');
      for (const [at, owner] of owners.entries()) {
        if (owner !== name) continue;
        owners[at] = undefined;
        run.removed[at]!.clear();
      }
      return;
    }
    case 'takeover': {
      const name = names[step.node]!;
      const previous = owners[step.group];
      if (previous === name) return;
      if (previous) judgeTakeover(run, previous, name, step.group);
      // An owner that was cut off learns of its loss late, or only from its successor.
      if (previous && step.orderly) cluster.setActive(previous, step.group, epochs[step.group]!, false);
      epochs[step.group]!++;
      cluster.setActive(name, step.group, epochs[step.group]!, true);
      if (previous && !step.orderly) cluster.setActive(previous, step.group, epochs[step.group]! - 1, false);
      owners[step.group] = name;
      return;
    }
    case 'time':
      cluster.nowMs += step.ms;
  }
};

/** How often a node that counted as ready took over. */
const converges = (options: SimOptions, numRuns: number): number => {
  let readyTakeovers = 0;
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 120 }), (actions) => {
      const cluster = new SimCluster(names, { ...options, groups: 2 });
      const run: Run = {
        cluster,
        owners: ['a', 'b'],
        epochs: [1, 1],
        removed: [new Set(), new Set()],
        corrupted: false,
        readyTakeovers: 0,
      };
      cluster.setActive('a', 0, 1, true);
      cluster.setActive('b', 1, 1, true);
      for (const step of actions) perform(run, step);
      // An owner that restarted comes back in a new epoch.
      for (const at of [0, 1]) {
        if (!run.owners[at]) perform(run, { kind: 'takeover', node: 2, group: at, orderly: false });
      }
      cluster.settle();
      for (const at of [0, 1]) {
        const address = `10.0.0.${at}`;
        const truth = cluster.content(run.owners[at]!).filter((entry) => entry.address === address);
        for (const name of names) {
          const seen = cluster.content(name).filter((entry) => entry.address === address);
          const [expected, actual] = [truth.map(identity).join('\n'), seen.map(identity).join('\n')];
          if (expected !== actual) throw new Error(`${run.owners[at]}:\n${expected}\n${name}:\n${actual}`);
          if (!run.corrupted) judgeRemoved(run, name, at);
        }
      }
      for (const link of cluster.pairs) {
        for (const session of link.sessions?.values() ?? []) {
          for (const { group: at, complete } of session.inbound.activeGroups()) {
            if (!complete) throw new Error(`group ${at} is still incomplete`);
          }
        }
      }
      if (cluster.notes.length > 0) throw new Error(cluster.notes.join('\n'));
      readyTakeovers += run.readyTakeovers;
    }),
    { numRuns, includeErrorInReport: true, ...seed },
  );
  return readyTakeovers;
};

test('three nodes converge', (t) => {
  const readyTakeovers = converges({}, runs);
  t.log({ readyTakeovers });
  t.true(readyTakeovers > 0, 'a model in which nothing happens proves nothing');
});

test('three nodes converge with a log and a window so small that peers overflow', (t) => {
  const readyTakeovers = converges({ logEntries: 8, windowEntries: 4, frameEntries: 2 }, runs);
  t.log({ readyTakeovers });
  t.true(readyTakeovers > 0);
});
