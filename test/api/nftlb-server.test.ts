/** nftlb's interface on a real socket: clients that are slow, silent or too many harm nobody but themselves. */

import { connect, type Socket } from 'node:net';
import test from 'ava';
import { limits } from '../../src/limits.js';
import type { Ipv4 } from '../../src/model/address.js';
import { createKeyCheck, listenOnAddress } from '../../src/shell/api-server.js';
import { createBed, farm, key } from './nftlb-support.js';

const address = '127.0.0.1' as Ipv4;

const start = async () => {
  const bed = createBed();
  await listenOnAddress(bed.app, { address, port: 0 });
  const at = bed.app.server.address();
  if (at === null || typeof at === 'string') throw new Error('not listening');
  return { ...bed, port: at.port };
};

const open = (port: number, text: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, address, () => socket.write(text, () => resolve(socket)));
    socket.on('error', reject);
  });

const until = (socket: Socket, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text += piece;
      if (pattern.test(text)) resolve(text);
    });
    socket.on('close', () => reject(new Error(`closed after: ${text}`)));
  });

const post = (port: number, body: string) =>
  fetch(`http://127.0.0.1:${port}/farms`, {
    method: 'POST',
    headers: { Key: key },
    body,
    signal: AbortSignal.timeout(5_000),
  });

test('defect 12: a client that stalls in its headers or its body delays nobody', async (t) => {
  const { app, port, farms } = await start();
  const stalled = await Promise.all([
    open(port, 'POST /farms HTTP/1.1\r\nHost: x\r\nKe'),
    open(port, `POST /farms HTTP/1.1\r\nHost: x\r\nKey: ${key}\r\nContent-Length: 5000\r\n\r\n{"farms": [`),
  ]);
  const reply = await post(port, JSON.stringify({ farms: [farm(1)] }));
  t.deepEqual(await reply.json(), { response: 'success' });
  t.is((await farms()).length, 1);
  t.true(stalled.every((socket) => !socket.destroyed));
  // And it does not hold up the end either.
  await app.close();
});

test('defect 13: headers in pieces and of any case, bodies in chunks', async (t) => {
  const { app, port } = await start();
  const socket = await open(port, 'POST /farms HTTP/1.1\r\nHost: x\r\nkE');
  const answer = until(socket, /success/);
  const body = JSON.stringify({ farms: [farm(1)] });
  const half = body.length >> 1;
  for (const piece of [
    `Y: ${key}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `${half.toString(16)}\r\n${body.slice(0, half)}\r\n`,
    `${(body.length - half).toString(16)}\r\n${body.slice(half)}\r\n0\r\n\r\n`,
  ]) {
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  t.regex(await answer, /^HTTP\/1\.1 200/);
  await app.close();
});

test('a stranger is answered before the body has come', async (t) => {
  const { app, port } = await start();
  const socket = await open(
    port,
    'POST /farms HTTP/1.1\r\nHost: x\r\nKey: no\r\nContent-Length: 5000\r\n\r\n{',
  );
  t.regex(await until(socket, /\r\n\r\n/), /^HTTP\/1\.1 401[\s\S]*content-length: 0/i);
  await app.close();
});

test('a body that is too long is refused before it has come', async (t) => {
  const { app, port } = await start();
  const socket = await open(
    port,
    `POST /farms HTTP/1.1\r\nHost: x\r\nKey: ${key}\r\nContent-Length: ${limits.nftlbBodyBytes + 1}\r\n\r\n{`,
  );
  t.regex(await until(socket, /"response"/), /^HTTP\/1\.1 413/);
  await app.close();
});

test('requests that come at once on one connection are answered in their order', async (t) => {
  const { app, port } = await start();
  const post = JSON.stringify({ farms: [farm(1)] });
  const head = (line: string, more = '') => `${line} HTTP/1.1\r\nHost: x\r\nkEY: ${key}\r\n${more}\r\n`;
  const socket = await open(
    port,
    [
      head('GET /farms/s1'),
      `${head('POST /farms', `Content-Length: ${post.length}\r\n`)}${post}`,
      head('GET /farms/s1'),
      head('DELETE /farms/s1'),
      head('GET /farms/s1', 'Connection: close\r\n'),
    ].join(''),
  );
  const text = await until(socket, /connection: close[\s\S]*Unknown farm/i);
  t.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)),
    [404, 200, 200, 200, 404],
  );
  await app.close();
});

test('a connection serves one request after the other', async (t) => {
  const { app, port } = await start();
  const socket = await open(port, '');
  const answered = (): Promise<string> =>
    new Promise((resolve) => socket.once('data', (part) => resolve(String(part))));
  for (let at = 1; at <= 3; at++) {
    socket.write(`DELETE /farms/none HTTP/1.1\r\nHost: x\r\nKey: ${key}\r\n\r\n`);
    t.regex(await answered(), /^HTTP\/1\.1 404/);
  }
  socket.destroy();
  // What clients of HTTP/1.0 do not want.
  const last = await open(port, `GET /farms HTTP/1.0\r\nKey: ${key}\r\n\r\n`);
  t.regex(await until(last, /"farms": \[\]/), /connection: close/i);
  await app.close();
});

for (const verb of ['OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'NONSENSE']) {
  test(`a verb that the interface does not have is 400: ${verb}`, async (t) => {
    const { app, port } = await start();
    const socket = await open(port, `${verb} /farms HTTP/1.1\r\nHost: x\r\nKey: ${key}\r\n\r\n`);
    t.regex(await until(socket, /\r\n\r\n/), /^HTTP\/1\.1 400/);
    await app.close();
  });
}

test('time and connections are limited', async (t) => {
  const { app } = await start();
  t.is(app.server.maxConnections, limits.nftlbConnections);
  t.is(app.server.headersTimeout, limits.nftlbHeadersMs);
  t.is(app.server.requestTimeout, limits.nftlbRequestMs);
  t.is(app.server.timeout, limits.nftlbIdleMs);
  await app.close();
});

test('a port that is taken is named, with the remedy', async (t) => {
  const { app, port } = await start();
  const other = createBed();
  const error = await t.throwsAsync(listenOnAddress(other.app, { address, port }));
  t.regex(error.message, /another program listens there: choose another port/);
  await app.close();
});

test('keys are compared whole', (t) => {
  const isKey = createKeyCheck('secret');
  t.deepEqual(['secret', 'Secret', 'secre', 'secrets', ''].map(isKey), [true, false, false, false, false]);
});
