// Debian's nftlb, started and driven in the namespace this process was started in: `nftlb-process.mjs <services> <changes>`.
// The same services and changes over its HTTP interface; prints its figures as JSON.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { changes, farm, farms, resultOf } from './farms.mjs';

const [count, times] = process.argv.slice(2).map(Number);
const key = 'bench';
const server = spawn('/usr/sbin/nftlb', ['-k', key, '-l', '3'], {
  stdio: 'ignore',
  env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
});

/** One request in one write: nftlb wants the headers in one segment. */
const call = (method, body) =>
  new Promise((resolve, reject) => {
    const socket = connect(5555, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.on('connect', () =>
      socket.write(
        `${method} /farms HTTP/1.1\r\nKey: ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
  });

const post = async (value) => {
  const body = JSON.stringify({ farms: value });
  const startMs = performance.now();
  const answer = await call('POST', body);
  const tookMs = performance.now() - startMs;
  if (!answer.includes('success')) throw new Error(`nftlb: ${answer}`);
  return tookMs;
};

const rssMiB = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;

for (let tries = 0; ; tries++) {
  try {
    await call('GET', '');
    break;
  } catch (error) {
    if (tries > 100) throw error;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const startRssMiB = rssMiB();
const loadMs = await post(farms(count));
const loadedRssMiB = rssMiB();
const changeMs = [];
for (const { name, state } of changes(count, times)) {
  changeMs.push(await post([{ name, backends: [{ name: 'b2', state }] }]));
}
const addMs = await post([farm(count)]);
resultOf({ loadMs, changeMs, addMs, startRssMiB, rssMiB: loadedRssMiB });
server.kill('SIGTERM');
