/** What the rule engine relies on, of any Nft: the same suite judges the kernel and the fake. */

import type { TestFn } from 'ava';
import { type ErrorCode, RelevoError } from '../../src/errors.js';
import type { ElementBytes, Operation, SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import type { ForeignChange, Nft } from '../../src/ports.js';

export interface NftUnderTest {
  readonly nft: Nft;
  /** Lets time pass for the Nft. */
  pass(ms: number): Promise<void>;
  /** Somebody else's doing. */
  foreign(...operations: Operation[]): Promise<void>;
}

const plain: SetSpec = { name: 'plain', key: ['ipv4_addr'] };
const small: SetSpec = { name: 'small', key: ['ipv4_addr'], size: 2 };
const map: SetSpec = { name: 'map', key: ['ipv4_addr'], data: ['ipv4_addr'] };
const verdicts: SetSpec = { name: 'verdicts', key: ['ipv4_addr'], data: 'verdict' };
const aging: SetSpec = { name: 'aging', key: ['ipv4_addr'], flags: ['timeout'] };

const host = (last: number, more: Partial<ElementBytes> = {}): ElementBytes => ({
  key: Uint8Array.of(10, 0, 0, last),
  ...more,
});
const keys = (elements: readonly ElementBytes[]): string[] => elements.map(({ key }) => key.join('.')).sort();

export const testNft = (test: TestFn, what: string, create: () => NftUnderTest): void => {
  let tables = 0;
  const fresh = async (): Promise<{
    subject: NftUnderTest;
    table: TableName;
    commit: (...operations: Operation[]) => Promise<void>;
  }> => {
    const subject = create();
    const table: TableName = { family: 'ip', name: `suite${tables++}` };
    const commit = (...operations: Operation[]): Promise<void> =>
      subject.nft.commit({ reason: 'suite', operations });
    await commit(
      { op: 'add-table', table },
      { op: 'add-chain', table, chain: { name: 'target' } },
      ...[plain, small, map, verdicts, aging].map((set): Operation => ({ op: 'add-set', table, set })),
    );
    return { subject, table, commit };
  };
  const refused = async (promise: Promise<unknown>): Promise<ErrorCode | undefined> => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof RelevoError ? error.code : undefined;
  };
  const add = (table: TableName, set: SetSpec, ...elements: ElementBytes[]): Operation => ({
    op: 'add-elements',
    table,
    set,
    elements,
  });
  const remove = (table: TableName, set: SetSpec, ...elements: ElementBytes[]): Operation => ({
    op: 'delete-elements',
    table,
    set,
    elements,
  });

  test.serial(`${what}: a refused transaction changes nothing`, async (t) => {
    const { subject, table, commit } = await fresh();
    await commit(add(table, plain, host(1)));
    t.is(await refused(commit(add(table, plain, host(2)), remove(table, plain, host(9)))), 'kernel-missing');
    t.deepEqual(keys(await subject.nft.dumpElements(table, 'plain')), ['10.0.0.1']);
  });

  test.serial(
    `${what}: adding again is nothing, adding otherwise is refused, delete and add replaces`,
    async (t) => {
      const { subject, table, commit } = await fresh();
      const before = host(1, { data: Uint8Array.of(1, 1, 1, 1) });
      const after = host(1, { data: Uint8Array.of(2, 2, 2, 2) });
      await commit(add(table, map, before));
      await commit(add(table, map, before));
      t.is(
        await refused(commit({ op: 'add-elements', table, set: map, elements: [before], create: true })),
        'kernel-exists',
      );
      t.is(await refused(commit(add(table, map, after))), 'kernel-exists');
      await commit(remove(table, map, before), add(table, map, after));
      t.deepEqual(
        (await subject.nft.dumpElements(table, 'map')).map(({ data }) => data),
        [Uint8Array.of(2, 2, 2, 2)],
      );
    },
  );

  test.serial(`${what}: named counters are read, and stay while a rule refers to them`, async (t) => {
    const { subject, table, commit } = await fresh();
    const object = { type: 'counter', name: 'hits', packets: 2, bytes: 3 } as const;
    const rule = {
      chain: 'target',
      statements: [{ kind: 'object', type: 'counter', name: 'hits' }],
    } as const;
    t.is(await refused(commit({ op: 'add-rule', table, rule })), 'kernel-missing');
    await commit({ op: 'add-object', table, object }, { op: 'add-rule', table, rule });
    await commit({ op: 'add-object', table, object: { type: 'counter', name: 'hits' } });
    t.deepEqual(await subject.nft.readCounters(table), [{ name: 'hits', packets: 2, bytes: 3 }]);
    const remove = { op: 'delete-object', table, object } as const;
    t.is(await refused(commit(remove)), 'kernel-busy');
    await commit({ op: 'flush-chain', table, chain: 'target' }, remove);
    t.deepEqual(await subject.nft.readCounters(table), []);
    t.is(await refused(commit(remove)), 'kernel-missing');
    t.is(await refused(subject.nft.readCounters({ ...table, name: 'absent' })), 'kernel-missing');
  });

  test.serial(`${what}: destroy passes over what is missing`, async (t) => {
    const { subject, table, commit } = await fresh();
    await commit(add(table, plain, host(1), host(2)));
    await commit({ op: 'destroy-elements', table, set: plain, elements: [host(9), host(1)] });
    t.deepEqual(keys(await subject.nft.dumpElements(table, 'plain')), ['10.0.0.2']);
  });

  test.serial(`${what}: an expired element is gone, and deleting it is refused`, async (t) => {
    const { subject, table, commit } = await fresh();
    await commit(
      add(table, aging, host(1, { timeoutMs: 200 }), host(2, { timeoutMs: 60_000, expiresMs: 30_000 })),
    );
    await subject.pass(300);
    const left = await subject.nft.dumpElements(table, 'aging');
    t.deepEqual(keys(left), ['10.0.0.2']);
    t.is(left[0]?.timeoutMs, 60_000);
    t.true((left[0]?.expiresMs ?? 0) > 29_000 && (left[0]?.expiresMs ?? 0) <= 30_000);
    t.is(await refused(commit(remove(table, aging, host(1)), add(table, aging, host(3)))), 'kernel-missing');
    await commit(add(table, aging, host(1, { timeoutMs: 60_000 })));
    t.deepEqual(keys(await subject.nft.dumpElements(table, 'aging')), ['10.0.0.1', '10.0.0.2']);
  });

  test.serial(`${what}: a chain in use stays`, async (t) => {
    const { table, commit } = await fresh();
    const element = host(1, { data: { kind: 'goto', chain: 'target' } });
    t.is(
      await refused(commit(add(table, verdicts, host(2, { data: { kind: 'goto', chain: 'absent' } })))),
      'kernel-missing',
    );
    await commit(add(table, verdicts, element));
    t.is(await refused(commit({ op: 'delete-chain', table, chain: 'target' })), 'kernel-busy');
    await commit(remove(table, verdicts, element), { op: 'delete-chain', table, chain: 'target' });
    t.is(await refused(commit({ op: 'flush-chain', table, chain: 'target' })), 'kernel-missing');
  });

  test.serial(`${what}: a set in use stays, a full one takes no more`, async (t) => {
    const { subject, table, commit } = await fresh();
    const statements = [
      { kind: 'lookup', key: [{ kind: 'field', field: 'ip daddr' }], set: 'small' },
    ] as const;
    await commit({ op: 'add-rule', table, rule: { chain: 'target', statements, comment: 'uses it' } });
    t.is(await refused(commit({ op: 'delete-set', table, set: 'small' })), 'kernel-busy');
    t.is(await refused(commit(add(table, small, host(1), host(2), host(3)))), 'kernel-full');
    t.deepEqual(await subject.nft.dumpElements(table, 'small'), []);
    await commit({ op: 'flush-chain', table, chain: 'target' }, { op: 'delete-set', table, set: 'small' });
    t.is(await refused(subject.nft.dumpElements(table, 'small')), 'kernel-missing');
  });

  test.serial(`${what}: a table is read back`, async (t) => {
    const { subject, table, commit } = await fresh();
    const hook = { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' } as const;
    await commit(
      { op: 'add-chain', table, chain: { name: 'fwd', hook } },
      { op: 'add-rule', table, rule: { chain: 'fwd', statements: [{ kind: 'counter' }], comment: 'first' } },
      { op: 'add-rule', table, rule: { chain: 'fwd', statements: [{ kind: 'counter' }] } },
    );
    const read = await subject.nft.readTable(table);
    t.deepEqual(read?.chains, [
      { name: 'target', ruleComments: [] },
      { name: 'fwd', hook: 'forward', ruleComments: ['first', ''] },
    ]);
    // The kernel also tells how many elements there are.
    t.like(
      read?.sets.find(({ name }) => name === 'map'),
      { name: 'map', keyBytes: 4, dataBytes: 4 },
    );
    t.false(read?.owned);
    t.is(await subject.nft.readTable({ family: 'ip', name: 'absent' }), undefined);
  });

  test.serial(`${what}: others' changes are told, one's own are not`, async (t) => {
    const { subject, table, commit } = await fresh();
    const seen: ForeignChange[] = [];
    const stop = subject.nft.onForeignChange((change) => seen.push(change));
    await commit(add(table, plain, host(1)));
    await subject.foreign(add(table, plain, host(2)));
    t.deepEqual(
      seen.map(({ kind, table: of }) => [kind, of?.name]),
      [['changed', table.name]],
    );
    await subject.foreign({ op: 'delete-table', table });
    t.is(seen.at(-1)?.kind, 'table-deleted');
    stop();
  });
};
