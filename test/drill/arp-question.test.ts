import test from 'ava';
import { arpAnswer, arpQuestion, ndAnswer, ndQuestion } from '../../src/drill/arp-question.js';
import type { Ipv4, Ipv6 } from '../../src/model/address.js';
import { buildArp, gratuitousReply, gratuitousRequest, parseArp } from '../../src/netlink/arp.js';
import { unsolicitedAdvertisement } from '../../src/netlink/nd.js';

const vip = '10.10.0.100' as Ipv4;
const observer = { mac: '02:00:0a:0a:00:3c', address: '10.10.0.60' as Ipv4 };
const node = '02:00:0a:0a:00:0b';

/** What a node sends back to a request: sender and target change places (RFC 826). */
const answerTo = (question: Uint8Array): Uint8Array => {
  const asked = parseArp(question)!;
  return buildArp({
    operation: 'reply',
    frameSource: node,
    frameDestination: asked.senderMac,
    senderMac: node,
    senderAddress: asked.targetAddress,
    targetMac: asked.senderMac,
    targetAddress: asked.senderAddress,
  });
};

test('each answer is told by the number of its request', (t) => {
  for (const index of [0, 1, 255, 256, 65_536, 1_000_000, 0xffff_ffff]) {
    const question = arpQuestion(index, observer.mac, observer.address, vip);
    t.deepEqual(arpAnswer(answerTo(question)), { address: vip, mac: node, request: index });
    t.is(parseArp(question)?.frameSource, observer.mac, 'switches learn the real one');
  }
});

test('announcements, requests, fragments and answers to others are none', (t) => {
  const question = arpQuestion(7, observer.mac, observer.address, vip);
  t.is(arpAnswer(question), undefined);
  t.is(arpAnswer(gratuitousReply(node, vip)), undefined);
  t.is(arpAnswer(gratuitousRequest(node, vip)), undefined);
  t.is(arpAnswer(answerTo(question).subarray(0, 30)), undefined);
  t.is(arpAnswer(answerTo(gratuitousRequest(observer.mac, observer.address))), undefined);
});

test('a neighbour solicitation is numbered the same way, and its frame bears the real MAC', (t) => {
  const wanted = 'fd10::100' as Ipv6;
  const question = ndQuestion(65_537, observer.mac, 'fd10::60' as Ipv6, wanted);
  const text = (from: number, to: number): string => Buffer.from(question.subarray(from, to)).toString('hex');
  t.is(text(6, 12), observer.mac.replaceAll(':', ''));
  t.is(text(-6 + question.length, question.length), '025e00010001', 'the option has the number');
  // As a node answers: to the address in the option, solicited.
  const answer = unsolicitedAdvertisement(node, wanted);
  answer.set(question.subarray(-6), 0);
  t.is(ndAnswer(answer), undefined, 'an announcement is no answer');
  answer[14 + 40 + 4]! |= 0x40;
  t.deepEqual(ndAnswer(answer), { address: wanted, mac: node, request: 65_537 });
  t.is(ndAnswer(question), undefined);
});
