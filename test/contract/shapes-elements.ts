/** Elements of every kind of set: how stock nft lists them, and what the dump says beyond what was written. */

import type { ElementBytes, SetSpec } from '../../src/netlink/nft/ast.js';
import { kindsMap, servicesMap, slotsMap, sourcesMap } from '../../src/ruleset/layout.js';
import { concat, ip4, ip6, port, u32 } from './kernel.js';
import * as sets from './shapes-sets.js';

export interface ElementShape {
  readonly set: SetSpec;
  readonly element: ElementBytes;
  readonly lists?: string;
  /** Present in the dump, or otherwise there. */
  readonly dumped?: Partial<ElementBytes>;
}

const vip = ip4('10.0.0.1');
const tcp = Uint8Array.of(6);
const target = { kind: 'goto', chain: 'target' } as const;
const nothing = { packets: 0, bytes: 0 };

const plain: readonly ElementShape[] = [
  {
    set: sets.verdicts,
    element: { key: concat(vip, tcp, port(80)), data: target },
    lists: '10.0.0.1 . tcp . 80 : goto target',
  },
  { set: sets.verdicts, element: { key: concat(vip, tcp, port(81)), data: { kind: 'drop' } } },
  {
    set: servicesMap,
    element: { key: concat(vip, tcp, port(80)), data: u32(0x1c00040) },
    lists: '10.0.0.1 . tcp . 80 : 1c0:40',
  },
  { set: kindsMap, element: { key: u32(0x1c00040), data: target }, lists: '1c0:40 : goto target' },
  {
    set: slotsMap,
    element: { key: concat(vip, tcp, port(80), u32(1000)), data: concat(ip4('10.1.0.1'), port(8080)) },
    lists: '10.0.0.1 . tcp . 80 . 1000 : 10.1.0.1 . 8080',
  },
  { set: sourcesMap, element: { key: concat(vip, tcp, port(80), vip, port(1)), data: ip4('10.9.9.9') } },
  {
    set: sets.held,
    element: { key: vip, timeoutMs: 60_000, comment: 'lease' },
    lists: '10.0.0.1 timeout 1m',
  },
  { set: sets.held, element: { key: ip4('10.0.0.2'), comment: 'ünïcode' }, lists: 'comment "lease"' },
  {
    set: sets.marks,
    element: { key: concat(vip, port(80)), data: u32(0x22) },
    lists: '10.0.0.1 . 80 : 0x00000022',
  },
  { set: sets.ports, element: { key: port(443) } },
  {
    set: sets.macs,
    element: { key: concat(Uint8Array.of(2, 0, 0, 0, 0, 1), vip) },
    lists: '02:00:00:00:00:01 . 10.0.0.1',
  },
  { set: sets.bySlot, element: { key: u32(3), data: vip } },
  {
    set: sets.names,
    element: { key: Uint8Array.from({ length: 16 }, (_, i) => 'eth0'.charCodeAt(i) || 0) },
    lists: '"eth0"',
  },
  {
    set: sets.byPriority,
    element: { key: concat(u32(0x10002), u32(3)), data: vip },
    lists: '1:2 . 3 : 10.0.0.1',
  },
  {
    set: sets.interfaces,
    element: { key: concat(u32(1), Uint8Array.of(0x86, 0xdd), Uint8Array.of(10)) },
    lists: '"lo" . ip6 . ipv6',
  },
  { set: sets.deviceOf, element: { key: vip, data: u32(1) }, lists: '10.0.0.1 : "lo"' },
  {
    set: sets.macOf,
    element: { key: vip, data: Uint8Array.of(2, 0, 0, 0, 0, 9) },
    lists: '10.0.0.1 : 02:00:00:00:00:09',
  },
];

const ranges: readonly ElementShape[] = [
  { set: sets.nets, element: { key: ip4('10.0.0.0'), keyEnd: ip4('10.0.0.255') }, lists: '10.0.0.0/24' },
  // Where one range ends another begins.
  { set: sets.nets, element: { key: ip4('10.0.1.0'), keyEnd: ip4('10.0.1.7') }, lists: '10.0.1.0/29' },
  { set: sets.nets, element: { key: ip4('10.7.7.7'), comment: 'one' }, lists: '10.7.7.7 comment "one"' },
  { set: sets.nets, element: { key: ip4('10.8.0.1'), keyEnd: ip4('10.8.0.9') }, lists: '10.8.0.1-10.8.0.9' },
  // The last address has none behind it: the range stays open.
  { set: sets.nets, element: { key: ip4('255.255.255.0'), keyEnd: ip4('255.255.255.255') } },
  {
    set: sets.nets6,
    element: { key: ip6(0x2001, 0xdb8), keyEnd: ip6(0x2001, 0xdb8, 0, 0, -1, -1, -1, -1) },
    lists: '2001:db8::/64',
  },
  {
    set: sets.nets6,
    element: { key: ip6(-1), keyEnd: ip6(-1, -1, -1, -1, -1, -1, -1, -1) },
    lists: 'ffff::/16',
  },
  { set: sets.portRanges, element: { key: port(80), keyEnd: port(90) }, lists: '80-90' },
  { set: sets.portRanges, element: { key: port(65_000), keyEnd: port(65_535) }, lists: '65000-65535' },
  {
    set: sets.netMarks,
    element: { key: ip4('10.0.0.0'), keyEnd: ip4('10.0.0.255'), data: u32(1), comment: 'first' },
    lists: '10.0.0.0/24 comment "first" : 0x00000001',
  },
  {
    set: sets.netMarks,
    element: { key: ip4('10.0.1.0'), keyEnd: ip4('10.0.1.255'), data: u32(2) },
    lists: '10.0.1.0/24 : 0x00000002',
  },
  { set: sets.netMarks, element: { key: ip4('255.255.255.255'), data: u32(3) } },
  {
    set: sets.pairs,
    element: { key: concat(ip4('10.0.0.0'), port(80)), keyEnd: concat(ip4('10.0.0.255'), port(90)) },
    lists: '10.0.0.0/24 . 80-90',
  },
  { set: sets.pairs, element: { key: concat(ip4('10.1.0.1'), port(80)) }, lists: '10.1.0.1 . 80' },
  {
    set: sets.netVerdicts,
    element: {
      key: concat(vip, tcp, port(8000)),
      keyEnd: concat(vip, tcp, port(8999)),
      data: target,
      comment: 'a range of ports',
    },
    lists: '10.0.0.1 . tcp . 8000-8999 comment "a range of ports" : goto target',
  },
  {
    set: sets.pairs6,
    element: {
      key: concat(ip6(0x2001, 0xdb8), port(1)),
      keyEnd: concat(ip6(0x2001, 0xdb8, -1, -1, -1, -1, -1, -1), port(65_535)),
      data: u32(5),
    },
    lists: '2001:db8::/32 . 1-65535 : 0x00000005',
  },
];

const stateful: readonly ElementShape[] = [
  {
    set: sets.limited,
    element: {
      key: vip,
      statements: [{ kind: 'limit', rate: 7, unit: 'minute', burst: 9, over: true }],
      comment: 'web',
    },
    lists: '10.0.0.1 limit rate over 7/minute burst 9 packets comment "web"',
  },
  {
    set: sets.limited,
    element: { key: ip4('10.0.0.2'), statements: [{ kind: 'limit', rate: 100, unit: 'hour', burst: 5 }] },
    lists: '10.0.0.2 limit rate 100/hour',
  },
  {
    set: sets.limited,
    element: { key: ip4('10.0.0.3') },
    lists: '10.0.0.3 limit rate over 1/second',
    dumped: { statements: sets.limited.statements ?? [] },
  },
  {
    set: sets.connected,
    element: { key: concat(vip, port(80)), statements: [{ kind: 'ct-count', count: 50, over: true }] },
    lists: '10.0.0.1 . 80 ct count over 50',
  },
  {
    set: sets.connected,
    element: { key: concat(vip, port(81)), statements: [{ kind: 'ct-count', count: 5 }] },
    lists: '10.0.0.1 . 81 ct count 5',
  },
  {
    set: sets.counted,
    element: { key: vip, statements: [{ kind: 'counter' }], counter: { packets: 7, bytes: 5_000_000_000 } },
    lists: '10.0.0.1 counter packets 7 bytes 5000000000',
  },
  {
    set: sets.counted,
    element: { key: ip4('10.0.0.2') },
    lists: '10.0.0.2 counter packets 0 bytes 0',
    dumped: { statements: [{ kind: 'counter' }], counter: nothing },
  },
  {
    set: sets.countedNets,
    element: { key: ip4('10.0.0.0'), keyEnd: ip4('10.0.0.255') },
    lists: '10.0.0.0/24 counter packets 0 bytes 0',
    dumped: { statements: [{ kind: 'counter' }], counter: nothing },
  },
  {
    set: sets.countedRanges,
    element: {
      key: concat(vip, tcp, port(80)),
      keyEnd: concat(vip, tcp, port(90)),
      data: { kind: 'accept' },
    },
    lists: '10.0.0.1 . tcp . 80-90 counter packets 0 bytes 0 : accept',
    dumped: { statements: [{ kind: 'counter' }], counter: nothing },
  },
  {
    set: sets.metered,
    element: {
      key: vip,
      statements: [{ kind: 'limit', rate: 3, unit: 'day', burst: 5, over: true }, { kind: 'counter' }],
    },
    lists: '10.0.0.1 limit rate over 3/day counter packets 0 bytes 0',
    dumped: { counter: nothing, timeoutMs: 60_000 },
  },
];

export const elements: readonly ElementShape[] = [...plain, ...ranges, ...stateful];
