import test from 'ava';
import fc from 'fast-check';
import { RelevoError } from '../../src/errors.js';
import { limits } from '../../src/limits.js';
import type { EntryColumns, KeyColumns } from '../../src/model/columns.js';
import { createGeneralEntries } from '../../src/model/general-columns.js';
import { decodeFrame } from '../../src/wire/decode.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { SyncFrame } from '../../src/wire/frames.js';
import { relevo } from '../../src/wire/gen/sync.js';

type Sendable = Exclude<SyncFrame, { kind: 'unknown' }>;

const address = fc.integer({ min: 0, max: 0xffffffff });
const port = fc.integer({ min: 1, max: 0xffff });
const protocolPort = fc
  .tuple(fc.constantFrom(6, 17), port)
  .map(([protocol, number]) => (protocol << 16) | number);
const sequence = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const name = fc.string({ minLength: 1, maxLength: 60 });
const ttl = fc.integer({ min: 1, max: 0xffffffff });

const keys: fc.Arbitrary<KeyColumns> = fc
  .array(fc.tuple(address, address, protocolPort), { maxLength: 40 })
  .map((rows) => ({
    client: rows.map(([client]) => client),
    address: rows.map(([, vip]) => vip),
    protocolPort: rows.map(([, , value]) => value),
  }));

const entries: fc.Arbitrary<EntryColumns> = fc
  .array(
    fc.tuple(address, address, protocolPort, address, port, ttl, fc.double({ min: 0, max: 1, noNaN: true })),
    {
      maxLength: 40,
    },
  )
  .map((rows) => ({
    client: rows.map((row) => row[0]),
    address: rows.map((row) => row[1]),
    protocolPort: rows.map((row) => row[2]),
    backend: rows.map((row) => row[3]),
    backendPort: rows.map((row) => row[4]),
    ttlMs: rows.map((row) => row[5]),
    remainingMs: rows.map((row) => Math.floor(row[5] * row[6])),
  }));

const bitmap = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined });
const numbered = { frame: fc.integer({ min: 1, max: 2 ** 40 }), group: name, epoch: sequence };
const sums = fc
  .array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 256, maxLength: 256 })
  .map((values) => Uint32Array.from(values));

const frame: fc.Arbitrary<Sendable> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    versionMin: fc.integer({ min: 0, max: 9 }),
    versionMax: fc.integer({ min: 0, max: 9 }),
    software: fc.string({ maxLength: 20 }),
    cluster: name,
    node: name,
    session: name,
    maps: fc.array(name, { maxLength: 3 }),
    resume: fc.option(fc.record({ session: name, sequence }), { nil: undefined }),
    active: fc.array(fc.record({ group: name, epoch: sequence }), { maxLength: 5 }),
    verify: fc.constant(1),
    direction: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant('refuse' as const), code: name, detail: name }),
  fc.record({ kind: fc.constant('role' as const), group: name, epoch: sequence, active: fc.boolean() }),
  fc.record({ kind: fc.constant('start' as const), resumed: fc.boolean(), sequence }),
  fc.record({
    kind: fc.constant('delta' as const),
    ...numbered,
    firstSequence: sequence,
    lastSequence: sequence,
    upserts: entries,
    deletions: keys,
  }),
  fc.record({
    kind: fc.constant('snapshot-begin' as const),
    ...numbered,
    sequence,
    buckets: bitmap,
    expected: sequence,
  }),
  fc.record({ kind: fc.constant('snapshot-chunk' as const), ...numbered, entries }),
  fc.record({ kind: fc.constant('snapshot-end' as const), ...numbered }),
  fc.record({ kind: fc.constant('ack' as const), frame: sequence }),
  fc.record({
    kind: fc.constant('digest' as const),
    group: name,
    epoch: sequence,
    sequence,
    decisive: fc.boolean(),
    sums,
    counts: sums,
  }),
  fc.record({
    kind: fc.constant('resync' as const),
    group: name,
    buckets: bitmap,
    epoch: sequence,
    sequence,
  }),
  fc.record({ kind: fc.constant('ping' as const), token: sequence, head: sequence, sequence }),
  fc.record({ kind: fc.constant('pong' as const), token: sequence }),
  fc.tuple(entries, fc.boolean(), sequence).map(([columns, flag, id]) => ({
    kind: 'verify' as const,
    message: {
      ...{ id, question: !flag, last: flag, problem: flag ? 'busy' : '', group: '' },
      entries: columns,
      general: createGeneralEntries(),
      toldMs: columns.ttlMs,
    },
  })),
  fc.record({
    kind: fc.constant('counters' as const),
    carried: fc.array(
      fc.record({
        ...{ node: name, service: name, backend: name },
        ...{ packetsIn: sequence, bytesIn: sequence, packetsOut: sequence, bytesOut: sequence },
      }),
      { maxLength: 5 },
    ),
  }),
);

/** Views into pooled buffers compare by content. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item) => (ArrayBuffer.isView(item) ? Array.from(item as Uint8Array) : item)),
  );

test('every frame survives the way through bytes', (t) => {
  fc.assert(
    fc.property(frame, (sent) => {
      t.deepEqual(plain(decodeFrame(encodeFrame(sent))), plain(sent));
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('whatever bytes arrive, the answer is a frame or a bad-frame error', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        decodeFrame(bytes);
      } catch (error) {
        t.true(error instanceof RelevoError && error.code === 'bad-frame', String(error));
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('a frame cut anywhere is refused, or shorter by whole fields', (t) => {
  fc.assert(
    fc.property(frame, fc.double({ min: 0, max: 1, noNaN: true }), (sent, share) => {
      const bytes = encodeFrame(sent);
      const cut = bytes.subarray(0, Math.floor((bytes.length - 1) * share));
      try {
        decodeFrame(cut);
      } catch (error) {
        t.true(error instanceof RelevoError && error.code === 'bad-frame', String(error));
      }
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

const delta = (upserts: Partial<EntryColumns>) =>
  relevo.v1.Frame.encode({
    delta: {
      frame: 1,
      group: 'front',
      epoch: 1,
      firstSequence: 1,
      lastSequence: 1,
      upserts: {
        client: [1],
        address: [2],
        protocolPort: [(6 << 16) | 80],
        backend: [3],
        backendPort: [80],
        ttlMs: [1000],
        remainingMs: [500],
        ...upserts,
      },
    },
  }).finish();

const refused = test.macro({
  exec(t, bytes: () => Uint8Array, message: RegExp) {
    const error = t.throws(() => decodeFrame(bytes()), { instanceOf: RelevoError });
    t.is(error?.code, 'bad-frame');
    t.regex(error?.message ?? '', message);
  },
  title: (what) => `refused: ${what}`,
});

test('a well-formed delta is accepted', (t) => {
  t.is(decodeFrame(delta({})).kind, 'delta');
});
test(
  'more than a frame may hold',
  refused,
  () => new Uint8Array(limits.syncFrameBytes + 1),
  /more than 1048576/,
);
test(
  'columns of unequal length',
  refused,
  () => delta({ address: [2, 3] }),
  /upserts has columns of unequal/,
);
test('a missing column', refused, () => delta({ backend: [] }), /upserts has columns of unequal/);
test('no keys at all', refused, () => delta({ client: [] }), /upserts lacks a column|unequal/);
test('port 0', refused, () => delta({ protocolPort: [6 << 16] }), /port 0/);
test('a protocol without services', refused, () => delta({ protocolPort: [(1 << 16) | 8] }), /IP protocol 1/);
test(
  'a backend port out of range',
  refused,
  () => delta({ backendPort: [70000] }),
  /backend port out of range/,
);
test('more left than there ever was', refused, () => delta({ remainingMs: [1001] }), /outlives/);
test('no lifetime', refused, () => delta({ ttlMs: [0], remainingMs: [0] }), /outlives/);
test(
  'a nameless group',
  refused,
  () => relevo.v1.Frame.encode({ role: { group: '', epoch: 1 } }).finish(),
  /group is missing/,
);
test(
  'a digest of three buckets',
  refused,
  () => relevo.v1.Frame.encode({ digest: { group: 'g', sums: [1, 2, 3] } }).finish(),
  /256 buckets/,
);

test('what a newer version adds is passed over', (t) => {
  // Field 200, length-delimited, 'new': an unknown body, and an unknown field beside a known body.
  const unknown = Uint8Array.of(0xc2, 0x0c, 3, 0x6e, 0x65, 0x77);
  t.deepEqual(decodeFrame(unknown), { kind: 'unknown' });
  const ack = encodeFrame({ kind: 'ack', frame: 7 });
  t.deepEqual(decodeFrame(Uint8Array.of(...ack, ...unknown)), { kind: 'ack', frame: 7 });
});
