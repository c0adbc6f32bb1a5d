/** A client that is not served counts as banned only while it is served by somebody else. */

import { spawn } from 'node:child_process';
import { connect, createServer, type Server } from 'node:net';
import test from 'ava';
import { askLimits } from '../../src/drill/limit-probe-process.js';

const listening = (): Promise<{ server: Server; port: number }> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      resolve({ server, port: address.port });
    });
  });
/** A port that nobody listens at any more. */
const closed = async (): Promise<number> => {
  const { server, port } = await listening();
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** A port whose queue is full, as nobody accepts: a SYN to it has no answer (listen(2), backlog). */
const silent = async (): Promise<{ port: number; close(): void }> => {
  const program = `require('node:net').createServer().listen(0, '127.0.0.1', 1, function () {
    require('node:fs').writeSync(1, String(this.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000);
  })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
  const waiting = Array.from({ length: 6 }, () => connect({ host: '127.0.0.1', port }).on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 300));
  return {
    port,
    close: () => {
      for (const socket of waiting) socket.destroy();
      child.kill('SIGKILL');
    },
  };
};

const targets = (banning: number, limited: number) => ({
  banning: { host: '127.0.0.1', port: banning },
  limited: { host: '127.0.0.1', port: limited },
  allowed: 3,
  banned: ['127.0.0.1'],
  free: '127.0.0.1',
  greedy: ['127.0.0.1', '127.0.0.1'] as const,
});

test('silence where another service answers: refused', async (t) => {
  const { server, port } = await listening();
  const full = await silent();
  const { refused } = await askLimits(targets(full.port, port), false);
  t.deepEqual(refused, { '127.0.0.1': true });
  server.close();
  full.close();
});

test('an error tells of a service without a backend, not of a ban', async (t) => {
  const { server, port } = await listening();
  const { refused } = await askLimits(targets(await closed(), port), false);
  t.deepEqual(refused, { '127.0.0.1': false });
  server.close();
});

test('served: not refused, whatever others are', async (t) => {
  const { server, port } = await listening();
  const { refused } = await askLimits(targets(port, await closed()), false);
  t.deepEqual(refused, { '127.0.0.1': false });
  server.close();
});

test('nobody is served: that is no ban', async (t) => {
  const { refused } = await askLimits(targets(await closed(), await closed()), false);
  t.deepEqual(refused, { '127.0.0.1': false });
});
