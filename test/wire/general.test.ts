import test from 'ava';
import fc from 'fast-check';
import { RelevoError } from '../../src/errors.js';
import { limits } from '../../src/limits.js';
import type { GeneralEntries, GeneralKeys } from '../../src/model/general-columns.js';
import {
  banFields,
  type EntryShape,
  fieldBytes,
  flowFields,
  keyFromRegisters,
  registersOf,
  shapeOf,
  shapeText,
} from '../../src/model/general-shape.js';
import type { HashField } from '../../src/model/service.js';
import { decodeFrame } from '../../src/wire/decode.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { GeneralBody } from '../../src/wire/frames.js';
import { relevo } from '../../src/wire/gen/sync.js';

const { Frame } = relevo.v1;

const fields = fc.shuffledSubarray(
  ['srcip', 'dstip', 'srcport', 'dstport', 'srcmac', 'dstmac'] as HashField[],
  { minLength: 1 },
);
const family = fc.constantFrom(4 as const, 6 as const);
const shape: fc.Arbitrary<EntryShape> = fc.oneof(
  fc.record({ kind: fc.constantFrom('sticky' as const, 'client' as const), family, fields }),
  fc.record({ kind: fc.constant('flow' as const), family, fields: fc.constant(flowFields) }),
  fc.record({ kind: fc.constant('ban' as const), family, fields: fc.constant(banFields) }),
);
const bytes = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((values) => String.fromCharCode(...values));
const service = fc.constantFrom('web', 'dns', 'ümlaut', 'x'.repeat(63));

interface Row {
  readonly service: string;
  readonly key: string;
  readonly backend: string;
  readonly port: number;
  readonly ttl: number;
  readonly remaining: number;
}

const row: fc.Arbitrary<Row> = shape.chain((one) =>
  fc.record({
    service,
    key: bytes(one.fields.reduce((sum, field) => sum + fieldBytes(field, one.family), 0)).map(
      (values) => shapeText(one) + values,
    ),
    backend: bytes(one.kind === 'ban' ? 0 : one.family === 4 ? 4 : 16),
    port: one.kind === 'ban' ? fc.constant(0) : fc.nat(0xffff),
    ttl: fc.integer({ min: 1000, max: 0xffff_ffff }),
    remaining: fc.nat(1000),
  }),
);
const entries: fc.Arbitrary<GeneralEntries> = fc.array(row, { maxLength: 20 }).map((rows) => ({
  service: rows.map((one) => one.service),
  key: rows.map((one) => one.key),
  backend: rows.map((one) => one.backend),
  backendPort: rows.map((one) => one.port),
  ttlMs: rows.map((one) => one.ttl),
  remainingMs: rows.map((one) => one.remaining),
}));
const keys: fc.Arbitrary<GeneralKeys> = entries.map(({ service: names, key }) => ({ service: names, key }));
const sequence = fc.maxSafeNat();
const numbered = {
  frame: fc.integer({ min: 1, max: 2 ** 40 }),
  group: fc.constant('front'),
  epoch: sequence,
};
const words = fc
  .array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 256, maxLength: 256 })
  .map((values) => Uint32Array.from(values));
const buckets = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined });

const body: fc.Arbitrary<GeneralBody> = fc.oneof(
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
    buckets,
    expected: sequence,
  }),
  fc.record({ kind: fc.constant('snapshot-chunk' as const), ...numbered, entries }),
  fc.record({ kind: fc.constant('snapshot-end' as const), ...numbered }),
  fc.record({ kind: fc.constant('ack' as const), frame: sequence }),
  fc.record({
    kind: fc.constant('digest' as const),
    group: fc.constant('front'),
    epoch: sequence,
    sequence,
    decisive: fc.boolean(),
    sums: words,
    counts: words,
  }),
  fc.record({
    kind: fc.constant('resync' as const),
    group: fc.constant('front'),
    buckets,
    epoch: sequence,
    sequence,
  }),
  fc.record({ kind: fc.constant('progress' as const), head: sequence, sequence }),
);

/** Views into pooled buffers compare by content. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item) => (ArrayBuffer.isView(item) ? Array.from(item as Uint8Array) : item)),
  );

test('every general frame survives the way through bytes', (t) => {
  fc.assert(
    fc.property(body, (sent) => {
      const frame = { kind: 'general', body: sent } as const;
      t.deepEqual(plain(decodeFrame(encodeFrame(frame))), plain(frame));
    }),
    { numRuns: 200 },
  );
});

test('whatever bytes arrive, the answer is a frame or a bad-frame error', (t) => {
  fc.assert(
    fc.property(body, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (sent, flips) => {
      const damaged = encodeFrame({ kind: 'general', body: sent }).slice();
      for (const [at, value] of flips) if (damaged.length > 0) damaged[at % damaged.length] = value;
      try {
        decodeFrame(damaged);
      } catch (thrown) {
        if (!(thrown instanceof RelevoError) || thrown.code !== 'bad-frame') throw thrown;
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('a key goes to registers and back', (t) => {
  fc.assert(
    fc.property(row, ({ key }) => {
      const registers = registersOf(key);
      t.is(registers.length % 4, 0);
      t.is(keyFromRegisters(shapeOf(key)!, registers, 0), key);
      t.is(keyFromRegisters(shapeOf(key)!, registers.subarray(4), 4), undefined);
    }),
    { numRuns: 200 },
  );
});

const sticky4 = Uint8Array.of(1, 4, 1, 1, 10, 0, 0, 1);
const good = {
  services: ['web'],
  service: [0],
  key: [sticky4],
  backend: [Uint8Array.of(10, 51, 0, 2)],
  backendPort: [8080],
  ttlMs: [60_000],
  remainingMs: [59_000],
};

const decodeDelta = (upserts: relevo.v1.GeneralEntries.$Properties) =>
  decodeFrame(Frame.encode({ general: { delta: { frame: 1, group: 'front', epoch: 1, upserts } } }).finish());

test('a sound entry is accepted', (t) => {
  const frame = decodeDelta(good);
  t.true(frame.kind === 'general' && frame.body.kind === 'delta' && frame.body.upserts.key.length === 1);
});

const refused = test.macro({
  exec(t, changes: Partial<typeof good>, reason: RegExp) {
    const error = t.throws(() => decodeDelta({ ...good, ...changes }), { instanceOf: RelevoError });
    t.is((error as RelevoError).code, 'bad-frame');
    t.regex(error!.message, reason);
  },
  title: (what) => `refused: ${what}`,
});

test(
  'a kind that there is not',
  refused,
  { key: [Uint8Array.of(9, 4, 1, 1, 10, 0, 0, 1)] },
  /a kind or of fields/,
);
test(
  'a family that there is not',
  refused,
  { key: [Uint8Array.of(1, 5, 1, 1, 10, 0, 0, 1)] },
  /a kind or of fields/,
);
test(
  'a field twice',
  refused,
  { key: [Uint8Array.of(1, 4, 2, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2)] },
  /a kind or of fields/,
);
test('a ban by port', refused, { key: [Uint8Array.of(4, 4, 1, 3, 0, 80)] }, /a kind or of fields/);
test('no fields', refused, { key: [Uint8Array.of(1, 4, 0)] }, /a kind or of fields/);
test('nothing at all', refused, { key: [new Uint8Array(0)] }, /a kind or of fields/);
test('a key too short', refused, { key: [sticky4.subarray(0, 7)] }, /has 7 bytes instead of 8/);
test('a key too long', refused, { key: [Uint8Array.of(...sticky4, 0)] }, /has 9 bytes instead of 8/);
test('a backend of the other family', refused, { backend: [new Uint8Array(16)] }, /16 bytes instead of 4/);
test('no backend', refused, { backend: [new Uint8Array(0)] }, /0 bytes instead of 4/);
test('a backend port out of range', refused, { backendPort: [65_536] }, /backend port out of range/);
test('a service that is not named', refused, { service: [1] }, /service without a name/);
test('an empty name', refused, { services: [''] }, /services is missing/);
test('columns of unequal length', refused, { ttlMs: [] }, /columns of unequal length/);
test('more names than entries', refused, { services: ['a', 'b'] }, /columns of unequal length/);
test('no lifetime', refused, { ttlMs: [0], remainingMs: [0] }, /outlives its own lifetime/);
test('more left than there ever was', refused, { remainingMs: [60_001] }, /outlives its own lifetime/);

test('refused: more than a frame may hold', (t) => {
  const count = limits.syncGeneralEntries + 1;
  const many = <T>(value: T): T[] => Array.from({ length: count }, () => value);
  t.throws(
    () =>
      decodeDelta({
        services: ['web'],
        service: many(0),
        key: many(sticky4),
        backend: many(good.backend[0]!),
        backendPort: many(80),
        ttlMs: many(1),
        remainingMs: many(1),
      }),
    { message: /more than 2048 entries/ },
  );
});

test('what a newer version adds is passed over', (t) => {
  // Field 15 of General, and field 15 of a delta of it.
  t.deepEqual(decodeFrame(Uint8Array.of(0xc2, 0x01, 0x02, 0x7a, 0x00)), { kind: 'unknown' });
  const delta = Frame.encode({ general: { ack: { frame: 7 } } }).finish();
  const longer = Uint8Array.from([0xc2, 0x01, delta[2]! + 2, ...delta.subarray(3), 0x78, 0x01]);
  t.deepEqual(decodeFrame(longer), { kind: 'general', body: { kind: 'ack', frame: 7 } });
});

test('a hello without a version of it is one of an older node', (t) => {
  const hello = {
    versionMin: 1,
    versionMax: 1,
    software: '',
    cluster: 'c',
    node: 'n',
    session: 's',
    maps: [],
  };
  const older = decodeFrame(Frame.encode({ hello }).finish());
  t.true(older.kind === 'hello' && older.general === undefined);
  const newer = decodeFrame(
    encodeFrame({
      ...{ kind: 'hello', ...hello, resume: undefined, active: [] },
      general: 1,
      generalResume: { session: 'x', sequence: 5 },
    }),
  );
  t.like(newer, { general: 1, generalResume: { session: 'x', sequence: 5 } });
});
