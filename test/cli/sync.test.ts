/** `relevo sync`, in text and as JSON, of a node that answers from memory. With agents and packets: `netns/document`. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createControlApi } from '../../src/api/control.js';
import { createProgram } from '../../src/cli/program.js';
import type { Ipv4 } from '../../src/model/address.js';
import type { GeneralEntry, PersistenceEntry } from '../../src/model/persistence.js';
import type { NodeControl, SyncChange, SyncPeerStatus, VerifyResult } from '../../src/model/status.js';
import { listenOnSocket } from '../../src/shell/control-socket.js';
import { createFakeNode, exampleStatus, quietLog } from '../support/fake-node.js';

const plain = (
  client: string,
  backend: string,
  service?: string,
): PersistenceEntry & { service?: string } => ({
  ...{ client: client as Ipv4, address: '10.10.0.100' as Ipv4, protocol: 'tcp', port: 80 },
  ...{ backendAddress: backend as Ipv4, backendPort: 8080, ttlMs: 60_000, remainingMs: 45_000 },
  ...(service !== undefined && { service }),
});
const web = plain('10.10.8.1', '10.20.0.21', 'web');
const unknown = plain('10.10.8.2', '10.20.0.22');
const ban: GeneralEntry = {
  ...{ kind: 'ban', service: 'mail', client: ['2001:db8::7', '25'] },
  ...{ backendPort: 0, ttlMs: 600_000, remainingMs: 599_000 },
};
const peer: SyncPeerStatus = {
  ...{ name: 'lb2', connected: true, state: 'in sync', sentEntries: 120, entriesPerSecond: 12.4 },
  ...{ ackedEntries: 118, unconfirmed: 2, oldestUnconfirmedMs: 7, lagP50Ms: 0.4, lagP99Ms: 2.5 },
  ...{ bytesSent: 4096, bytesReceived: 512, bytesSentPerSecond: 100, bytesReceivedPerSecond: 10 },
  lastError: undefined,
};
const replication = {
  ...exampleStatus.replication,
  direction: 'send' as const,
  peers: [peer, { ...peer, name: 'lb3', connected: false, state: 'disconnected', lastError: 'silent' }],
  services: [
    {
      ...{ service: 'web', replicate: 'all', entries: 120, bytes: 4000 },
      ...{ entriesPerSecond: 12, bytesPerSecond: 100 },
    },
  ],
};
const changes: SyncChange[] = [
  { what: 'added', own: true, group: 'g1', entry: web },
  { what: 'removed', own: false, group: 'g1', entry: unknown },
  { what: 'added', own: false, group: 'g1', entry: ban },
];
const verified: VerifyResult = {
  consistent: false,
  lines: ['lb2: web 10.10.8.1 missing'],
  nodes: [
    { node: 'lb1', entries: 3, reason: undefined },
    { node: 'lb2', entries: 2, reason: undefined },
  ],
  differences: [
    {
      ...{ node: 'lb2', service: 'web', client: '10.10.8.1' },
      ...{ what: 'missing', reference: 'lb1', detail: 'lb1 has 10.20.0.21:8080' },
    },
  ],
};

interface Said {
  readonly lines: string[];
  readonly failed: boolean;
}

const start = async (t: ExecutionContext, node: Partial<NodeControl> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const socket = join(folder, 'relevo.sock');
  const asked: string[] = [];
  const api = createControlApi(
    {
      ...createFakeNode(),
      status: async () => ({ ...exampleStatus, replication }),
      syncDump: () => ({ entries: [web, unknown], general: [ban] }),
      syncShow(client) {
        asked.push(client);
        if (client !== web.client) return [];
        return [{ entry: web, group: 'g1', epoch: 7, own: true, confirmedBy: ['lb2'], inKernel: true }];
      },
      syncVerify: async () => verified,
      ...node,
    },
    quietLog,
  );
  await listenOnSocket(api, socket);
  t.teardown(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });
  const relevo = async (...args: string[]): Promise<Said> => {
    const lines: string[] = [];
    let failed = false;
    const fail = (): void => {
      failed = true;
    };
    const program = createProgram({ RELEVO_SOCKET: socket }, { print: (text) => lines.push(text), fail });
    await program.parseAsync(['node', 'relevo', 'sync', ...args]);
    return { lines: lines.flatMap((text) => text.split('\n')), failed };
  };
  const json = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await relevo(...args, '--json')).lines.join('\n'));
  return { relevo, json, asked, close: () => api.close() };
};

test('status: N of M confirmed, the oldest that is not, lag, rates, and what each service costs', async (t) => {
  const { relevo, json } = await start(t);
  const text = (await relevo('status')).lines.join('\n');
  t.regex(text, /complete, 3 entries, position 42, 0 lost reports, sends only/);
  t.regex(text, /lb2 +in sync +118 of 120 +2, oldest 7 ms +0\.4.*2\.5 ms .*12\/s/);
  t.regex(text, /lb3 +DOWN \(silent\)/);
  t.regex(text, /web +all /);
  t.deepEqual(await json('status'), JSON.parse(JSON.stringify(replication)));
});

test('dump: both streams, by client, service and backend', async (t) => {
  const { relevo, json } = await start(t);
  const text = (await relevo('dump')).lines.join('\n');
  t.regex(text, /10\.10\.8\.1 +web tcp 10\.10\.0\.100:80 +10\.20\.0\.21:8080 +45 s +1 min 0 s/);
  t.regex(text, /10\.10\.8\.2 +\(unknown\) tcp/);
  t.regex(text, /2001:db8::7 25 +mail +ban/);
  t.deepEqual(await json('dump'), [web, unknown, ban]);
  t.deepEqual(await json('dump', '--client', '25'), [ban]);
  t.deepEqual(await json('dump', '--service', 'web'), [web]);
  t.deepEqual(await json('dump', '--service', '10.10.0.100:80'), [unknown]);
  t.deepEqual(await json('dump', '--backend', '10.20.0.22'), [unknown]);
  t.deepEqual(await json('dump', '--backend', '10.20.0.22:8080'), [unknown]);
  t.deepEqual(await json('dump', '--backend', '10.20.0.22:81'), []);
});

test('show: where a client goes and who has confirmed it; one that nobody knows is a failure', async (t) => {
  const { relevo, json, asked } = await start(t);
  const seen = await relevo('show', web.client);
  t.false(seen.failed);
  t.regex(
    seen.lines.join('\n'),
    /web +10\.20\.0\.21:8080 +45 s +1 min 0 s +g1 +7 +this node +in the kernel +lb2/,
  );
  t.like(await json('show', web.client), [{ entry: web, confirmedBy: ['lb2'], inKernel: true }]);
  const missing = await relevo('show', '2001:db8::1');
  t.true(missing.failed);
  t.deepEqual(missing.lines, ['2001:db8::1 is not remembered by any service']);
  t.deepEqual(asked, [web.client, web.client, '2001:db8::1']);
});

test('watch: changes as they happen, a line each, filtered', async (t) => {
  const listeners = new Set<(change: SyncChange) => void>();
  const { relevo, close } = await start(t, {
    syncWatch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const said = [
    relevo('watch'),
    relevo('watch', '--json'),
    relevo('watch', '--client', '10.10.8.2', '--json'),
  ].map((reading) => reading.catch((thrown) => thrown as Error));
  while (listeners.size < said.length) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const change of changes) for (const listener of listeners) listener(change);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await close();
  const [text, all, one] = (await Promise.all(said)) as [Said, Said, Said];
  t.deepEqual(text.lines, [
    'added      here     10.10.8.1 to 10.20.0.21:8080  web  45 s',
    'removed    by peer  10.10.8.2 from 10.20.0.22:8080  10.10.0.100:80  45 s',
    'added      by peer  2001:db8::7 25 to nowhere: banned  mail  9 min 59 s',
  ]);
  t.deepEqual(
    all.lines.map((line) => JSON.parse(line)),
    changes,
  );
  t.deepEqual(
    one.lines.map((line) => JSON.parse(line)),
    [changes[1]],
  );
  t.is(listeners.size, 0, 'nobody is told any more');
});

test('verify: what differs by node, service and client, as text and as JSON; exit status 1', async (t) => {
  const { relevo } = await start(t);
  t.deepEqual(await relevo('verify'), { lines: ['lb2: web 10.10.8.1 missing', 'DIFFERENT'], failed: true });
  const { lines, failed } = await relevo('verify', '--json');
  t.true(failed);
  t.deepEqual(JSON.parse(lines.join('\n')), JSON.parse(JSON.stringify(verified)));
  const same = { ...verified, consistent: true, lines: [], differences: [] };
  const agreed = await start(t, { syncVerify: async () => same });
  t.deepEqual(await agreed.relevo('verify'), { lines: ['consistent'], failed: false });
  t.false((await agreed.relevo('verify', '--json')).failed);
});
