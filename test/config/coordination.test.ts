import test from 'ava';
import { parseNodeConfig } from '../../src/config/node.js';

const nodes = [1, 2, 3].map(
  (n) => `  - { name: lb${n}, heartbeat: ["10.30.0.${n}:5780"], sync: "10.30.0.${n}:5781" }`,
);
const file = (coordination: string, count = 3, more = ''): string => `
cluster: lab
node: lb1
nodes:
${nodes.slice(0, count).join('\n')}
secretFile: cluster.key
tls: { ca: ca.pem, cert: lb1.pem, key: lb1.key }
coordination: ${coordination}
${more}
`;
const endpoints = 'endpoints: ["10.30.0.71:2379", "10.30.0.72:2379"]';

test('each driver, with the defaults', (t) => {
  const of = (text: string): unknown => {
    const result = parseNodeConfig(text, '/etc/relevo');
    return result.ok ? result.config.coordination : result.problems;
  };
  t.is(of(file('{ driver: votes }')), undefined);
  t.deepEqual(of(file('{ driver: keepalived, fifo: vrrp.fifo }', 2)), {
    driver: 'keepalived',
    fifo: '/etc/relevo/vrrp.fifo',
  });
  t.deepEqual(of(file(`{ driver: etcd, ${endpoints} }`)), {
    driver: 'etcd',
    endpoints: [71, 72].map((last) => ({ address: `10.30.0.${last}`, port: 2379 })),
    ttlMs: 20_000,
    timeoutMs: 500,
    tls: { ca: '/etc/relevo/ca.pem', cert: '/etc/relevo/lb1.pem', key: '/etc/relevo/lb1.key' },
  });
});

const refuses = test.macro((t, text: string, path: string, message: RegExp) => {
  const result = parseNodeConfig(text, '/etc/relevo');
  if (result.ok) return t.fail('accepted');
  const found = result.problems.find((problem) => problem.path === path);
  t.regex(found?.message ?? JSON.stringify(result.problems), message);
  return undefined;
});

test(
  'an unknown driver',
  refuses,
  file('{ driver: zookeeper }'),
  'coordination.driver',
  /votes .*etcd or keepalived/,
);
test('no endpoints', refuses, file('{ driver: etcd }'), 'coordination.endpoints', /every etcd member/);
test(
  'an empty list of them',
  refuses,
  file('{ driver: etcd, endpoints: [] }'),
  'coordination.endpoints',
  /every etcd member/,
);
test(
  'one member twice',
  refuses,
  file('{ driver: etcd, endpoints: ["10.30.0.71:2379", "10.30.0.71:2379"] }'),
  'coordination.endpoints[1]',
  /endpoints\[0\] already/,
);
test(
  'a lease in etcd hardly longer than the one in the kernel',
  refuses,
  file(
    `{ driver: etcd, ${endpoints}, ttlMs: 2000 }`,
    3,
    'timing: { leaseMs: 400, renewMs: 100, heartbeatMs: 30, deadMs: 100 }',
  ),
  'coordination.ttlMs',
  /ten times timing.leaseMs/,
);
test(
  'parts of a second',
  refuses,
  file(`{ driver: etcd, ${endpoints}, ttlMs: 2500 }`),
  'coordination.ttlMs',
  /whole seconds/,
);
test(
  'calls that take too much of the lease',
  refuses,
  file(`{ driver: etcd, ${endpoints}, ttlMs: 3000, timeoutMs: 1000 }`),
  'coordination.timeoutMs',
  /a sixth of ttlMs/,
);
test(
  'etcd for a pair',
  refuses,
  file(`{ driver: etcd, ${endpoints} }`, 2),
  'coordination.driver',
  /a pair takes a witness/,
);
test(
  'a witness beside it',
  refuses,
  file('{ driver: keepalived, fifo: vrrp.fifo }', 2, 'witness: { arbiter: ["10.30.0.50:5782"] }'),
  'witness',
  /of no use with coordination.driver: keepalived/,
);
test(
  'keepalived without a FIFO',
  refuses,
  file('{ driver: keepalived }', 2),
  'coordination.fifo',
  /path of a file/,
);
