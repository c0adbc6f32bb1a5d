/** A real agent asks real backends: one that dies gets no more connections, and gets them again when it is back. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { createBed } from '../support/bed.js';
import { eventually } from '../support/limits-bed.js';
import { prepareAgent } from '../support/programs.js';
import { request } from '../support/traffic.js';

const bed = await createBed({ backends: 2 });
const floating = '10.40.0.50';
const agent = await prepareAgent(bed.namespaces, bed.lb, '10.40.0.1', {
  address: `${floating}/16`,
  interface: bed.frontDevice,
});
test.after.always(async () => {
  await bed.dispose();
  agent.dispose();
});

const port = 8090;
const script = new URL('../support/echo-server.mjs', import.meta.url).pathname;
const startBackend = async (index: number): Promise<ChildProcess> => {
  const namespace = `${bed.namespaces.id}-b${index}`;
  const child = bed.namespaces.start(namespace, process.execPath, script, `b${index}`, String(port));
  await once(child.stdout!, 'data');
  return child;
};
const end = async (child: ChildProcess): Promise<void> => {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
};

/** Names of those that answer ten connections; `ECONNREFUSED` and the like count, too. */
const answering = async (from = 1): Promise<string[]> => {
  const names = await Promise.all(
    Array.from({ length: 10 }, () => request(floating, 80 + from - 1).then(({ name }) => name, String)),
  );
  return [...new Set(names)].sort();
};

test.serial('a backend dies and comes back; one that is off stays off', async (t) => {
  const first = await startBackend(1);
  await startBackend(2);
  const program = await agent.start();
  t.teardown(() => program.stop());
  const farm = (name: string, number: number, health: object) => ({
    name,
    'virtual-addr': floating,
    'virtual-ports': String(number),
    mode: 'snat',
    scheduler: 'rr',
    health: { 'interval-ms': '200', rise: '2', fall: '2', ...health },
    backends: [1, 2].map((index) => ({
      name: `b${index}`,
      'ip-addr': `10.5${index}.0.2`,
      port: String(port),
    })),
  });
  await program.apply({
    farms: [farm('web', 80, { kind: 'tcp' }), farm('page', 81, { kind: 'http', status: '200' })],
  });
  t.true(await eventually(async () => (await answering()).join() === 'b1,b2'));
  await end(first);
  for (const number of [1, 2]) {
    t.true(await eventually(async () => (await answering(number)).join() === 'b2'), `port ${number}`);
  }
  const state = async (name: string) => (await program.farm(name)).backends[0]!;
  t.like(await state('web'), {
    state: 'down',
    'state-reason': `tcp check of port ${port} failed: the connection was refused`,
  });
  t.is((await state('page')).state, 'down');
  const again = await startBackend(1);
  t.true(await eventually(async () => (await answering()).join() === 'b1,b2'));
  t.true(await eventually(async () => (await state('page')).state === 'up'));

  await program.apply({ farms: [{ name: 'web', backends: [{ name: 'b1', state: 'off' }] }] });
  await new Promise((resolve) => setTimeout(resolve, 700));
  t.deepEqual(await answering(), ['b2']);
  // No status that is taken for an answer: the backend is there and does not serve.
  await program.apply({ farms: [farm('page', 81, { kind: 'http', status: '204' })] });
  t.true(await eventually(async () => (await state('page')).state === 'down'));
  t.regex((await state('page'))['state-reason'] ?? '', /GET \/ was answered with status 200/);
  await end(again);
});
