/** Counters of services and backends with real packets: IPv4, IPv6, ranges, services of the node itself; and what a reader makes of them. */

import test from 'ava';
import { createCounters } from '../../src/app/counters.js';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import type { ServiceTraffic } from '../../src/ruleset/features/counter-totals.js';
import {
  backendAddress,
  backendAddress6,
  backendPort,
  createBed,
  type Engine,
  vip,
  vip6,
  withoutConstants,
} from '../support/bed.js';
import { eventually } from '../support/limits-bed.js';
import { datagram, request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 4 });
test.after.always(() => bed.dispose());

const port = (number: number) => ({ first: number, last: number });

const backends = (address: (index: number) => string, changes: object = {}): Service['backends'] =>
  [1, 2].map((index) => ({
    name: `b${index}`,
    address: address(index) as Ip,
    port: backendPort,
    weight: 1,
    priority: 1,
    state: 'up',
    ...changes,
  }));

const service = (changes: Partial<Service>): Service => ({
  name: 'web',
  family: 'ipv4',
  mode: 'dnat',
  addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(80)] }],
  endpoints: [{ protocol: 'tcp', address: vip as Service['endpoints'][number]['address'], port: 80 }],
  scheduler: 'rr',
  hashFields: [],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  counters: true,
  backends: backends(backendAddress),
  ...changes,
});

const reader = (engine: Engine) =>
  createCounters(
    {
      nft: engine.nft,
      services: () => engine.reconciler.document().services,
      ids: { of: (name) => engine.reconciler.idOf(name) },
    },
    {},
  );

/** Until the engine has removed what nobody needs. */
const unused = async (): Promise<void> => {
  for (let tries = 0; tries < 60 && bed.nft('list', 'ruleset').includes('traffic_'); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** Until the last segments of connections that have ended are through. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

const one = (read: readonly ServiceTraffic[], name: string): ServiceTraffic => {
  const found = read.find((traffic) => traffic.service === name);
  if (!found) throw new Error(`nothing counted for ${name}`);
  return found;
};

const sumOfBackends = (traffic: ServiceTraffic, direction: 'in' | 'out'): number =>
  [...traffic.backends.values()].reduce((sum, backend) => sum + backend[direction].bytes, 0);

test.serial(
  'packets and bytes per backend and direction; a service that does not count costs and has nothing',
  async (t) => {
    const engine = bed.engine();
    const quiet = service({
      name: 'quiet',
      counters: false,
      addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(81)] }],
      endpoints: [{ ...service({}).endpoints[0]!, port: 81 }],
    });
    await engine.reconciler.apply({ services: [service({}), quiet] });
    const counters = reader(engine);
    t.deepEqual(one(await counters.read(), 'web').in, { packets: 0, bytes: 0 });

    const text = 'x'.repeat(1000);
    const talk = await stream(vip, 80);
    for (let turn = 0; turn < 5; turn++) await talk.echo(text);
    const read = await counters.read();
    t.deepEqual(
      read.map(({ service: name }) => name),
      ['web'],
    );
    const traffic = one(read, 'web');
    // 5 × 1000 bytes each way, and headers of every segment.
    for (const direction of ['in', 'out'] as const) {
      t.true(
        traffic[direction].bytes > 5000 && traffic[direction].bytes < 7000,
        `${traffic[direction].bytes}`,
      );
      t.is(sumOfBackends(traffic, direction), traffic[direction].bytes);
    }
    const busy = [...traffic.backends].filter(
      ([
        ,
        {
          in: { packets },
        },
      ]) => packets > 0,
    );
    t.is(busy.length, 1, 'one connection, one backend');
    t.true(traffic.in.packets >= 8 && traffic.in.packets <= 20, `${traffic.in.packets} packets`);

    await request(vip, 81);
    t.deepEqual(one(await counters.read(), 'web').in, traffic.in, 'what others carry is not ours');
    t.regex(bed.listing(), /set traffic_in \{[^}]*counter/);
    talk.close();
    await engine.stop();
  },
);

test.serial('a restarted agent goes on where the kernel is; totals never go backwards', async (t) => {
  const before = bed.engine();
  await before.reconciler.apply({ services: [service({})] });
  await request(vip, 80);
  await request(vip, 80);
  const old = one(await reader(before).read(), 'web');
  t.true(old.in.packets >= 8);
  await before.stop();

  const after = bed.engine();
  await after.reconciler.adopt();
  t.is((await after.reconciler.apply({ services: [service({})] })).operations, 0, 'adopted as it was');
  const counters = reader(after);
  const adopted = one(await counters.read(), 'web');
  t.true(adopted.in.packets >= old.in.packets, 'the kernel has kept them');

  // Somebody flushes the table, and the engine puts it back: its counters start anew, the totals do not.
  const repaired = new Promise<void>((resolve) => {
    after.reconciler.onEvent((event) => event.kind === 'repaired' && resolve());
  });
  bed.nft('delete', 'table', 'ip', 'relevo');
  await repaired;
  await request(vip, 80);
  const later = one(await counters.read(), 'web');
  t.true(later.in.packets > adopted.in.packets && later.in.packets < adopted.in.packets + 20);

  // A backend that goes takes its counters with it, but not what the service has carried.
  await request(vip, 80);
  const whole = one(await counters.read(), 'web');
  await after.reconciler.apply({ services: [service({ backends: backends(backendAddress).slice(0, 1) })] });
  const less = one(await counters.read(), 'web');
  t.deepEqual([...less.backends.keys()], ['b1']);
  t.true(less.in.packets >= whole.in.packets && less.out.bytes >= whole.out.bytes);
  await after.stop();
});

test.serial('IPv6, udp, port ranges and every port', async (t) => {
  const engine = bed.engine();
  const services = [
    service({
      name: 'six',
      addresses: [{ address: vip6 as Ip, protocol: 'all', ports: [port(80)] }],
      endpoints: [],
      backends: backends(backendAddress6),
    }),
    service({
      name: 'ranges',
      addresses: [
        { address: vip as Ip, protocol: 'tcp', ports: [{ first: 5000, last: 5999 }, port(7000)] },
        { address: vip as Ip, protocol: 'udp', ports: [] },
      ],
      endpoints: [],
    }),
  ];
  await engine.reconciler.apply({ services });
  const counters = reader(engine);
  await request(vip6, 80);
  const six = one(await counters.read(), 'six');
  t.true(six.in.packets >= 4 && six.out.packets >= 4);
  t.is(sumOfBackends(six, 'in'), six.in.bytes);
  t.is(one(await counters.read(), 'ranges').in.packets, 0);

  await request(vip, 5432);
  const range = one(await counters.read(), 'ranges');
  t.true(range.in.packets >= 4 && range.out.packets >= 4);
  t.is(sumOfBackends(range, 'out'), range.out.bytes);
  await request(vip, 7000);
  await settled();
  const exact = one(await counters.read(), 'ranges');
  t.true(exact.in.packets >= range.in.packets + 4);
  await datagram(vip, 12345);
  const any = one(await counters.read(), 'ranges');
  t.is(any.in.packets, exact.in.packets + 1);
  t.is(any.out.packets, exact.out.packets + 1);
  bed.listing();
  await engine.stop();
});

test.serial('a service of the node itself', async (t) => {
  const engine = bed.engine();
  const script = new URL('../support/echo-server.mjs', import.meta.url).pathname;
  const child = bed.namespaces.start(bed.lb, process.execPath, script, 'lb', '9000');
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  await engine.reconciler.apply({
    services: [
      service({
        name: 'own',
        mode: 'local',
        addresses: [{ address: '10.40.0.1' as Ip, protocol: 'tcp', ports: [port(9000)] }],
        endpoints: [],
        backends: [],
      }),
    ],
  });
  const counters = reader(engine);
  t.is((await request('10.40.0.1', 9000)).name, 'lb');
  // The client closes after it has read the answer.
  const closed = await eventually(async () => {
    const own = one(await counters.read(), 'own');
    return own.in.packets >= 4 && own.out.packets >= 4;
  });
  t.true(closed);
  await engine.stop();
});

test.serial('when nobody counts any more, nothing of it is left', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [service({})] });
  t.regex(bed.nft('list', 'ruleset'), /traffic_in/);
  await engine.reconciler.apply({ services: [service({ counters: false })] });
  await unused();
  t.notRegex(withoutConstants(bed.nft('list', 'ruleset')), /traffic_|count/);
  t.is((await request(vip, 80)).port, backendPort);
  await engine.stop();
});
