/** The services document of two real agents: applied on one, served by the other, apart and together again. */

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync } from 'node:fs';
import test from 'ava';
import { createProgram } from '../../src/cli/program.js';
import { labDown, labUp, ownerOf } from '../../src/lab/lab.js';
import { killProcesses, startProcess } from '../../src/lab/processes.js';
import { labServices } from '../../src/lab/services.js';
import { hostFolder, type LabProcess } from '../../src/lab/state.js';
import { namespaceOf } from '../../src/lab/topology.js';
import type { PersistenceEntry } from '../../src/model/persistence.js';
import type { ApplyResult, HistoryLine, NodeStatus, SyncChange, SyncEntry } from '../../src/model/status.js';
import { createControlClient } from '../../src/shell/control-socket.js';
import { isRunning } from '../../src/shell/process-identity.js';
import { labPorts, newLabName } from '../support/lab.js';

const lab = newLabName();
type Name = 'lb1' | 'lb2';
const agents = new Map<Name, LabProcess>();

const client = (node: Name) => createControlClient(`${hostFolder(lab, node)}/relevo.sock`, 60_000);
const status = (node: Name): Promise<NodeStatus> => client(node).call('GET', '/v1/status');
const apply = (node: Name, farms: readonly object[], query = ''): Promise<ApplyResult> =>
  client(node).call('PUT', `/v1/services?dryRun=false${query}`, {
    type: 'text/plain',
    text: JSON.stringify({ farms }),
  });
const post = (node: Name, path: string, body: object = {}): Promise<ApplyResult> =>
  client(node).call('POST', path, { type: 'application/json', text: JSON.stringify(body) });
const names = async (node: Name): Promise<string[]> => {
  const { farms } = await client(node).call<{ farms: { name: string }[] }>('GET', '/v1/services');
  return farms.map(({ name }) => name).sort();
};

const extra = (name: string, port: number) => ({
  ...labServices.farms[0],
  name,
  'virtual-ports': String(port),
});
const base = labServices.farms;
const inside = (host: string, ...argv: string[]): string =>
  execFileSync('/usr/sbin/ip', ['netns', 'exec', namespaceOf(lab, host), ...argv], { encoding: 'utf8' });
/** Through the floating address, wherever it is. */
const isServed = (port: number): boolean => {
  try {
    return /^backend/.test(inside('client', 'curl', '-s', '--max-time', '2', `http://10.10.0.100:${port}/`));
  } catch {
    return false;
  }
};

const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  const deadline = performance.now() + 60_000;
  while (!(await Promise.resolve(holds()).catch(() => false))) {
    if (performance.now() > deadline) {
      const seen = await Promise.all(
        (['lb1', 'lb2'] as const).map((node) =>
          status(node)
            .then(({ document }) => document)
            .catch(String),
        ),
      );
      throw new Error(`did not happen: ${what}: ${JSON.stringify(seen, null, 1)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
const untilInSync = (): Promise<void> =>
  until('in sync', async () => {
    const [a, b] = await Promise.all([status('lb1'), status('lb2')]);
    const told = [a, b].every(({ document }) => document.peers[0]?.state === 'in sync');
    return told && a.document.id === b.document.id && a.document.content === b.document.content;
  });

const stopAgent = async (node: Name): Promise<void> => {
  const agent = agents.get(node)!;
  killProcesses([agent]);
  await until(`${node} ends`, () => !isRunning(agent));
};
/** `prefix`: run before it, in the same namespaces. */
const startAgent = async (node: Name, prefix?: string): Promise<void> => {
  const [spec] = ownerOf(labPorts, { name: lab, owner: 'relevo', replication: true, nodes: 2 }).nodeProcesses(
    node,
  );
  const wrapped = prefix
    ? { ...spec!, file: '/bin/sh', args: ['-c', `${prefix} && exec "$0" "$@"`, spec!.file, ...spec!.args] }
    : spec!;
  agents.set(node, await startProcess(labPorts.daemons, lab, wrapped));
  await until(`${node} answers`, async () => (await status(node)).node === node);
};

test.before(async () => {
  const { status: up } = await labUp(labPorts, { name: lab });
  for (const node of ['lb1', 'lb2'] as const) {
    agents.set(node, up.processes.find(({ label }) => label === `${node}/agent`)!);
  }
  await untilInSync();
});
test.after.always(async () => {
  killProcesses([...agents.values()]);
  await labDown(labPorts, lab);
});

test.serial('relevo sync on both nodes, of a session that packets have made', async (t) => {
  const isActive = async (node: Name): Promise<boolean> => (await status(node)).groups[0]?.state === 'active';
  await until('one is active', async () => (await isActive('lb1')) || isActive('lb2'));
  const active = (await isActive('lb1')) ? 'lb1' : 'lb2';
  const standby = active === 'lb1' ? 'lb2' : 'lb1';
  const relevo = async (node: Name, ...args: string[]): Promise<{ text: string; failed: boolean }> => {
    const lines: string[] = [];
    let failed = false;
    const fail = (): void => {
      failed = true;
    };
    const environment = { RELEVO_SOCKET: `${hostFolder(lab, node)}/relevo.sock` };
    const program = createProgram(environment, { print: (text) => lines.push(text), fail });
    await program.parseAsync(['node', 'relevo', 'sync', ...args]);
    return { text: lines.join('\n'), failed };
  };
  const stopped = new AbortController();
  const changes: SyncChange[] = [];
  const watching = client(standby).follow(
    '/v1/sync/watch',
    (line) => changes.push(JSON.parse(line) as SyncChange),
    stopped.signal,
  );
  // The reader is there before the packets: clients are run by a call that stops this process.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await status(standby);
  await until('served', () => isServed(80));
  await until('told by watch', () => changes.some(({ what, own }) => what === 'added' && !own));
  stopped.abort();
  await watching;
  const { client: address } = changes[0]!.entry as PersistenceEntry;
  await until('confirmed', async () =>
    new RegExp(` ${standby}$`).test((await relevo(active, 'show', address)).text),
  );
  const shown = JSON.parse((await relevo(active, 'show', address, '--json')).text) as SyncEntry[];
  t.like(shown, [{ group: 'g1', own: true, inKernel: true, confirmedBy: [standby] }]);
  for (const node of ['lb1', 'lb2'] as const) {
    const dump = JSON.parse((await relevo(node, 'dump', '--service', 'web', '--json')).text);
    t.like(dump, [{ service: 'web', client: address, port: 80 }], node);
    t.regex((await relevo(node, 'dump')).text, /web tcp 10\.10\.0\.100:80/);
    t.like(JSON.parse((await relevo(node, 'status', '--json')).text), { complete: true, entries: 1 });
    t.regex((await relevo(node, 'status')).text, /replication +complete, 1 entries/);
    const verified = await relevo(node, 'verify', '--json');
    t.like(JSON.parse(verified.text), { consistent: true, differences: [] }, verified.text);
    t.false(verified.failed);
    t.regex((await relevo(node, 'verify')).text, /consistent$/);
  }
});

test.serial(
  'applied on the standby, served by the active node; rollback takes it back on both',
  async (t) => {
    const active = (await status('lb1')).groups[0]?.state === 'active' ? 'lb1' : 'lb2';
    const standby = active === 'lb1' ? 'lb2' : 'lb1';
    const before = (await status(active)).document.version;
    t.false(isServed(81));
    const result = await apply(standby, [...base, extra('web2', 81)], '&reason=second%20port');
    t.is(result.version, before + 1);
    t.deepEqual([result.confirmed, result.missing], [[active], []]);
    t.true(isServed(81));
    const { document } = await status(active);
    t.deepEqual([document.version, document.author, document.reason], [before + 1, standby, 'second port']);

    const back = await post(active, '/v1/document/rollback');
    t.is(back.version, before + 2);
    t.false(isServed(81));
    t.deepEqual(await names(standby), await names(active));
    const { versions } = await client(standby).call<{ versions: HistoryLine[] }>(
      'GET',
      '/v1/document/history',
    );
    t.deepEqual(
      versions.slice(0, 2).map(({ kind, version }) => [kind, version]),
      [
        ['rollback', before + 2],
        ['apply', before + 1],
      ],
    );
    await t.throwsAsync(post(active, '/v1/document/rollback', { version: 999 }), {
      message: /relevo history/,
    });
  },
);

test.serial(
  'not confirmed in time: it goes back on both; confirmed on the other node: it stays',
  async (t) => {
    await apply('lb1', [...base, extra('trial', 82)], '&confirmMs=4000');
    t.true(isServed(82));
    await t.throwsAsync(apply('lb2', [...base]), { message: /waits for confirmation.*relevo confirm/ });
    await until('both went back', async () =>
      (await Promise.all([names('lb1'), names('lb2')])).every((list) => !list.includes('trial')),
    );
    t.false(isServed(82));
    await untilInSync();
    t.is((await status('lb2')).document.kind, 'revert');

    await apply('lb1', [...base, extra('kept', 82)], '&confirmMs=6000');
    await post('lb2', '/v1/document/confirm');
    t.is((await status('lb1')).document.confirmInMs, undefined);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    t.true(isServed(82));
    t.true((await names('lb1')).includes('kept') && (await names('lb2')).includes('kept'));
  },
);

test.serial('a state of a backend goes to the other node, and makes no version', async (t) => {
  const { version } = (await status('lb1')).document;
  await post('lb2', '/v1/services/web/backends/backend1', { state: 'down' });
  await until('lb1 has it', async () => {
    const { farms } = await client('lb1').call<{
      farms: { name: string; backends: { name: string; state: string }[] }[];
    }>('GET', '/v1/services');
    return farms.find(({ name }) => name === 'web')?.backends[0]?.state === 'down';
  });
  t.is((await status('lb1')).document.version, version);
  await post('lb1', '/v1/services/web/backends/backend1', { state: 'up' });
});

test.serial('edited apart: told on both, nothing overwritten, and resolved', async (t) => {
  const active = (await status('lb1')).groups[0]?.state === 'active' ? 'lb1' : 'lb2';
  const standby = active === 'lb1' ? 'lb2' : 'lb1';
  inside(standby, '/usr/sbin/ip', 'link', 'set', 'sync0', 'down');
  await until('they miss each other', async () =>
    (await Promise.all([status('lb1'), status('lb2')])).every(
      ({ document }) => document.peers[0]?.state === 'not connected',
    ),
  );
  await apply(active, [...base, extra('ours', 83)]);
  await t.throwsAsync(apply(standby, [...base, extra('theirs', 84)]), {
    message: /cannot be reached.*--force/,
  });
  await apply(standby, [...base, extra('theirs', 84)], '&force=true');
  inside(standby, '/usr/sbin/ip', 'link', 'set', 'sync0', 'up');
  await until('both tell the conflict', async () =>
    (await Promise.all([status('lb1'), status('lb2')])).every(({ document }) =>
      document.conflicts.some((text) => text.includes('relevo resolve')),
    ),
  );
  t.true((await names(active)).includes('ours'));
  t.true((await names(standby)).includes('theirs'));
  await t.throwsAsync(apply(active, [...base]), { message: /edited apart/ });
  await post(active, '/v1/document/resolve');
  await untilInSync();
  t.true((await names(standby)).includes('ours'));
  t.false((await names(standby)).includes('theirs'));
});

test.serial(
  'a node that was away catches up; a torn file is known, and the one before it used',
  async (t) => {
    await apply('lb1', [...base, extra('first', 85)]);
    await apply('lb1', [...base, extra('second', 85)]);
    await stopAgent('lb2');
    const path = `${hostFolder(lab, 'lb2')}/state/services.json`;
    truncateSync(path, Math.floor(statSync(path).size / 2));
    t.regex(readFileSync(`${path}.previous`, 'utf8'), /"first"/);
    await until('lb1 may be edited alone', async () => {
      await apply('lb1', [...base, extra('third', 85)]);
      return true;
    });
    await startAgent('lb2');
    await untilInSync();
    t.deepEqual(await names('lb2'), await names('lb1'));
    t.true((await names('lb2')).includes('third'));
  },
);

test.serial('no room on one disk: refused everywhere with its name, and nothing is lost', async (t) => {
  await stopAgent('lb2');
  const state = `${hostFolder(lab, 'lb2')}/state`;
  // Decisions are kept there as well, some 10 kB a second.
  await startAgent('lb2', `/usr/bin/mount -t tmpfs -o size=512k none ${state}`);
  await untilInSync();
  const { version } = (await status('lb1')).document;
  const before = await names('lb1');
  const many = Array.from({ length: 800 }, (_, at) => extra(`many${at}`, 10_000 + at));
  await t.throwsAsync(apply('lb1', [...base, ...many]), { message: /lb2 refuses it: .*no space left/ });
  t.is((await status('lb1')).document.version, version);
  t.is((await status('lb2')).document.version, version);
  t.deepEqual([await names('lb1'), await names('lb2')], [before, before]);
  await apply('lb1', [...base, extra('small', 86)]);
  await untilInSync();
  t.true((await names('lb2')).includes('small'));
});
