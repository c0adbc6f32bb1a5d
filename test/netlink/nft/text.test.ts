/** Text of values, elements and transactions: the rules themselves are compared with stock nft in test/contract. */

import test from 'ava';
import type { SetSpec, TableName, Transaction } from '../../../src/netlink/nft/ast.js';
import { encodeTransaction } from '../../../src/netlink/nft/encode.js';
import { elementBatchBytes } from '../../../src/netlink/nft/encode-set.js';
import { toText } from '../../../src/netlink/nft/text.js';
import { durationText, valueText } from '../../../src/netlink/nft/text-values.js';
import { persistMap, slotsMap } from '../../../src/ruleset/layout.js';

const duration = test.macro({
  exec: (t, ms: number, text: string) => t.is(durationText(ms), text),
  title: (_, ms, text) => `${ms} ms is ${text}`,
});
test(duration, 0, '0s');
test(duration, 120, '120ms');
test(duration, 3_600_000, '1h');
test(duration, 90_061_005, '1d1h1m1s5ms');

const ipv6 = test.macro({
  exec: (t, groups: number[], text: string) =>
    t.is(valueText('ipv6_addr', Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]))), text),
  title: (_, __, text) => `IPv6 ${text}`,
});
test(ipv6, [0, 0, 0, 0, 0, 0, 0, 1], '::1');
test(ipv6, [0, 0, 0, 0, 0, 0, 0, 0], '::');
test(ipv6, [0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1');
test(ipv6, [0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1');

const table: TableName = { family: 'ip', name: 'relevo' };
const verdicts: SetSpec = {
  name: 'verdicts',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
  data: 'verdict',
};
const key = Uint8Array.of(10, 0, 0, 1, 6, 0, 0, 0, 0, 80, 0, 0);

test('a transaction reads as a script, its reason first', (t) => {
  const transaction: Transaction = {
    reason: 'web is up',
    operations: [
      { op: 'add-table', table, owner: true },
      { op: 'add-set', table, set: verdicts },
      { op: 'delete-elements', table, set: verdicts, elements: [{ key, data: { kind: 'drop' } }] },
      {
        op: 'add-elements',
        table,
        set: verdicts,
        elements: [{ key, data: { kind: 'goto', chain: 'dnat_rr' }, comment: 'web' }],
      },
      { op: 'delete-table', table, destroy: true },
    ],
  };
  t.is(
    toText(transaction),
    [
      '# web is up',
      'add table ip relevo { flags owner,persist; }',
      'add map ip relevo verdicts { type ipv4_addr . inet_proto . inet_service : verdict; }',
      'delete element ip relevo verdicts { 10.0.0.1 . tcp . 80 }',
      'add element ip relevo verdicts { 10.0.0.1 . tcp . 80 comment "web" : goto dnat_rr }',
      'destroy table ip relevo',
    ].join('\n'),
  );
});

test('a long list of elements is cut and counted', (t) => {
  const elements = Array.from({ length: 1003 }, () => ({ key, data: { kind: 'drop' } as const }));
  const text = toText({ op: 'add-elements', table, set: verdicts, elements });
  t.regex(text, /\n# and 3 more elements$/);
});

const elementSize = test.macro({
  exec: (t, set: SetSpec, keyBytes: number, dataBytes: number) => {
    const element = { key: new Uint8Array(keyBytes), ...(dataBytes && { data: new Uint8Array(dataBytes) }) };
    const bytes = (count: number): number =>
      encodeTransaction(
        {
          reason: 'x',
          operations: [{ op: 'add-elements', table, set, elements: Array(count).fill(element) }],
        },
        1,
      )!.bytes.length;
    t.is((bytes(11) - bytes(1)) / 10, elementBatchBytes(set));
  },
  title: (_, set: SetSpec) => `the size of an element of ${set.name} is known before it is written`,
});
test(elementSize, slotsMap, 16, 8);
test(elementSize, persistMap, 16, 8);
test(elementSize, { name: 'ports', key: ['inet_service'] } satisfies SetSpec, 4, 0);

test('a sequence number leads back to the operation and the first element of its message', (t) => {
  const elements = Array.from({ length: 5000 }, () => ({ key: new Uint8Array(16), data: new Uint8Array(8) }));
  const encoded = encodeTransaction(
    {
      reason: 'x',
      operations: [
        { op: 'add-table', table },
        { op: 'add-elements', table, set: slotsMap, elements },
        { op: 'flush-set', table, set: 'slots' },
      ],
    },
    100,
  )!;
  t.is(encoded.locate(100), undefined, 'the frame is no operation');
  t.is(encoded.locate(101)?.operation, 0);
  t.deepEqual([encoded.locate(102)?.operation, encoded.locate(102)?.firstElement], [1, 0]);
  t.is(encoded.locate(103)?.operation, 1);
  t.true((encoded.locate(103)?.firstElement ?? 0) > 1000);
  t.is(encoded.locate(encoded.ackSequence)?.operation, 2);
  t.is(encodeTransaction({ reason: 'x', operations: [] }, 1), undefined);
});
