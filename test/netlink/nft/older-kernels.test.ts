/** What a kernel lacks is learned from its refusals, and the same transaction is then said in words that it knows. */

import test from 'ava';
import type { Operation, SetSpec, TableName, Transaction } from '../../../src/netlink/nft/ast.js';
import { type EncodedTransaction, encodeTransaction } from '../../../src/netlink/nft/encode.js';
import { type Dialect, learn, nothingLacking } from '../../../src/netlink/nft/older-kernels.js';
import { lookedUpAt } from '../../../src/netlink/nft/refusal.js';

const EINVAL = 22;
const ENOENT = 2;

const table: TableName = { family: 'ip', name: 'relevo' };
const numbers: SetSpec = { name: 'numbers', key: ['classid'] };
const key = (value: number) => ({ key: Uint8Array.of(0, 0, 0, value) });
const destroy = (...values: number[]): Operation => ({
  op: 'destroy-elements',
  table,
  set: numbers,
  elements: values.map(key),
});
const lookup: Operation = {
  op: 'add-rule',
  table,
  rule: {
    chain: 'trial',
    statements: [
      { kind: 'counter' },
      { kind: 'lookup', key: [{ kind: 'field', field: 'meta priority' }], set: 'pairs' },
    ],
  },
};

const fresh = (): Dialect => ({ lacking: nothingLacking(), absent: new Set() });
const transaction = (...operations: Operation[]): Transaction => ({ reason: 'test', operations });
const messages = ({ firstSequence, ackSequence }: EncodedTransaction): number => ackSequence - firstSequence;

/** Where an expression starts within the message of the only operation: as the kernel points at it. */
const placeOfLookup = ({ bytes, locate }: EncodedTransaction): number => {
  const { messageStart } = locate(2)!;
  for (let at = messageStart; at < bytes.length; at += 4) {
    try {
      if (lookedUpAt(bytes, at) === 'pairs') return at - messageStart;
    } catch {
      // Nothing starts here.
    }
  }
  throw new Error('no lookup');
};

test('a map that is not looked up as a set gives its value to a register', (t) => {
  const dialect = fresh();
  const first = encodeTransaction(transaction(lookup), 1, false, dialect)!;
  const ack = { sequence: 2, errno: EINVAL, offset: placeOfLookup(first) };
  t.true(learn(dialect, transaction(lookup), first, [ack]));
  const second = encodeTransaction(transaction(lookup), 1, false, dialect)!;
  t.is(second.bytes.length - first.bytes.length, 8, 'one attribute more: NFTA_LOOKUP_DREG');
  const other: Operation = { ...lookup, table: { family: 'ip6', name: 'relevo' } };
  t.is(
    encodeTransaction(transaction(other), 1, false, dialect)!.bytes.length,
    first.bytes.length,
    'a table of its own',
  );
  t.false(learn(dialect, transaction(lookup), second, [ack]), 'refused again: for another reason');
});

test('other refusals of a rule teach nothing', (t) => {
  const dialect = fresh();
  const encoded = encodeTransaction(transaction(lookup), 1, false, dialect)!;
  const offset = placeOfLookup(encoded);
  for (const ack of [
    { sequence: 2, errno: ENOENT, offset },
    { sequence: 2, errno: EINVAL },
    { sequence: 2, errno: EINVAL, offset: offset - 4 },
    { sequence: 1, errno: EINVAL, offset },
  ]) {
    t.false(learn(dialect, transaction(lookup), encoded, [ack]));
  }
});

test('what is to be destroyed is deleted one by one, without what is not there', (t) => {
  const dialect = fresh();
  const said = transaction(destroy(1, 2, 3), { op: 'flush-set', table, set: 'numbers' });
  const first = encodeTransaction(said, 1, false, dialect)!;
  t.is(messages(first), 2);
  t.false(learn(dialect, said, first, [{ sequence: 3, errno: EINVAL }]), 'of another operation');
  t.true(learn(dialect, said, first, [{ sequence: 2, errno: EINVAL }]));
  const second = encodeTransaction(said, 10, false, dialect)!;
  t.is(messages(second), 4);
  const refusals = [
    { sequence: 11, errno: ENOENT },
    { sequence: 13, errno: ENOENT },
  ];
  t.true(learn(dialect, said, second, refusals));
  t.deepEqual([...dialect.absent], ['0.0', '0.2']);
  const third = encodeTransaction(said, 20, false, dialect)!;
  t.is(messages(third), 2);
  t.is(third.locate(21)?.firstElement, 1);
  t.false(learn(dialect, said, third, [{ sequence: 22, errno: ENOENT }]), 'what was said for certain');
});

test('nothing left to delete is nothing to say', (t) => {
  const dialect = fresh();
  dialect.lacking.destroys = true;
  const said = transaction(destroy(1), { op: 'delete-table', table, destroy: true });
  const encoded = encodeTransaction(said, 1, false, dialect)!;
  const refusals = [2, 3].map((sequence) => ({ sequence, errno: ENOENT }));
  t.true(learn(dialect, said, encoded, refusals));
  t.is(encodeTransaction(said, 1, false, dialect), undefined);
});
