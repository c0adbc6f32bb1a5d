/** General services with real packets: IPv6, ranges, every port, shared persistence, static sessions. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { backendAddress, backendAddress6, backendPort, createBed, vip, vip6 } from '../support/bed.js';
import { datagram, flowOf, request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 20 });
test.after.always(() => bed.dispose());

const port = (number: number) => ({ first: number, last: number });

const service = (changes: Partial<Service>): Service => ({
  name: 'web',
  family: 'ipv4',
  mode: 'dnat',
  addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] }],
  endpoints: [],
  scheduler: 'rr',
  hashFields: [],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  backends: [1, 2, 3].map((index) => ({
    name: `b${index}`,
    address: backendAddress6(index) as Ip,
    port: backendPort,
    weight: 1,
    priority: 1,
    state: 'up',
  })),
  ...changes,
});

const backends4 = (changes: object = {}) =>
  service({}).backends.map((backend, index) => ({
    ...backend,
    address: backendAddress(index + 1) as Ip,
    ...changes,
  }));

const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;

const names = async (count: number, ask: (index: number) => Promise<{ name: string }>): Promise<string[]> => {
  const found: string[] = [];
  for (let index = 1; index <= count; index++) found.push((await ask(index)).name);
  return found;
};

test.serial('IPv6 is balanced, kept, and translated back', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [service({})] });
  const rr = await names(6, (index) => request(vip6, 80, client6(index)));
  t.deepEqual([...new Set(rr)].sort(), ['b1', 'b2', 'b3']);
  t.deepEqual(rr.slice(0, 3), rr.slice(3));

  await engine.reconciler.apply({ services: [service({ scheduler: 'weight', persistence: ['srcip'] })] });
  const first = await names(20, (index) => request(vip6, 80, client6(index)));
  const again = await names(20, (index) => request(vip6, 80, client6(index)));
  t.deepEqual(again, first);
  t.is(new Set(first).size, 3);

  const answer = await request(vip6, 80, client6(1));
  t.is(answer.peer, client6(1), 'dnat keeps the client address');
  await engine.reconciler.apply({ services: [service({ mode: 'snat' })] });
  t.regex((await request(vip6, 80, client6(1))).peer, /^fd5\d::1$/);
  bed.listing();
  await engine.stop();
});

test.serial('ranges, every port, tcp and udp at one address; other ports are not the service', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({
    services: [
      service({
        name: 'ranges',
        addresses: [
          { address: vip as Ip, protocol: 'all', ports: [port(80), { first: 5000, last: 5999 }] },
          { address: vip6 as Ip, protocol: 'udp', ports: [{ first: 5000, last: 5999 }] },
        ],
        family: 'dual',
        backends: [...backends4(), ...service({}).backends.map((one) => ({ ...one, name: `${one.name}v6` }))],
      }),
      service({
        name: 'every',
        addresses: [{ address: '198.51.100.20' as Ip, protocol: 'all', ports: [] }],
        backends: backends4().map(({ port: _port, ...rest }) => rest),
      }),
    ],
  });
  for (const number of [80, 5000, 5555, 5999]) {
    t.is((await request(vip, number)).port, backendPort);
    t.is((await datagram(vip, number)).port, backendPort);
  }
  t.is((await datagram(vip6, 5432)).port, backendPort);
  await t.throwsAsync(request(vip, 4999, undefined, 500));
  await t.throwsAsync(request(vip, 6000, undefined, 500));
  t.is((await request('198.51.100.20', 80)).port, 80, 'the port is kept');
  t.is((await request('198.51.100.20', backendPort)).port, backendPort);
  t.is((await datagram('198.51.100.20', 80)).port, 80);
  bed.listing();
  await engine.stop();
});

test.serial('one client has one backend on all ports and protocols of a service', async (t) => {
  const engine = bed.engine();
  const sticky = service({
    addresses: [{ address: vip as Ip, protocol: 'all', ports: [port(80), { first: 5000, last: 5010 }] }],
    scheduler: 'weight',
    persistence: ['srcip'],
    backends: backends4(),
  });
  await engine.reconciler.apply({ services: [sticky] });
  for (let index = 1; index <= 10; index++) {
    const { name } = await request(vip, 80, client4(index));
    t.is((await request(vip, 5003, client4(index))).name, name);
    t.is((await datagram(vip, 5010, client4(index))).name, name);
  }
  // A failed backend loses its clients, the others keep theirs; those who left stay where they went.
  const before = await names(20, (index) => request(vip, 80, client4(index)));
  await engine.reconciler.setBackendState('web', 'b1', 'down');
  const during = await names(20, (index) => request(vip, 80, client4(index)));
  before.forEach((name, index) => {
    if (name === 'b1') t.not(during[index], 'b1');
    else t.is(during[index], name);
  });
  await engine.reconciler.setBackendState('web', 'b1', 'up');
  t.deepEqual(await names(20, (index) => request(vip, 80, client4(index))), during);
  // Maintenance keeps the known ones.
  await engine.reconciler.setBackendState('web', 'b2', 'off');
  t.deepEqual(await names(20, (index) => request(vip, 80, client4(index))), during);
  await engine.stop();
});

test.serial('static sessions go where they are told, and a restart changes nothing', async (t) => {
  const engine = bed.engine();
  const pinned = service({
    addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(80)] }],
    scheduler: 'weight',
    persistence: ['srcip'],
    staticSessions: [1, 2, 3].map((index) => ({ client: [client4(index)], backend: 'b3' })),
    backends: backends4(),
  });
  await engine.reconciler.apply({ services: [pinned] });
  t.deepEqual(await names(3, (index) => request(vip, 80, client4(index))), ['b3', 'b3', 'b3']);
  const before = await names(20, (index) => request(vip, 80, client4(index)));
  const flow = await stream(vip, 80, client4(7));
  await flow.echo('stream before');
  await engine.stop();
  const next = bed.engine();
  await next.reconciler.adopt();
  const { operations } = await next.reconciler.apply({ services: [pinned] });
  t.is(operations, 0, 'everything was there');
  await flow.echo('after the restart');
  flow.close();
  t.deepEqual(await names(20, (index) => request(vip, 80, client4(index))), before);
  // A foreign flush is repaired.
  bed.nft('flush', 'table', 'ip', 'relevo');
  await new Promise((resolve) => setTimeout(resolve, 800));
  t.deepEqual(await names(3, (index) => request(vip, 80, client4(index))), ['b3', 'b3', 'b3']);
  await next.reconciler.apply({ services: [] });
  await t.throwsAsync(request(vip, 80, client4(1), 500));
  await next.stop();
});

test.serial(
  'a udp client that goes on sending from its port leaves a failed backend, in IPv6 and in ranges',
  async (t) => {
    const engine = bed.engine();
    const udp = (family: 'ipv4' | 'ipv6'): Service =>
      service({
        name: family,
        family,
        addresses: [
          {
            address: (family === 'ipv4' ? vip : vip6) as Ip,
            protocol: 'udp',
            ports: [{ first: 53, last: 99 }],
          },
        ],
        backends: (family === 'ipv4' ? backends4() : service({}).backends).slice(0, 2),
      });
    await engine.reconciler.apply({ services: [udp('ipv4'), udp('ipv6')] });
    for (const [family, host] of [
      ['ipv4', vip],
      ['ipv6', vip6],
    ] as const) {
      const flow = await flowOf(host, 60);
      t.teardown(() => flow.close());
      const first = await flow.ask();
      t.is(await flow.ask(), first);
      await engine.reconciler.setBackendState(family, first, 'down');
      // The flow is forgotten right behind the change.
      let now = first;
      for (let tries = 0; now === first && tries < 60; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        now = await flow.ask();
      }
      t.not(now, first);
    }
    await engine.stop();
  },
);

test.serial(
  'a preview changes nothing, neither in the kernel nor in what the next change starts from',
  async (t) => {
    const engine = bed.engine();
    const shown = service({
      addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(80)] }],
      persistence: ['srcip', 'dstport'],
      scheduler: 'weight',
      backends: backends4().slice(0, 2),
    });
    await engine.reconciler.apply({ services: [shown] });
    const { operations } = await engine.reconciler.preview({ services: [] });
    t.true(operations > 0);
    t.truthy(await request(vip, 80, client4(1)));
    await engine.reconciler.setBackendState('web', 'b1', 'down');
    const answers = await names(10, (index) => request(vip, 80, client4(index)));
    t.deepEqual([...new Set(answers)], ['b2']);
    // Started from another picture, the change would have been refused and the kernel read again.
    t.deepEqual(
      engine.lines.filter(({ level }) => level === 'warn'),
      [],
    );
    await engine.stop();
  },
);

test.serial('what is asked for and not there yet is served without it, and says so', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [service({ persistence: ['srcip'] })] });
  t.deepEqual(engine.reconciler.shortcomings(), []);
  const asked = { persistence: ['srcip'], persistFull: 'evict' } as const;
  await engine.reconciler.apply({ services: [service(asked)] });
  const reasons = engine.reconciler.shortcomings().map(({ reason }) => reason);
  t.is(reasons.length, 1);
  t.regex(reasons[0]!, /evict.*say skip/);
  t.truthy(await request(vip6, 80, client6(1)));
  await engine.stop();
});
