/** What a drill says before it does anything: who takes over, what is lost, and why the cluster is not fit. */

import test from 'ava';
import { type Farm, planDrill, type Told } from '../../src/drill/plan.js';
import type { NodeStatus, PeerStatus, SyncPeerStatus } from '../../src/model/status.js';

const peer = (name: string, changes: Partial<PeerStatus> = {}): PeerStatus => ({
  name,
  alive: true,
  paths: [{ alive: true, lastHeardMs: 5 }],
  ready: true,
  reasons: [],
  maintenance: [],
  penalty: 0,
  ...changes,
});
const sync = (name: string, changes: Partial<SyncPeerStatus> = {}) =>
  ({
    name,
    connected: true,
    state: 'in sync',
    unconfirmed: 0,
    oldestUnconfirmedMs: 0,
    ...changes,
  }) as SyncPeerStatus;

const status = (
  node: string,
  state: 'active' | 'standby',
  others: readonly string[],
  changes: object = {},
): NodeStatus =>
  ({
    node,
    cluster: 'c',
    safety: { mode: 'majority', meaning: 'at most one owner' },
    ready: true,
    reasons: [],
    groups: [{ name: 'g1', state, owner: 'lb1', addresses: ['10.0.0.100/24'], maintenance: false }],
    peers: others.map((name) => peer(name)),
    witness: undefined,
    services: { backends: 2, backendsUp: 2, draining: [] },
    document: {
      confirmInMs: undefined,
      conflicts: [],
      problems: [],
      peers: others.map((name) => ({ name, state: 'in sync' })),
    },
    replication: { enabled: true, complete: true, peers: others.map((name) => sync(name)) },
    conntrackd: { managed: true, running: true },
    ...changes,
  }) as unknown as NodeStatus;

const web: Farm = {
  name: 'web',
  mode: 'dnat',
  state: 'up',
  persistence: 'srcip',
  replicate: 'all',
  'new-rtlimit': '0/second',
  'rst-rtlimit': '0/second',
  backends: [{ name: 'b1', state: 'up' }],
};

const plan = (first: object = {}, second: object = {}, changes: object = {}) =>
  planDrill({
    cluster: "lab 'x'",
    fault: 'node-off',
    told: new Map<string, Told>([
      ['lb1', { status: status('lb1', 'active', ['lb2'], first) }],
      ['lb2', { status: status('lb2', 'standby', ['lb1'], second) }],
    ]),
    farms: [web],
    ...changes,
  });

test('a healthy pair is fit: who takes over, and nothing is lost', (t) => {
  const { ready, obstacles, groups, services } = plan();
  t.deepEqual(obstacles, []);
  t.true(ready);
  t.deepEqual(groups, [
    {
      group: 'g1',
      addresses: ['10.0.0.100/24'],
      owner: 'lb1',
      successor: 'lb2',
      why: 'ready, and the fittest',
    },
  ]);
  t.deepEqual(services[0], {
    service: 'web',
    backends: '1 of 1 up',
    replicate: 'all',
    ready: true,
    lost: [],
  });
});

for (const [what, first, second, pattern] of [
  [
    'not ready',
    {},
    { ready: false, reasons: ['g1: not complete yet'] },
    /^lb2 is not ready: g1: not complete yet/,
  ],
  ['a health reason', { health: [{ reason: 'link down', weight: 5 }] }, {}, /^lb1: link down/],
  ['silent peer', { peers: [peer('lb2', { alive: false })] }, {}, /^lb1 does not hear lb2/],
  [
    'a silent path',
    {
      peers: [
        peer('lb2', {
          paths: [
            { alive: false, lastHeardMs: 1 },
            { alive: true, lastHeardMs: 1 },
          ],
        }),
      ],
    },
    {},
    /1 of 2 heartbeat paths to lb2 are silent/,
  ],
  [
    'no witness',
    { witness: { reachable: false, detail: 'never heard' } },
    {},
    /does not reach the witness: never heard/,
  ],
  [
    'a draining backend',
    { services: { draining: [{ service: 'web', backend: 'b1' }] } },
    {},
    /web\/b1 drains/,
  ],
  ['failed checks', { services: { checks: { downCount: 2 }, draining: [] } }, {}, /2 backends fail/],
  [
    'a change on probation',
    { document: { confirmInMs: 9_000, conflicts: [], problems: [], peers: [] } },
    {},
    /'relevo confirm' or 'relevo rollback' first/,
  ],
  [
    'a conflict',
    { document: { conflicts: ['edited apart'], problems: [], peers: [] } },
    {},
    /edited apart: 'relevo resolve'/,
  ],
  [
    'an older document',
    { document: { conflicts: [], problems: [], peers: [{ name: 'lb2', state: 'behind' }] } },
    {},
    /document of lb2 is behind/,
  ],
  [
    'no conntrackd',
    { conntrackd: { managed: true, running: false, reason: 'killed' } },
    {},
    /conntrackd is not running: killed/,
  ],
  ['no replication', { replication: { enabled: false, peers: [] } }, {}, /replication is off/],
  [
    'an incomplete replica',
    {},
    { replication: { enabled: true, complete: false, peers: [] } },
    /lb2: its replica is not complete/,
  ],
  [
    'a peer that is behind',
    { replication: { enabled: true, complete: true, peers: [sync('lb2', { oldestUnconfirmedMs: 4_000 })] } },
    {},
    /busy, the oldest .* 4000 ms old/,
  ],
  [
    'maintenance',
    {},
    { groups: [{ name: 'g1', state: 'standby', addresses: [], maintenance: true }] },
    /lb2 is in maintenance for g1: 'relevo maintenance off --node lb2'/,
  ],
  ['two owners', {}, { groups: [{ name: 'g1', state: 'active', addresses: [] }] }, /g1: 2 nodes are active/],
  ['unsettled', {}, { groups: [{ name: 'g1', state: 'draining', addresses: [] }] }, /lb2: g1 is draining/],
] as const) {
  test(`not fit: ${what}`, (t) => {
    const { ready, obstacles } = plan(first, second);
    t.false(ready);
    t.true(
      obstacles.some((each) => pattern.test(each)),
      obstacles.join('\n'),
    );
  });
}

test('nobody to take over is an obstacle for what moves addresses, with the reason', (t) => {
  const alone = { peers: [peer('lb2', { ready: false, reasons: ['link back0 is down'] })] };
  t.true(plan(alone).obstacles.includes('nobody can take g1 over: lb2: link back0 is down'));
  t.false(plan(alone, {}, { fault: 'idle' }).obstacles.some((each) => each.startsWith('nobody can')));
});

test('the fittest of several, and the one that was asked for', (t) => {
  const peers = [peer('lb2', { penalty: 5 }), peer('lb3'), peer('lb4')];
  t.deepEqual(plan({ peers }).groups[0]?.successor, 'lb3');
  t.regex(plan({ peers }).groups[0]!.why, /and so is lb4: the election decides/);
  t.is(plan({ peers }, {}, { fault: 'handover', to: 'lb2' }).groups[0]?.successor, 'lb2');
  t.is(plan({ peers }, {}, { fault: 'handover', to: 'lb9' }).groups[0]?.successor, null);
});

test('what services lose is said of each', (t) => {
  const lostOf = (farm: Partial<Farm>, first = {}): readonly string[] =>
    plan(first, {}, { farms: [{ ...web, ...farm }] }).services[0]!.lost;
  t.deepEqual(lostOf({ replicate: 'none' }), ['which backend a client had (not replicated)']);
  t.deepEqual(lostOf({ mode: 'dsr', replicate: 'persistence' }), ['established flows (not replicated)']);
  t.deepEqual(lostOf({ 'new-rtlimit': '9/second' }), ['fill levels of rate limits (they start anew)']);
  t.deepEqual(lostOf({}, { conntrackd: { managed: false, running: false } }), ['established connections']);
});

test('a limit that the fault breaks by itself is impossible', (t) => {
  t.true(
    plan({}, {}, { maxOutageMs: 200 }).obstacles.some((each) =>
      /--max-outage 200ms is impossible/.test(each),
    ),
  );
  t.true(plan({}, {}, { maxOutageMs: 500 }).ready);
});

test('the negative control expects no replication, and a node that does not answer is named', (t) => {
  const off = { replication: { enabled: false, peers: [] } };
  t.true(plan(off, off, { replication: false }).ready);
  const told = new Map<string, Told>([
    ['lb1', { status: status('lb1', 'active', ['lb2']) }],
    ['lb2', { status: undefined, reason: 'refused' }],
  ]);
  t.deepEqual(plan({}, {}, { told }).obstacles, ['lb2 cannot be asked: refused']);
});
