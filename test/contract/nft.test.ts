/** The promises of the port Nft, on the real kernel: atomic, compare-and-swap, refusals with codes, foreign hands noticed. */

import test from 'ava';
import { type ErrorCode, RelevoError } from '../../src/errors.js';
import type { ElementBytes, SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import type { ForeignChange } from '../../src/ports.js';
import { createNft } from '../../src/shell/nft.js';
import { startWorker } from '../support/worker.js';
import { enterKernel, ip4, keysOf, silentLog } from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

const held: SetSpec = { name: 'held', key: ['ipv4_addr'], flags: ['timeout'] };
const armed: SetSpec = { name: 'armed', key: ['ipv4_addr'], flags: ['timeout'] };
const services: SetSpec = { name: 'services', key: ['ipv4_addr'], data: 'verdict' };
const small: SetSpec = { name: 'small', key: ['ipv4_addr'], size: 3 };

let tables = 0;
/** A table of its own for each test, with the sets above and a chain `target`. */
const freshTable = async (): Promise<TableName> => {
  const table: TableName = { family: 'ip', name: `t${tables++}` };
  await kernel.commit(
    { op: 'add-table', table },
    { op: 'add-chain', table, chain: { name: 'target' } },
    ...[held, armed, services, small].map((set) => ({ op: 'add-set' as const, table, set })),
  );
  return table;
};

const key = (text: string, timeoutMs?: number): ElementBytes => ({
  key: ip4(text),
  ...(timeoutMs !== undefined && { timeoutMs }),
});
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const keys = async (table: TableName, set: SetSpec): Promise<string[]> =>
  keysOf(await kernel.nft.dumpElements(table, set.name));

const refused = async (
  t: { is(a: unknown, b: unknown): void },
  promise: Promise<unknown>,
  code: ErrorCode,
) => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  t.is(error instanceof RelevoError ? error.code : error, code);
  return error as RelevoError;
};

test.serial('a lease is renewed in time, and refused late: nothing of the batch is applied', async (t) => {
  const table = await freshTable();
  const renew = () =>
    kernel.commit(
      { op: 'delete-elements', table, set: held, elements: [key('10.0.0.1')] },
      { op: 'add-elements', table, set: held, elements: [key('10.0.0.1', 200)] },
      { op: 'add-elements', table, set: armed, elements: [key('10.0.0.1')] },
    );
  await kernel.commit({ op: 'add-elements', table, set: held, elements: [key('10.0.0.1', 200)] });
  await after(50);
  await renew();
  const [element] = await kernel.nft.dumpElements(table, 'held');
  t.is(element?.timeoutMs, 200);
  t.true((element?.expiresMs ?? 0) > 150, `renewal starts the lifetime again: ${element?.expiresMs} ms left`);
  await kernel.commit({ op: 'flush-set', table, set: 'armed' });
  await after(300);
  const error = await refused(t, renew(), 'kernel-missing');
  t.is(error.facts.operation, 0);
  t.regex(error.message, /delete element ip t\d+ held \{ 10\.0\.0\.1 \}/);
  t.deepEqual(await keys(table, held), []);
  t.deepEqual(await keys(table, armed), []);
});

test.serial('a refused batch leaves everything as it was, whichever operation is at fault', async (t) => {
  const table = await freshTable();
  await kernel.commit({ op: 'add-elements', table, set: small, elements: [key('10.0.0.1')] });
  const before = kernel.stockNft('list', 'table', 'ip', table.name);
  const error = await refused(
    t,
    kernel.commit(
      { op: 'flush-set', table, set: 'small' },
      { op: 'add-chain', table, chain: { name: 'other' } },
      { op: 'delete-chain', table, chain: 'absent' },
      { op: 'add-elements', table, set: small, elements: [key('10.0.0.2')] },
    ),
    'kernel-missing',
  );
  t.is(error.facts.operation, 2);
  t.is(kernel.stockNft('list', 'table', 'ip', table.name), before);
});

test.serial('refusals carry a code', async (t) => {
  const table = await freshTable();
  const add = (elements: ElementBytes[], create = false) =>
    kernel.commit({ op: 'add-elements', table, set: small, elements, create });
  await add([key('10.0.0.1')], true);
  await refused(t, add([key('10.0.0.1')], true), 'kernel-exists');
  await t.notThrowsAsync(add([key('10.0.0.1')]));
  await refused(t, add([2, 3, 4, 5].map((last) => key(`10.0.0.${last}`))), 'kernel-full');
  await kernel.commit({
    op: 'add-elements',
    table,
    set: services,
    elements: [{ key: ip4('10.0.0.1'), data: { kind: 'goto', chain: 'target' } }],
  });
  await refused(t, kernel.commit({ op: 'delete-chain', table, chain: 'target' }), 'kernel-busy');
  const nowhere: TableName = { family: 'ip', name: 'nowhere' };
  await refused(t, kernel.nft.dumpElements(nowhere, 'held'), 'kernel-missing');
  await refused(t, kernel.nft.dumpElements(table, 'absent'), 'kernel-missing');
  t.is(await kernel.nft.readTable(nowhere), undefined);
  await refused(t, kernel.commit({ op: 'delete-table', table: nowhere }), 'kernel-missing');
  await t.notThrowsAsync(kernel.commit({ op: 'delete-table', table: nowhere, destroy: true }));
  await t.notThrowsAsync(kernel.nft.commit({ reason: 'nothing', operations: [] }));
});

test.serial('destroy passes over what is not there', async (t) => {
  const table = await freshTable();
  await kernel.commit({
    op: 'add-elements',
    table,
    set: small,
    elements: [key('10.0.0.1'), key('10.0.0.2')],
  });
  const elements = [key('10.0.0.9'), key('10.0.0.1')];
  await kernel.commit({ op: 'destroy-elements', table, set: small, elements });
  t.deepEqual(await keys(table, small), ['10.0.0.2']);
});

test.serial('the verdict of an element changes by delete and add in one batch', async (t) => {
  const table = await freshTable();
  const vip = ip4('10.0.0.1');
  const add = (data: NonNullable<ElementBytes['data']>) =>
    ({ op: 'add-elements', table, set: services, elements: [{ key: vip, data }] }) as const;
  await kernel.commit(add({ kind: 'drop' }));
  await kernel.commit(
    { op: 'delete-elements', table, set: services, elements: [{ key: vip }] },
    add({ kind: 'goto', chain: 'target' }),
  );
  t.deepEqual(await kernel.nft.dumpElements(table, 'services'), [
    { key: vip, data: { kind: 'goto', chain: 'target' } },
  ]);
});

test.serial('a lifetime that is already partly over stays so', async (t) => {
  const table = await freshTable();
  const element = { key: ip4('10.0.0.1'), timeoutMs: 60_000, expiresMs: 20_000 };
  await kernel.commit({ op: 'add-elements', table, set: held, elements: [element] });
  const [dumped] = await kernel.nft.dumpElements(table, 'held');
  t.is(dumped?.timeoutMs, 60_000);
  t.true((dumped?.expiresMs ?? 0) <= 20_000 && (dumped?.expiresMs ?? 0) > 19_000);
});

test.serial('a lifetime equal to the default of the set is reported as well', async (t) => {
  const table = await freshTable();
  const set: SetSpec = { name: 'aging', key: ['ipv4_addr'], timeoutMs: 30_000 };
  await kernel.commit(
    { op: 'add-set', table, set },
    { op: 'add-elements', table, set, elements: [key('10.0.0.1')] },
  );
  const [dumped] = await kernel.nft.dumpElements(table, 'aging');
  t.is(dumped?.timeoutMs, 30_000);
});

test.serial('a table is read back: chains with hooks and rule comments, sets with lengths', async (t) => {
  const table = await freshTable();
  const hook = { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' } as const;
  await kernel.commit(
    { op: 'add-chain', table, chain: { name: 'fwd', hook } },
    { op: 'add-rule', table, rule: { chain: 'fwd', statements: [{ kind: 'counter' }], comment: 'first' } },
    { op: 'add-rule', table, rule: { chain: 'fwd', statements: [{ kind: 'counter' }] } },
    { op: 'flush-chain', table, chain: 'target' },
    { op: 'delete-set', table, set: 'small' },
  );
  const read = await kernel.nft.readTable(table);
  t.deepEqual(read?.chains, [
    { name: 'target', ruleComments: [] },
    { name: 'fwd', hook: 'forward', ruleComments: ['first', ''] },
  ]);
  t.deepEqual(
    read?.sets.map((set) => `${set.name} ${set.keyBytes}`),
    ['held 4', 'armed 4', 'services 4'],
  );
  t.false(read?.owned);
});

test.serial('commits keep their order, and one that fails does not hold up the next', async (t) => {
  const table = await freshTable();
  const results = await Promise.allSettled([
    kernel.commit({ op: 'add-elements', table, set: small, elements: [key('10.0.0.1')] }),
    kernel.commit({ op: 'delete-elements', table, set: small, elements: [key('10.0.0.2')] }),
    kernel.commit({ op: 'delete-elements', table, set: small, elements: [key('10.0.0.1')] }),
  ]);
  t.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test.serial(
  'a batch over the limit is refused before it is sent; 100,000 elements are taken at once',
  async (t) => {
    const table = await freshTable();
    const many = Array.from({ length: 500_000 }, (_, index) => ({
      key: Uint8Array.of(10, index >> 16, index >> 8, index),
    }));
    const large: SetSpec = { name: 'large', key: ['ipv4_addr'] };
    await kernel.commit({ op: 'add-set', table, set: large });
    const elements = many.slice(0, 100_000);
    await kernel.commit({ op: 'add-elements', table, set: large, elements });
    t.is((await kernel.nft.dumpElements(table, 'large')).length, 100_000);
    const error = await refused(
      t,
      kernel.commit({ op: 'add-elements', table, set: large, elements: many }),
      'kernel-refused',
    );
    t.regex(error.message, /split it/);
    // One bad element late in a batch of many messages: found, and nothing applied.
    const late = [...many.slice(100_000, 190_000), key('10.0.0.0')];
    await refused(
      t,
      kernel.commit({ op: 'add-elements', table, set: large, elements: late, create: true }),
      'kernel-exists',
    );
    t.is((await kernel.nft.dumpElements(table, 'large')).length, 100_000);
  },
);

test.serial('what others do to our tables is told, what we do is not', async (t) => {
  const table = await freshTable();
  const seen: ForeignChange[] = [];
  const stop = kernel.nft.onForeignChange((change) => seen.push(change));
  const sibling = createNft({ log: silentLog });
  const reason = 'a second Nft of this process';
  const operations = [{ op: 'add-elements', table, set: small, elements: [key('10.0.0.1')] }] as const;
  await sibling.commit({ reason, operations });
  sibling.close();
  await after(30);
  t.deepEqual(seen, []);
  kernel.stockNft('add', 'table', 'ip', 'unrelated');
  kernel.stockNft('add', 'element', 'ip', table.name, 'small', '{ 10.0.0.2, 10.0.0.3 }');
  await after(50);
  t.deepEqual(
    seen.map((change) => [change.table?.name, change.kind]),
    [[table.name, 'changed']],
  );
  t.regex(seen[0]?.detail ?? '', /^new element small.* by nft \(process \d+, port \d+\)$/);
  kernel.stockNft('flush', 'ruleset');
  await after(50);
  t.true(seen.some((change) => change.table?.name === table.name && change.kind === 'table-deleted'));
  const count = seen.length;
  stop();
  await freshTable();
  kernel.stockNft('flush', 'ruleset');
  await after(30);
  t.is(seen.length, count);
});

test.serial('an owned table resists foreign hands, outlives its owner, and is adopted', async (t) => {
  const table: TableName = { family: 'ip', name: 'owned' };
  const owner = createNft({ log: silentLog });
  const own = [
    { op: 'add-table', table, owner: true },
    { op: 'add-set', table, set: held },
    { op: 'add-elements', table, set: held, elements: [key('10.0.0.1')] },
  ] as const;
  await owner.commit({ reason: 'own', operations: own });
  kernel.stockNft('flush', 'ruleset');
  t.deepEqual(await keys(table, held), ['10.0.0.1']);
  t.true((await kernel.nft.readTable(table))?.owned);
  const denied = kernel.commit({ op: 'flush-set', table, set: 'held' });
  const error = await refused(t, denied, 'not-permitted');
  t.regex(error.message, /owned by another socket/);
  t.throws(() => kernel.stockNft('add', 'element', 'ip', 'owned', 'held', '{ 10.0.0.2 }'), {
    message: /not permitted/,
  });
  owner.close();
  await after(30);
  t.deepEqual(await keys(table, held), ['10.0.0.1']);
  t.false((await kernel.nft.readTable(table))?.owned);
  const heir = createNft({ log: silentLog });
  await heir.commit({ reason: 'adopt', operations: [{ op: 'add-table', table, owner: true }] });
  t.true((await kernel.nft.readTable(table))?.owned);
  await heir.commit({ reason: 'go', operations: [{ op: 'delete-table', table }] });
  heir.close();
});

test.serial('a table that is there without an owner cannot be owned: said as unsupported', async (t) => {
  const table = await freshTable();
  await refused(t, kernel.commit({ op: 'add-table', table, owner: true }), 'unsupported');
});

test.serial('works in a worker thread while this one is blocked, and survives its end', async (t) => {
  const table = await freshTable();
  const worker = startWorker(new URL('./renewing-worker.ts', import.meta.url), { table, set: held });
  await new Promise((resolve) => worker.once('message', resolve));
  const until = performance.now() + 400;
  while (performance.now() < until) {
    // Blocks this thread as a large dump or a garbage collection would.
  }
  t.deepEqual(await keys(table, held), ['10.0.0.1']);
  await worker.terminate();
  await after(250);
  t.deepEqual(await keys(table, held), []);
});

test.serial('closing rejects what comes later, and is harmless twice', async (t) => {
  const table = await freshTable();
  const nft = createNft({ log: silentLog });
  const flush = { reason: 'flush', operations: [{ op: 'flush-set', table, set: 'small' }] } as const;
  // The kernel's answer is read within the call.
  const done = nft.commit(flush);
  nft.close();
  nft.close();
  await t.notThrowsAsync(done);
  await refused(t, nft.commit(flush), 'not-ready');
});
