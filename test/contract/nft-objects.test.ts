/** Named objects and flowtables on the real kernel, counters read back, and what a kernel says of features it lacks. */

import test from 'ava';
import { type ErrorCode, RelevoError } from '../../src/errors.js';
import type { Operation, SetSpec, Statement, TableName } from '../../src/netlink/nft/ast.js';
import { operationText, ruleText } from '../../src/netlink/nft/text.js';
import { enterKernel, fields, ip4, listing } from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

let tables = 0;
const freshTable = async (family: TableName['family'] = 'ip'): Promise<TableName> => {
  const table: TableName = { family, name: `t${tables++}` };
  await kernel.commit({ op: 'add-table', table }, { op: 'add-chain', table, chain: { name: 'c' } });
  return table;
};
const rule = (table: TableName, ...statements: Statement[]): Operation => ({
  op: 'add-rule',
  table,
  rule: { chain: 'c', statements },
});
const refusal = async (...operations: Operation[]): Promise<RelevoError> => {
  const thrown: unknown = await kernel.commit(...operations).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof RelevoError) return thrown;
  throw new Error(`not refused: ${String(thrown)}`);
};

test.serial('counters are made, counted, read by name, and removed', async (t) => {
  const table = await freshTable();
  const other = await freshTable();
  const hook = { type: 'filter', hook: 'output', priority: 0, policy: 'accept' } as const;
  await kernel.commit(
    { op: 'add-object', table, object: { type: 'counter', name: 'sent' } },
    { op: 'add-object', table, object: { type: 'counter', name: 'kept', packets: 3, bytes: 5_000_000_000 } },
    { op: 'add-object', table: other, object: { type: 'counter', name: 'elsewhere' } },
    { op: 'add-chain', table, chain: { name: 'out', hook } },
    {
      op: 'add-rule',
      table,
      rule: { chain: 'out', statements: [{ kind: 'object', type: 'counter', name: 'sent' }] },
    },
  );
  kernel.namespaces.run(kernel.namespace, 'ip', 'link', 'set', 'lo', 'up');
  kernel.namespaces.run(kernel.namespace, 'ping', '-c', '2', '-i', '0.01', '-s', '100', '127.0.0.1');
  const counters = await kernel.nft.readCounters(table);
  t.deepEqual(
    counters.sort((a, b) => a.name.localeCompare(b.name)),
    [
      { name: 'kept', packets: 3, bytes: 5_000_000_000 },
      // Two requests and two replies of 20 + 8 + 100 bytes.
      { name: 'sent', packets: 4, bytes: 512 },
    ],
  );
  const remove = { op: 'delete-object', table, object: { type: 'counter', name: 'sent' } } as const;
  t.is((await refusal(remove)).code, 'kernel-busy');
  await kernel.commit({ op: 'flush-chain', table, chain: 'out' }, remove);
  t.is((await refusal(remove)).code, 'kernel-missing');
  t.deepEqual(
    (await kernel.nft.readCounters(table)).map(({ name }) => name),
    ['kept'],
  );
  const absent = kernel.nft.readCounters({ family: 'ip', name: 'absent' });
  t.is((await t.throwsAsync(absent, { instanceOf: RelevoError })).code, 'kernel-missing');
});

test.serial('elements count packets, and limit and count connections by their own numbers', async (t) => {
  const table = await freshTable();
  const set: SetSpec = { name: 'counted', key: ['ipv4_addr'], statements: [{ kind: 'counter' }] };
  const limited: SetSpec = {
    name: 'limited',
    key: ['ipv4_addr'],
    statements: [{ kind: 'limit', rate: 1, unit: 'second', over: true }],
  };
  const hook = { type: 'filter', hook: 'input', priority: 0, policy: 'accept' } as const;
  const daddr = fields('ip daddr');
  const statements: Statement[] = [
    { kind: 'lookup', key: daddr, set: 'limited' },
    { kind: 'verdict', verdict: { kind: 'drop' } },
  ];
  const limit = (burst: number) => [{ kind: 'limit', rate: 1, unit: 'hour', burst, over: true }] as const;
  await kernel.commit(
    { op: 'add-set', table, set },
    { op: 'add-set', table, set: limited },
    { op: 'add-chain', table, chain: { name: 'in', hook } },
    { op: 'add-rule', table, rule: { chain: 'in', statements } },
    {
      op: 'add-rule',
      table,
      rule: { chain: 'in', statements: [{ kind: 'lookup', key: daddr, set: 'counted' }] },
    },
    { op: 'add-elements', table, set, elements: [2, 3, 4].map((last) => ({ key: ip4(`127.0.0.${last}`) })) },
    {
      op: 'add-elements',
      table,
      set: limited,
      elements: [
        { key: ip4('127.0.0.2'), statements: limit(2) },
        { key: ip4('127.0.0.3'), statements: limit(4) },
      ],
    },
  );
  for (const last of [2, 3, 4]) {
    const ping = ['ping', '-f', '-c', '6', '-W', '0.01', `127.0.0.${last}`];
    kernel.namespaces.run(kernel.namespace, 'sh', '-c', `${ping.join(' ')} || true`);
  }
  const dumped = await kernel.nft.dumpElements(table, 'counted');
  const packets = Object.fromEntries(dumped.map(({ key, counter }) => [key.join('.'), counter?.packets]));
  t.deepEqual(packets, { '127.0.0.2': 2, '127.0.0.3': 4, '127.0.0.4': 6 });
  await kernel.commit({ op: 'delete-table', table });
});

test.serial('a helper is listed and refused when the kernel has none of that name', async (t) => {
  const table = await freshTable();
  const helper = (name: string) =>
    ({ type: 'ct helper', name, helper: name, protocol: 'tcp', layer3: 'ip' }) as const;
  await kernel.commit(
    { op: 'add-object', table, object: helper('ftp') },
    rule(table, { kind: 'object', type: 'ct helper', name: 'ftp' }),
  );
  t.regex(listing(kernel), /ct helper ftp \{\s+type "ftp" protocol tcp\s+l3proto ip\s+\}/);
  const text = await freshTable();
  kernel.stockNft(operationText({ op: 'add-object', table: text, object: helper('ftp') }));
  kernel.stockNft(
    operationText({
      op: 'add-object',
      table: text,
      object: { type: 'counter', name: 'c', packets: 1, bytes: 2 },
    }),
  );
  t.deepEqual(await kernel.nft.readCounters(text), [{ name: 'c', packets: 1, bytes: 2 }]);
  const error = await refusal({ op: 'add-object', table, object: helper('nothing') });
  t.is(error.code, 'unsupported');
});

test.serial('one chain hooks several devices', async (t) => {
  kernel.namespaces.run(kernel.namespace, 'ip', 'link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1');
  const table = await freshTable('netdev');
  const chain = {
    name: 'in',
    hook: { type: 'filter', hook: 'ingress', priority: 5, policy: 'accept', devices: ['lo', 'd0'] },
  } as const;
  await kernel.commit({ op: 'add-chain', table, chain });
  t.regex(listing(kernel), /hook ingress devices = \{ "?(d0"?, "?lo|lo"?, "?d0)"? \} priority/);
  const copy = await freshTable('netdev');
  t.notThrows(() => kernel.stockNft(operationText({ op: 'add-chain', table: copy, chain })));
});

/** What this kernel was built without is refused as that, and the refusal names the operation. A kernel that has it takes it. */
const optional = test.macro({
  exec: async (t, family: TableName['family'], statement: Statement, text: string, expression: string) => {
    t.is(ruleText({ chain: 'c', statements: [statement] }, family), text);
    const table = await freshTable(family);
    const outcome = await kernel
      .commit({ op: 'add-chain', table, chain: { name: 'd' } }, rule(table, statement))
      .then(
        () => undefined,
        (error: RelevoError) => error,
      );
    if (!outcome) {
      t.true(listing(kernel).includes(text));
      return;
    }
    t.is(outcome.code, 'unsupported' satisfies ErrorCode);
    t.is(outcome.facts.operation, 1);
    t.is(outcome.facts.expression, expression);
    t.true(outcome.message.includes(text), outcome.message);
  },
  title: (_, __, ___, text) => `${text}: taken, or said to be unsupported`,
});
test.serial(optional, 'ip', { kind: 'queue', number: 3, bypass: true }, 'queue flags bypass to 3', 'queue');
test.serial(optional, 'ip', { kind: 'queue', number: 0 }, 'queue to 0', 'queue');

test.serial('a flowtable: taken with its rule, or said to be unsupported', async (t) => {
  const table = await freshTable('inet');
  const flowtable = { name: 'f', priority: 0, devices: ['lo'] };
  const hook = { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' } as const;
  const operations: Operation[] = [
    { op: 'add-chain', table, chain: { name: 'fwd', hook } },
    { op: 'add-flowtable', table, flowtable },
    {
      op: 'add-rule',
      table,
      rule: { chain: 'fwd', statements: [{ kind: 'flow-add', flowtable: 'f' }] },
    },
  ];
  t.is(
    operationText(operations[1]!),
    `add flowtable inet ${table.name} f { hook ingress priority 0; devices = { "lo" }; }`,
  );
  t.is(operationText(operations[2]!), `add rule inet ${table.name} fwd flow add @f`);
  const outcome = await kernel.commit(...operations).then(
    () => undefined,
    (error: RelevoError) => error,
  );
  if (outcome) {
    t.is(outcome.code, 'unsupported');
    t.is(outcome.facts.operation, 1);
    return;
  }
  await kernel.commit(
    { op: 'flush-chain', table, chain: 'fwd' },
    { op: 'delete-flowtable', table, flowtable: 'f' },
  );
});

test.serial('a refusal says which operation it was, and a missing name is no missing feature', async (t) => {
  const table = await freshTable();
  const name = 'absent';
  const counter = rule(table, { kind: 'object', type: 'counter', name });
  for (const [operation, code] of [
    [counter, 'kernel-missing'],
    [rule(table, { kind: 'lookup', key: fields('ip saddr'), set: name }), 'kernel-missing'],
    [rule(table, { kind: 'dynset', op: 'add', set: name, key: fields('ip saddr') }), 'kernel-missing'],
    [rule(table, { kind: 'verdict', verdict: { kind: 'jump', chain: name } }), 'kernel-missing'],
    // Only netdev chains forward frames.
    [rule(table, { kind: 'fwd', device: { index: 1, name: 'lo' } }), 'unsupported'],
    [
      { op: 'add-object', table: { ...table, name }, object: { type: 'counter', name: 'x' } },
      'kernel-missing',
    ],
    [
      // One set is cleaned of old elements either by age or by closed connections.
      {
        op: 'add-set',
        table,
        set: {
          name: 's',
          key: ['ipv4_addr'],
          flags: ['timeout'],
          statements: [{ kind: 'ct-count', count: 1 }],
        },
      },
      'unsupported',
    ],
  ] satisfies [Operation, ErrorCode][]) {
    const error = await refusal({ op: 'add-chain', table, chain: { name: 'more' } }, operation);
    t.is(error.code, code, error.message);
    t.is(error.facts.operation, 1);
    t.true(error.message.includes(operationText(operation)));
  }
});
