import test from 'ava';
import { arpAnswer, latestRequestOf, observerSenders } from '../../src/drill/arp-question.js';
import type { Ipv4 } from '../../src/model/address.js';
import { arpRequest, buildArp, gratuitousReply, gratuitousRequest } from '../../src/netlink/arp.js';

const vip = '10.10.0.100' as Ipv4;
const asker = { mac: '02:00:0a:0a:00:3c', address: '10.10.0.61' as Ipv4 };
const node = '02:00:0a:0a:00:0b';

test('an answer tells address, MAC, and who asked', (t) => {
  const frame = buildArp({
    operation: 'reply',
    frameSource: node,
    frameDestination: asker.mac,
    senderMac: node,
    senderAddress: vip,
    targetMac: asker.mac,
    targetAddress: asker.address,
  });
  t.deepEqual(arpAnswer(frame), { address: vip, mac: node, askedBy: asker.address });
  t.is(arpAnswer(frame.subarray(0, 30)), undefined);
});

test('announcements and requests are no answers', (t) => {
  t.is(arpAnswer(gratuitousReply(node, vip)), undefined);
  t.is(arpAnswer(gratuitousRequest(node, vip)), undefined);
  t.is(arpAnswer(arpRequest(asker.mac, asker.address, vip)), undefined);
});

test('an answer belongs to the latest request of its turn', (t) => {
  for (let count = 1; count < 100; count += 1) {
    for (let sender = 0; sender < 16; sender += 1) {
      const made = Array.from({ length: count }, (_, index) => index).filter(
        (index) => index % 16 === sender,
      );
      t.is(latestRequestOf(sender, 16, count), made.at(-1));
    }
  }
});

test('askers are distinct addresses', (t) => {
  t.is(new Set(observerSenders('10.10.0.60')).size, 16);
});
