import test from 'ava';
import { arpAnswer, arpQuestion, observerSenders } from '../../src/drill/arp-question.js';

const asker = '02:00:0a:0a:00:3c';

/** A reply as a node would send it, by RFC 826. */
const reply = (mac: number[], address: number[], to: number[]): Uint8Array =>
  Uint8Array.from([
    ...[2, 0, 10, 10, 0, 60],
    ...mac,
    ...[8, 6, 0, 1, 8, 0, 6, 4, 0, 2],
    ...mac,
    ...address,
    ...[2, 0, 10, 10, 0, 60],
    ...to,
  ]);

test('a request is a broadcast of 42 bytes that names asker and target', (t) => {
  const frame = arpQuestion(asker, '10.10.0.61', '10.10.0.100');
  t.is(
    Buffer.from(frame).toString('hex'),
    'ffffffffffff02000a0a003c0806' +
      '0001080006040001' +
      '02000a0a003c' +
      '0a0a003d' +
      '000000000000' +
      '0a0a0064',
  );
});

test('an answer tells address, MAC, and which request it is for', (t) => {
  t.deepEqual(arpAnswer(reply([2, 0, 10, 10, 0, 11], [10, 10, 0, 100], [10, 10, 0, 61])), {
    address: '10.10.0.100',
    mac: '02:00:0a:0a:00:0b',
    askedBy: '10.10.0.61',
  });
});

test('announcements, requests and fragments are no answers', (t) => {
  t.is(arpAnswer(reply([2, 0, 10, 10, 0, 11], [10, 10, 0, 100], [10, 10, 0, 100])), undefined);
  t.is(arpAnswer(arpQuestion(asker, '10.10.0.61', '10.10.0.100')), undefined);
  t.is(arpAnswer(reply([2, 0, 10, 10, 0, 11], [10, 10, 0, 100], [10, 10, 0, 61]).subarray(0, 30)), undefined);
});

test('askers are distinct addresses', (t) => {
  t.is(new Set(observerSenders('10.10.0.60')).size, 16);
});
