/** Interfaces, addresses and raw frames on the real kernel. */

import test from 'ava';
import { parseIp, parseIpv4 } from '../../src/model/address.js';
import {
  arpRequest,
  ETH_P_ARP,
  gratuitousReply,
  gratuitousRequest,
  parseArp,
} from '../../src/netlink/arp.js';
import type { LinkState } from '../../src/ports.js';
import { createFrameSocket } from '../../src/shell/frames.js';
import { createLinks } from '../../src/shell/links.js';
import { insideNamespace } from '../support/inside.js';
import { createNamespaces } from '../support/netns.js';

const namespaces = createNamespaces();
const left = namespaces.add('a');
const right = namespaces.add('b');
const { id } = namespaces;
namespaces.link(
  { ns: left, dev: `${id}l`, cidr: '10.5.0.1/24' },
  { ns: right, dev: `${id}r`, cidr: '10.5.0.2/24' },
);
const links = insideNamespace(left, () => createLinks());
test.after.always(async () => {
  links.close();
  await namespaces.dispose();
});

const ipv4 = (text: string) => parseIpv4(text)!;
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const routes = (): string => namespaces.run(left, 'ip', '-4', 'route', 'show', 'dev', `${id}l`);
const shownAddresses = (): string => namespaces.run(left, 'ip', '-4', '-o', 'addr', 'show', 'dev', `${id}l`);

test.serial('lists interfaces with MAC and usability', async (t) => {
  const list = await links.list();
  const link = list.find((one) => one.name === `${id}l`);
  t.true(link?.usable);
  t.true(link?.ethernet);
  t.false(list.find((one) => one.name === 'lo')?.ethernet);
  t.regex(link?.mac ?? '', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  const shown = namespaces.run(left, 'cat', `/sys/class/net/${id}l/address`).trim();
  t.is(link?.mac, shown);
  t.true(list.some((one) => one.name === 'lo' && one.usable));
});

test.serial(
  'an IPv6 address is good at once, no source by itself, and leaves the route of its network alone',
  async (t) => {
    const device = `${id}l`;
    namespaces.run(left, 'ip', 'addr', 'add', '2001:db8:5::1/64', 'dev', device, 'nodad');
    const routes6 = (): string =>
      namespaces.run(left, 'ip', '-6', 'route', 'show', 'dev', device, '2001:db8:5::/64');
    const shown = (): string =>
      namespaces.run(left, 'ip', '-6', '-o', 'addr', 'show', 'dev', device, 'to', '2001:db8:5::100');
    const floating = parseIp('2001:db8:5::100')!;
    const before = routes6();
    let told = 0;
    const watch = insideNamespace(left, () => createLinks());
    insideNamespace(left, () => watch.onAddressChange(() => told++));
    // An operator's, with a lifetime and as a source: it becomes what a floating address is.
    namespaces.run(left, 'ip', 'addr', 'add', '2001:db8:5::100/64', 'dev', device, 'noprefixroute', 'nodad');
    for (let tries = 0; told === 0 && tries < 100; tries++) await after(20);
    t.true(told > 0, 'a foreign IPv6 address is told');
    watch.close();
    await links.addAddress(device, floating, 64);
    t.regex(shown(), /deprecated/);
    await links.removeAddress(device, floating, 64);
    t.is(shown(), '');
    await links.addAddress(device, floating, 64);
    t.regex(shown(), /deprecated/);
    t.notRegex(shown(), /tentative/);
    t.is(routes6(), before, 'no second route');
    t.true((await links.addresses()).some((one) => one.link === device && one.address === floating));
    t.regex(namespaces.run(left, 'ip', '-6', 'route', 'get', '2001:db8:5::2'), /src 2001:db8:5::1 /);
    await links.removeAddress(device, floating, 64);
    await t.notThrowsAsync(links.removeAddress(device, floating, 64));
    t.is(routes6(), before, 'the route of the network stays');
    namespaces.run(left, 'ip', 'addr', 'del', '2001:db8:5::1/64', 'dev', device);
  },
);

test.serial('a floating address comes and goes without touching the route of its network', async (t) => {
  const before = routes();
  await links.addAddress(`${id}l`, ipv4('10.5.0.100'), 24);
  t.true(shownAddresses().includes('10.5.0.100/24'));
  t.is(routes(), before, 'no second route');
  await t.notThrowsAsync(links.addAddress(`${id}l`, ipv4('10.5.0.100'), 24));
  t.true(
    (await links.addresses()).some(
      (one) => one.link === `${id}l` && one.address === '10.5.0.100' && one.prefixLength === 24,
    ),
  );
  await links.removeAddress(`${id}l`, ipv4('10.5.0.100'), 24);
  t.false(shownAddresses().includes('10.5.0.100'));
  t.is(routes(), before);
  await t.notThrowsAsync(links.removeAddress(`${id}l`, ipv4('10.5.0.100'), 24));
});

test.serial('the first address of a network brings its route; /32 brings none', async (t) => {
  await links.addAddress(`${id}l`, ipv4('10.6.0.1'), 24);
  t.true(routes().includes('10.6.0.0/24'));
  await links.removeAddress(`${id}l`, ipv4('10.6.0.1'), 24);
  t.false(routes().includes('10.6.0.0/24'));
  const before = routes();
  await links.addAddress(`${id}l`, ipv4('10.7.0.1'), 32);
  t.is(routes(), before);
  await links.removeAddress(`${id}l`, ipv4('10.7.0.1'), 32);
});

test.serial('an interface that is not there: adding says so, removing has nothing to do', async (t) => {
  const missing = { code: 'kernel-missing' };
  await t.throwsAsync(links.addAddress('nowhere0', ipv4('10.5.0.100'), 24), missing);
  await t.notThrowsAsync(links.removeAddress('nowhere0', ipv4('10.5.0.100'), 24));
  t.throws(() => createFrameSocket('nowhere0', ETH_P_ARP), missing);
});

test.serial('loss of carrier, its return, a new link and its end are told once each', async (t) => {
  const seen: { name: string; state: LinkState | undefined; at: number }[] = [];
  // The socket for events is opened by the first listener: in the namespace it is to watch.
  const stop = insideNamespace(left, () =>
    links.onChange((name, state) => seen.push({ name, state, at: performance.now() })),
  );
  const looking = setInterval(() => links.look(), 20);
  await after(50);
  t.deepEqual(seen, []);
  const from = performance.now();
  namespaces.run(right, 'ip', 'link', 'set', `${id}r`, 'down');
  await after(100);
  t.deepEqual(
    seen.map((one) => [one.name, one.state?.usable]),
    [[`${id}l`, false]],
  );
  t.log(`carrier loss told ${(seen[0]!.at - from).toFixed(1)} ms after "ip link set down" was started`);
  namespaces.run(right, 'ip', 'link', 'set', `${id}r`, 'up');
  await after(100);
  t.deepEqual(
    seen.map((one) => one.state?.usable),
    [false, true],
  );
  namespaces.run(left, 'ip', 'link', 'add', `${id}n`, 'type', 'ifb');
  namespaces.run(left, 'ip', 'link', 'set', `${id}n`, 'name', `${id}m`);
  namespaces.run(left, 'ip', 'link', 'del', `${id}m`);
  await after(100);
  t.deepEqual(
    seen.slice(2).map((one) => `${one.name} ${one.state ? 'there' : 'gone'}`),
    [`${id}n there`, `${id}n gone`, `${id}m there`, `${id}m gone`],
  );
  stop();
  clearInterval(looking);
});

test.serial('leaving a bridge is not the end of a link', async (t) => {
  const seen: string[] = [];
  const ports: (string | undefined)[] = [];
  namespaces.run(left, 'ip', 'link', 'add', `${id}b`, 'type', 'bridge');
  namespaces.run(left, 'ip', 'link', 'add', `${id}p`, 'type', 'ifb');
  const own = insideNamespace(left, () => {
    const created = createLinks();
    created.onChange((name, state) => {
      seen.push(`${name} ${state ? 'there' : 'gone'}`);
      if (name === `${id}p` && state && ports.at(-1) !== state.portOf) ports.push(state.portOf);
    });
    return created;
  });
  t.teardown(() => own.close());
  await after(50);
  namespaces.run(left, 'ip', 'link', 'set', `${id}p`, 'master', `${id}b`);
  namespaces.run(left, 'ip', 'link', 'set', `${id}p`, 'nomaster');
  await after(50);
  t.deepEqual(ports, ['bridge', undefined]);
  t.false(seen.includes(`${id}p gone`), seen.join());
});

test.serial('frames go out and come in, own ones excepted; a gratuitous ARP moves a neighbour', async (t) => {
  const mac = (await links.list()).find((one) => one.name === `${id}l`)!.mac;
  const near = insideNamespace(left, () => createFrameSocket(`${id}l`, ETH_P_ARP));
  const far = insideNamespace(right, () => createFrameSocket(`${id}r`, ETH_P_ARP));
  t.teardown(() => {
    near.close();
    far.close();
  });
  const seenNear: Uint8Array[] = [];
  const seenFar: Uint8Array[] = [];
  near.onFrame((frame) => seenNear.push(frame));
  far.onFrame((frame) => seenFar.push(frame));
  near.send(gratuitousRequest(mac, ipv4('10.5.0.100')));
  near.send(gratuitousReply(mac, ipv4('10.5.0.100')));
  near.send(arpRequest(mac, ipv4('10.5.0.1'), ipv4('10.5.0.2')));
  await after(100);
  const far3 = seenFar.map((frame) => parseArp(frame));
  t.deepEqual(
    far3.map((arp) => `${arp?.operation} ${arp?.senderAddress} ${arp?.targetAddress}`),
    ['request 10.5.0.100 10.5.0.100', 'reply 10.5.0.100 10.5.0.100', 'request 10.5.0.1 10.5.0.2'],
  );
  t.deepEqual(
    seenNear.map((frame) => parseArp(frame)).map((arp) => `${arp?.operation} ${arp?.senderAddress}`),
    ['reply 10.5.0.2'],
  );
  near.close();
  t.throws(() => near.send(new Uint8Array(60)), { code: 'not-ready' });
  namespaces.run(
    right,
    'ip',
    'neigh',
    'replace',
    '10.5.0.100',
    'lladdr',
    '02:00:00:00:00:99',
    'dev',
    `${id}r`,
    'nud',
    'stale',
  );
  const announcer = insideNamespace(left, () => createFrameSocket(`${id}l`, ETH_P_ARP));
  t.teardown(() => announcer.close());
  announcer.send(gratuitousRequest(mac, ipv4('10.5.0.100')));
  await after(50);
  t.true(namespaces.run(right, 'ip', 'neigh', 'show', '10.5.0.100').includes(mac));
});
