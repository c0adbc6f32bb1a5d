import test from 'ava';
import { parseNodeConfig } from '../../src/config/node.js';

const good = `
cluster: lab
node: lb1
nodes:
  - { name: lb1, heartbeat: ["10.30.0.1:5780", "10.10.0.11:5780"], sync: "10.30.0.1:5781" }
  - { name: lb2, heartbeat: ["10.30.0.2:5780", "10.10.0.12:5780"], sync: "10.30.0.2:5781" }
witness: { arbiter: ["10.30.0.50:5782"] }
groups:
  - name: g1
    addresses: [ { address: 10.10.0.100/24, interface: front0 } ]
    preferred: lb1
    trackLinks: [front0]
secretFile: cluster.key
tls: { ca: ca.pem, cert: lb1.pem, key: /etc/lb1.key }
`;

test('a complete file gives a configuration with defaults and absolute paths', (t) => {
  const result = parseNodeConfig(good, '/etc/relevo');
  if (!result.ok) return t.fail(JSON.stringify(result.problems));
  t.is(result.config.timing.leaseMs, 120);
  t.is(result.config.tls.ca, '/etc/relevo/ca.pem');
  t.is(result.config.tls.key, '/etc/lb1.key');
  t.deepEqual(result.config.groups[0]?.addresses[0], {
    address: '10.10.0.100',
    prefixLength: 24,
    interface: 'front0',
  } as never);
  t.is(result.config.conntrackd.enabled, false);
  return undefined;
});

test('entries go both ways unless the node says otherwise', (t) => {
  const directionOf = (text: string): unknown => {
    const result = parseNodeConfig(text, '/etc/relevo');
    return result.ok ? result.config.replication.direction : result.problems[0]?.path;
  };
  t.is(directionOf(good), 'both');
  t.is(directionOf(`${good}replication: { direction: receive }`), 'receive');
  t.is(directionOf(`${good}replication: { direction: sideways }`), 'replication.direction');
});

test('clients come in by the interfaces of the floating addresses, unless others are named', (t) => {
  const interfacesOf = (text: string): unknown => {
    const result = parseNodeConfig(text, '/etc/relevo');
    return result.ok ? result.config.engine.interfaces : result.problems;
  };
  t.deepEqual(interfacesOf(good), ['front0']);
  t.deepEqual(interfacesOf(`${good}engine: { interfaces: [eth0, eth1] }`), ['eth0', 'eth1']);
  t.is(interfacesOf(`${good}engine: { interfaces: all }`), 'all');
  t.is(interfacesOf(good.replace(/groups:[\s\S]*?(?=secretFile)/, '')), 'all');
});

const refuses = test.macro({
  exec(t, from: string, to: string, path: string, message: RegExp) {
    t.true(good.includes(from));
    const result = parseNodeConfig(good.replace(from, to), '/etc/relevo');
    if (result.ok) return t.fail('accepted');
    const problem = result.problems.find((entry) => entry.path === path);
    t.truthy(problem, JSON.stringify(result.problems));
    t.regex(problem?.message ?? '', message);
    return undefined;
  },
  title: (_, from, to) => `refused with place and remedy: '${from}' → '${to}'`,
});

test(refuses, 'node: lb1', 'node: lb9', 'node', /not one of nodes \(lb1, lb2\)/);
test(refuses, 'name: lb2', 'name: lb1', 'nodes[1].name', /nodes\[0\] already/);
test(refuses, '10.30.0.2:5780', '10.30.0.1:5780', 'nodes[1].heartbeat[0]', /nodes\[0\].heartbeat\[0\] too/);
test(refuses, '"10.30.0.2:5780", ', '', 'nodes[1].heartbeat', /1 paths where nodes\[0\] has 2/);
test(refuses, '10.10.0.100/24', '10.10.0.300/24', 'groups[0].addresses[0].address', /not an address/);
test(refuses, '10.10.0.100/24', '2001:db8::100/129', 'groups[0].addresses[0].address', /not an address/);
test(refuses, '10.10.0.100/24', 'ff02::1/64', 'groups[0].addresses[0].address', /unicast/);
test(refuses, '10.10.0.100/24', '10.10.0.11/24', 'groups[0].addresses[0]', /own address of nodes\[0\]/);
test(refuses, 'preferred: lb1', 'prefered: lb1', 'groups[0]', /unknown attribute 'prefered'/);
test(refuses, 'secretFile: cluster.key', 'logLevel: info', 'secretFile', /missing/);
test(refuses, 'secretFile:', 'timing: { renewMs: 50 }\nsecretFile:', 'timing.renewMs', /third of leaseMs/);
test(
  refuses,
  'secretFile:',
  'engine: { interfaces: none }\nsecretFile:',
  'engine.interfaces',
  /'all' or a list/,
);
test(refuses, 'arbiter', 'referee', 'witness', /'none', \{ arbiter/);
test(refuses, 'cluster: lab', 'cluster: [', '(document)', /not YAML/);

test('nftlb’s interface is off unless asked for, and then on the loopback', (t) => {
  const api = (text: string) => {
    const result = parseNodeConfig(`${good}${text}`, '/etc/relevo');
    return result.ok ? result.config.api : result.problems.map(({ path }) => path);
  };
  t.is(api(''), undefined);
  t.deepEqual(api('api: { keyFile: api.key }'), {
    listen: { address: '127.0.0.1', port: 5555 },
    keyFile: '/etc/relevo/api.key',
  } as never);
  t.deepEqual(api('api: { listen: here }'), ['api.listen'] as never);
  t.deepEqual(api('api: { tls: { cert: api.crt, key: /etc/api.key } }'), {
    listen: { address: '127.0.0.1', port: 5555 },
    tls: { cert: '/etc/relevo/api.crt', key: '/etc/api.key' },
  } as never);
});

const withConntrackd = (more: string): string =>
  `${good}conntrackd: { interface: sync0, local: 10.30.0.1, peers: [10.30.0.2]${more} }\n`;

test('conntrackd of somebody else is found by its file', (t) => {
  const result = parseNodeConfig(withConntrackd(', manage: false, configFile: ct.conf'), '/etc/relevo');
  t.true(result.ok && result.config.conntrackd.configFile === '/etc/relevo/ct.conf');
});

test('what conntrackd would refuse is refused first', (t) => {
  const result = parseNodeConfig(
    good.replace(/$/, withConntrackd('').slice(good.length).replace('10.30.0.2', '10.30.0.1')),
    '/x',
  );
  t.true(!result.ok && result.problems[0]?.path === 'conntrackd.peers');
});

test('all problems are listed at once', (t) => {
  const result = parseNodeConfig(
    good.replace('node: lb1', 'node: 7').replace('interface: front0', 'interface: ""'),
    '/',
  );
  t.false(result.ok);
  t.is(result.ok ? 0 : result.problems.length, 2);
});

test('groups of packet reports have one reader each', (t) => {
  const problemsOf = (logGroup: number): unknown => {
    const result = parseNodeConfig(`${good}engine: { logGroup: ${logGroup} }\n`, '/etc/relevo');
    return result.ok ? [] : result.problems.map(({ path }) => path);
  };
  t.deepEqual(problemsOf(7009), []);
  t.deepEqual(problemsOf(7010), ['engine.logGroup']);
  t.deepEqual(problemsOf(7011), ['engine.logGroup']);
  t.deepEqual(problemsOf(7012), []);
});
