/** Two real agents with a list and a dsr service on both: the one that takes over refuses and serves the same clients, on the same backends. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import test from 'ava';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { hostFolder } from '../../src/lab/state.js';
import { answerSeed, createByteSource } from '../../src/lab/stream-bytes.js';
import { bridgeOf, namespaceOf, nodeNames, switchName } from '../../src/lab/topology.js';
import { visitNamespace } from '../support/inside.js';
import { labPorts, newLabName } from '../support/lab.js';
import { systemPath } from '../support/netns.js';

const lab = newLabName();
const vip = '10.10.0.100';
const friend = '10.10.8.4';
const enemy = '10.10.8.5';

const ip = (...args: readonly string[]): string =>
  execFileSync('/usr/sbin/ip', args, { encoding: 'utf8', env: { PATH: systemPath } });
const inside = (host: string, ...argv: readonly string[]): string =>
  ip('netns', 'exec', namespaceOf(lab, host), ...argv);
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Backends own the service's address, keep quiet about it, and answer clients past the balancers. */
const openWayBack = (backend: string, address: string): void => {
  const port = `${backend}-front`;
  const there = namespaceOf(lab, switchName);
  ip(
    'link',
    'add',
    port,
    'netns',
    there,
    'type',
    'veth',
    'peer',
    'name',
    'front0',
    'netns',
    namespaceOf(lab, backend),
  );
  ip('-n', there, 'link', 'set', port, 'master', bridgeOf('front'), 'up');
  inside(
    backend,
    'sysctl',
    '-qw',
    ...['arp_ignore=1', 'arp_announce=2', 'rp_filter=0'].map((one) => `net.ipv4.conf.all.${one}`),
    'net.ipv4.conf.back0.rp_filter=0',
  );
  inside(backend, 'ip', 'addr', 'add', `${vip}/32`, 'dev', 'lo');
  inside(backend, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'front0');
  inside(backend, 'ip', 'link', 'set', 'front0', 'up');
  inside(backend, 'ip', 'route', 'add', '10.10.8.0/22', 'via', '10.10.0.10', 'dev', 'front0');
};

const api = (node: string, method: string, path: string, body?: object): string => {
  const key = readFileSync(`${hostFolder(lab, node)}/api.key`, 'utf8').trim();
  return inside(
    node,
    'curl',
    ...['-sf', '-m', '20', '-H', `Key: ${key}`, '-X', method, `http://127.0.0.1:5555${path}`],
    ...(body ? ['-d', JSON.stringify(body)] : []),
  );
};

/** The backend that answers. */
const ask = (from: string, timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const call = get(
      { host: vip, port: 8080, localAddress: from, agent: false, timeout: timeoutMs },
      (response) => {
        response.resume();
        resolve(String(response.headers['x-backend']));
      },
    );
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', reject);
  });

/** A stream of checked bytes; `more` resolves when the backend has answered another hundred. */
const openStream = (from: string, seed: number) => {
  const socket = connect({ host: vip, port: 9000, localAddress: from });
  const out = createByteSource(seed);
  const expected = createByteSource(answerSeed(seed));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(seed);
  socket.write(head);
  return {
    more: () =>
      new Promise<boolean>((resolve, reject) => {
        let got = Buffer.alloc(0);
        const hear = (bytes: Buffer): void => {
          got = Buffer.concat([got, bytes]);
          if (got.length < 100) return;
          clearTimeout(late);
          socket.off('data', hear);
          resolve(got.equals(Buffer.from(expected.take(100))));
        };
        const late = setTimeout(() => reject(new Error('the stream has ended')), 20_000);
        socket.once('error', reject);
        socket.on('data', hear);
        socket.write(Buffer.from(out.take(100)));
      }),
    close: () => socket.destroy(),
  };
};

test('the next owner refuses and serves as the last one', async (t) => {
  let leave = (): void => {};
  try {
    const { status } = await labUp(labPorts, { name: lab });
    openWayBack('backend1', '10.10.0.71');
    openWayBack('backend2', '10.10.0.72');
    // The document is the cluster's: whichever node is told, both have it.
    const node = nodeNames[0]!;
    api(node, 'DELETE', '/farms');
    api(node, 'POST', '/policies', {
      policies: [{ name: 'bad', type: 'blacklist', elements: [{ data: enemy }] }],
    });
    api(node, 'POST', '/farms', {
      farms: [
        {
          name: 'direct',
          'virtual-addr': vip,
          'virtual-ports': '8080,9000',
          mode: 'dsr',
          protocol: 'tcp',
          scheduler: 'hash',
          'sched-param': 'srcip',
          policies: [{ name: 'bad' }],
          backends: [1, 2].map((index) => ({
            name: `backend${index}`,
            'ip-addr': `10.20.0.${20 + index}`,
            state: 'up',
          })),
        },
      ],
    });
    const end = performance.now() + 30_000;
    const lacks = (one: string): boolean => {
      const farms = api(one, 'GET', '/farms');
      return !farms.includes('"direct"') || farms.includes('config_error');
    };
    while (nodeNames.some(lacks)) {
      if (performance.now() > end) throw new Error(nodeNames.map((one) => api(one, 'GET', '/farms')).join());
      await after(100);
    }
    // Its sockets stay there.
    leave = visitNamespace(namespaceOf(lab, 'client'));
    const clients = Array.from({ length: 16 }, (_, index) => `10.10.9.${index + 1}`);
    const backendsOf = async (): Promise<string[]> => Promise.all(clients.map((one) => ask(one, 10_000)));
    const before = await backendsOf();
    t.deepEqual([...new Set(before)].sort(), ['backend1', 'backend2']);
    await t.throwsAsync(ask(enemy, 700), { message: 'timeout' });
    const stream = openStream(friend, 7);
    t.true(await stream.more());

    const [owner] = status.active;
    const agent = status.processes.find(({ label }) => label === `${owner}/agent`)!;
    process.kill(agent.pid, 'SIGKILL');
    t.true(await stream.more());
    const late = performance.now() + 30_000;
    const other = nodeNames.find((node) => node !== owner)!;
    while (!inside(other, 'nft', 'list', 'set', 'netdev', 'relevo', 'held').includes(vip)) {
      if (performance.now() > late) throw new Error(`${other} does not take over`);
      await after(50);
    }
    t.true(await stream.more());
    t.deepEqual(await backendsOf(), before);
    await t.throwsAsync(ask(enemy, 700), { message: 'timeout' });
    stream.close();
    t.is((await labStatus(labPorts, lab)).name, lab);
    for (const node of nodeNames) {
      const log = readFileSync(`${hostFolder(lab, node)}/agent.log`, 'utf8');
      t.regex(log, /node is running/);
      t.notRegex(log, /the kernel holds something else/);
    }
  } finally {
    // A lab ends whatever runs inside it.
    leave();
    await labDown(labPorts, lab);
  }
});
