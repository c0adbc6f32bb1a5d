/** Changes of what features need, as the operations that they come to. */

import test from 'ava';
import { limits } from '../../src/limits.js';
import type { Operation, SetSpec } from '../../src/netlink/nft/ast.js';
import { createBatches } from '../../src/ruleset/batches.js';
import { changeUnit, emptyComposition, sweepUnused } from '../../src/ruleset/composition.js';
import { adoptFeatures, compose } from '../../src/ruleset/composition-adopt.js';
import { type Contribution, ipTable, type Placed, type Structure } from '../../src/ruleset/feature.js';
import { hostNumber } from '../../src/ruleset/features/bytes.js';
import { rule } from '../../src/ruleset/rules.js';

const table = ipTable;
const chain = { name: 'shared' };
const station = (order: number): Structure => ({
  kind: 'station',
  table,
  chain,
  order,
  rule: rule(chain.name, `rule ${order}`, { kind: 'counter' }),
});
const helper = { type: 'ct helper', name: 'ftp_tcp', helper: 'ftp', protocol: 'tcp', layer3: 'ip' } as const;
const flowtable = { name: 'fast', priority: 0, devices: ['lo'] };

const needs = (...structure: Structure[]): Contribution => ({ structure, elements: [] });
const words = (operations: readonly Operation[]): string[] => operations.map(({ op }) => op);

test('several rules in a shared chain that is not there yet: the chain is made first', (t) => {
  const batches = createBatches();
  changeUnit(emptyComposition(), 'one', needs(station(1), station(2)), batches);
  t.deepEqual(words(batches.finish().flat()), ['add-chain', 'flush-chain', 'add-rule', 'add-rule']);
});

test('one more rule in a chain that is there: rewritten, not made again', (t) => {
  const composition = emptyComposition();
  changeUnit(composition, 'one', needs(station(1)), createBatches());
  const batches = createBatches();
  changeUnit(composition, 'two', needs(station(2)), batches);
  t.deepEqual(words(batches.finish().flat()), ['flush-chain', 'add-rule', 'add-rule']);
});

test('objects and flowtables are made before the rules that name them, and go when nobody needs them', (t) => {
  const composition = emptyComposition();
  const batches = createBatches();
  const contribution = needs(
    { kind: 'object', table, object: helper },
    { kind: 'flowtable', table, flowtable },
    station(1),
  );
  changeUnit(composition, 'one', contribution, batches);
  changeUnit(composition, 'two', contribution, batches);
  t.deepEqual(words(batches.finish().flat()), [
    'add-object',
    'add-flowtable',
    'add-chain',
    'flush-chain',
    'add-rule',
  ]);
  changeUnit(composition, 'one', undefined, createBatches());
  t.deepEqual(sweepUnused(composition), []);
  changeUnit(composition, 'two', undefined, createBatches());
  const swept = words(sweepUnused(composition));
  t.is(swept[0], 'flush-chain', 'rules first');
  t.deepEqual([...swept].sort(), ['delete-chain', 'delete-flowtable', 'delete-object', 'flush-chain']);
});

test('a cold start of many elements is several transactions, what leads packets there in the last ones', (t) => {
  const set = { name: 'picks', key: ['mark'], data: ['mark'] } as const satisfies SetSpec;
  const switches = { ...set, name: 'switch' };
  const placed = (of: SetSpec, at: number, activates: boolean): Placed => ({
    table,
    set: of,
    element: { key: hostNumber(at), data: hostNumber(at) },
    activates,
  });
  const contribution: Contribution = {
    structure: [set, switches].map((one) => ({ kind: 'set', table, set: one, filledBy: 'us' })),
    elements: [
      ...Array.from({ length: 20_000 }, (_, at) => placed(set, at, false)),
      placed(switches, 1, true),
    ],
  };
  const batches = createBatches();
  adoptFeatures(
    compose([['one', contribution]]),
    [{ name: table, table: undefined, elements: new Map() }],
    { protect: false, isOthers: () => true },
    batches,
  );
  const lists = batches.finish();
  const sizes = lists.map((list) =>
    list.reduce((sum, one) => sum + (one.op === 'add-elements' ? one.elements.length : 0), 0),
  );
  t.true(Math.max(...sizes) <= limits.batchElements, String(sizes));
  t.is(
    sizes.reduce((a, b) => a + b),
    20_001,
  );
  const last = lists.at(-1)!.at(-1)!;
  t.true(last.op === 'add-elements' && last.set === switches);
});
