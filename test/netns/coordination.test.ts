/** The coordination drivers with real programs: three members of etcd, and Debian's keepalived. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import test from 'ava';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { hostFolder, type LabProcess } from '../../src/lab/state.js';
import { namespaceOf, nodeByMac } from '../../src/lab/topology.js';
import type { NodeStatus } from '../../src/model/status.js';
import { createControlClient } from '../../src/shell/control-socket.js';
import { labPorts, newLabName } from '../support/lab.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nodeStatus = (lab: string, node: string) =>
  createControlClient(`${hostFolder(lab, node)}/relevo.sock`).call<NodeStatus>('GET', '/v1/status');

/** Waits for what must come; a busy machine may take its time. */
const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
  for (let tries = 0; tries < 300; tries++) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    await sleep(50);
  }
  throw new Error(`${what}: not within 15 s`);
};

const activeIn = async (lab: string): Promise<string[]> => [...(await labStatus(labPorts, lab)).active];
const send = (process_: LabProcess, signal: NodeJS.Signals): boolean => process.kill(process_.pid, signal);

/** Who answers for the address, as another machine hears it: the nodes by name, others by their MAC. */
const answerers = (lab: string): string[] => {
  const argv = [
    'netns',
    'exec',
    namespaceOf(lab, 'observer'),
    'arping',
    '-c',
    '3',
    '-w',
    '2',
    '-I',
    'front0',
    '10.10.0.100',
  ];
  let printed = '';
  try {
    printed = execFileSync('/usr/sbin/ip', argv, { encoding: 'utf8' });
  } catch (thrown) {
    printed = String((thrown as { stdout?: string }).stdout ?? '');
  }
  const macs = [...printed.matchAll(/[0-9a-f]{2}(?::[0-9a-f]{2}){5}/gi)].map(([mac]) => mac.toLowerCase());
  return [...new Set(macs.map((mac) => nodeByMac(mac) ?? mac))];
};

test.serial(
  'etcd: owners outlive it for the length of a lease and say so; a dead owner is replaced',
  async (t) => {
    t.timeout(120_000);
    const lab = newLabName();
    try {
      const { status } = await labUp(labPorts, { name: lab, coordination: 'etcd' });
      const [owner] = status.active as [string];
      const members = status.processes.filter(({ label }) => label.endsWith('/etcd'));
      t.is(members.length, 3);
      t.is((await nodeStatus(lab, owner)).safety.mode, 'etcd');

      for (const member of members) send(member, 'SIGSTOP');
      const named = await until('the silence is named', async () =>
        ((await nodeStatus(lab, owner)).problems ?? []).find((text) =>
          text.startsWith('etcd has not answered'),
        ),
      );
      t.regex(named, /keeps its groups for another \d+ s/);
      t.deepEqual(answerers(lab), [owner]);
      for (const member of members) send(member, 'SIGCONT');
      await until('etcd is heard again', async () =>
        ((await nodeStatus(lab, owner)).problems ?? []).every((text) => !text.includes('not answered')),
      );
      t.deepEqual(await activeIn(lab), [owner]);
      t.is((await nodeStatus(lab, owner)).groups[0]!.takeovers, 1);

      // A majority of members is enough, and a majority of nodes takes the key of a dead one before its lease in etcd ends.
      send(members[0]!, 'SIGKILL');
      send(status.processes.find(({ label }) => label === `${owner}/agent`)!, 'SIGKILL');
      const others = ['lb1', 'lb2', 'lb3'].filter((node) => node !== owner);
      const next = await until('another owner', async () => {
        for (const node of others)
          if ((await nodeStatus(lab, node)).groups[0]!.state === 'active') return node;
        return undefined;
      });
      t.deepEqual(answerers(lab), [next]);

      // The check must be able to fail: a stranger with the address is heard, too.
      execFileSync('/usr/sbin/ip', [
        '-n',
        namespaceOf(lab, 'witness'),
        'addr',
        'add',
        '10.10.0.100/24',
        'dev',
        'front0',
      ]);
      t.is(answerers(lab).length, 2);
    } finally {
      await labDown(labPorts, lab);
    }
  },
);

test.serial('keepalived: its word is followed, its death is a reason to step down', async (t) => {
  t.timeout(120_000);
  const lab = newLabName();
  try {
    const { status } = await labUp(labPorts, { name: lab, coordination: 'keepalived' });
    const [owner] = status.active as [string];
    const other = owner === 'lb1' ? 'lb2' : 'lb1';
    t.is((await nodeStatus(lab, owner)).safety.mode, 'keepalived');
    t.deepEqual(answerers(lab), [owner]);

    send(status.processes.find(({ label }) => label === `${owner}/keepalived`)!, 'SIGTERM');
    await until(
      'the other follows its keepalived',
      async () => (await nodeStatus(lab, other)).groups[0]!.state === 'active',
    );
    t.deepEqual(answerers(lab), [other]);
    await until('the loss is named', async () =>
      ((await nodeStatus(lab, owner)).problems ?? []).find((text) => text.includes('keepalived')),
    );

    rmSync(`${hostFolder(lab, other)}/vrrp.fifo`);
    await until(
      'without its FIFO it steps down',
      async () => (await nodeStatus(lab, other)).groups[0]!.state === 'standby',
    );
    t.deepEqual(answerers(lab), []);
  } finally {
    await labDown(labPorts, lab);
  }
});
