import test from 'ava';
import { createEntryColumns, createKeyColumns, type KeyColumns } from '../../src/model/columns.js';
import { decodeFrame } from '../../src/wire/decode.js';
import {
  encodeAck,
  encodeChunk,
  encodeDelta,
  readAck,
  readChunk,
  readDelta,
  rememberGroup,
} from '../../src/wire/delta.js';
import type { DeltaFrame, SnapshotChunkFrame } from '../../src/wire/frames.js';
import { relevo } from '../../src/wire/gen/sync.js';

const { Frame } = relevo.v1;

/** A generator of numbers that repeats itself from run to run. */
const createDice = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const word = 2 ** 32;
/** Small, large, and at the edges of what a varint takes. */
const number = (dice: (below: number) => number, below: number): number =>
  Math.min(below - 1, [0, 1, 127, 128, 16_383, 16_384, dice(below), below - 1][dice(8)]!);

const pushKey = (dice: (below: number) => number, into: KeyColumns): void => {
  into.client.push(number(dice, word));
  into.address.push(number(dice, word));
  into.protocolPort.push(((dice(2) ? 6 : 17) << 16) | (1 + dice(65_535)));
};

const createDelta = (dice: (below: number) => number): DeltaFrame => {
  const upserts = createEntryColumns();
  const deletions = createKeyColumns();
  for (let count = dice(4) === 0 ? dice(400) : dice(3); count > 0; count--) {
    pushKey(dice, upserts);
    upserts.backend.push(number(dice, word));
    upserts.backendPort.push(1 + dice(65_535));
    upserts.ttlMs.push(1 + number(dice, word - 1));
    upserts.remainingMs.push(dice(upserts.ttlMs.at(-1)! + 1));
  }
  for (let count = dice(3); count > 0; count--) pushKey(dice, deletions);
  return {
    kind: 'delta',
    frame: 1 + number(dice, 2 ** 53 - 1),
    group: ['front', 'g', 'grüppe', 'x'.repeat(64)][dice(4)]!,
    epoch: number(dice, 2 ** 53),
    firstSequence: number(dice, 2 ** 53),
    lastSequence: number(dice, 2 ** 53),
    upserts,
    deletions,
  };
};

const chunkOf = ({ frame, group, epoch, upserts }: DeltaFrame): SnapshotChunkFrame => ({
  ...{ kind: 'snapshot-chunk', frame, group, epoch, entries: upserts },
});

const generatedChunk = ({ frame, group, epoch, entries }: SnapshotChunkFrame): Uint8Array =>
  Frame.encode({
    snapshotChunk: { frame, group, epoch, ...(entries.client.length > 0 && { entries }) },
  }).finish();

const generated = (frame: DeltaFrame): Uint8Array => {
  const { kind, upserts, deletions, ...fields } = frame;
  return Frame.encode({
    delta: {
      ...fields,
      ...(upserts.client.length > 0 && { upserts }),
      ...(deletions.client.length > 0 && { deletions }),
    },
  }).finish();
};

test('byte for byte what the generated code writes, and both read the same', (t) => {
  const dice = createDice(7);
  for (let round = 0; round < 300; round++) {
    const frame = createDelta(dice);
    const bytes = encodeDelta(frame);
    t.deepEqual([...bytes], [...generated(frame)]);
    t.deepEqual(readDelta(bytes), frame);
    t.deepEqual(decodeFrame(bytes), frame);
    const chunk = chunkOf(frame);
    const chunkBytes = encodeChunk(chunk);
    t.deepEqual([...chunkBytes], [...generatedChunk(chunk)]);
    t.deepEqual(readChunk(chunkBytes), chunk);
    t.deepEqual(decodeFrame(chunkBytes), chunk);
    const ack = { kind: 'ack', frame: frame.frame } as const;
    t.deepEqual([...encodeAck(ack)], [...Frame.encode({ ack: { frame: frame.frame } }).finish()]);
    t.deepEqual(readAck(encodeAck(ack)), ack);
    t.deepEqual(decodeFrame(encodeAck(ack)), ack);
  }
});

test('what is not as we write it is left to the generated code, with the same result', (t) => {
  const frame = createDelta(createDice(3));
  const bytes = encodeDelta(frame);
  rememberGroup('another');
  t.is(readDelta(bytes), undefined, 'a name not met before');
  t.deepEqual(decodeFrame(bytes), frame);
  t.deepEqual(readDelta(bytes), frame, 'known from now on');
  // Field 15 of a newer peer, behind ours.
  const longer = Uint8Array.from([...bytes, 0x78, 0x01]);
  t.is(readDelta(longer), undefined);
  t.deepEqual(decodeFrame(longer), frame);
});

test('cut and damaged frames: never read past their end, never accepted with other content than the generated code sees', (t) => {
  const dice = createDice(11);
  const plain = { delta: 0, 'snapshot-chunk': 0, ack: 0 };
  for (let round = 0; round < 4_000; round++) {
    const frame = createDelta(dice);
    const kind = dice(3);
    const ack = { kind: 'ack', frame: frame.frame } as const;
    const bytes = kind === 0 ? encodeDelta(frame) : kind === 1 ? encodeChunk(chunkOf(frame)) : encodeAck(ack);
    const damaged = bytes.slice(0, dice(3) === 0 ? dice(bytes.length + 1) : bytes.length);
    for (let count = dice(3); count > 0 && damaged.length > 0; count--) {
      damaged[dice(damaged.length)]! ^= 1 << dice(8);
    }
    const read = readDelta(damaged) ?? readChunk(damaged) ?? readAck(damaged);
    if (!read) continue;
    plain[read.kind]++;
    const same =
      read.kind === 'delta'
        ? generated(read)
        : read.kind === 'snapshot-chunk'
          ? generatedChunk(read)
          : Frame.encode({ ack: { frame: read.frame } }).finish();
    t.deepEqual([...same], [...Frame.encode(Frame.decode(damaged)).finish()]);
  }
  for (const [kind, count] of Object.entries(plain))
    t.true(count > 30, `${count} ${kind} frames were compared`);
});
