// Debian's nftlb, started and driven in the namespace this process was started in: `nftlb-process.mjs <services> <changes>`.
// The same services and changes over its HTTP interface; prints its figures as JSON. With `more` behind: elements of policies, and sessions.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { changes, element, farm, farms, listed, resultOf } from './farms.mjs';

const [count, times] = process.argv.slice(2, 4).map(Number);
const withMore = process.argv[4] === 'more';
const key = 'bench';
const server = spawn('/usr/sbin/nftlb', ['-k', key, '-l', '3'], {
  stdio: 'ignore',
  env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
});

/** One request in one write: nftlb wants the headers in one segment. */
const call = (method, body, path = '/farms') =>
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
        `${method} ${path} HTTP/1.1\r\nKey: ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
  });

const post = async (value, kind = 'farms') => {
  const body = JSON.stringify({ [kind]: value });
  const startMs = performance.now();
  const answer = await call('POST', body, `/${kind}`);
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

/** One more element, ten times over, in a list of `length` that a farm uses. */
const elements = async (name, length) => {
  const listMs = await post([{ name, type: 'blacklist', elements: listed(length) }], 'policies');
  await post([{ name: 's0', policies: [{ name }] }]);
  const elementMs = [];
  for (let index = 0; index < 10; index++) {
    elementMs.push(await post([{ name, elements: [{ data: element(index) }] }], 'policies'));
  }
  return { listMs, elementMs };
};

const more = {};
if (withMore) {
  more.elementMs = (await elements('short', 1)).elementMs;
}
// Both take so long that once is enough: neither depends on the number of farms.
if (withMore && count <= 10) {
  // A list of 100,000 at once is more than it takes.
  more.long = await elements('long', 10_000);
  // Sessions as packets would make them: its map has room for 65,535.
  await post([{ ...farm(count + 1), name: 'many', persistence: 'srcip', 'persist-ttl': '600' }]);
  for (let from = 0; from < 65_000; from += 5_000) {
    const sessions = Array.from({ length: 5_000 }, (_, index) => {
      const client = from + index;
      return `10.${80 + (client >> 16)}.${(client >> 8) & 255}.${client & 255} : 0x${1 + (client % 4)}`;
    });
    const input = `add element ip nftlb persist-many { ${sessions.join(', ')} }`;
    execFileSync('/usr/sbin/nft', ['-f', '-'], { input });
  }
  const startMs = performance.now();
  const answer = await call('GET', '', '/farms/many/sessions');
  if (!answer.includes('10.80.0.1')) throw new Error(`nftlb: ${answer.slice(0, 500)}`);
  more.readMs = [performance.now() - startMs];
}
resultOf({ loadMs, changeMs, addMs, startRssMiB, rssMiB: loadedRssMiB, ...more });
server.kill('SIGTERM');
