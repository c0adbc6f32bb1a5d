/** Every kind of statement and set, on the real kernel: it takes them, stock nft lists them, and the two texts agree. */

import test from 'ava';
import type { Family, Key, SetSpec, Statement } from '../../src/netlink/nft/ast.js';
import { ruleText } from '../../src/netlink/nft/text.js';
import { setText } from '../../src/netlink/nft/text-objects.js';
import {
  kindsMap,
  persistMap,
  recorderSet,
  servicesMap,
  slotsMap,
  sourcesMap,
} from '../../src/ruleset/layout.js';
import {
  chainLines,
  concat,
  enterKernel,
  fields,
  ip4,
  listing,
  literal,
  port,
  setLines,
  u32,
} from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

const held: SetSpec = { name: 'held', key: ['ipv4_addr'], flags: ['timeout'] };
const nets: SetSpec = { name: 'nets', key: ['ipv4_addr'], flags: ['interval'] };
const pairs: SetSpec = { name: 'pairs', key: ['ipv4_addr', 'inet_service'], flags: ['interval'] };
const marks: SetSpec = { name: 'marks', key: ['ipv4_addr', 'inet_service'], data: ['mark'] };
const ports: SetSpec = { name: 'ports', key: ['inet_service'], comment: 'well known' };
const macs: SetSpec = { name: 'macs', key: ['ether_addr', 'ipv4_addr'] };
const recent: SetSpec = { name: 'recent', key: ['ipv4_addr'], flags: ['dynamic', 'timeout'], size: 100 };
const single: SetSpec = { name: 'single', key: ['ipv4_addr'], data: ['ipv4_addr'], timeoutMs: 90_000 };
const hosts6: SetSpec = { name: 'hosts6', key: ['ipv6_addr'] };
const names: SetSpec = { name: 'names', key: ['ifname'] };
const bySlot: SetSpec = { name: 'byslot', key: ['integer'], data: ['ipv4_addr'], modulus: 16 };
const verdicts: SetSpec = {
  name: 'verdicts',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
  data: 'verdict',
};
const recorders = recorderSet(60_000, true);
const verdictBySlot: SetSpec = {
  name: 'vbyslot',
  key: ['ipv4_addr', 'integer'],
  data: 'verdict',
  modulus: 4,
};

const endpoint = fields('ip daddr', 'meta l4proto', 'th dport');
const slotKey = (part: Key[number]): Key => [...endpoint, part];
const backends = ['ipv4_addr', 'inet_service'] as const;
const dnat = (part: Key[number]): Statement => ({
  kind: 'nat',
  type: 'dnat',
  key: slotKey(part),
  map: 'slots',
  dataTypes: backends,
});
const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
const originalKey = fields(
  'ct original ip saddr',
  'ct original ip daddr',
  'meta l4proto',
  'ct original proto-dst',
);

const sets: Record<'ip' | 'ip6' | 'netdev' | 'inet', readonly SetSpec[]> = {
  ip: [
    servicesMap,
    kindsMap,
    verdicts,
    slotsMap,
    persistMap,
    recorders,
    sourcesMap,
    held,
    nets,
    pairs,
    marks,
    ports,
    macs,
    recent,
    single,
    names,
    bySlot,
    verdictBySlot,
  ],
  ip6: [hosts6],
  inet: [slotsMap, sourcesMap],
  netdev: [held, hosts6, macs],
};

interface Shape {
  readonly title: string;
  readonly family: 'ip' | 'ip6' | 'netdev' | 'inet';
  readonly chain: 'filter' | 'pre' | 'post';
  readonly statements: readonly Statement[];
  /** What stock nft prints where it has no text for what the kernel does, or another one than we write. */
  readonly prints?: string;
}

const shapes: readonly Shape[] = [
  {
    title: 'dnat, random slot',
    family: 'ip',
    chain: 'pre',
    statements: [dnat({ kind: 'numgen', mode: 'random', modulus: 1024 })],
  },
  {
    title: 'dnat, next slot',
    family: 'ip',
    chain: 'pre',
    statements: [dnat({ kind: 'numgen', mode: 'inc', modulus: 1024 })],
  },
  {
    title: 'dnat, hash of address and port',
    family: 'ip',
    chain: 'pre',
    statements: [dnat({ kind: 'jhash', fields: ['ip saddr', 'th sport'], modulus: 1024, seed: 0x1234 })],
  },
  {
    title: 'dnat, hash of four fields, seed 0',
    family: 'ip',
    chain: 'pre',
    statements: [
      dnat({
        kind: 'jhash',
        fields: ['ip saddr', 'ip daddr', 'th sport', 'th dport'],
        modulus: 1024,
        seed: 0,
      }),
    ],
  },
  {
    title: 'dnat, symmetric hash',
    family: 'ip',
    chain: 'pre',
    statements: [dnat({ kind: 'symhash', fields: [], modulus: 1024, seed: 0 })],
  },
  {
    title: 'dnat from persistence',
    family: 'ip',
    chain: 'pre',
    statements: [
      {
        kind: 'nat',
        type: 'dnat',
        key: [...fields('ip saddr'), ...endpoint],
        map: 'persist',
        dataTypes: backends,
      },
    ],
  },
  {
    title: 'dnat to an address alone',
    family: 'ip',
    chain: 'pre',
    statements: [
      { kind: 'nat', type: 'dnat', key: fields('ip saddr'), map: 'single', dataTypes: ['ipv4_addr'] },
    ],
  },
  {
    title: 'snat from a map of five parts',
    family: 'ip',
    chain: 'post',
    statements: [
      { kind: 'ct-direction', direction: 'original' },
      {
        kind: 'nat',
        type: 'snat',
        key: fields('ct original ip daddr', 'meta l4proto', 'ct original proto-dst', 'ip daddr', 'th dport'),
        map: 'sources',
        dataTypes: ['ipv4_addr'],
      },
    ],
  },
  {
    title: 'masquerade',
    family: 'ip',
    chain: 'post',
    statements: [{ kind: 'ct-status-dnat' }, { kind: 'masquerade' }],
  },
  {
    title: 'services by verdict map',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'vmap', key: endpoint, map: 'verdicts' }],
  },
  {
    title: 'recorders by the original tuple and the backend',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'ct-direction', direction: 'original' },
      {
        kind: 'lookup',
        key: fields('ct original ip daddr', 'meta l4proto', 'ct original proto-dst', 'ip daddr', 'th dport'),
        set: recorders.name,
      },
    ],
  },
  {
    title: 'update of persistence from the original tuple',
    family: 'ip',
    chain: 'filter',
    statements: [
      {
        kind: 'dynset',
        op: 'update',
        set: 'persist',
        key: originalKey,
        data: fields('ip daddr', 'th dport'),
        timeoutMs: 90_061_000,
      },
    ],
  },
  {
    title: 'add with the default lifetime',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'dynset', op: 'add', set: 'persist', key: originalKey, data: fields('ip daddr', 'th dport') },
    ],
  },
  {
    title: 'delete from a set',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'dynset', op: 'delete', set: 'recent', key: fields('ip saddr') }],
  },
  {
    title: 'log newcomers',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'lookup', key: [...fields('ip saddr'), ...endpoint], set: 'persist', invert: true },
      { kind: 'log', group: 5, prefix: 'relevo new', snaplen: 128, queueThreshold: 64 },
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
      { kind: 'set-priority', key: endpoint, map: 'services' },
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
    title: 'dnat in inet',
    family: 'inet',
    chain: 'pre',
    statements: [dnat({ kind: 'numgen', mode: 'random', modulus: 1024 })],
  },
];

const table = (family: Family) => ({ family, name: 'relevo' });
const target = 'target';

test.before(async () => {
  for (const family of ['ip', 'ip6', 'inet', 'netdev'] as const) {
    await kernel.commit(
      { op: 'add-table', table: table(family) },
      { op: 'add-chain', table: table(family), chain: { name: target } },
      ...sets[family].map((set) => ({ op: 'add-set' as const, table: table(family), set })),
    );
  }
});

const hooks = {
  filter: { type: 'filter', hook: 'prerouting', priority: -150, policy: 'accept' },
  pre: { type: 'nat', hook: 'prerouting', priority: -100, policy: 'accept' },
  post: { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' },
} as const;

for (const [index, shape] of shapes.entries()) {
  test.serial(`${shape.family}: ${shape.title}`, async (t) => {
    const chain = `shape${index}`;
    const hook =
      shape.family === 'netdev'
        ? ({ type: 'filter', hook: 'ingress', priority: -500, policy: 'accept', devices: ['lo'] } as const)
        : hooks[shape.chain];
    const rule = { chain, statements: shape.statements, comment: `shape ${index}` };
    await kernel.commit(
      { op: 'add-chain', table: table(shape.family), chain: { name: chain, hook } },
      { op: 'add-rule', table: table(shape.family), rule },
    );
    const expected = shape.prints ? `${shape.prints} comment "shape ${index}"` : ruleText(rule, shape.family);
    t.deepEqual(chainLines(listing(kernel), chain), [expected]);
  });
}

for (const [family, specs] of Object.entries(sets)) {
  for (const set of specs) {
    test.serial(`${family}: set ${set.name} is listed as it is declared`, (t) => {
      const text = kernel.stockNft('list', set.data ? 'map' : 'set', family, 'relevo', set.name);
      const declared = setText(set)
        .replace(/^\w+ \{ /, '')
        .replace(/; \}$/, '')
        .split('; ');
      t.deepEqual(setLines(text, set.name), declared);
    });
  }
}

test.serial('elements of every kind of set are taken, listed, and dumped as they were', async (t) => {
  const ip = table('ip');
  const vip = ip4('10.0.0.1');
  const tcp = Uint8Array.of(6);
  const elements = [
    [verdicts, { key: concat(vip, tcp, port(80)), data: { kind: 'goto', chain: target } }],
    [verdicts, { key: concat(vip, tcp, port(81)), data: { kind: 'drop' } }],
    [servicesMap, { key: concat(vip, tcp, port(80)), data: u32(0x1c00040) }],
    [kindsMap, { key: u32(0x1c00040), data: { kind: 'goto', chain: target } }],
    [slotsMap, { key: concat(vip, tcp, port(80), u32(1000)), data: concat(ip4('10.1.0.1'), port(8080)) }],
    [sourcesMap, { key: concat(vip, tcp, port(80), vip, port(1)), data: ip4('10.9.9.9') }],
    [held, { key: vip, timeoutMs: 60_000, comment: 'lease' }],
    [held, { key: ip4('10.0.0.2') }],
    [nets, { key: ip4('10.0.0.0'), keyEnd: ip4('10.0.0.255') }],
    [nets, { key: ip4('10.0.1.0'), keyEnd: ip4('10.0.1.7') }],
    [nets, { key: ip4('10.7.7.7') }],
    [nets, { key: ip4('255.255.255.0'), keyEnd: ip4('255.255.255.255') }],
    [pairs, { key: concat(ip4('10.0.0.0'), port(80)), keyEnd: concat(ip4('10.0.0.255'), port(90)) }],
    [marks, { key: concat(vip, port(80)), data: u32(0x22) }],
    [ports, { key: port(443) }],
    [macs, { key: concat(Uint8Array.of(2, 0, 0, 0, 0, 1), vip) }],
    [bySlot, { key: u32(3), data: vip }],
    [names, { key: Uint8Array.from({ length: 16 }, (_, i) => 'eth0'.charCodeAt(i) || 0) }],
  ] as const;
  await kernel.commit(
    ...elements.map(([set, element]) => ({
      op: 'add-elements' as const,
      table: ip,
      set,
      elements: [element],
    })),
  );
  const text = listing(kernel);
  for (const expected of [
    '10.0.0.1 . tcp . 80 : goto target',
    '10.0.0.1 . tcp . 80 : 1c0:40',
    '1c0:40 : goto target',
    '10.0.0.1 . tcp . 80 . 1000 : 10.1.0.1 . 8080',
    '10.0.0.1 timeout 1m',
    'comment "lease"',
    '10.0.0.0/24',
    '10.0.1.0/29',
    '10.0.0.0/24 . 80-90',
    '10.0.0.1 . 80 : 0x00000022',
    '02:00:00:00:00:01 . 10.0.0.1',
    '"eth0"',
  ]) {
    t.true(text.includes(expected), `${expected} in\n${text}`);
  }
  for (const set of new Set(elements.map(([one]) => one))) {
    const dumped = await kernel.nft.dumpElements(ip, set.name);
    const wanted = elements.filter(([one]) => one === set).map(([, element]) => element);
    const shown = (list: readonly object[]): string[] => list.map((one) => JSON.stringify(one)).sort();
    const withoutRest = dumped.map(({ expiresMs, ...rest }) => rest);
    t.deepEqual(shown(withoutRest.map(ordered)), shown(wanted.map(ordered)), set.name);
  }
});

/** One order of keys, bytes as text: for comparing by JSON. */
const ordered = (element: object): object =>
  Object.fromEntries(
    Object.entries(element)
      .map(([key, value]) => [key, value instanceof Uint8Array ? value.join('.') : value] as const)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
