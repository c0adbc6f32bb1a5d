/** Everything nftlb's farms can say: read, printed, read again; and what cannot be. */

import test from 'ava';
import fc from 'fast-check';
import { parseServices } from '../../src/config/services.js';
import { formatServices } from '../../src/config/services-format.js';
import type { Service, ServicesDocument } from '../../src/model/service.js';
import { goodDocument } from './farm-generator.js';

const farm = (attributes: object = {}) => ({
  name: 'web',
  'virtual-addr': '192.0.2.1',
  'virtual-ports': '80',
  mode: 'dnat',
  backends: [{ name: 'b1', 'ip-addr': '10.1.0.1', port: '8080', state: 'up' }],
  ...attributes,
});
const parsed = (input: unknown): ServicesDocument => {
  const result = parseServices(input);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document;
};
const serviceOf = (attributes: object): Service => parsed({ farms: [farm(attributes)] }).services[0]!;
const refused = test.macro({
  exec(t, input: object, path: string, message: RegExp) {
    const result = parseServices(
      Array.isArray(input) ? { farms: input } : 'farms' in input ? input : { farms: [farm(input)] },
    );
    if (!('problems' in result)) return t.fail('was accepted');
    const found = result.problems.find((problem) => problem.path === path);
    t.regex(found?.message ?? '', message, JSON.stringify(result.problems));
  },
  title: (given = '', input: object, path: string, message: RegExp) =>
    `${given}${JSON.stringify(input).slice(0, 90)} ${path}: ${message.source}`,
});

test('whatever is accepted is printed so that it reads back the same', (t) => {
  fc.assert(
    fc.property(goodDocument, (document) => {
      const first = parsed(document);
      const text = formatServices(first);
      t.deepEqual(parsed(text), first);
      t.is(formatServices(parsed(text)), text);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('any JSON is answered: a document or problems, each with its place', (t) => {
  const keys = fc.constantFrom(
    'name',
    'farms',
    'backends',
    'addresses',
    'policies',
    'elements',
    'virtual-addr',
    'ports',
    'sessions',
    'state',
    'data',
    'client',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>('x', '', '80', '10.0.0.1', '::', '1-', 0, -1, 1e99, true, null, 'srcip'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const result = parseServices({ farms: [value], policies: [value], addresses: [value] });
      const other = parseServices(value);
      for (const one of [result, other])
        if ('problems' in one)
          t.true(one.problems.every(({ path, message }) => path !== '' && message !== ''));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('IPv6 is canonical, inet is dual, and the family follows the addresses', (t) => {
  const six = { 'virtual-addr': '2001:DB8:0:0::1', backends: [{ name: 'b', 'ip-addr': '2001:db8::0:2' }] };
  const service = serviceOf(six);
  t.is(service.family, 'ipv6');
  t.is(service.addresses[0]?.address, '2001:db8::1' as never);
  t.is(service.backends[0]?.address, '2001:db8::2' as never);
  t.deepEqual(service.endpoints, []);
  t.is(serviceOf({ family: 'inet' }).family, 'dual');
});

test('defect 19: a dual farm has addresses of both families', (t) => {
  const addresses = ['192.0.2.1', '2001:db8::1'].map((ip, index) => ({
    name: `a${index}`,
    'ip-addr': ip,
    ports: '80',
  }));
  const { 'virtual-addr': _a, 'virtual-ports': _p, ...rest } = farm({ family: 'dual', addresses });
  t.deepEqual(
    parsed({ farms: [rest] }).services[0]?.addresses.map(({ address }) => String(address)),
    ['192.0.2.1', '2001:db8::1'],
  );
});

test('defect 21: ranges stay ranges; what overlaps is joined; nothing is every port', (t) => {
  const ports = (text: string) => serviceOf({ 'virtual-ports': text }).addresses[0]?.ports;
  t.deepEqual(ports('1-65535'), [{ first: 1, last: 65_535 }]);
  t.deepEqual(ports('443,80,440-450,445-460,80'), [
    { first: 80, last: 80 },
    { first: 440, last: 460 },
  ]);
  t.deepEqual(ports(''), []);
  t.is(serviceOf({ 'virtual-ports': '' }).addresses[0]?.protocol, 'all');
  t.deepEqual(serviceOf({ 'virtual-ports': '80-81' }).endpoints, []);
  t.is(serviceOf({ 'virtual-ports': '80,81' }).endpoints.length, 2);
});

test('a farm may still have no address', (t) => {
  const [service] = parsed({ farms: [{ name: 'x' }] }).services;
  t.deepEqual(service?.addresses, []);
});

test('an address of its own gives farms its values', (t) => {
  const { services, addresses } = parsed({
    addresses: [
      {
        name: 'vip',
        'ip-addr': '192.0.2.50',
        ports: '80',
        protocol: 'udp',
        policies: [{ name: 'bad' }],
        verdict: 'drop ',
      },
    ],
    policies: [{ name: 'bad', elements: [{ data: '10.0.0.7/8' }] }],
    farms: [{ name: 'x', addresses: [{ name: 'vip' }] }],
  });
  t.like(services[0]?.addresses[0], { name: 'vip', address: '192.0.2.50', protocol: 'udp' });
  t.like(addresses?.[0], { verdict: ['drop'], policies: ['bad'] });
});

test('ten times as many farms of one address take less than quadratic time', (t) => {
  const tookMs = (count: number): number => {
    const farms = Array.from({ length: count }, (_, index) =>
      farm({ name: `s${index}`, 'virtual-ports': String(count - index) }),
    );
    const startMs = process.cpuUsage().user;
    parsed({ farms });
    return (process.cpuUsage().user - startMs) / 1000;
  };
  tookMs(1_000);
  const [few, many] = [
    Math.min(tookMs(1_000), tookMs(1_000), tookMs(1_000)),
    Math.min(tookMs(10_000), tookMs(10_000)),
  ];
  t.log(`${few.toFixed(0)} and ${many.toFixed(0)} ms`);
  t.true(many < 40 * few);
});

test('defects 10 and 11: prefixes are bytes, and bounded', (t) => {
  const nasty = '"; flush ruleset; # \\ $(id)';
  t.is(serviceOf({ 'log-prefix': nasty }).log?.prefix, nasty);
});
test('defect 10: ', refused, { 'log-prefix': 'x'.repeat(128) }, 'farms[0].log-prefix', /127 bytes/);
test('defect 10: ', refused, { 'virtual-ports': '70000' }, 'farms[0].virtual-ports', /1 to 65535/);
test(
  'defect 8: ',
  refused,
  [farm(), farm({ name: 'two' })],
  'farms[1]',
  /'two' overlaps farms\[0\] 'web'.*tcp 192\.0\.2\.1 port 80/,
);
test(refused, [farm(), farm({ name: 'two', 'virtual-ports': '70-90' })], 'farms[1]', /port 80$/);
test(
  refused,
  [farm({ 'virtual-ports': '70-90' }), farm({ name: 'two', 'virtual-ports': '85-99', protocol: 'all' })],
  'farms[1]',
  /tcp 192\.0\.2\.1 port 85-90/,
);
test(
  refused,
  [farm({ 'virtual-ports': '' }), farm({ name: 'two', protocol: 'sctp' })],
  'farms[1]',
  /sctp.*port 80/,
);
test(
  refused,
  [farm({ 'virtual-ports': '' }), farm({ name: 'two', 'virtual-ports': '' })],
  'farms[1]',
  /every port/,
);
test(
  'both are told: ',
  refused,
  [farm({ mode: 'nat' }), farm({ 'virtual-addr': '192.0.2.2' })],
  'farms[1].name',
  /name of farms\[0\]/,
);
test(
  'both are told: ',
  refused,
  [farm({ mode: 'nat' }), farm({ 'virtual-addr': '192.0.2.2' })],
  'farms[0].mode',
  /did you mean/,
);
test(
  refused,
  { addresses: [{ 'ip-addr': '192.0.2.1', ports: '79-81' }] },
  'farms[0].addresses[1]',
  /overlaps/,
);
test(refused, { mode: 'dsr' }, 'farms[0].backends[0].port', /mode dsr hands packets on/);
test(
  refused,
  { mode: 'dsr', 'tcp-strict': 'on', backends: [] },
  'farms[0].tcp-strict',
  /connection tracking/,
);
test(refused, { mode: 'stlsdnat', 'virtual-ports': '80,81' }, 'farms[0].backends[0].port', /several ports/);
test(refused, { mode: 'local' }, 'farms[0].backends', /serves on this node/);
test(refused, { helper: 'tftp' }, 'farms[0].helper', /needs protocol udp, not tcp/);
test(refused, { synproxy: true, protocol: 'udp' }, 'farms[0].synproxy', /not of udp/);
test(refused, { family: 'ipv6' }, 'farms[0].family', /dual/);
test(
  refused,
  { persistence: 'srcip srcport', sessions: [{ client: '1.2.3.4', backend: 'b1' }] },
  'farms[0].sessions[0].client',
  /2 parts/,
);
test(
  refused,
  { persistence: 'srcip', sessions: [{ client: '1.2.3.4', backend: 'b7' }] },
  'farms[0].sessions[0].backend',
  /no backend 'b7'/,
);
test(
  refused,
  { sessions: [{ client: '1.2.3.4', backend: 'b1' }] },
  'farms[0].sessions[0].client',
  /no persistence/,
);
test(refused, { 'new-rtlimit': '5/fortnight' }, 'farms[0].new-rtlimit', /10\/second/);
test(refused, { mark: '0xfffffffff' }, 'farms[0].mark', /hexadecimal/);
test(refused, { queue: 70_000 }, 'farms[0].queue', /0 to 65535/);
test(
  refused,
  { farms: [], policies: [{ name: 'p', elements: [{ data: '10.0.0.0/33' }] }] },
  'policies[0].elements[0].data',
  /network/,
);
test(
  refused,
  { farms: [], policies: [{ name: 'p', family: 'ipv6', elements: [{ data: '10.0.0.0/8' }] }] },
  'policies[0].elements[0]',
  /family/,
);
test(refused, { farms: [], addresses: [{ name: 'a', ports: 80 }] }, 'addresses[0].ip-addr', /is missing/);
test(
  refused,
  {
    addresses: [{ name: 'a', 'ip-addr': '192.0.2.1', ports: 80 }],
    farms: [{ name: 'x', addresses: [{ name: 'a', ports: 81 }] }],
  },
  'farms[0].addresses[0]',
  /one of the two places/,
);
test(
  'a backend for a session needs two parts: ',
  refused,
  { persistence: 'srcip srcmac', sessions: [{ client: '1.2.3.4 . nomac', backend: 'b1' }] },
  'farms[0].sessions[0].client',
  /no srcmac/,
);

test('counters that survive are counters, and stay what they are', (t) => {
  const farm = { name: 'web', 'virtual-addr': '192.0.2.1', 'virtual-ports': '80', counters: 'survive' };
  const parsed = parseServices({ farms: [farm] });
  if ('problems' in parsed) return t.fail(JSON.stringify(parsed.problems));
  t.like(parsed.document.services[0], { counters: true, countersSurvive: true });
  t.like(JSON.parse(formatServices(parsed.document)).farms[0], { counters: 'survive' });
  t.true('problems' in parseServices({ farms: [{ ...farm, counters: 'maybe' }] }));
  return undefined;
});
