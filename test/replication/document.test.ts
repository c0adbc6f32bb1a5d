/**
 * Model test of the document: whatever the order of edits, losses, restarts, refusals and partitions, nodes that can talk again have the
 * same document or say that they have not, and nothing that was answered is lost. RELEVO_RUNS sets the number of runs.
 */

import test from 'ava';
import fc from 'fast-check';
import { seenCovers } from '../../src/replication/document/version.js';
import { DocumentCluster, difference } from './support/document-cluster.js';

const runs = Number(process.env.RELEVO_RUNS ?? 400);
const names = ['a', 'b', 'c'];

const node = fc.constantFrom(...names);
const pair = fc.nat(2);
const key = fc.constantFrom('k1', 'k2', 'k3', 'k4');
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('edit' as const), node, key, gone: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('apply' as const),
      node,
      key,
      force: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      confirm: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('rollback' as const, 'confirm' as const),
      node,
      to: fc.nat(8),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      pair,
      side: fc.boolean(),
      count: fc.nat(4),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('connect' as const), pair }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break' as const), pair }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('refuse' as const, 'save' as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), node, torn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leader' as const), node, leader: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(40_000) }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

let values = 0;

const perform = (cluster: DocumentCluster, step: Action): void => {
  const pairs = cluster.pairs();
  switch (step.kind) {
    case 'edit':
      cluster.edit(step.node, step.key, step.gone ? undefined : `v${++values}`);
      return;
    case 'apply': {
      const { content } = cluster.node(step.node);
      const wanted = new Map(content).set(step.key, `v${++values}`);
      if (wanted.size > 2) wanted.delete([...wanted.keys()][0]!);
      const confirmMs = step.confirm ? 20_000 : 0;
      cluster.propose(step.node, { change: difference(content, wanted), force: step.force, confirmMs });
      return;
    }
    case 'rollback':
      cluster.propose(step.node, { kind: 'rollback', to: step.to });
      return;
    case 'confirm':
      cluster.propose(step.node, { kind: 'confirm' });
      return;
    case 'deliver': {
      const [a, b] = pairs[step.pair]!;
      if (step.side) cluster.deliver(a, b, step.count);
      else cluster.deliver(b, a, step.count);
      return;
    }
    case 'flush':
      cluster.flush();
      return;
    case 'connect':
      cluster.connect(...pairs[step.pair]!);
      return;
    case 'break':
      cluster.break(...pairs[step.pair]!);
      return;
    case 'refuse':
      cluster.node(step.node).refuse = true;
      return;
    case 'save':
      cluster.save(step.node);
      return;
    case 'restart':
      cluster.restart(step.node, step.torn);
      return;
    case 'leader':
      cluster.step(step.node, { kind: 'leader', leader: step.leader });
      return;
    case 'time':
      cluster.nowMs += step.ms;
      for (const name of names) cluster.step(name, { kind: 'tick' });
  }
};

/** A value that somebody else's later word did not know is still there, unless a conflict is shown. */
const judgeValues = (cluster: DocumentCluster, actions: readonly Action[]): void => {
  const isPlain = actions.every(({ kind }) =>
    ['edit', 'deliver', 'flush', 'connect', 'break', 'leader', 'time'].includes(kind),
  );
  if (!isPlain || [...cluster.nodes.values()].some(({ machine }) => machine.conflictTexts().length > 0))
    return;
  for (const [value, version] of cluster.writers) {
    for (const { name, content, machine } of cluster.nodes.values()) {
      if (!machine.head || !seenCovers(machine.head.seen, version.id))
        throw new Error(`${name} lacks ${version.id}`);
      for (const present of content.values()) {
        const writer = cluster.writers.get(present)!;
        if (present === value && writer.id !== version.id)
          throw new Error(`${name} has ${present} of another`);
      }
    }
  }
};

test('three nodes converge or say that they do not', (t) => {
  let [conflicts, merges, acknowledged] = [0, 0, 0];
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 1, maxLength: 80, size: 'max' }),
      fc.boolean(),
      (actions, joined) => {
        const cluster = new DocumentCluster(names);
        if (joined) for (const [a, b] of cluster.pairs()) cluster.connect(a, b);
        cluster.flush();
        if (joined) cluster.propose('a', { change: new Map([['k0', 'first']]) });
        if (joined) cluster.flush();
        for (const step of actions) perform(cluster, step);
        cluster.settle();
        cluster.judge();
        judgeValues(cluster, actions);
        if (cluster.node('a').machine.conflictTexts().length > 0) conflicts++;
        if (cluster.notes.some((note) => note.includes('merged'))) merges++;
        acknowledged += cluster.acknowledged.length;
      },
    ),
    { numRuns: runs, includeErrorInReport: true },
  );
  t.log({ conflicts, merges, acknowledged });
  // A model in which nothing happens proves nothing.
  t.true(conflicts > 0 && merges > 0 && acknowledged > runs);
});
