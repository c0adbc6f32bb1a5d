/** Rules that mark, translate to what they name, and match by what surrounds a packet. */

import { fields, ip4, ip6, literal, port, u32 } from './kernel.js';
import { dnat, is, type Shape, tcp, write } from './shapes-translation.js';

const ip = (title: string, statements: Shape['statements'], more: Partial<Shape> = {}): Shape => ({
  title,
  family: 'ip',
  chain: 'filter',
  statements,
  ...more,
});

const marks: readonly Shape[] = [
  ip('marks from literals and fields', [
    { kind: 'write', field: 'meta mark', value: literal('mark', u32(0x12)) },
    { kind: 'write', field: 'ct mark', value: literal('mark', u32(0x8000_0001)) },
    { kind: 'write', field: 'ct mark', from: { kind: 'field', field: 'meta mark' } },
    { kind: 'write', field: 'meta mark', from: { kind: 'field', field: 'ct mark' } },
  ]),
  ip('marks by masks', [
    {
      kind: 'write',
      field: 'ct mark',
      from: { kind: 'field', field: 'ct mark' },
      keep: 0xffff_ff00,
      bits: 0x12,
    },
    { kind: 'write', field: 'meta mark', from: { kind: 'field', field: 'ct mark' }, keep: 0xff },
    { kind: 'write', field: 'meta mark', from: { kind: 'field', field: 'meta mark' }, bits: 0x8000_0000 },
  ]),
  ip('single bits', [
    { kind: 'compare', field: 'ct mark', op: '!=', value: literal('mark', u32(0)), mask: 0x10 },
    { kind: 'compare', field: 'meta mark', op: '==', value: literal('mark', u32(0x10)), mask: 0xff },
    { kind: 'ct-status', statuses: ['expected'] },
  ]),
  {
    // nft has no bits of a priority: it lists them as what is left of a mask, and reads none.
    title: 'a single bit of the priority',
    family: 'ip',
    chain: 'filter',
    unread: true,
    statements: [
      { kind: 'compare', field: 'meta priority', op: '!=', value: literal('classid', u32(0)), mask: 0x10 },
    ],
  },
  ip('marks from maps', [
    write('meta mark', 'clientmarks', 'ip saddr'),
    write('ct mark', 'marks', 'ip daddr', 'th dport'),
    { kind: 'write', field: 'meta mark', from: { kind: 'numgen', mode: 'inc', modulus: 4 } },
  ]),
  ip('a priority by itself and by another', [
    { kind: 'write', field: 'meta priority', value: literal('classid', u32(0x10002)) },
    write('meta priority', 'priorities', 'ip saddr'),
    write('meta priority', 'kindof', 'meta priority'),
    {
      kind: 'write',
      field: 'meta priority',
      key: [...fields('meta priority'), { kind: 'numgen', mode: 'inc', modulus: 4 }],
      map: 'nextpriority',
    },
  ]),
  ip(
    'dnat by the priority and a slot',
    [
      {
        kind: 'nat',
        type: 'dnat',
        key: [...fields('meta priority'), { kind: 'numgen', mode: 'random', modulus: 16 }],
        map: 'bypriority',
        dataTypes: ['ipv4_addr'],
      },
    ],
    { chain: 'pre' },
  ),
  ip('an update whose data is the priority', [
    {
      kind: 'dynset',
      op: 'update',
      set: 'priorityof',
      key: fields('ip saddr'),
      data: fields('meta priority'),
      timeoutMs: 1000,
    },
  ]),
  {
    // Listed as it should be; nft's parser has not registers enough for it and aborts.
    title: 'an update whose data is an endpoint',
    family: 'ip6',
    chain: 'filter',
    unread: true,
    statements: [
      {
        kind: 'dynset',
        op: 'update',
        set: 'persist6',
        key: fields('ct original ip6 saddr', 'ct original ip6 daddr'),
        data: fields('ip6 daddr', 'th dport'),
      },
    ],
  },
  {
    title: 'dnat of IPv6 from a map',
    family: 'ip6',
    chain: 'pre',
    statements: [
      { kind: 'nat', type: 'dnat', key: fields('ip6 saddr'), map: 'single6', dataTypes: ['ipv6_addr'] },
    ],
  },
  {
    title: 'snat of IPv6 from a map',
    family: 'ip6',
    chain: 'post',
    statements: [
      { kind: 'nat', type: 'snat', key: fields('ip6 saddr'), map: 'single6', dataTypes: ['ipv6_addr'] },
    ],
  },
  {
    title: 'snat of IPv6 to a literal',
    family: 'ip6',
    chain: 'post',
    statements: [{ kind: 'nat-literal', type: 'snat', address: literal('ipv6_addr', ip6(0x2001, 0xdb8)) }],
  },
  {
    title: 'dnat of IPv6 to an address and a port',
    family: 'ip6',
    chain: 'pre',
    statements: [
      tcp,
      {
        kind: 'nat-literal',
        type: 'dnat',
        address: literal('ipv6_addr', ip6(0x2001, 0xdb8)),
        port: literal('inet_service', port(8080)),
      },
    ],
  },
  ip(
    'dnat to an address and a port',
    [
      tcp,
      {
        kind: 'nat-literal',
        type: 'dnat',
        address: literal('ipv4_addr', ip4('10.0.0.9')),
        port: literal('inet_service', port(8080)),
      },
    ],
    { chain: 'pre' },
  ),
  ip(
    'snat to an address',
    [
      { kind: 'ct-status', statuses: ['dnat', 'confirmed', 'snat'] },
      { kind: 'nat-literal', type: 'snat', address: literal('ipv4_addr', ip4('10.0.0.9')) },
    ],
    { chain: 'post' },
  ),
  {
    title: 'masquerade of IPv6',
    family: 'ip6',
    chain: 'post',
    statements: [{ kind: 'ct-status', statuses: ['dnat'] }, { kind: 'masquerade' }],
  },
  {
    title: 'dnat in inet to a literal',
    family: 'inet',
    chain: 'pre',
    statements: [{ kind: 'nat-literal', type: 'dnat', address: literal('ipv4_addr', ip4('10.0.0.9')) }],
  },
];

const matching: readonly Shape[] = [
  ip(
    'a helper',
    [tcp, is('th dport', 'inet_service', 0, 21), { kind: 'object', type: 'ct helper', name: 'ftp' }],
    { prints: 'tcp dport 21 ct helper set "ftp"' },
  ),
  ip('the kernel log with a level and flags', [
    { kind: 'limit', rate: 5, unit: 'second', burst: 5 },
    { kind: 'log', prefix: 'relevo: ', level: 'info', flags: ['tcp options', 'ip options'] },
  ]),
  ip('the kernel log with every flag', [
    { kind: 'log', level: 'debug', flags: ['tcp sequence', 'tcp options', 'ip options', 'skuid', 'ether'] },
  ]),
  ip('the kernel log with some flags', [
    { kind: 'log', prefix: 'x', level: 'warn', flags: ['tcp sequence', 'tcp options', 'skuid', 'ether'] },
  ]),
  ip('a group with a limit', [
    { kind: 'limit', rate: 5, unit: 'second', burst: 5 },
    { kind: 'log', group: 3, prefix: 'y' },
  ]),
  ip('local addresses', [
    { kind: 'fib-type', address: 'daddr', op: '==', type: 'local' },
    { kind: 'fib-type', address: 'saddr', op: '!=', type: 'unicast' },
    { kind: 'counter' },
  ]),
  {
    title: 'local addresses in inet',
    family: 'inet',
    chain: 'filter',
    statements: [{ kind: 'fib-type', address: 'daddr', op: '!=', type: 'local' }, { kind: 'counter' }],
  },
  ip('transports by a set', [
    { kind: 'lookup', key: fields('meta l4proto'), set: 'protocols' },
    { kind: 'counter' },
  ]),
  ip(
    'interfaces',
    [
      is('meta iif', 'iface_index', 1, 0, 0, 0),
      is('meta iifname', 'ifname', 108, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      { kind: 'lookup', key: fields('meta oifname', 'ip saddr'), set: 'named' },
      { kind: 'lookup', key: fields('meta iif', 'meta protocol', 'meta nfproto'), set: 'interfaces' },
      { kind: 'counter' },
    ],
    {
      prints:
        'iif "lo" iifname "lo" oifname . ip saddr @named iif . meta protocol . meta nfproto @interfaces counter',
      // meta nfproto is for inet tables only, says its parser.
      unread: true,
    },
  ),
  ip(
    'the reply of a connection',
    [
      {
        kind: 'lookup',
        key: fields('ct reply ip saddr', 'ct reply proto-src', 'ct original proto-src'),
        set: 'replies',
      },
      { kind: 'counter' },
    ],
    { unread: true },
  ),
  {
    title: 'addresses of a connection of IPv6',
    family: 'ip6',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: fields('ct original ip6 saddr'), set: 'hosts6' },
      { kind: 'lookup', key: fields('ct original ip6 daddr'), set: 'hosts6' },
      { kind: 'lookup', key: fields('ct reply ip6 saddr'), set: 'hosts6' },
      is('ip6 nexthdr', 'inet_proto', 6),
      { kind: 'counter' },
    ],
  },
  {
    title: 'families in inet',
    family: 'inet',
    chain: 'filter',
    statements: [is('meta nfproto', 'nf_proto', 2), is('ip protocol', 'inet_proto', 6), { kind: 'counter' }],
    prints: 'ip protocol tcp counter',
  },
  {
    // By the type of the frame, where we ask for the family.
    title: 'MAC and address in inet',
    otherwise: true,
    family: 'inet',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: fields('ether saddr', 'ip saddr'), set: 'macs' },
      { kind: 'counter' },
    ],
  },
  ip(
    'a slot by the hash of a MAC',
    [
      {
        kind: 'nat',
        type: 'dnat',
        key: [{ kind: 'jhash', fields: ['ether saddr'], modulus: 16, seed: 1 }],
        map: 'byslot',
        dataTypes: ['ipv4_addr'],
      },
    ],
    // It hashes six bytes, we the eight of two registers.
    { chain: 'pre', otherwise: true },
  ),
  {
    title: 'a slot by the hash of a MAC, an address and a port',
    family: 'inet',
    chain: 'pre',
    unread: true,
    statements: [
      dnat({ kind: 'jhash', fields: ['ether saddr', 'ip saddr', 'th sport'], modulus: 1024, seed: 1 }),
    ],
  },
  {
    title: 'a mark by the hash of an address',
    family: 'ip6',
    chain: 'filter',
    statements: [
      {
        kind: 'write',
        field: 'meta mark',
        from: { kind: 'jhash', fields: ['ip6 saddr', 'th sport'], modulus: 16, seed: 0x123 },
      },
    ],
  },
  {
    title: 'MAC behind routing',
    family: 'ip',
    chain: 'post',
    statements: [
      { kind: 'lookup', key: fields('ether saddr', 'ip saddr'), set: 'macs' },
      { kind: 'counter' },
    ],
  },
];

export const marking: readonly Shape[] = [...marks, ...matching];
