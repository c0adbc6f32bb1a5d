import test from 'ava';
import { type Ipv6, parseIpv6 } from '../../src/model/address.js';
import {
  ndFrameBytes,
  parseAdvertisement,
  solicitation,
  unsolicitedAdvertisement,
} from '../../src/netlink/nd.js';

const floating = parseIpv6('2001:db8::100') as Ipv6;
const own = parseIpv6('2001:db8::1') as Ipv6;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('an unsolicited advertisement, byte by byte', (t) => {
  const frame = unsolicitedAdvertisement('02:00:00:00:00:0b', floating);
  t.is(frame.length, ndFrameBytes);
  t.is(hex(frame.subarray(0, 14)), '33330000000102000000000b86dd');
  t.is(
    hex(frame.subarray(14, 54)),
    '6000000000203aff20010db8000000000000000000000100ff020000000000000000000000000001',
  );
  t.is(hex(frame.subarray(54, 56)), '8800');
  t.is(hex(frame.subarray(58)), 'a000000020010db800000000000000000000010002010200' + '0000000b');
});

test('the checksum makes the sum of pseudo header and message all ones', (t) => {
  for (const frame of [
    unsolicitedAdvertisement('02:00:00:00:00:0b', floating),
    solicitation('02:aa:bb:cc:dd:ee', own, floating),
  ]) {
    let sum = 32 + 58;
    for (let at = 22; at < frame.length; at += 2) sum += (frame[at]! << 8) | frame[at + 1]!;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    t.is(sum, 0xffff);
  }
});

test('a question goes to the solicited-node group; only advertisements are read back', (t) => {
  const question = solicitation('02:00:00:00:00:01', own, floating);
  t.is(hex(question.subarray(0, 6)), '3333ff000100');
  t.is(parseAdvertisement(question), undefined);
  t.deepEqual(parseAdvertisement(unsolicitedAdvertisement('02:00:00:00:00:0b', floating)), {
    destination: 'ff02::1',
    frameSource: '02:00:00:00:00:0b',
    target: floating,
    solicited: false,
  });
  t.is(parseAdvertisement(question.subarray(0, 60)), undefined);
});
