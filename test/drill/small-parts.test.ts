/** The small parts of a drill: when it starts, what it leaves for monitoring, what a cluster's file says, what decisions tell. */

import test from 'ava';
import { budgetOf, limitsOn } from '../../src/drill/budgets.js';
import { nearest, offsetOf } from '../../src/drill/clocks.js';
import { clusterOfNodes, parseClusterFile } from '../../src/drill/cluster-file.js';
import { changeText, compareReports } from '../../src/drill/compare.js';
import { metricsWith } from '../../src/drill/metric.js';
import { milestonesOf } from '../../src/drill/milestones.js';
import type { ReportFile } from '../../src/drill/report.js';
import { startTime } from '../../src/drill/schedule.js';
import { interfaceTold } from '../../src/shell/networks.js';

const noon = new Date(2030, 0, 15, 12, 0, 0).getTime();

test('a drill starts at the next such time of day, or on that day', (t) => {
  t.is(startTime('14:30', noon), new Date(2030, 0, 15, 14, 30).getTime());
  t.is(startTime('02:30', noon), new Date(2030, 0, 16, 2, 30).getTime());
  t.is(startTime('2030-01-17T03:00', noon), new Date(2030, 0, 17, 3, 0).getTime());
  for (const wrong of ['25:00', '3', 'tomorrow', '2030-13-01T00:00', '']) {
    t.throws(() => startTime(wrong, noon), { message: /write it as 02:30/ }, wrong);
  }
  t.throws(() => startTime('2030-01-14T03:00', noon), { message: /has gone by/ });
  t.throws(() => startTime('2030-06-01T03:00', noon), { message: /more than a week away/ });
});

test('the time of the last success stays when a drill fails; those of other faults stay, too', (t) => {
  const first = metricsWith('', { where: 'pair', fault: 'handover', passed: true, atSeconds: 100 });
  const second = metricsWith(first, { where: 'pair', fault: 'node-off', passed: true, atSeconds: 200 });
  const third = metricsWith(second, { where: 'pair', fault: 'handover', passed: false, atSeconds: 300 });
  const has = (name: string, fault: string, value: number) =>
    t.true(third.includes(`${name}{cluster="pair",fault="${fault}"} ${value}\n`), third);
  has('relevo_drill_last_success_timestamp_seconds', 'handover', 100);
  has('relevo_drill_last_success_timestamp_seconds', 'node-off', 200);
  has('relevo_drill_last_run_timestamp_seconds', 'handover', 300);
  has('relevo_drill_last_passed', 'handover', 0);
  t.is(third.match(/# TYPE/g)?.length, 3);
  t.true(
    metricsWith('rubbish\nother_metric 1\n', {
      where: 'a"b',
      fault: 'idle',
      passed: false,
      atSeconds: 1,
    }).includes('cluster="a\\"b"'),
  );
});

test('a file of a live cluster', (t) => {
  const file = parseClusterFile(
    `nodes: { lb1: /run/lb1.sock, lb2: /run/lb2.sock }
probes: { connect: ['10.0.0.1:80', '[fd00::1]:443'], observe: eth0 }
faults: { agent-restart: { inject: [ssh, '{node}', systemctl, restart, relevo] } }`,
    'pair.yaml',
  );
  t.deepEqual(
    [...file.nodes],
    [
      ['lb1', '/run/lb1.sock'],
      ['lb2', '/run/lb2.sock'],
    ],
  );
  t.deepEqual(file.connect, [
    { host: '10.0.0.1', port: 80 },
    { host: 'fd00::1', port: 443 },
  ]);
  t.deepEqual(file.faults.get('agent-restart')?.inject, ['ssh', '{node}', 'systemctl', 'restart', 'relevo']);
  for (const [text, pattern] of [
    ['nodes: { lb1: relevo.sock }', /nodes\.lb1: must be the full path/],
    ['nodes: {}\nprobes: { connect: [web] }', /'web' is not an address and port/],
    ['nodes: {}\nfaults: { meteor: { inject: [x] } }', /faults/],
    ['nodes: {}\ncolour: red', /unknown attribute 'colour'/],
    ['nodes: [', /is not YAML/],
  ] as const) {
    t.throws(() => parseClusterFile(text, 'x.yaml'), { message: pattern }, text);
  }
  t.is(clusterOfNodes(['lb1=/run/a=b.sock']).nodes.get('lb1'), '/run/a=b.sock');
  t.throws(() => clusterOfNodes(['lb1']), { message: /write it as lb1=\/run\/lb1.sock/ });
});

test('another machine that probes run on, and a cluster that is slow', (t) => {
  const file = parseClusterFile(
    `nodes: { lb1: /run/lb1.sock }
slowness: 10
probes: { everyMs: 25, on: { run: [ssh, client], folder: /opt/relevo } }`,
    'pair.yaml',
  );
  t.deepEqual(file.on, { run: ['ssh', 'client'], folder: '/opt/relevo', node: '/usr/bin/node' });
  t.like(file, { slowness: 10, everyMs: 25 });
  for (const [text, pattern] of [
    ['nodes: {}\nslowness: 0', /slowness/],
    [
      'nodes: {}\nprobes: { on: { run: [ssh], folder: relevo } }',
      /probes\.on\.folder: must be the full path/,
    ],
    ['nodes: {}\nprobes: { on: { run: [], folder: /opt } }', /probes\.on\.run/],
  ] as const) {
    t.throws(() => parseClusterFile(text, 'x.yaml'), { message: pattern }, text);
  }
});

test('a slow cluster has as many times longer for an outage, and nothing else', (t) => {
  const of = (slowness: number, asked?: object) =>
    budgetOf('node-off', limitsOn('node-off', slowness, asked));
  t.is(of(1).outageMs, 500);
  t.deepEqual(of(10), { ...of(1), outageMs: 5_000, noneAnsweringMs: 5_000 });
  t.is(of(10, { outageMs: 700 }).outageMs, 700);
  t.is(limitsOn('node-off', 1, undefined), undefined);
});

test('the clock of another machine is told by the shortest of several round trips', (t) => {
  const slow = { askedMs: 100, theirMs: 5_160, answeredMs: 180 };
  const quick = { askedMs: 200, theirMs: 5_202, answeredMs: 202 };
  t.is(nearest([slow, quick]), quick);
  t.is(offsetOf(quick), -5_001);
  t.is(offsetOf({ askedMs: 100, theirMs: 109, answeredMs: 110 }), 0, 'as one machine’s own would be');
});

test('what ip says of an interface', (t) => {
  const printed = JSON.stringify([
    {
      address: '02:00:0a:0a:00:0a',
      addr_info: [
        { family: 'inet6', local: 'fe80::1', prefixlen: 64 },
        { family: 'inet', local: '10.10.0.10', prefixlen: 24 },
      ],
    },
  ]);
  const told = interfaceTold(printed)!;
  t.is(told.mac, '02:00:0a:0a:00:0a');
  t.deepEqual(
    [told.reaches('10.10.0.100'), told.reaches('10.20.0.100'), told.reaches('fd00::1')],
    [true, false, false],
  );
  for (const none of ['', '[]', '[{}]', '[{"address":"02:00:00:00:00:01","addr_info":[]}]']) {
    t.is(interfaceTold(none), undefined, none);
  }
});

test('decisions tell when a takeover was detected, decided, in force and announced', (t) => {
  const lines = [
    {
      atMs: 5,
      event: { type: 'timer' },
      effects: [{ type: 'report', report: { kind: 'peer', peer: 'lb1', alive: false, reason: 'before' } }],
    },
    {
      atMs: 110,
      event: { type: 'timer' },
      effects: [{ type: 'report', report: { kind: 'peer', peer: 'lb1', alive: false, reason: 'silent' } }],
    },
    {
      atMs: 250,
      event: { type: 'timer' },
      effects: [{ type: 'kernel', op: 'arm', reason: 'claim of epoch 2' }],
    },
    { atMs: 252, event: { type: 'kernel', op: 'claim', result: 'expired' }, effects: [] },
    {
      atMs: 260,
      event: { type: 'kernel', op: 'claim', result: 'done' },
      effects: [
        { type: 'report', report: { kind: 'role', from: 'standby', to: 'active', reason: 'claimed' } },
        { type: 'announce' },
      ],
    },
  ].map((each) => JSON.stringify(each));
  const found = milestonesOf('lb2', [...lines, '{"atMs": 300, "kind":"peer", tor'].join('\n'), 100);
  t.deepEqual(
    found.map(({ atMs, what, detail }) => [atMs, what, detail]),
    [
      [110, 'detected', 'lb1: silent'],
      [250, 'decided', 'claim of epoch 2'],
      [260, 'lease', 'claimed'],
      [260, 'announced', ''],
    ],
  );
});

test('a change is a phrase with both numbers', (t) => {
  const report = (p95: number) =>
    ({
      summary: {
        'UDP outage, ms': { min: 1, median: 1, p95, max: p95 },
        'streams kept, %': { min: 1000 / p95, p95: 0 },
      },
    }) as unknown as ReportFile;
  const phrases = compareReports(report(430), report(610)).map(changeText);
  t.deepEqual(phrases, ['UDP outage p95 430 → 610 ms (worse)', 'streams kept worst 2.3 → 1.6 % (worse)']);
});
