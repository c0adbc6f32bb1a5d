/** Fields are only added: whatever a newer peer puts into a message, in whichever depth, what we know of it stays the same. */

import test from 'ava';
import protobuf from 'protobufjs';
import { createGeneralEntries } from '../../src/model/general-columns.js';
import type { SendableFrame } from '../../src/replication/session.js';
import { decodeFrame } from '../../src/wire/decode.js';
import { readAck, readChunk, readDelta } from '../../src/wire/delta.js';
import { encodeFrame } from '../../src/wire/encode.js';
import { relevo } from '../../src/wire/gen/sync.js';
import { record } from './support/recording.js';
import { schema, withUnknownFields } from './support/unknown-fields.js';

const { Frame } = relevo.v1;
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item) => (ArrayBuffer.isView(item) ? Array.from(item as Uint8Array) : item)),
  );

const refusal: SendableFrame = { kind: 'refuse', code: 'version', detail: 'upgrade the older one' };
const resumed = encodeFrame({
  ...(decodeFrame(new Uint8Array(Buffer.from(record().frames[0]!.bytes, 'base64'))) as SendableFrame & {
    kind: 'hello';
  }),
  resume: { session: 's1', sequence: 7 },
  generalResume: { session: 's1', sequence: 8 },
});
/** Later than the recording. */
const asides: SendableFrame[] = [
  {
    kind: 'verify',
    message: {
      ...{ id: 7, question: false, last: true, problem: 'busy', group: '' },
      entries: {
        ...{ client: [1], address: [2], protocolPort: [(6 << 16) | 80], backend: [3], backendPort: [80] },
        ...{ ttlMs: [9], remainingMs: [8] },
      },
      general: createGeneralEntries(),
      toldMs: [7],
    },
  },
  {
    kind: 'counters',
    carried: [
      {
        node: 'lb1',
        service: 'web',
        backend: 'b1',
        packetsIn: 1,
        bytesIn: 2,
        packetsOut: 3,
        bytesOut: 2 ** 40,
      },
    ],
  },
];
const frames = [
  ...record().frames.map(({ bytes }) => new Uint8Array(Buffer.from(bytes, 'base64'))),
  encodeFrame(refusal),
  resumed,
  ...asides.map((aside) => encodeFrame(aside)),
];

/** Names of the bodies of a message: of Frame, General and Document. */
const bodies = (name: string): string[] =>
  schema.lookupType(`relevo.v1.${name}`).oneofs.body!.fieldsArray.map((field: protobuf.Field) => field.name);

test('each body of Frame, General and Document is among the frames tried', (t) => {
  const seen = new Set<string>();
  for (const bytes of frames) {
    const message = Frame.decode(bytes);
    for (const [name, body] of Object.entries({ Frame: message, ...pick(message) })) {
      for (const field of bodies(name))
        if ((body as Record<string, unknown>)[field]) seen.add(`${name}.${field}`);
    }
  }
  for (const name of ['Frame', 'General', 'Document'])
    for (const field of bodies(name)) t.true(seen.has(`${name}.${field}`), `${name}.${field}`);
});

const pick = ({ general, document }: relevo.v1.Frame.$Properties) => ({
  ...(general && { General: general }),
  ...(document && { Document: document }),
});

for (const where of ['before', 'behind'] as const) {
  for (const levels of [0, 1, 2, Infinity]) {
    test(`unknown fields ${where} the known ones, ${levels} levels deep, change nothing`, (t) => {
      for (const bytes of frames) {
        const extended = withUnknownFields(bytes, where, levels);
        t.true(extended.length > bytes.length);
        t.deepEqual(plain(decodeFrame(extended)), plain(decodeFrame(bytes)));
      }
    });
  }
}

test('the codecs by hand leave such a frame to the generated code, and agree with it on others', (t) => {
  let read = 0;
  for (const bytes of frames) {
    const byHand = (all: Uint8Array) => readDelta(all) ?? readChunk(all) ?? readAck(all);
    const extended = withUnknownFields(bytes, 'behind');
    t.is(byHand(extended), undefined);
    const frame = decodeFrame(bytes);
    const known = byHand(bytes);
    if (!known) continue;
    read++;
    // Unknown fields force the generated code.
    t.deepEqual(plain(known), plain(decodeFrame(extended)));
    t.deepEqual(plain(known), plain(frame));
  }
  t.true(read > 10);
});

test('one field more, of any free number and wire type, behind the body of a frame that is read by hand', (t) => {
  const byHand = frames.filter((bytes) => readDelta(bytes) ?? readChunk(bytes) ?? readAck(bytes));
  t.true(byHand.length > 10);
  for (const bytes of byHand) {
    const { id, inner } = bodyOf(bytes);
    for (let number = 1; number <= 31; number++) {
      if (bodyType(id).fieldsById[number]) continue;
      for (const [wireType, rest] of [
        [0, [5]],
        [1, [1, 2, 3, 4, 5, 6, 7, 8]],
        [2, [2, 8, 1]],
        [5, [1, 2, 3, 4]],
      ] as const) {
        const field = protobuf.Writer.create()
          .uint32((number << 3) | wireType)
          .finish();
        const body = Buffer.concat([inner, field, Uint8Array.from(rest)]);
        const extended = protobuf.Writer.create()
          .uint32((id << 3) | 2)
          .bytes(body)
          .finish();
        t.deepEqual(
          plain(decodeFrame(extended)),
          plain(decodeFrame(bytes)),
          `field ${number}, type ${wireType}`,
        );
      }
    }
  }
});

const bodyOf = (bytes: Uint8Array) => {
  const reader = protobuf.Reader.create(bytes);
  const id = reader.uint32() >>> 3;
  return { id, inner: reader.bytes() };
};
const bodyType = (id: number): protobuf.Type =>
  schema.lookupType('relevo.v1.Frame').fieldsById[id]!.resolve().resolvedType as protobuf.Type;
