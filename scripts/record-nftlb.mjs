// Records anew what Debian's nftlb answers to the requests in test/cases/nftlb: `node scripts/record-nftlb.mjs` (root; package nftlb),
// then `npx biome check --write test/cases/nftlb`.
// Each case runs in a network namespace of its own, against a process of its own.

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const folder = new URL('../test/cases/nftlb/', import.meta.url);
const key = 'recorded';

/** One request in one write: nftlb wants the headers in one segment. */
const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const socket = connect(5555, '127.0.0.1');
    let answer = '';
    socket.setTimeout(3_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.on('connect', () =>
      socket.write(
        `${method} ${path} HTTP/1.1\r\nKey: ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      ),
    );
  });

const parse = (text) => {
  const [head, ...rest] = text.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n').trim();
  return { status: Number(head.split(' ')[1]), body: body === '' ? null : JSON.parse(body) };
};

const record = async (file) => {
  const { requests } = JSON.parse(readFileSync(file, 'utf8'));
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  spawnSync('/usr/sbin/ip', ['link', 'set', 'lo', 'up']);
  const server = spawn('/usr/sbin/nftlb', ['-k', key, '-l', '3', '-H', '127.0.0.1'], {
    stdio: 'ignore',
    env,
  });
  try {
    for (let tries = 0; ; tries++) {
      try {
        await call('GET', '/farms');
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const answers = [];
    for (const request of requests) answers.push(parse(await call(...request)));
    writeFileSync(file, `${JSON.stringify({ requests, answers }, null, 1)}\n`);
  } finally {
    server.kill('SIGTERM');
  }
};

if (process.argv[2]) await record(process.argv[2]);
else {
  for (const name of readdirSync(folder)) {
    const file = fileURLToPath(new URL(name, folder));
    const args = ['-n', '-p', '-f', '--kill-child', process.execPath, fileURLToPath(import.meta.url), file];
    const { status } = spawnSync('unshare', args, { stdio: 'inherit', timeout: 30_000 });
    process.stdout.write(`${name}: ${status === 0 ? 'recorded' : 'failed'}\n`);
    if (status !== 0) process.exitCode = 1;
  }
}
