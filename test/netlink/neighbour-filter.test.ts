/** The BPF programs, carried out by a small machine: what they let through, with one address and with as many as fit. */

import test from 'ava';
import type { Ip, Ipv4, Ipv6 } from '../../src/model/address.js';
import { arpProbe, arpRequest, buildArp, gratuitousReply, gratuitousRequest } from '../../src/netlink/arp.js';
import { solicitation, unsolicitedAdvertisement } from '../../src/netlink/nd.js';
import { answerFilter, claimFilter, type FilterStep, mostSteps } from '../../src/netlink/neighbour-filter.js';

const own = '02:00:00:00:00:01';
const other = '02:00:00:00:00:02';
const four = (last: number): Ipv4 => `10.9.${last >> 8}.${last & 255}` as Ipv4;
const six = (last: number): Ipv6 => `fd09::${last.toString(16)}` as Ipv6;

/** As the kernel does: a load beyond the frame drops it. */
const passes = (program: readonly FilterStep[], frame: Uint8Array): boolean => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const widths: Readonly<Record<number, number>> = { 32: 4, 40: 2, 48: 1 };
  let a = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, jt, jf, k } = program[at]!;
    if (code === 6) return k !== 0;
    if (code === 5) at += k;
    else if (code === 21) at += a === k ? jt : jf;
    else {
      const width = widths[code]!;
      if (k + width > frame.length) return false;
      a = width === 4 ? view.getUint32(k) : width === 2 ? view.getUint16(k) : view.getUint8(k);
    }
  }
  throw new Error('the program has no end');
};

for (const count of [1, 2, 100]) {
  test(`IPv4: claims of others and answers to us, ${count} addresses`, (t) => {
    const addresses: Ip[] = Array.from({ length: count }, (_, index) => four(100 + index));
    const last = four(99 + count);
    const claims = claimFilter(addresses, own);
    t.true(claims.length <= mostSteps && claims.every(({ jt, jf }) => jt < 256 && jf < 256));
    for (const frame of [
      gratuitousRequest(other, last),
      gratuitousReply(other, last),
      gratuitousReply(other, four(100)),
    ]) {
      t.true(passes(claims, frame));
    }
    for (const frame of [
      gratuitousReply(own, last),
      gratuitousReply(other, four(99)),
      arpProbe(other, last),
      arpRequest(other, four(1), last),
      unsolicitedAdvertisement(other, six(1)),
      new Uint8Array(20),
    ]) {
      t.false(passes(claims, frame));
    }
    const answers = answerFilter(addresses);
    const reply = (targetAddress: Ipv4) =>
      buildArp({
        operation: 'reply',
        frameSource: other,
        frameDestination: own,
        senderMac: other,
        senderAddress: four(1),
        targetMac: own,
        targetAddress,
      });
    t.true(passes(answers, reply(last)));
    t.false(passes(answers, reply(four(99))));
    t.false(passes(answers, arpRequest(other, four(1), last)));
  });

  test(`IPv6: claims of others and answers to us, ${count} addresses`, (t) => {
    const addresses: Ip[] = Array.from({ length: count }, (_, index) => six(100 + index));
    const last = six(99 + count);
    const claims = claimFilter(addresses, own);
    t.true(claims.length <= mostSteps && claims.every(({ jt, jf }) => jt < 256 && jf < 256));
    t.true(passes(claims, unsolicitedAdvertisement(other, last)));
    t.true(passes(claims, unsolicitedAdvertisement(other, six(100))));
    for (const frame of [
      unsolicitedAdvertisement(own, last),
      unsolicitedAdvertisement(other, six(99)),
      solicitation(other, six(1), last),
      gratuitousReply(other, four(1)),
    ]) {
      t.false(passes(claims, frame));
    }
    const answers = answerFilter(addresses);
    const frame = unsolicitedAdvertisement(other, six(1));
    t.false(passes(answers, frame));
    // To the one who asked.
    frame.set([0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99 + count], 38);
    t.true(passes(answers, frame));
  });
}

test('more addresses than a program can hold: the first ones', (t) => {
  const many: Ip[] = Array.from({ length: 5_000 }, (_, index) => four(index + 1));
  const program = claimFilter(many, own);
  t.true(program.length <= mostSteps);
  t.true(passes(program, gratuitousReply(other, four(1))));
  t.false(passes(program, gratuitousReply(other, four(5_000))));
});
