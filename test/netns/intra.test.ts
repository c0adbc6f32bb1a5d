/** Clients beside their backend: one switch, where the backend would answer them directly. */

import test from 'ava';
import type { Ip, IpPrefix } from '../../src/model/address.js';
import { plainContext } from '../../src/ruleset/context.js';
import { backendAddress, backendAddress6, backendPort, createBed, vip, vip6 } from '../support/bed.js';
import { systemPath } from '../support/netns.js';
import { backendsAt, plainService, port } from '../support/services.js';
import { request } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 2 });
test.after.always(() => bed.dispose());

const { namespaces, lb } = bed;
const neighbour = `${namespaces.id}-n`;
/** In the network of backend 1, behind the same switch. */
const beside = { four: '10.51.0.9', six: 'fd51::9' };

test.before(() => {
  namespaces.add('n');
  // Backend 1 and the client share a bridge in the balancer, which has the addresses of the link there was before.
  const dev = bed.backDevice(1);
  namespaces.link(
    { ns: lb, dev: `${namespaces.id}p` },
    { ns: neighbour, dev: 'n0', cidr: `${beside.four}/24` },
  );
  const ip = (...args: string[]): string => namespaces.run(lb, 'ip', ...args);
  ip('link', 'add', 'br1', 'type', 'bridge');
  namespaces.run(
    lb,
    'sysctl',
    '-qw',
    'net.bridge.bridge-nf-call-iptables=0',
    'net.bridge.bridge-nf-call-ip6tables=0',
  );
  ip('addr', 'flush', 'dev', dev);
  ip('link', 'set', dev, 'master', 'br1');
  ip('link', 'set', `${namespaces.id}p`, 'master', 'br1');
  ip('link', 'set', 'br1', 'up');
  ip('addr', 'add', '10.51.0.1/24', 'dev', 'br1');
  ip('-6', 'addr', 'add', 'fd51::1/64', 'dev', 'br1', 'nodad');
  namespaces.run(neighbour, 'ip', 'route', 'add', 'default', 'via', '10.51.0.1');
  namespaces.run(neighbour, 'ip', '-6', 'addr', 'add', `${beside.six}/64`, 'dev', 'n0', 'nodad');
  namespaces.run(neighbour, 'ip', '-6', 'route', 'add', 'default', 'via', 'fd51::1');
});

const networks: readonly IpPrefix[] = [
  { address: '10.40.0.1' as Ip, prefixLength: 16 },
  { address: '10.51.0.1' as Ip, prefixLength: 24 },
  { address: '10.52.0.1' as Ip, prefixLength: 24 },
  { address: 'fd51::1' as Ip, prefixLength: 64 },
];

const facts = { networks: () => networks };

/** What the client beside backend 1 is told; undefined: nothing. */
const askBeside = (url: string): { name: string; peer: string } | undefined => {
  try {
    return JSON.parse(
      namespaces.run(
        neighbour,
        'env',
        `PATH=${systemPath}`,
        'curl',
        '--silent',
        '--globoff',
        '--max-time',
        '2',
        url,
      ),
    ) as { name: string; peer: string };
  } catch {
    return undefined;
  }
};

const service = (intraConnect: boolean) => plainService({ intraConnect, backends: backendsAt(1) });

test.serial('with it the client beside its backend is answered; others keep their address', async (t) => {
  const engine = bed.engine(plainContext, { facts });
  await engine.reconciler.apply({ services: [service(false)] });
  t.is(
    askBeside(`http://${vip}/`),
    undefined,
    'the backend answers the client itself, who asked another address',
  );
  await engine.reconciler.apply({ services: [service(true)] });
  t.like(askBeside(`http://${vip}/`), { name: 'b1', peer: '10.51.0.1' });
  t.is((await request(vip, 80, '10.40.1.1')).peer, '10.40.1.1');
  bed.listing();
  await engine.stop();
});

test.serial('a backend is a client of its own service', async (t) => {
  const engine = bed.engine(plainContext, { facts });
  await engine.reconciler.apply({ services: [service(true)] });
  const own = `${namespaces.id}-b1`;
  const answer = JSON.parse(
    namespaces.run(own, 'curl', '--silent', '--max-time', '2', `http://${vip}/`),
  ) as object;
  t.like(answer, { name: 'b1', peer: '10.51.0.1' });
  await engine.stop();
});

test.serial(
  'in a cluster the source is the floating address of that network, or the configured one',
  async (t) => {
    const floating = '10.51.0.100' as (typeof plainContext.floating)[number]['address'];
    namespaces.run(lb, 'ip', 'addr', 'add', `${floating}/32`, 'dev', 'br1');
    const engine = bed.engine(
      { ...plainContext, floating: [{ address: floating, prefixLength: 24 }] },
      { facts },
    );
    await engine.reconciler.apply({ services: [service(true)] });
    t.like(askBeside(`http://${vip}/`), { name: 'b1', peer: floating });
    bed.listing();
    await engine.stop();
  },
);

test.serial('IPv6, and a service of many ports', async (t) => {
  const engine = bed.engine(plainContext, { facts });
  await engine.reconciler.apply({
    services: [
      plainService({
        family: 'dual',
        intraConnect: true,
        addresses: [
          { address: vip as Ip, protocol: 'tcp', ports: [{ first: 8000, last: 8999 }] },
          { address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] },
        ],
        endpoints: [],
        backends: [
          ...backendsAt(1),
          ...backendsAt(1, { name: 'six' }, backendAddress6).map((one) => ({ ...one, name: 'six' })),
        ],
      }),
    ],
  });
  t.like(askBeside(`http://${vip}:8123/`), { name: 'b1', peer: '10.51.0.1' });
  t.like(askBeside(`http://[${vip6}]/`), { name: 'b1', peer: 'fd51::1' });
  t.is((await request(vip6, 80, 'fd40::2')).peer, 'fd40::2');
  t.is((await request(vip, 8999)).port, backendPort);
  t.is(backendAddress(1), '10.51.0.2');
  await engine.stop();
});

/** What the balancer itself is told; undefined: nothing. */
const askFromNode = (url: string): { name: string; peer: string } | undefined => {
  try {
    return JSON.parse(
      namespaces.run(lb, 'env', `PATH=${systemPath}`, 'curl', '-s', '--globoff', '--max-time', '2', url),
    ) as { name: string; peer: string };
  } catch {
    return undefined;
  }
};

test.serial('the balancer is a client of its own services: plain and general, dnat and snat', async (t) => {
  const engine = bed.engine(plainContext, { facts });
  for (const address of [vip, vip6]) namespaces.run(lb, 'ip', 'addr', 'add', address, 'dev', 'lo');
  const several = (intraConnect: boolean) => [
    plainService({ intraConnect, persistence: ['srcip'], backends: backendsAt(2) }),
    plainService(
      { name: 'snat', intraConnect, mode: 'snat', persistence: ['srcip'], backends: backendsAt(1) },
      { port: 81 },
    ),
    plainService({
      name: 'many',
      family: 'dual',
      intraConnect,
      persistence: ['srcip', 'dstport'],
      addresses: [
        { address: vip as Ip, protocol: 'tcp', ports: [{ first: 8000, last: 8999 }] },
        { address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] },
      ],
      endpoints: [],
      backends: [...backendsAt(1), ...backendsAt(1, {}, backendAddress6).map((b) => ({ ...b, name: 'six' }))],
    }),
    plainService({ name: 'other', backends: backendsAt(2) }, { port: 82 }),
  ];
  const urls = [`http://${vip}/`, `http://${vip}:81/`, `http://${vip}:8123/`, `http://[${vip6}]/`];
  await engine.reconciler.apply({ services: several(false) });
  for (const url of urls) t.is(askFromNode(url), undefined, `${url}: nobody listens on the balancer`);
  await engine.reconciler.apply({ services: several(true) });
  t.is(askFromNode(`http://${vip}:82/`), undefined, 'a service without it');
  const first = askFromNode(urls[0]!);
  t.is(first?.peer, vip, 'what is on the node asks itself by the same address');
  for (let time = 0; time < 4; time++)
    t.deepEqual(askFromNode(urls[0]!), first, 'one backend for one client');
  t.like(askFromNode(urls[1]!), { name: 'b1', peer: '10.51.0.1' });
  t.like(askFromNode(urls[2]!), { name: 'b1', peer: vip });
  t.like(askFromNode(urls[3]!), { name: 'b1', peer: vip6 });
  t.is((await request(vip, 80, '10.40.1.1')).peer, '10.40.1.1', 'and others as before');
  bed.listing();
  await engine.reconciler.apply({ services: several(false) });
  for (const url of urls) t.is(askFromNode(url), undefined, `${url}: no longer`);
  await engine.stop();
});
