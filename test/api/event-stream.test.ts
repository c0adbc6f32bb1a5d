import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createControlApi } from '../../src/api/control.js';
import { limits } from '../../src/limits.js';
import type { NodeEvent } from '../../src/model/status.js';
import { createControlClient, listenOnSocket } from '../../src/shell/control-socket.js';
import { createFakeNode, quietLog } from '../support/fake-node.js';

const event = (message: string): NodeEvent => ({ time: '', atMs: 1, kind: 'standby', message, facts: {} });

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setImmediate(resolve));
};

test('followers hear what was and what comes; a slow one loses, is told how much, and holds nobody up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const path = join(folder, 'relevo.sock');
  const node = createFakeNode();
  const api = createControlApi(node, quietLog);
  await listenOnSocket(api, path);
  const heard: string[] = [];
  const following = createControlClient(path).follow('/v1/events/follow', (line) => heard.push(line));
  await until(() => heard.length === 1);
  node.tell(event('news'));
  await until(() => heard.length === 2);
  t.deepEqual(
    heard.map((line) => (JSON.parse(line) as NodeEvent).message),
    ['g1: peer dead', 'news'],
  );

  const slow = connect(path);
  slow.write('GET /v1/events/follow HTTP/1.1\r\nHost: relevo\r\n\r\n');
  await new Promise((resolve) => slow.once('readable', resolve));
  slow.pause();
  const before = process.memoryUsage().rss;
  // Far more than sockets and the bound take; the reader that reads gets them all.
  const many = 4_000;
  for (let count = 0; count < many; count++) {
    node.tell(event(`${count} ${'x'.repeat(1_000)}`));
    if (count % 50 === 0) await until(() => heard.length >= 2 + count);
  }
  await until(() => heard.length === 2 + many);
  t.true(process.memoryUsage().rss - before < 64 * 1024 * 1024);
  let text = '';
  slow.on('data', (bytes) => {
    text += String(bytes);
  });
  slow.resume();
  await until(() => text.includes('x"') && slow.readableLength === 0);
  await until(() => {
    node.tell(event('again'));
    return text.includes('"again"');
  });
  const lost = Number(/"kind":"lost","lost":(\d+)/.exec(text)?.[1]);
  t.true(lost > many / 2 && lost < many, `${lost} of ${many} lost`);

  await api.close();
  await following;
  slow.destroy();
  rmSync(folder, { recursive: true });
});

test('so many followers and no more', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const path = join(folder, 'relevo.sock');
  const api = createControlApi(createFakeNode(), quietLog);
  await listenOnSocket(api, path);
  let heard = 0;
  const client = createControlClient(path);
  const all = Array.from({ length: limits.eventFollowers }, () =>
    client.follow('/v1/events/follow', () => {
      heard += 1;
    }),
  );
  await until(() => heard === limits.eventFollowers);
  await t.throwsAsync(
    client.follow('/v1/events/follow', () => {}),
    { message: /409/ },
  );
  await api.close();
  await Promise.all(all);
  rmSync(folder, { recursive: true });
});
