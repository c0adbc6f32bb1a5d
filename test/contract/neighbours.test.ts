/** The neighbour table of the real kernel: listed, followed, provoked. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { NeighbourState } from '../../src/ports.js';
import { createLinks } from '../../src/shell/links.js';
import { createNeighbourProber } from '../../src/shell/neighbour-prober.js';
import { createNeighbours } from '../../src/shell/neighbours.js';
import { createRunner } from '../../src/shell/runner.js';
import { insideNamespace } from '../support/inside.js';
import { createNamespaces } from '../support/netns.js';

const namespaces = createNamespaces();
const left = namespaces.add('a');
const right = namespaces.add('b');
const { id } = namespaces;
const device = `${id}l`;
namespaces.link(
  { ns: left, dev: device, cidr: '10.5.0.1/24' },
  { ns: right, dev: `${id}r`, cidr: '10.5.0.2/24' },
);
namespaces.run(left, 'ip', '-6', 'addr', 'add', 'fd05::1/64', 'dev', device, 'nodad');
namespaces.run(right, 'ip', '-6', 'addr', 'add', 'fd05::2/64', 'dev', `${id}r`, 'nodad');
const neighbours = insideNamespace(left, () => createNeighbours());
const links = insideNamespace(left, () => createLinks());
test.after.always(async () => {
  neighbours.close();
  links.close();
  await namespaces.dispose();
});

const seen: { entry: NeighbourState; gone: boolean }[] = [];
neighbours.onChange((entry, gone) => seen.push({ entry, gone }));
const ip = (...args: string[]): string => namespaces.run(left, 'ip', ...args);
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const find = async (address: string): Promise<NeighbourState | undefined> =>
  (await neighbours.list()).find((entry) => entry.address === address);

test.serial('entries of both families and every state are read as stock ip shows them', async (t) => {
  const { index } = (await links.list()).find(({ name }) => name === device)!;
  const mac = '02:00:00:00:00:09';
  for (const [address, nud, state] of [
    ['10.5.0.9', 'permanent', 'confirmed'],
    ['10.5.0.10', 'reachable', 'confirmed'],
    ['10.5.0.11', 'stale', 'stale'],
    ['fd05::9', 'stale', 'stale'],
  ] as const) {
    ip('neigh', 'replace', address, 'lladdr', mac, 'dev', device, 'nud', nud);
    const expected = { linkIndex: index, address: address as Ip, etherAddress: mac, state };
    t.deepEqual(await find(address), expected);
    await after(20);
    t.deepEqual(seen.at(-1), { entry: expected, gone: false });
  }
  ip('neigh', 'replace', '10.5.0.12', 'dev', device, 'nud', 'failed');
  t.is((await find('10.5.0.12'))?.state, 'failed');
});

test.serial('a changed MAC and an entry that goes are told', async (t) => {
  ip('neigh', 'replace', '10.5.0.11', 'lladdr', '02:00:00:00:00:0a', 'dev', device, 'nud', 'stale');
  await after(20);
  t.is(seen.at(-1)?.entry.etherAddress, '02:00:00:00:00:0a');
  ip('neigh', 'del', '10.5.0.11', 'dev', device);
  await after(20);
  t.like(seen.at(-1), { gone: true, entry: { address: '10.5.0.11' } });
});

test.serial('bridge tables and proxies are not neighbours', async (t) => {
  seen.length = 0;
  ip('link', 'add', `${id}p`, 'type', 'ifb');
  ip('link', 'set', `${id}p`, 'up');
  ip('neigh', 'add', 'proxy', '10.5.0.77', 'dev', device);
  namespaces.run(left, 'bridge', 'fdb', 'add', '02:00:00:00:00:11', 'dev', device, 'self', 'permanent');
  await after(50);
  t.false(seen.some(({ entry }) => entry.address === '10.5.0.77'));
  t.false(seen.some(({ entry }) => entry.etherAddress === '02:00:00:00:00:11'));
  t.is(await find('10.5.0.77'), undefined);
});

test.serial('an unknown address is provoked, IPv4 and IPv6; who does not answer fails', async (t) => {
  const prober = createNeighbourProber(createRunner());
  const mac = namespaces.run(right, 'cat', `/sys/class/net/${id}r/address`).trim();
  for (const address of ['10.5.0.2', 'fd05::2'] as Ip[]) {
    ip('neigh', 'flush', 'all');
    t.is(await find(address), undefined);
    await insideNamespace(left, () => prober.provoke(address));
    t.is((await find(address))?.etherAddress, mac);
  }
  await insideNamespace(left, () => prober.provoke('fd05::3' as Ip));
  t.not((await find('fd05::3'))?.state, 'confirmed');
});
