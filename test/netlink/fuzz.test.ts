/** Decoders against bytes no kernel would send: they end, and fail with nothing but a RelevoError. */

import test from 'ava';
import fc from 'fast-check';
import { RelevoError } from '../../src/errors.js';
import type { Ipv4 } from '../../src/model/address.js';
import { createEntryColumns } from '../../src/model/columns.js';
import { gratuitousRequest, parseArp } from '../../src/netlink/arp.js';
import { ByteWriter, viewOf } from '../../src/netlink/attributes.js';
import { createFlowReader } from '../../src/netlink/conntrack-flows.js';
import { beginMessage, eachMessage, endMessage, readAck, writeNfgen } from '../../src/netlink/message.js';
import { createPrefixCache, readLoggedPacket } from '../../src/netlink/nflog.js';
import type { SetSpec, TableName, Transaction } from '../../src/netlink/nft/ast.js';
import * as decode from '../../src/netlink/nft/decode.js';
import { readNamedCounter } from '../../src/netlink/nft/decode-stateful.js';
import { encodeTransaction } from '../../src/netlink/nft/encode.js';
import { messageType, msg } from '../../src/netlink/nft/numbers.js';
import { expressionAt } from '../../src/netlink/nft/refusal.js';
import { readEntries } from '../../src/netlink/persistence.js';
import * as rt from '../../src/netlink/rtnetlink.js';
import { persistElement, persistMap, serviceTable } from '../../src/ruleset/layout.js';

const table: TableName = { family: 'ip', name: 'relevo' };
const set: SetSpec = {
  name: 'persist',
  key: ['ipv4_addr', 'inet_service'],
  data: ['ipv4_addr'],
  flags: ['timeout'],
  comment: 'x',
};
const sample: Transaction = {
  reason: 'sample',
  operations: [
    { op: 'add-table', table, owner: true },
    { op: 'add-set', table, set },
    {
      op: 'add-chain',
      table,
      chain: { name: 'c', hook: { type: 'filter', hook: 'input', priority: 1, policy: 'drop' } },
    },
    {
      op: 'add-rule',
      table,
      rule: { chain: 'c', statements: [{ kind: 'counter' }, { kind: 'notrack' }], comment: 'why' },
    },
    { op: 'add-object', table, object: { type: 'counter', name: 'hits', packets: 1, bytes: 2 } },
    {
      op: 'add-elements',
      table,
      set,
      elements: [
        { key: new Uint8Array(8), data: new Uint8Array(4), timeoutMs: 5000, expiresMs: 10, comment: 'c' },
        {
          key: new Uint8Array(8).fill(1),
          keyEnd: new Uint8Array(8).fill(2),
          data: { kind: 'goto', chain: 'c' },
          statements: [{ kind: 'limit', rate: 5, unit: 'second', over: true }, { kind: 'counter' }],
          counter: { packets: 7, bytes: 9 },
        },
        { key: new Uint8Array(8).fill(3), statements: [{ kind: 'ct-count', count: 3 }] },
      ],
    },
  ],
};
const realBatch = encodeTransaction(sample, 1)!.bytes.slice();
const realLinks = rt.addAddress(1, { linkIndex: 3, address: '10.0.0.1' as Ipv4, prefixLength: 24 }, true);

/** NFULNL_MSG_PACKET: mark, number, prefix, payload. */
const realPacket = (() => {
  const attributes = Uint8Array.of(
    ...[8, 0, 2, 0, 0x64, 0, 0, 10, 8, 0, 12, 0, 0, 0, 0, 9],
    ...[12, 0, 10, 0, 114, 101, 108, 101, 118, 111, 0, 0, 8, 0, 9, 0, 0x45, 0, 0, 40],
  );
  const bytes = new Uint8Array(20 + attributes.length);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, 0x400, true);
  bytes.set(attributes, 20);
  return bytes;
})();

/** Everything that reads a message, on every message found. */
const readEverything = (bytes: Uint8Array): void => {
  const view = viewOf(bytes);
  const received = { view, bytes };
  const cache = createPrefixCache();
  const readFlow = createFlowReader();
  eachMessage(view, (message) => {
    const { from, to } = message;
    const readers = [
      () => readAck(view, message),
      () => {
        const elements: decode.DumpedElement[] = [];
        decode.readElements(received, from, to, elements);
        decode.joinIntervals(elements);
      },
      () => decode.readTableFacts(received, from, to),
      () => decode.readChainFacts(received, from, to),
      () => decode.readSetFacts(received, from, to),
      () => decode.readRuleFacts(received, from, to),
      () => readNamedCounter(received, from, to),
      () => expressionAt(bytes, from + 4),
      () => decode.readSubject(received, from, to),
      () => decode.readGeneration(received, from, to),
      () => rt.readLink(view, bytes, from, to),
      () => rt.readAddress(view, bytes, from, to),
      () => rt.readNeighbour(view, bytes, from, to),
      () => decode.readNamed(received, from, to),
      () => readEntries(view, from, to, createEntryColumns()),
      () => readFlow(received, { ...message, type: 0x100 }),
      () => readLoggedPacket(view, bytes, from, to, cache),
    ];
    for (const read of readers) onlyRelevoErrors(read);
  });
};

const onlyRelevoErrors = (body: () => unknown): void => {
  try {
    body();
  } catch (thrown) {
    if (!(thrown instanceof RelevoError)) throw thrown;
  }
};

/** RTM_NEWNEIGH: struct ndmsg, NDA_DST and NDA_LLADDR. */
const neighbourOf = (family: number, address: readonly number[]): Uint8Array => {
  const writer = new ByteWriter();
  const start = beginMessage(writer, rt.RTM_NEWNEIGH, 0, 1);
  for (const byte of [family, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0]) writer.u8(byte);
  writer.attributeBytes(1, Uint8Array.from(address));
  writer.attributeBytes(2, Uint8Array.of(2, 0, 0, 0, 0, 5));
  endMessage(writer, start);
  return writer.finish().slice();
};
const realNeighbour = neighbourOf(2, [10, 0, 0, 1]);
const realNeighbour6 = neighbourOf(10, [0xfd, ...new Array<number>(14).fill(0), 1]);

/** Persistence entries as a dump has them. */
const realEntries = encodeTransaction(
  {
    reason: 'entries',
    operations: [
      {
        op: 'add-elements',
        table: serviceTable,
        set: persistMap,
        elements: [
          persistElement({
            client: '10.0.0.1' as Ipv4,
            address: '10.0.0.2' as Ipv4,
            protocol: 'tcp',
            port: 80,
            backendAddress: '10.0.0.3' as Ipv4,
            backendPort: 8080,
            ttlMs: 60_000,
            remainingMs: 1_000,
          }),
        ],
      },
    ],
  },
  1,
)!.bytes.slice();

const samples = [realBatch, realLinks, realPacket, realNeighbour, realNeighbour6, realEntries];
const real = fc.constantFrom(...samples);

test('the sample itself is read without an error', (t) => {
  for (const bytes of samples) t.notThrows(() => readEverything(bytes));
});

test('a report is read as the kernel wrote it', (t) => {
  const view = viewOf(realPacket);
  const packet = readLoggedPacket(view, realPacket, 16, realPacket.length, createPrefixCache());
  t.is(packet.mark, 0x6400000a);
  t.deepEqual([...packet.payload], [0x45, 0, 0, 40]);
  t.is(packet.prefix, 'relevo');
  t.is(packet.sequence, 9);
});

test('neighbours and entries of the samples are read as they were written', (t) => {
  for (const [bytes, address] of [
    [realNeighbour, '10.0.0.1'],
    [realNeighbour6, 'fd00::1'],
  ] as const) {
    t.deepEqual(rt.readNeighbour(viewOf(bytes), bytes, 16, bytes.length), {
      linkIndex: 2,
      address,
      etherAddress: '02:00:00:00:00:05',
      state: 'stale',
    } as never);
  }
  const columns = createEntryColumns();
  eachMessage(viewOf(realEntries), ({ type, from, to }) => {
    if (type === messageType(msg.newElement)) readEntries(viewOf(realEntries), from, to, columns);
  });
  t.deepEqual([columns.backendPort, columns.ttlMs, columns.remainingMs], [[8080], [60_000], [1_000]]);
});

test('garbage', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => onlyRelevoErrors(() => readEverything(bytes))),
    { numRuns: 2000 },
  );
  t.pass();
});

test('garbage behind a header that is right', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 300 }), (bytes) => {
      viewOf(bytes).setUint32(0, bytes.length, true);
      onlyRelevoErrors(() => readEverything(bytes));
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('statements and counters of the sample are read as they were written', (t) => {
  const view = viewOf(realBatch);
  const received = { view, bytes: realBatch };
  const elements: decode.DumpedElement[] = [];
  const counters: unknown[] = [];
  eachMessage(view, ({ type, from, to }) => {
    if (type === messageType(msg.newElement)) decode.readElements(received, from, to, elements);
    if (type === messageType(msg.newObject)) counters.push(readNamedCounter(received, from, to));
  });
  t.deepEqual(counters, [{ table: 'relevo', name: 'hits', packets: 1, bytes: 2 }]);
  t.deepEqual(
    elements.map(({ statements, counter }) => ({ statements, counter })),
    [
      { statements: undefined, counter: undefined },
      {
        statements: [{ kind: 'limit', rate: 5, unit: 'second', burst: 5, over: true }, { kind: 'counter' }],
        counter: { packets: 7, bytes: 9 },
      },
      { statements: [{ kind: 'ct-count', count: 3 }], counter: undefined },
    ],
  );
});

interface Tree {
  readonly type: number;
  readonly body: readonly Tree[] | Uint8Array | string;
}

/** Attributes that nest as they should and hold anything: garbage seldom gets below the first level. */
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    type: fc.nat(20),
    body: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.uint8Array({ maxLength: 17 }),
      fc.constantFrom('counter', 'limit', 'connlimit', 'relevo'),
      fc.array(tie('tree'), { maxLength: 5 }),
    ),
  }),
}));

const writeTree = (writer: ByteWriter, { type, body }: Tree): void => {
  if (body instanceof Uint8Array) writer.attributeBytes(type, body);
  else if (typeof body === 'string') writer.attributeString(type, body);
  else {
    const start = writer.begin(type);
    for (const one of body) writeTree(writer, one);
    writer.end(start);
  }
};

test('messages that nest as they should', (t) => {
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 6 }), (trees) => {
      const writer = new ByteWriter();
      const start = beginMessage(writer, messageType(msg.newElement), 0, 1);
      writeNfgen(writer, 2);
      for (const one of trees) writeTree(writer, one);
      endMessage(writer, start);
      readEverything(writer.finish());
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('real messages, truncated', (t) => {
  fc.assert(
    fc.property(real, fc.nat(2000), (bytes, cut) =>
      onlyRelevoErrors(() => readEverything(bytes.slice(0, cut % (bytes.length + 1)))),
    ),
    { numRuns: 1000 },
  );
  t.pass();
});

test('real messages, bytes changed', (t) => {
  const changes = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(real, changes, (bytes, edits) => {
      const copy = bytes.slice();
      for (const [at, value] of edits) copy[at % copy.length] = value;
      onlyRelevoErrors(() => readEverything(copy));
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

test('frames', (t) => {
  const frame = gratuitousRequest('02:00:00:00:00:01', '10.0.0.1' as Ipv4);
  t.is(parseArp(frame)?.senderAddress, '10.0.0.1' as Ipv4);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(42), (bytes, cut) => {
      parseArp(bytes);
      const edited = frame.slice(0, cut);
      edited.set(bytes.subarray(0, Math.min(3, cut)), 0);
      parseArp(edited);
    }),
  );
  t.pass();
});
