/** Limits before services without connection tracking, with real packets: rates hold, what would need connections is refused with the reason. */

import { connect } from 'node:net';
import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service, ServiceLimits } from '../../src/model/service.js';
import { backendAddress, backendAddress6, backendPort, vip, vip6 } from '../support/bed.js';
import { answered, eventually } from '../support/limits-bed.js';
import { createStatelessBed } from '../support/stateless-bed.js';
import { datagram, flowOf, request, stream } from '../support/traffic.js';

// The last one is what the kernel chooses where a test does not.
const bed = await createStatelessBed({ backends: 1, clients: 14 });
test.after.always(() => bed.dispose());

const families = [
  { title: 'IPv4', address: vip, client: (index: number) => `10.40.1.${index}`, backend: backendAddress(1) },
  {
    title: 'IPv6',
    address: vip6,
    client: (index: number) => `fd40::1:${index}`,
    backend: backendAddress6(1),
  },
];
const service = (mode: 'dsr' | 'stlsdnat', limits: ServiceLimits): Service => ({
  name: 'web',
  family: 'dual',
  mode,
  addresses: [vip, vip6].map((address) => ({
    address: address as Ip,
    protocol: 'all' as const,
    ports: [{ first: 80, last: 80 }],
  })),
  endpoints: [],
  scheduler: 'weight',
  hashFields: [],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  limits,
  backends: families.map(({ backend }, index) => ({
    name: `b${index}`,
    address: backend as Ip,
    weight: 1,
    priority: 1,
    state: 'up',
    ...(mode === 'stlsdnat' && { port: backendPort }),
  })),
});
const started = async (mode: 'dsr' | 'stlsdnat', limits: ServiceLimits) => {
  const engine = await bed.statelessEngine();
  await engine.reconciler.apply({ services: [] });
  await engine.reconciler.apply({ services: [service(mode, limits)] });
  if (!(await eventually(() => engine.reconciler.shortcomings().length === 0))) {
    throw new Error(JSON.stringify(engine.reconciler.shortcomings()));
  }
  await engine.reconciler.reconsider([], 'wait for what is under way');
  return engine;
};
const refused = (why: string): number => {
  const text = bed.nft('list', 'set', 'netdev', 'relevo_ingress', `stateless_refused_${why}`);
  return Number(/counter packets (\d+)/.exec(text)?.[1]);
};
const reset = (host: string, from: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port: 80, localAddress: from }, () => {
      socket.resetAndDestroy();
      resolve();
    });
    socket.on('error', reject);
  });

let next = 0;
for (const mode of ['dsr', 'stlsdnat'] as const) {
  for (const { title, address, client } of families) {
    const [first, second, third] = [++next, ++next, ++next].map(client) as [string, string, string];

    test.serial(
      `${mode}, ${title}: a client opens no more than it may; others and open connections go on`,
      async (t) => {
        const engine = await started(mode, { newConnections: { count: 3, unit: 'hour', burst: 3 } });
        const open = await stream(address, 80, first);
        t.is(await answered(address, 6, first), 2);
        t.true(refused('new') >= 4);
        await open.echo('it was there before');
        open.close();
        t.is(await answered(address, 3, second), 3);
        // Datagrams of one flow are one.
        const flow = await flowOf(address, 80);
        for (let round = 0; round < 6; round++) await flow.ask();
        flow.close();
        for (let index = 0; index < 3; index++) await datagram(address, 80, third);
        await t.throwsAsync(datagram(address, 80, third, 500), { message: 'timeout' });
        bed.listing();
        await engine.stop();
      },
    );

    test.serial(`${mode}, ${title}: who resets too often stays refused`, async (t) => {
      const engine = await started(mode, { resets: { count: 1, unit: 'hour', burst: 2 }, banMs: 3_600_000 });
      for (let index = 0; index < 2; index++) await reset(address, first);
      await request(address, 80, first);
      await reset(address, first);
      t.true(await eventually(() => refused('resets') === 1));
      await t.throwsAsync(request(address, 80, first, 500), { message: 'timeout' });
      await request(address, 80, second);
      t.deepEqual(
        engine.lines.filter(({ level }) => level !== 'info'),
        [],
      );
      await engine.stop();
    });
  }
}

test.serial(
  'a restart finds what it needs; limits that count connections are refused with the reason',
  async (t) => {
    const engine = await started('dsr', { newConnections: { count: 3, unit: 'hour', burst: 3 } });
    const before = bed.listing();
    await engine.stop();
    const again = await bed.statelessEngine();
    await again.reconciler.adopt();
    const { operations } = await again.reconciler.apply({
      services: [service('dsr', { newConnections: { count: 3, unit: 'hour', burst: 3 } })],
    });
    t.is(operations, 0);
    t.is(bed.listing().length, before.length);
    await again.reconciler.apply({
      services: [service('dsr', { tcpStrict: true, connectionsPerClient: 5, connections: 9 })],
    });
    t.regex(
      again.reconciler
        .shortcomings('web')
        .map(({ reason }) => reason)
        .join(),
      /tcp-strict, est-connlimit, service-connlimit: these need connection tracking, which mode dsr is without/,
    );
    t.notRegex(bed.nft('list', 'map', 'netdev', 'relevo_ingress', 'stateless_limited4'), /elements/);
    await again.stop();
  },
);
