import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { createControlApi } from '../../src/api/control.js';
import { RelevoError } from '../../src/errors.js';
import type { NodeStatus } from '../../src/model/status.js';
import { createControlClient, listenOnSocket } from '../../src/shell/control-socket.js';
import { createFakeNode, quietLog } from '../support/fake-node.js';

const test = anyTest as TestFn<{
  folder: string;
  socket: string;
  node: ReturnType<typeof createFakeNode>;
  close(): Promise<unknown>;
}>;

test.beforeEach(async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const socket = join(folder, 'relevo.sock');
  const node = createFakeNode();
  const api = createControlApi(node, quietLog);
  await listenOnSocket(api, socket);
  t.context = { folder, socket, node, close: () => api.close() };
});

test.afterEach.always(async (t) => {
  await t.context.close();
  rmSync(t.context.folder, { recursive: true });
});

test('status travels whole over a socket that strangers may not open', async (t) => {
  const status = await createControlClient(t.context.socket).call<NodeStatus>('GET', '/v1/status');
  t.is(status.groups[0]?.epoch, 7);
  t.is(statSync(t.context.socket).mode & 0o777, 0o660);
});

test('a document is applied, or refused with the reason it was refused for', async (t) => {
  const client = createControlClient(t.context.socket);
  const result = await client.call<{ changed: string[] }>('PUT', '/v1/services?dryRun=false', {
    type: 'text/plain',
    text: 'farms: []',
  });
  t.deepEqual(result.changed, ['web']);
  const refusal = await t.throwsAsync(
    client.call('PUT', '/v1/services?dryRun=true', { type: 'text/plain', text: 'bad' }),
  );
  t.true(refusal instanceof RelevoError);
  t.is((refusal as RelevoError).code, 'bad-document');
  t.regex(refusal.message, /farms\[0\]\.mode/);
});

test('wrong requests are refused and change nothing', async (t) => {
  const client = createControlClient(t.context.socket);
  const json = (value: unknown) => ({ type: 'application/json', text: JSON.stringify(value) });
  const wrong: [Promise<unknown>, string][] = [
    [client.call('POST', '/v1/services/web/backends/b1', json({ state: 'sideways' })), 'bad-request'],
    [client.call('POST', '/v1/services/none/backends/b1', json({ state: 'up' })), 'not-found'],
    [
      client.call('POST', '/v1/services/web/backends/b1', { type: 'application/json', text: '{"state":' }),
      'bad-request',
    ],
    [
      client.call('PUT', '/v1/services?dryRun=perhaps', { type: 'text/plain', text: 'farms: []' }),
      'bad-request',
    ],
    [client.call('PUT', '/v1/services', json({ farms: [] })), 'bad-request'],
    [client.call('GET', '/v1/nothing'), 'not-found'],
  ];
  for (const [call, code] of wrong) {
    const error = (await t.throwsAsync(call)) as RelevoError;
    t.is(error.code, code as never, error.message);
  }
  t.deepEqual(t.context.node.calls, ['backend none b1 up']);
});

test('a second agent on the same socket is refused, a left-over file is replaced', async (t) => {
  const second = createControlApi(createFakeNode(), quietLog);
  const error = (await t.throwsAsync(listenOnSocket(second, t.context.socket))) as RelevoError;
  t.is(error.code, 'conflict');
  t.regex(error.message, /another agent is listening/);
  const stale = join(t.context.folder, 'stale.sock');
  writeFileSync(stale, '');
  await listenOnSocket(second, stale);
  t.truthy(await createControlClient(stale).call('GET', '/v1/status'));
  await second.close();
});

test('no agent: the message says what to do', async (t) => {
  const error = await t.throwsAsync(
    createControlClient(join(t.context.folder, 'none')).call('GET', '/v1/status'),
  );
  t.regex(error.message, /is the agent running/);
});
