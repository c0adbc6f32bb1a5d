/**
 * Model test: whatever the order of changes, losses, restarts and changes of role, nodes that can talk again end with the
 * content of the last active node. RELEVO_RUNS sets the number of runs (the long mode: 100000).
 */

import test from 'ava';
import fc from 'fast-check';
import { identity, SimCluster, type SimOptions } from './support/cluster.js';

const runs = Number(process.env.RELEVO_RUNS ?? 300);
const names = ['a', 'b', 'c'];

type Action =
  | { readonly kind: 'add'; readonly group: number; readonly client: number; readonly backend: number }
  | { readonly kind: 'remove'; readonly group: number; readonly client: number }
  | {
      readonly kind: 'deliver' | 'pump';
      readonly pair: number;
      readonly side: boolean;
      readonly amount: number;
    }
  | { readonly kind: 'apply' | 'tick'; readonly pair: number; readonly side: boolean }
  | { readonly kind: 'break' | 'connect'; readonly pair: number }
  | { readonly kind: 'sweep' | 'restart'; readonly node: number }
  | { readonly kind: 'takeover'; readonly node: number; readonly group: number; readonly orderly: boolean }
  | { readonly kind: 'time'; readonly ms: number };

const pair = fc.nat(2);
const node = fc.nat(2);
const group = fc.nat(1);
const client = fc.nat(40);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('add' as const), group, client, backend: fc.nat(3) }),
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('sweep' as const, 'restart' as const), node }) },
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
}

const perform = (run: Run, step: Action): void => {
  const { cluster, owners, epochs } = run;
  const sideOf = (at: number, side: boolean): string => (side ? cluster.pairs[at]!.a : cluster.pairs[at]!.b);
  switch (step.kind) {
    case 'add':
      if (owners[step.group]) cluster.originate(owners[step.group]!, step.group, step.client, step.backend);
      return;
    case 'remove':
      if (owners[step.group]) cluster.remove(owners[step.group]!, step.group, step.client);
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
    case 'sweep':
      cluster.node(names[step.node]!).replica.sweep(1000, cluster.nowMs);
      return;
    case 'restart': {
      const name = names[step.node]!;
      cluster.restart(name);
      for (const [at, owner] of owners.entries()) if (owner === name) owners[at] = undefined;
      return;
    }
    case 'takeover': {
      const name = names[step.node]!;
      const previous = owners[step.group];
      if (previous === name) return;
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

const converges = (options: SimOptions, numRuns: number): void => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 120 }), (actions) => {
      const cluster = new SimCluster(names, { ...options, groups: 2 });
      const run: Run = { cluster, owners: ['a', 'b'], epochs: [1, 1] };
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
    }),
    { numRuns, includeErrorInReport: true },
  );
};

test('three nodes converge', (t) => {
  converges({}, runs);
  t.pass();
});

test('three nodes converge with a log and a window so small that peers overflow', (t) => {
  converges({ logEntries: 8, windowEntries: 4, frameEntries: 2 }, runs);
  t.pass();
});
