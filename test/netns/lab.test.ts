/** A lab of real agents: up is idempotent, what broke is rebuilt, and down leaves nothing of it and everything else. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { RelevoError } from '../../src/errors.js';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { labFolder } from '../../src/lab/state.js';
import { namespaceOf } from '../../src/lab/topology.js';
import { isRunning, processesByArguments } from '../../src/shell/process-identity.js';
import { labPorts, newLabName } from '../support/lab.js';

const ip = (...args: string[]): string => execFileSync('/usr/sbin/ip', args, { encoding: 'utf8' });
const inside = (lab: string, host: string, ...argv: string[]): string =>
  ip('netns', 'exec', namespaceOf(lab, host), ...argv);
const traces = (lab: string): string[] => [
  ...ip('netns', 'list')
    .split('\n')
    .filter((line) => line.startsWith(`${lab}-`)),
  ...(existsSync(labFolder(lab)) ? [labFolder(lab)] : []),
  ...processesByArguments('conntrackd', ['-C', `${labFolder(lab)}/lb1/state/conntrackd.conf`]).map(String),
];

test('up, up again, something dies, up again, down, down again', async (t) => {
  const lab = newLabName();
  try {
    const first = await labUp(labPorts, { name: lab });
    t.true(first.made);
    t.is(first.status.health, 'up');
    t.is(first.status.active.length, 1);
    t.regex(inside(lab, 'client', 'curl', '-s', '--max-time', '3', 'http://10.10.0.100/'), /^backend[12]$/m);

    const again = await labUp(labPorts, { name: lab });
    t.false(again.made);
    t.deepEqual(
      again.status.processes.map((each) => each.pid),
      first.status.processes.map((each) => each.pid),
    );

    const server = first.status.processes.find((each) => each.label === 'backend1/server')!;
    process.kill(server.pid, 'SIGKILL');
    while (isRunning(server)) await new Promise((resolve) => setTimeout(resolve, 10));
    const broken = await labStatus(labPorts, lab);
    t.is(broken.health, 'broken');
    t.regex(broken.problems.join(), /backend1\/server .* has ended/);

    const rebuilt = await labUp(labPorts, { name: lab });
    t.true(rebuilt.made);
    t.is(rebuilt.status.health, 'up');

    t.true(await labDown(labPorts, lab));
    t.deepEqual(traces(lab), []);
    t.false(rebuilt.status.processes.some(isRunning));
    t.false(await labDown(labPorts, lab));
  } finally {
    await labDown(labPorts, lab);
  }
});

test('what an interrupted run left is removed first; one that is being built is left alone', async (t) => {
  const lab = newLabName();
  try {
    await labUp(labPorts, { name: lab });
    const path = `${labFolder(lab)}/lab.json`;
    const state = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(
      path,
      JSON.stringify({ ...state, phase: 'starting', worker: { pid: 1, startTime: 'never' } }),
    );
    t.is((await labStatus(labPorts, lab)).health, 'broken');

    const init = readFileSync('/proc/1/stat', 'latin1');
    const startTime = init.slice(init.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(path, JSON.stringify({ ...state, phase: 'starting', worker: { pid: 1, startTime } }));
    const error = await t.throwsAsync(labUp(labPorts, { name: lab }), { instanceOf: RelevoError });
    t.is((error as RelevoError).code, 'conflict');

    writeFileSync(
      path,
      JSON.stringify({ ...state, phase: 'starting', worker: { pid: 1, startTime: 'never' } }),
    );
    t.true((await labUp(labPorts, { name: lab })).made);
  } finally {
    await labDown(labPorts, lab);
    t.deepEqual(traces(lab), []);
  }
});

test('a namespace of somebody else stops it, and is still there', async (t) => {
  const lab = newLabName();
  const foreign = namespaceOf(lab, 'lb2');
  ip('netns', 'add', foreign);
  try {
    const error = await t.throwsAsync(labUp(labPorts, { name: lab }), { instanceOf: RelevoError });
    t.is((error as RelevoError).code, 'conflict');
    t.regex(ip('netns', 'list'), new RegExp(`^${foreign}`, 'm'));
    t.false(existsSync(labFolder(lab)));
  } finally {
    ip('netns', 'del', foreign);
  }
});
