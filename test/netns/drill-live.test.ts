/** A running cluster that is no lab to the drill: control sockets, probes of its own from where clients are, planned moves only. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { DrillPlan } from '../../src/drill/plan.js';
import { readReport } from '../../src/drill/report-file.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { hostFolder } from '../../src/lab/state.js';
import { namespaceOf } from '../../src/lab/topology.js';
import { builtProgram, nodeProgram, projectFile } from '../../src/shell/programs.js';
import { labPorts, newLabName } from '../support/lab.js';

test('planned, refused, and drilled from the client of the cluster', async (t) => {
  const lab = newLabName();
  const folder = mkdtempSync(join(tmpdir(), 'relevo-live-'));
  const atClient = ['/usr/sbin/ip', 'netns', 'exec', namespaceOf(lab, 'client')];
  const drill = [nodeProgram, builtProgram('bin/relevo.js'), 'drill'];
  const run = ([file, ...args]: string[]): Promise<{ status: number; out: string; error: string }> =>
    new Promise((resolve) => {
      execFile(file!, args, (thrown, out, error) =>
        resolve({ status: Number(thrown?.code ?? 0), out, error }),
      );
    });
  const relevo = (...args: string[]) => run([...atClient, ...drill, ...args]);
  try {
    await labUp(labPorts, { name: lab });
    const socket = (node: string): string => `${hostFolder(lab, node)}/relevo.sock`;
    const file = join(folder, 'cluster.yaml');
    const spoil = ['ip', 'netns', 'exec', namespaceOf(lab, 'client'), 'false'];
    writeFileSync(
      file,
      JSON.stringify({
        nodes: { lb1: socket('lb1'), lb2: socket('lb2') },
        probes: { echo: ['10.10.0.100:5000'], streams: ['10.10.0.100:9000'], observe: 'front0' },
        faults: { 'agent-kill': { inject: spoil, heal: ['ip', '-V'] } },
      }),
    );
    const live = ['--cluster', file];

    const planned = await relevo('plan', 'handover', ...live, '--json');
    t.not(planned.out, '', planned.error);
    const plan = JSON.parse(planned.out) as DrillPlan;
    t.deepEqual(plan.obstacles, []);
    t.is(plan.groups[0]?.successor, plan.groups[0]?.owner === 'lb1' ? 'lb2' : 'lb1');

    const half = await relevo('run', 'handover', '--node', `lb1=${socket('lb1')}`);
    t.regex(half.error, /lb2 of cluster 'lab' is left out/);
    const swapped = await relevo(
      'run',
      'handover',
      '--node',
      `lb1=${socket('lb2')}`,
      '--node',
      `lb2=${socket('lb1')}`,
    );
    t.regex(swapped.error, /is lb2 of cluster 'lab', not lb1/);
    const unsafe = await relevo('run', 'agent-kill', ...live);
    t.regex(unsafe.error, /breaks a live cluster on purpose: --force .* nothing was broken/);
    const unknown = await relevo('run', 'node-off', '--force', ...live);
    t.regex(unknown.error, /faults\.node-off\.inject/);
    const impossible = await relevo('run', 'handover', ...live, '--max-outage', '5ms');
    t.regex(impossible.error, /--max-outage 5ms is impossible to keep.*\n.*--force/);
    const failing = await relevo('run', 'agent-kill', '--force', ...live);
    t.is(failing.status, 1);
    t.regex(failing.error, /false: status 1/);
    t.regex((await relevo('heal', ...live)).out, /no drill has left anything broken in cluster 'lab'/);

    const report = join(folder, 'report.json');
    const metric = join(folder, 'relevo.prom');
    // The times are judged by the long mode of drill.test.ts; a connect may fail once, on a machine that stands still.
    const allowed = ['--max-outage', '5s', '--metric', metric];
    for (const attempt of [1, 2]) {
      const done = await relevo('run', 'handover', ...live, ...allowed, '--json', report);
      const { runs, passed } = readReport(await labPorts.files.read(report).then(String), report);
      const { arp, streams, udp, connect } = runs[0]!.findings;
      t.is(arp.twoAnsweringTimes, 0, done.out);
      t.true(arp.requests > 0 && udp.attempts > 0 && connect.attempts > 0, done.out);
      t.is(streams.kept, streams.total, done.out);
      t.deepEqual(runs[0]!.findings.unprobed, ['persistence', 'limits']);
      t.is(done.status, passed ? 0 : 1, done.error);
      if (passed) break;
      t.not(attempt, 2, done.out);
    }
    const elsewhere = join(folder, 'elsewhere.yaml');
    const on = { run: atClient, folder: projectFile('.'), node: nodeProgram };
    const probes = { echo: ['10.10.0.100:5000'], observe: 'front0', on };
    writeFileSync(elsewhere, JSON.stringify({ nodes: { lb1: socket('lb1'), lb2: socket('lb2') }, probes }));
    const fromElsewhere = await run([...drill, 'run', 'idle', '--for', '2s', '--cluster', elsewhere]);
    t.is(fromElsewhere.status, 0, fromElsewhere.out + fromElsewhere.error);

    const text = (await labPorts.files.read(metric)) ?? '';
    t.regex(
      text,
      /relevo_drill_last_success_timestamp_seconds\{cluster="cluster 'lab'",fault="handover"\} \d{10}\n/,
    );
  } finally {
    await labDown(labPorts, lab);
    rmSync(folder, { recursive: true });
  }
});
