/** Sessions recorded from earlier versions, played to this one: what they said is still understood. */

import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { decodeFrame } from '../../src/wire/decode.js';
import { encodeFrame } from '../../src/wire/encode.js';
import { messages, type Name, type Recording, record, Side } from './support/recording.js';

const folder = new URL('./recorded/', import.meta.url);
const recordings = readdirSync(folder).map((file) => ({
  file,
  recording: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recording,
}));
const bytesOf = ({ bytes }: { bytes: string }): Uint8Array => new Uint8Array(Buffer.from(bytes, 'base64'));
const kindOf = (bytes: Uint8Array): string => {
  const frame = decodeFrame(bytes);
  if (frame.kind === 'general') return `general ${frame.body.kind}`;
  return frame.kind === 'document' ? `document ${frame.message.kind}` : frame.kind;
};

test('there is a recording', (t) => {
  t.true(recordings.length > 0);
});

for (const { file, recording } of recordings) {
  for (const [self, peer] of [
    ['lb1', 'lb2'],
    ['lb2', 'lb1'],
  ] as readonly [Name, Name][]) {
    test(`${file}: with the recorded ${peer}, today's ${self} ends in sync`, (t) => {
      const side = new Side(self, () => {});
      side.open();
      for (const frame of recording.frames) {
        if (frame.from !== peer) continue;
        side.hear(bytesOf(frame));
        t.is(side.closed, undefined);
      }
      t.deepEqual(side.content(false), recording.told[peer]);
      t.true(side.complete, 'every group is whole');
      t.true(side.confirmed >= 40, 'it asked for our entries, and confirmed them');
      t.is(side.unconfirmed, 0);
      t.is(side.heard.length, messages.length);
    });
  }

  test(`${file}: each frame is known, and written as it was`, (t) => {
    for (const frame of recording.frames) {
      const decoded = decodeFrame(bytesOf(frame));
      if (decoded.kind === 'unknown') return t.fail(`unknown: ${frame.bytes}`);
      t.is(Buffer.from(encodeFrame(decoded)).toString('base64'), frame.bytes, decoded.kind);
    }
  });
}

test('a recording has every kind of frame but a refusal, from both sides', (t) => {
  const both = [
    'start',
    'snapshot-begin',
    'snapshot-chunk',
    'snapshot-end',
    'delta',
    'ack',
    'digest',
    'resync',
  ];
  const streams = both.flatMap((kind) => [kind, `general ${kind}`]);
  const beside = messages.map((frame) => kindOf(encodeFrame(frame)));
  const { frames } = record();
  for (const from of ['lb1', 'lb2']) {
    const kinds = new Set(
      frames.filter((frame) => frame.from === from).map((frame) => kindOf(bytesOf(frame))),
    );
    for (const kind of ['hello', 'ping', 'pong', 'general progress', ...streams, ...beside]) {
      t.true(kinds.has(kind), `${from}: ${kind}`);
    }
  }
  t.true(frames.some((frame) => kindOf(bytesOf(frame)) === 'role'));
});
