/** Files of the lab in separate machines, and the Vagrantfile that uses the same names and addresses. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import test from 'ava';
import { machinesOf, networkFiles, slowTiming } from '../../src/lab/machine-files.js';

test('one machine may be both backends, and the client’s is observer and witness, too', (t) => {
  const machines = machinesOf({ nodes: 3, backends: 1 });
  t.deepEqual(
    machines.map(({ name }) => name),
    ['client', 'lb1', 'lb2', 'lb3', 'backend1'],
  );
  const client = networkFiles(machines[0]!);
  t.regex(
    client.get('20-front0.network')!,
    /Address=10\.10\.0\.10\/24\nAddress=10\.10\.0\.60\/24\nAddress=10\.10\.0\.50\/24/,
  );
  t.regex(client.get('20-lo.network')!, /Type=local\nTable=local\nDestination=10\.10\.8\.0\/22/);
  const backend = networkFiles(machines[4]!).get('20-back0.network')!;
  t.regex(backend, /Address=10\.20\.0\.21\/24\nAddress=10\.20\.0\.22\/24/);
  t.regex(backend, /\[Route\]\nGateway=10\.20\.0\.100/);
});

test('networkd leaves the floating addresses of a node alone', (t) => {
  const node = networkFiles({ name: 'lb2', hosts: ['lb2'] });
  t.is(node.get('20-front0.link'), '[Match]\nMACAddress=02:00:0a:0a:00:0c\n[Link]\nName=front0\n');
  for (const [name, text] of node)
    if (name.endsWith('.network')) t.regex(text, /KeepConfiguration=yes/, name);
});

test('an emulated processor has longer leases', (t) => {
  t.like(slowTiming(10), { leaseMs: 1200, renewMs: 300, heartbeatMs: 300, deadMs: 1000 });
});

test('the Vagrantfile is valid', async (t) => {
  const home = mkdtempSync(`${tmpdir()}/vagrant-`);
  try {
    const env = {
      ...process.env,
      HOME: home,
      VAGRANT_HOME: home,
      VAGRANT_DOTFILE_PATH: home,
      VAGRANT_CHECKPOINT_DISABLE: '1',
    };
    const cwd = new URL('../../vagrant', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)('/usr/bin/vagrant', ['validate'], { cwd, env });
    t.regex(stdout, /validated successfully/);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
