/** A node that starts: what its peers send before it is whole counts like everything after it. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { labDown, labUp, ownerOf, untilSettled } from '../../src/lab/lab.js';
import { startProcess } from '../../src/lab/processes.js';
import { labServices } from '../../src/lab/services.js';
import { labFolder } from '../../src/lab/state.js';
import { namespaceOf } from '../../src/lab/topology.js';
import {
  isRunning,
  type ProcessIdentity,
  processesByArguments,
  signalProcess,
} from '../../src/shell/process-identity.js';
import { builtProgram } from '../../src/shell/programs.js';
import { labPorts, newLabName } from '../support/lab.js';

const clients = ['10.10.11.248', '10.10.11.249', '10.10.11.250'];
const until = async (what: string, holds: () => boolean): Promise<void> => {
  const end = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test('a document that comes while conntrackd does not answer yet: bans of its services are in the kernel', async (t) => {
  const lab = newLabName();
  const inside = (host: string, ...argv: readonly string[]): string =>
    execFileSync('/usr/sbin/ip', ['netns', 'exec', namespaceOf(lab, host), ...argv], { encoding: 'utf8' });
  const banned = (node: string): string[] =>
    clients.filter((client) =>
      inside(node, '/usr/sbin/nft', 'list', 'set', 'ip', 'relevo', 'banned').includes(client),
    );
  const frozen: ProcessIdentity[] = [];
  try {
    const { status } = await labUp(labPorts, { name: lab });
    const [active] = status.active;
    const standby = active === 'lb1' ? 'lb2' : 'lb1';
    const socket = join(labFolder(lab), active!, 'relevo.sock');
    const relevo = (...args: readonly string[]): string =>
      inside(
        active!,
        'env',
        `RELEVO_SOCKET=${socket}`,
        process.execPath,
        builtProgram('bin/relevo.js'),
        ...args,
      );
    const owner = ownerOf(labPorts, { name: lab, owner: 'relevo', replication: true, nodes: 2 });
    // One that was killed leaves its conntrackd, which the next one adopts.
    const killed = status.processes.find(({ label }) => label === `${standby}/agent`)!;
    signalProcess(killed, 'SIGKILL');
    await until('the agent has ended', () => !isRunning(killed));
    const config = join(labFolder(lab), `${standby}/state/conntrackd.conf`);
    frozen.push(...processesByArguments('conntrackd', ['-C', config]));
    t.is(frozen.length, 1);
    for (const each of frozen) signalProcess(each, 'SIGSTOP');
    const [agent] = owner.nodeProcesses(standby);
    await startProcess(labPorts.daemons, lab, agent!);

    const banning = labServices.farms.find(({ name }) => name === 'banning')!;
    const file = join(labFolder(lab), 'late.json');
    const late = { ...banning, name: 'late', 'virtual-ports': '8084' };
    writeFileSync(file, JSON.stringify({ farms: [...labServices.farms, late] }));
    await until('the nodes are connected', () =>
      new RegExp(`${standby} +in sync`).test(relevo('sync', 'status')),
    );
    t.log(relevo('apply', file));
    for (const each of frozen) signalProcess(each, 'SIGCONT');
    await untilSettled(labPorts, owner);

    for (const client of clients) {
      inside('client', 'ip', 'address', 'add', `${client}/32`, 'dev', 'lo');
      for (const _ of [1, 2, 3])
        inside('client', 'sh', '-c', `curl -s -m 0.5 --interface ${client} http://10.10.0.100:8084/; true`);
    }
    await until('the active node bans them', () => banned(active!).length === clients.length);
    await until('the standby has the bans in its kernel', () => banned(standby).length === clients.length);
    t.pass();
  } finally {
    for (const each of frozen) signalProcess(each, 'SIGCONT');
    await labDown(labPorts, lab);
  }
});
