/** Reports from before NAT meet those from behind it. */

import test from 'ava';
import type { Ipv4 } from '../../src/model/address.js';
import { createOriginalFinder } from '../../src/netlink/nflog-originals.js';
import type { LoggedPacket } from '../../src/ports.js';
import { udpFrame } from '../support/udp-frame.js';

const packet = (
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): LoggedPacket => ({
  payload: udpFrame({
    sourceMac: '02:00:00:00:00:01',
    destinationMac: '02:00:00:00:00:02',
    source: source as Ipv4,
    destination: destination as Ipv4,
    sourcePort,
    destinationPort,
  }).subarray(14),
  prefix: '',
  sequence: 1,
});

test('one original per connection, used once', (t) => {
  const finder = createOriginalFinder();
  finder.remember(packet('10.0.0.9', 4000, '10.1.0.1', 80));
  finder.remember(packet('10.0.0.9', 4001, '10.1.0.2', 81));
  const behind = packet('10.0.0.9', 4001, '10.2.0.1', 8080);
  t.deepEqual(finder.complete(behind).original, {
    source: '10.0.0.9',
    destination: '10.1.0.2',
    protocol: 17,
    destinationPort: 81,
  } as never);
  t.is(finder.complete(behind).original, undefined);
  t.is(finder.complete(packet('10.0.0.9', 4000, '10.2.0.1', 8080)).original?.destination, '10.1.0.1' as Ipv4);
});

test('packets that never get behind NAT do not pile up', (t) => {
  const finder = createOriginalFinder();
  const source = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  for (let index = 0; index < 50_000; index++) finder.remember(packet(source(index), 4000, '10.1.0.1', 80));
  t.is(finder.complete(packet(source(1), 4000, '10.2.0.1', 80)).original, undefined);
  t.truthy(finder.complete(packet(source(49_999), 4000, '10.2.0.1', 80)).original);
});

test('what has no ports is passed on as it is', (t) => {
  const finder = createOriginalFinder();
  const fragment = packet('10.0.0.9', 4000, '10.1.0.1', 80);
  fragment.payload[7] = 5;
  const short = { ...fragment, payload: fragment.payload.subarray(0, 21) };
  finder.remember(fragment);
  finder.remember(short);
  t.is(finder.complete(fragment), fragment);
  t.is(finder.complete(short), short);
});
