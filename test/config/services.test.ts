import test from 'ava';
import { parseServices } from '../../src/config/services.js';
import { formatServices } from '../../src/config/services-format.js';
import type { Service } from '../../src/model/service.js';

const backend = (attributes: object = {}) => ({
  name: 'b1',
  'ip-addr': '10.1.0.1',
  port: '8080',
  state: 'up',
  ...attributes,
});
const farm = (attributes: object = {}) => ({
  name: 'web',
  'virtual-addr': '192.0.2.1',
  'virtual-ports': '80',
  mode: 'dnat',
  protocol: 'tcp',
  backends: [backend()],
  ...attributes,
});

const serviceOf = (input: unknown): Service => {
  const result = parseServices(input);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document.services[0]!;
};

const refused = test.macro({
  exec(t, input: unknown, path: string, message: RegExp) {
    const result = parseServices(input);
    if (!('problems' in result)) return t.fail('was accepted');
    const found = result.problems.find((problem) => problem.path === path);
    t.truthy(found, `problems are at: ${result.problems.map((problem) => problem.path).join(' ')}`);
    t.regex(found?.message ?? '', message);
  },
  title: (given = '', _input: unknown, path: string, message: RegExp) =>
    `${given || path}: ${message.source}`,
});

test('defaults are nftlb’s', (t) => {
  t.deepEqual(serviceOf({ farms: [{ name: 'a', 'virtual-addr': '192.0.2.1', 'virtual-ports': '80' }] }), {
    name: 'a',
    family: 'ipv4',
    mode: 'snat',
    addresses: [{ address: '192.0.2.1' as never, protocol: 'tcp', ports: [{ first: 80, last: 80 }] }],
    endpoints: [{ protocol: 'tcp', address: '192.0.2.1' as never, port: 80 }],
    scheduler: 'rr',
    hashFields: [],
    persistence: [],
    persistTtlMs: 60_000,
    replicate: 'all',
    state: 'up',
    backends: [],
  });
});

test('numbers, booleans and strings are the same, in any order of keys', (t) => {
  const text = serviceOf({ farms: [farm({ 'persist-ttl': '30', backends: [backend({ weight: '5' })] })] });
  const { backends: _old, name, ...rest } = farm({ 'virtual-ports': 80 });
  const numbers = serviceOf({
    farms: [{ backends: [backend({ weight: 5, port: 8080 })], 'persist-ttl': 30, ...rest, name }],
  });
  t.deepEqual(numbers, text);
});

test('lists of ports and further addresses are endpoints, the one nftlb prints twice only once', (t) => {
  const service = serviceOf({
    farms: [
      farm({
        'virtual-ports': '80,443',
        addresses: [
          { name: 'web-addr', family: 'ipv4', 'ip-addr': '192.0.2.1', ports: '80,443', protocol: 'tcp' },
          { name: 'dns', 'ip-addr': '192.0.2.2', ports: 53, protocol: 'udp' },
        ],
      }),
    ],
  });
  t.deepEqual(
    service.endpoints.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`),
    ['tcp 192.0.2.1 80', 'tcp 192.0.2.1 443', 'udp 192.0.2.2 53'],
  );
});

test('hash alone means the source address; trailing blanks do not matter', (t) => {
  t.deepEqual(serviceOf({ farms: [farm({ scheduler: 'hash' })] }).hashFields, ['srcip']);
  t.deepEqual(
    serviceOf({ farms: [farm({ scheduler: 'hash', 'sched-param': 'srcip srcport ' })] }).hashFields,
    ['srcip', 'srcport'],
  );
  t.deepEqual(serviceOf({ farms: [farm({ persistence: 'srcip ' })] }).persistence, ['srcip']);
});

test('a backend without a port keeps the one the client asked for', (t) => {
  t.is(serviceOf({ farms: [farm({ backends: [backend({ port: '' })] })] }).backends[0]?.port, undefined);
});

test('YAML is as good as JSON', (t) => {
  const yaml = `
farms:
  - name: web
    virtual-addr: 192.0.2.1
    virtual-ports: 80
    mode: dnat
    backends:
      - { name: b1, ip-addr: 10.1.0.1, port: 8080 }
`;
  t.deepEqual(serviceOf(yaml), serviceOf({ farms: [farm()] }));
});

test('what is printed is read back the same', (t) => {
  const input = {
    farms: [
      farm({
        scheduler: 'hash',
        'sched-param': 'srcip dstport',
        persistence: 'srcip',
        'persist-ttl': 5,
        replicate: 'none',
      }),
      farm({
        name: 'dns',
        'virtual-addr': '192.0.2.9',
        'virtual-ports': '53,5353',
        protocol: 'udp',
        mode: 'snat',
        'source-addr': '10.1.0.254',
        state: 'off',
        addresses: [{ 'ip-addr': '192.0.2.9', ports: 53, protocol: 'tcp' }],
        backends: [
          backend({ port: '', state: 'off', priority: 3, weight: 7, 'source-addr': '10.1.0.253' }),
          backend({ name: 'b2', port: 54, state: 'down' }),
        ],
      }),
    ],
  };
  const first = parseServices(input);
  if ('problems' in first) return t.fail(JSON.stringify(first.problems));
  t.deepEqual(parseServices(formatServices(first.document)), first);
});

test('every problem is told at once, and only the first hundred in full', (t) => {
  const bad = Array.from({ length: 300 }, (_, index) =>
    farm({ name: `f${index}`, 'virtual-addr': '999.1.1.1' }),
  );
  const result = parseServices({ farms: bad });
  if (!('problems' in result)) return t.fail();
  t.is(result.problems.length, 101);
  t.is(result.problems.at(-1)?.message, 'and 200 more problems');
});

test(refused, { farms: [farm({ schedular: 'rr' })] }, 'farms[0].schedular', /did you mean 'scheduler'/);
test(refused, { farms: [farm({ mode: 'nat' })] }, 'farms[0].mode', /did you mean/);
test(
  refused,
  { farms: [farm({ 'virtual-addr': '999.1.1.1' })] },
  'farms[0].virtual-addr',
  /must be an address such as/,
);
test(refused, { farms: [farm({ 'virtual-addr': '2001:db8::1' })] }, 'farms[0].backends[0].ip-addr', /dual/);
test(refused, { farms: [farm({ 'virtual-ports': '70000' })] }, 'farms[0].virtual-ports', /1 to 65535/);
test(
  'range',
  refused,
  { farms: [farm({ 'virtual-ports': '1-200000' })] },
  'farms[0].virtual-ports',
  /1 to 65535/,
);
test(refused, { farms: [farm({ 'virtual-ports': '90-80' })] }, 'farms[0].virtual-ports', /write 80-90/);
test(refused, { farms: [farm({ 'log-prefix': { a: 1 } })] }, 'farms[0].log-prefix', /must be text/);
test(refused, { farms: [farm({ log: 'imput' })] }, 'farms[0].log', /did you mean 'input'/);
test(refused, { farms: [farm({ 'est-connlimit': -5 })] }, 'farms[0].est-connlimit', /from 0/);
test(refused, { farms: [farm({ name: 'a b' })] }, 'farms[0].name', /without blanks/);
test(refused, { farms: [farm(), farm({ 'virtual-ports': 81 })] }, 'farms[1].name', /name of farms\[0\]/);
test(
  refused,
  { farms: [farm(), farm({ name: 'two' })] },
  'farms[1]',
  /'two' overlaps farms\[0\] 'web'.*tcp 192\.0\.2\.1 port 80/,
);
test(
  refused,
  { farms: [farm({ backends: [backend({ weight: 0 })] })] },
  'farms[0].backends[0].weight',
  /1 to/,
);
test(
  refused,
  { farms: [farm({ backends: [backend(), backend({ 'ip-addr': '10.1.0.2' })] })] },
  'farms[0].backends[1].name',
  /backends\[0\]/,
);
test(
  refused,
  { farms: [farm({ backends: [backend(), backend({ name: 'b2' })] })] },
  'farms[0].backends[1].ip-addr',
  /more weight/,
);
test(
  refused,
  { farms: [farm({ backends: [backend({ 'ip-addr': '127.0.0.1' })] })] },
  'farms[0].backends[0].ip-addr',
  /reach/,
);
test(
  refused,
  { farms: [farm({ backends: [backend({ 'ip-addr': '192.0.2.1', port: 80 })] })] },
  'farms[0].backends[0].ip-addr',
  /the service itself/,
);
test(refused, { farms: [farm({ 'source-addr': '10.0.0.1' })] }, 'farms[0].source-addr', /needs mode snat/);
test(refused, { farms: [farm({ policies: [{ name: 'x' }] })] }, 'farms[0].policies[0]', /Unknown policy 'x'/);
test(refused, { farms: [farm({ backends: { b1: {} } })] }, 'farms[0].backends', /must be a list/);
test(refused, { farm: [] }, 'farm', /did you mean 'farms'/);
test(refused, [], '(document)', /must be an object/);
test(refused, '', '(document)', /empty/);
test(
  refused,
  '{\n  "farms": [\n    {"name": "x" "y"}\n  ]\n}',
  '(document)',
  /line 3, column 18: expected ',' or '}'/,
);
test(refused, '{"farms": [1,]}', '(document)', /line 1, column 13: a ',' with nothing/);
test(refused, '{"farms": ["unclosed]}', '(document)', /not closed/);
test(refused, '{"farms": [', '(document)', /the end of the text/);
const deep = 20_000;
test(
  refused,
  `farms: ${'['.repeat(deep)}${']'.repeat(deep)}`,
  '(document)',
  /^nested more than 64 levels deep at line 1, column 72: .*remove the '\['/,
);
test(
  refused,
  `farms:\n${'- '.repeat(deep)}x`,
  '(document)',
  /^nested more than 64 levels deep at line 2, .*remove the/,
);
test(
  refused,
  `farms:\n${Array.from({ length: 200 }, (_, level) => `${' '.repeat(level + 1)}a:\n`).join('')}`,
  '(document)',
  /^nested more than 64 levels deep at line 66, /,
);
test(refused, 'farms:\n  - name: x\n   bad: 1\n', '(document)', /not YAML.*line 3/);
