/** The SYN of a flood, byte by byte. */

import test from 'ava';
import { synPacket } from '../../src/drill/syn.js';
import { parseIpv4 } from '../../src/model/address.js';

test('a SYN without options, with the checksum that TCP wants', (t) => {
  const from = { host: parseIpv4('10.10.0.128')!, port: 1024 };
  const to = { host: parseIpv4('10.10.0.100')!, port: 8083 };
  const packet = synPacket(from, to, 7);
  t.is(
    Buffer.from(packet).toString('hex'),
    '4500002800000000400600000a0a00800a0a006404001f93000000070000000050 02faf0'.replace(' ', '') +
      checksumByHand(packet) +
      '0000',
  );
});

/** RFC 9293 section 3.1, in big numbers. */
const checksumByHand = (packet: Uint8Array): string => {
  const words = [...packet.subarray(12, 20), 0, 6, 0, 20, ...packet.subarray(20, 36), 0, 0, 0, 0];
  let sum = 0n;
  for (let at = 0; at < words.length; at += 2) sum += BigInt(words[at]! * 256 + words[at + 1]!);
  const folded = (sum % 65_535n || 65_535n) ^ 0xffffn;
  return folded.toString(16).padStart(4, '0');
};
