/** Rules that write into frames: addresses, ports, devices; in netdev and ahead of connection tracking. */

import type { Statement } from '../../src/netlink/nft/ast.js';
import { fields, ip4, ip6, literal, port, u32 } from './kernel.js';
import { is, type Shape, tcp, write } from './shapes-translation.js';

const udp = is('meta l4proto', 'inet_proto', 17);
const sctp = is('meta l4proto', 'inet_proto', 132);
const lo = { index: 1, name: 'lo' };
const mac = literal('ether_addr', Uint8Array.of(2, 0, 0, 0, 0, 1));
const hash = { kind: 'jhash', fields: ['ip saddr', 'ether saddr'], modulus: 16, seed: 7 } as const;
const symhash = { kind: 'symhash', fields: [], modulus: 16, seed: 0 } as const;
const netdev = (title: string, statements: readonly Statement[], more: Partial<Shape> = {}): Shape => ({
  title,
  family: 'netdev',
  chain: 'filter',
  statements,
  ...more,
});
/**
 * An address and a port of one map cannot be written: two payload writes from the registers of one lookup work, but stock nft lists the second
 * as `tcp dport set meta l4proto` (it takes the register for what was there before). Two maps under one key do it, the port first, because the
 * address may be part of the key; a slot that is drawn is kept in `meta priority` for both.
 */
export const writing: readonly Shape[] = [
  netdev('forward to a device', [
    { kind: 'lookup', key: fields('ip daddr'), set: 'held' },
    { kind: 'fwd', device: lo },
  ]),
  netdev('forward to the device of a map', [{ kind: 'fwd', key: fields('ip daddr'), map: 'deviceof' }]),
  netdev('a copy to a device', [{ kind: 'dup', device: lo }]),
  netdev('a copy to the device of a map', [{ kind: 'dup', key: fields('ip daddr'), map: 'deviceof' }]),
  netdev('a MAC by a hash, and forward', [
    { kind: 'write', field: 'ether daddr', key: [...fields('ip daddr'), hash], map: 'tomac' },
    { kind: 'write', field: 'ether saddr', value: mac },
    { kind: 'fwd', device: lo },
  ]),
  netdev('a MAC by the symmetric hash', [
    { kind: 'write', field: 'ether daddr', key: [...fields('ip daddr'), symhash], map: 'tomac' },
  ]),
  netdev('a MAC by turns', [
    {
      kind: 'write',
      field: 'ether daddr',
      key: [...fields('ip daddr'), { kind: 'numgen', mode: 'inc', modulus: 16 }],
      map: 'tomac',
    },
  ]),
  netdev('MACs from a field and a map', [
    { kind: 'write', field: 'ether daddr', from: { kind: 'field', field: 'ether saddr' } },
    write('ether saddr', 'macof', 'ip daddr'),
  ]),
  netdev('addresses of IPv4', [
    write('ip daddr', 'single', 'ip daddr'),
    { kind: 'write', field: 'ip saddr', value: literal('ipv4_addr', ip4('1.2.3.4')) },
    { kind: 'write', field: 'ip daddr', from: { kind: 'field', field: 'ip saddr' } },
  ]),
  netdev('addresses of IPv6', [
    write('ip6 daddr', 'single6', 'ip6 daddr'),
    { kind: 'write', field: 'ip6 saddr', value: literal('ipv6_addr', ip6(0x2001, 0xdb8)) },
  ]),
  netdev(
    'ports of tcp',
    [
      tcp,
      write('th dport', 'portof', 'ip daddr'),
      { kind: 'write', field: 'th sport', value: literal('inet_service', port(80)) },
    ],
    { prints: 'tcp dport set ip daddr map @portof tcp sport set 80' },
  ),
  netdev('an address and a port by one slot that is drawn', [
    tcp,
    { kind: 'write', field: 'meta priority', from: { kind: 'numgen', mode: 'inc', modulus: 16 } },
    write('th dport', 'slotport', 'ip daddr', 'meta priority'),
    write('ip daddr', 'slotaddress', 'ip daddr', 'meta priority'),
  ]),
  netdev(
    'ports of udp',
    [udp, { kind: 'write', field: 'th dport', value: literal('inet_service', port(53)) }],
    {
      prints: 'udp dport set 53',
    },
  ),
  netdev(
    'a port of udp without a checksum',
    [
      is('udp checksum', 'inet_service', 0, 0),
      { kind: 'write', field: 'th dport', value: literal('inet_service', port(53)) },
      { kind: 'write', field: 'udp checksum', value: literal('inet_service', port(0)) },
    ],
    { prints: 'udp checksum 0 udp dport set 53 udp checksum set 0', otherwise: true },
  ),
  netdev('who has a MAC, remembered', [
    {
      kind: 'dynset',
      op: 'update',
      set: 'waymac',
      key: fields('ip saddr'),
      data: fields('ether saddr'),
      timeoutMs: 60_000,
    },
  ]),
  netdev('who has a MAC, forgotten', [
    { kind: 'dynset', op: 'delete', set: 'waymac', key: fields('ip saddr'), data: fields('ether saddr') },
  ]),
  netdev(
    'ports of sctp',
    [sctp, { kind: 'write', field: 'th dport', value: literal('inet_service', port(53)) }],
    {
      prints: 'sctp dport set 53',
    },
  ),
  netdev('a stateless translation', [
    is('ip protocol', 'inet_proto', 6),
    write('ip daddr', 'single', 'ip saddr'),
    write('ether daddr', 'macof', 'ip daddr'),
    { kind: 'notrack' },
    { kind: 'fwd', device: lo },
  ]),
  netdev('marks and priority', [
    { kind: 'write', field: 'meta mark', value: literal('mark', u32(5)) },
    { kind: 'write', field: 'meta priority', value: literal('classid', u32(0x10002)) },
    write('meta mark', 'clientmarks', 'ip saddr'),
  ]),
  netdev(
    'interface and protocols',
    [
      is('meta iif', 'iface_index', 1, 0, 0, 0),
      is('meta protocol', 'ether_type', 8, 0),
      is('ip protocol', 'inet_proto', 17),
      { kind: 'log', group: 3, prefix: 'x' },
    ],
    { prints: 'iif "lo" ip protocol udp log prefix "x" group 3' },
  ),
  netdev('frames of another machine', [
    { kind: 'compare', field: 'meta pkttype', op: '!=', value: literal('integer', Uint8Array.of(0)) },
    { kind: 'counter' },
  ]),
  {
    title: 'addresses and ports ahead of tracking',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'write', field: 'ip saddr', value: literal('ipv4_addr', ip4('1.2.3.4')) },
      tcp,
      { kind: 'write', field: 'th sport', value: literal('inet_service', port(80)) },
    ],
    prints: 'ip saddr set 1.2.3.4 tcp sport set 80',
  },
];
