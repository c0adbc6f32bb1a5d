import test from 'ava';
import { answerSeed, createByteSource, firstDifference } from '../../src/lab/stream-bytes.js';

test('the same seed gives the same bytes, however they are taken', (t) => {
  const whole = createByteSource(7).take(1000);
  const source = createByteSource(7);
  const parts = Buffer.concat([source.take(1), source.take(499), source.take(0), source.take(500)]);
  t.deepEqual(Buffer.from(whole), parts);
});

test('seeds differ, directions differ, zero is a seed like any', (t) => {
  const bytes = (seed: number): string => Buffer.from(createByteSource(seed).take(32)).toString('hex');
  t.not(bytes(1), bytes(2));
  t.not(bytes(1), bytes(answerSeed(1)));
  t.notRegex(bytes(0), /^0+$/);
});

test('the first wrong byte is found', (t) => {
  const expected = createByteSource(3).take(100);
  const received = Uint8Array.from(expected);
  t.is(firstDifference(received, expected), -1);
  received[41]! ^= 1;
  t.is(firstDifference(received, expected), 41);
});

test('a byte lost or doubled in the middle is found at once', (t) => {
  const expected = createByteSource(3).take(2000);
  const lost = Buffer.concat([expected.subarray(0, 1000), expected.subarray(1001)]);
  t.true(firstDifference(lost, expected) >= 1000);
  t.true(firstDifference(lost, expected) < 1010);
});
