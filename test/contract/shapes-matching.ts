/** Rules that match, log, refuse and jump, in every family. */

import { fields, ip4, literal, port, u32 } from './kernel.js';
import { dnat, drop, endpoint, type Shape } from './shapes-translation.js';

export const matches: readonly Shape[] = [
  {
    title: 'log newcomers',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: [...fields('ip saddr'), ...endpoint], set: 'persist', invert: true },
      { kind: 'log', group: 5, prefix: 'relevo new', snaplen: 128, queueThreshold: 64 },
    ],
  },
  {
    title: 'log that tells two fields besides',
    family: 'ip',
    chain: 'filter',
    // Nobody can load half of it: what nft would make of its own text does not put back what the packet had.
    unread: true,
    statements: [
      {
        kind: 'log',
        group: 5,
        snaplen: 64,
        telling: { mark: 'ct original ip daddr', sourcePort: 'ct original proto-dst' },
      },
    ],
  },
  { title: 'bare log', family: 'ip', chain: 'filter', statements: [{ kind: 'log', group: 0 }] },
  {
    title: 'ct states',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'ct-state', states: ['related', 'established'] }, drop],
    prints: 'ct state established,related drop',
  },
  {
    title: 'invalid',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'ct-state', states: ['invalid'] }, { kind: 'counter' }, drop],
  },
  {
    title: 'reply direction',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'ct-direction', direction: 'reply' }, { kind: 'counter' }],
  },
  {
    title: 'sets of one part',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: fields('ip saddr'), set: 'nets' },
      { kind: 'lookup', key: fields('ip daddr'), set: 'held', invert: true },
      { kind: 'lookup', key: fields('th dport'), set: 'ports' },
      drop,
    ],
  },
  {
    title: 'interval set of two parts',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'lookup', key: fields('ip saddr', 'th dport'), set: 'pairs' }, drop],
  },
  {
    title: 'comparisons',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'compare', field: 'ip saddr', op: '==', value: literal('ipv4_addr', ip4('10.1.2.3')) },
      { kind: 'compare', field: 'ip daddr', op: '!=', value: literal('ipv4_addr', ip4('10.1.2.4')) },
      { kind: 'compare', field: 'meta mark', op: '==', value: literal('mark', u32(0x1f)) },
      { kind: 'compare', field: 'ct mark', op: '!=', value: literal('mark', u32(7)) },
      {
        kind: 'compare',
        field: 'ct original ip daddr',
        op: '==',
        value: literal('ipv4_addr', ip4('1.2.3.4')),
      },
      { kind: 'compare', field: 'ct reply ip saddr', op: '==', value: literal('ipv4_addr', ip4('1.2.3.5')) },
      { kind: 'verdict', verdict: { kind: 'accept' } },
    ],
  },
  {
    title: 'transport comparisons',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'compare', field: 'meta l4proto', op: '==', value: literal('inet_proto', Uint8Array.of(17)) },
      { kind: 'compare', field: 'th sport', op: '!=', value: literal('inet_service', port(53)) },
      { kind: 'compare', field: 'ct original proto-dst', op: '==', value: literal('inet_service', port(80)) },
      { kind: 'compare', field: 'ct original proto-src', op: '==', value: literal('inet_service', port(81)) },
      { kind: 'verdict', verdict: { kind: 'return' } },
    ],
    // After `meta l4proto udp` nft calls the ports udp's.
    prints: 'udp sport != 53 ct original proto-dst 80 ct original proto-src 81 return',
  },
  {
    title: 'reset',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'lookup', key: fields('ip daddr'), set: 'held' }, { kind: 'reject-tcp-reset' }],
  },
  {
    title: 'port unreachable',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'reject-port-unreachable' }],
    // Its own default.
    prints: 'reject',
  },
  {
    title: 'the kind of a service by way of the priority',
    family: 'ip',
    chain: 'pre',
    statements: [
      { kind: 'write', field: 'meta priority', key: endpoint, map: 'services' },
      { kind: 'vmap', key: fields('meta priority'), map: 'kinds' },
    ],
  },
  { title: 'notrack', family: 'ip', chain: 'filter', statements: [{ kind: 'notrack' }] },
  {
    title: 'jump',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: 'target' } }],
  },
  {
    title: 'goto',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'verdict', verdict: { kind: 'goto', chain: 'target' } }],
  },
  {
    title: 'MAC and address',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'lookup', key: fields('ether saddr', 'ip saddr'), set: 'macs' }, drop],
  },
  {
    title: 'IPv6 addresses',
    family: 'ip6',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: fields('ip6 saddr'), set: 'hosts6' },
      {
        kind: 'compare',
        field: 'ip6 daddr',
        op: '==',
        value: literal('ipv6_addr', Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0)),
      },
      drop,
    ],
  },
  {
    title: 'neighbour solicitation',
    family: 'netdev',
    chain: 'filter',
    unread: true,
    statements: [
      { kind: 'compare', field: 'icmpv6 type', op: '==', value: literal('inet_proto', Uint8Array.of(135)) },
      { kind: 'lookup', key: fields('icmpv6 taddr'), set: 'hosts6' },
      drop,
    ],
  },
  {
    title: 'ARP requests for a floating address that is not held',
    family: 'netdev',
    chain: 'filter',
    statements: [
      { kind: 'compare', field: 'arp operation', op: '==', value: literal('integer', port(1)) },
      { kind: 'lookup', key: fields('arp daddr ip'), set: 'held' },
      { kind: 'lookup', key: fields('arp daddr ip'), set: 'held', invert: true },
      drop,
    ],
  },
  {
    title: 'ARP sender',
    family: 'netdev',
    chain: 'filter',
    statements: [
      { kind: 'compare', field: 'arp saddr ip', op: '==', value: literal('ipv4_addr', ip4('10.0.0.9')) },
      drop,
    ],
  },
  {
    title: 'IPv4 in ingress',
    family: 'netdev',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: fields('ip saddr'), set: 'held' },
      {
        kind: 'compare',
        field: 'ether daddr',
        op: '==',
        value: literal('ether_addr', Uint8Array.of(2, 0, 0, 0, 0, 0xfe)),
      },
      drop,
    ],
  },
  {
    title: 'networks of one length',
    family: 'netdev',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: [{ kind: 'masked', field: 'ip saddr', prefixLength: 20 }], set: 'held' },
      drop,
    ],
  },
  {
    title: 'networks of a length of whole bytes',
    family: 'netdev',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: [{ kind: 'masked', field: 'ip saddr', prefixLength: 24 }], set: 'held' },
      { kind: 'lookup', key: [{ kind: 'masked', field: 'ip saddr', prefixLength: 0 }], set: 'held' },
      drop,
    ],
  },
  {
    title: 'IPv6 networks of one length',
    family: 'netdev',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: [{ kind: 'masked', field: 'ip6 saddr', prefixLength: 47 }], set: 'hosts6' },
      drop,
    ],
  },
  {
    title: 'dnat in inet',
    family: 'inet',
    chain: 'pre',
    unread: true,
    statements: [dnat({ kind: 'numgen', mode: 'random', modulus: 1024 })],
  },
];
