/** Clients that are silent or too many, at the real limits: what they hold is given back, and others are answered. */

import { connect, type Socket } from 'node:net';
import test from 'ava';
import { limits } from '../../src/limits.js';
import { listenOnAddress } from '../../src/shell/api-server.js';
import { createBed, key } from './nftlb-support.js';

const host = '127.0.0.1';

const get = async (port: number): Promise<number> => {
  const reply = await fetch(`http://${host}:${port}/farms`, {
    headers: { Key: key, connection: 'close' },
    signal: AbortSignal.timeout(20_000),
  });
  await reply.text();
  return reply.status;
};

const open = (port: number, text: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host, () =>
      text === '' ? resolve(socket) : socket.write(text, () => resolve(socket)),
    );
    socket.once('error', reject);
  });

const closed = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });

test.serial(
  'one connection more than there may be is closed at once; the silent ones make room when their time is up',
  async (t) => {
    const { app } = createBed();
    await listenOnAddress(app, { address: host, port: 0 });
    const { port } = app.server.address() as { port: number };
    // Half of them say nothing at all, the others stop in their headers.
    const silent = await Promise.all(
      Array.from({ length: limits.nftlbConnections }, (_, at) =>
        open(port, at % 2 === 0 ? '' : 'GET /farms HTTP/1.1\r\nHost: x\r\nKe'),
      ),
    );
    const ends = silent.map(closed);
    const start = performance.now();
    // The kernel takes the connection, the server ends it.
    t.is(await closed(await open(port, 'GET /farms HTTP/1.1\r\nHost: x\r\n\r\n')), '');
    t.true(
      silent.every(({ closed: isClosed }) => !isClosed),
      'without waiting for the others',
    );
    const answers = await Promise.all(ends);
    const tookMs = performance.now() - start;
    t.true(tookMs < limits.nftlbHeadersMs * 10, String(tookMs));
    t.true(answers.every((text) => text === '' || text.startsWith('HTTP/1.1 408')));
    t.is(await get(port), 200);
    await app.close();
  },
);

test.serial('many clients that do not read long answers harm nobody', async (t) => {
  const { app, send } = createBed();
  const farms = Array.from({ length: 300 }, (_, at) => ({
    name: `f${at}`,
    'virtual-addr': `10.9.${at >> 8}.${at & 255}`,
    'virtual-ports': '80',
    backends: Array.from({ length: 8 }, (_each, index) => ({
      name: `b${index}`,
      'ip-addr': `10.1.0.${index + 1}`,
    })),
  }));
  t.is((await send('POST', '/farms', { farms })).status, 200);
  await listenOnAddress(app, { address: host, port: 0 });
  const { port } = app.server.address() as { port: number };
  const deaf = await Promise.all(
    Array.from({ length: 20 }, () =>
      open(port, `GET /farms HTTP/1.1\r\nHost: x\r\nKey: ${key}\r\n\r\n`.repeat(4)),
    ),
  );
  for (const socket of deaf) socket.pause();
  for (let round = 0; round < 3; round++) t.is(await get(port), 200);
  for (const socket of deaf) socket.destroy();
  await app.close();
});
