/** Services without connection tracking with real packets: dsr and stlsdnat. */

import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import { connect } from 'node:net';
import test from 'ava';
import type { Ip, Ipv4 } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { type EngineContext, plainContext } from '../../src/ruleset/context.js';
import { setsockopt } from '../../src/shell/libc.js';
import { backendAddress, backendAddress6, backendPort, vip, vip6 } from '../support/bed.js';
import { setChecksumOffload } from '../support/offload.js';
import { createStatelessBed, type StatelessEngine } from '../support/stateless-bed.js';
import { datagram, request, stream, talk } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 3, clients: 20 });
test.after.always(() => bed.dispose());

const port = (number: number) => ({ first: number, last: number });
const backends = (changes: object = {}) =>
  [1, 2, 3].flatMap((index): Service['backends'] => [
    {
      name: `b${index}`,
      address: backendAddress(index) as Ip,
      weight: 1,
      priority: 1,
      state: 'up',
      ...changes,
    },
    {
      name: `b${index}v6`,
      address: backendAddress6(index) as Ip,
      weight: 1,
      priority: 1,
      state: 'up',
      ...changes,
    },
  ]);
const service = (changes: Partial<Service> = {}): Service => ({
  name: 'web',
  family: 'dual',
  mode: 'dsr',
  addresses: [
    { address: vip as Ip, protocol: 'all', ports: [port(80)] },
    { address: vip6 as Ip, protocol: 'all', ports: [port(80)] },
  ],
  endpoints: [],
  scheduler: 'weight',
  hashFields: [],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  backends: backends(),
  ...changes,
});
const translating = (changes: Partial<Service> = {}): Service =>
  service({ mode: 'stlsdnat', backends: backends({ port: backendPort }), ...changes });

const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (holds: () => boolean, ms = 8000): Promise<void> => {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come to that');
    await after(20);
  }
};

/** Everybody is known, and the kernel knows it: who is told is told before. */
const complete = async ({ reconciler }: StatelessEngine, missing = 0): Promise<void> => {
  await until(() => reconciler.shortcomings().length === missing, 15_000);
  await reconciler.reconsider([], 'wait for what is under way');
};

/** Name of the backend that answers at last. */
const answered = async (ask: () => Promise<{ name: string }>, ms = 8000): Promise<string> => {
  const end = performance.now() + ms;
  for (;;) {
    try {
      return (await ask()).name;
    } catch (thrown) {
      if (performance.now() > end) throw thrown;
      await after(50);
    }
  }
};

/** Connections of service traffic that the balancer tracks. */
const tracked = (): string[] =>
  ['ipv4', 'ipv6'].flatMap((family) =>
    bed.namespaces
      .run(bed.lb, 'conntrack', '-L', '-f', family)
      .split('\n')
      .filter((line) => line.includes('10.40.1.') || line.includes('fd40::1:')),
  );

test.serial('dsr: IPv4 and IPv6, tcp and udp, spread over all; the client is seen as it is', async (t) => {
  const engine = await bed.statelessEngine();
  await engine.reconciler.apply({ services: [service()] });
  await complete(engine);
  const names = new Set<string>();
  for (let index = 1; index <= 20; index++) {
    const four = await request(vip, 80, client4(index));
    t.is(four.peer, client4(index));
    t.is(four.port, 80, 'the port is kept');
    t.is((await request(vip6, 80, client6(index))).peer, client6(index));
    names.add(four.name);
  }
  t.deepEqual([...names].sort(), ['b1', 'b2', 'b3']);
  t.is((await datagram(vip, 80, client4(2))).peer, client4(2));
  t.is((await datagram(vip6, 80, client6(2))).peer, client6(2));
  t.deepEqual(tracked(), []);
  bed.listing();
  await engine.stop();
});

for (const [name, address, client] of [
  ['IPv4', vip, client4],
  ['IPv6', vip6, client6],
] as const) {
  test.serial(
    `stlsdnat: ${name}: ports are translated and restored, large transfers arrive whole`,
    async (t) => {
      const engine = await bed.statelessEngine();
      await engine.reconciler.apply({ services: [translating()] });
      const names = new Set<string>();
      for (let index = 1; index <= 20; index++) {
        const answer = await request(address, 80, client(index));
        t.is(answer.peer, client(index));
        t.is(answer.port, backendPort);
        names.add(answer.name);
      }
      t.is(names.size, 3);
      t.is((await datagram(address, 80, client(3))).port, backendPort);
      const flow = await stream(address, 80, client(4));
      await flow.echo('x'.repeat(4_000_000));
      flow.close();
      t.deepEqual(tracked(), []);
      // The same where senders compute their checksums themselves, segment by segment.
      const { id } = bed.namespaces;
      const senders = [
        [`${id}-c`, `${id}c`],
        ...[1, 2, 3].map((index) => [bed.backend(index), `${id}b${index}`]),
      ] as [string, string][];
      for (const [namespace, device] of senders) setChecksumOffload(namespace, device, false);
      t.is((await request(address, 80, client(5))).port, backendPort);
      t.is((await datagram(address, 80, client(5))).port, backendPort);
      const plain = await stream(address, 80, client(5));
      await plain.echo('y'.repeat(1_000_000));
      plain.close();
      for (const [namespace, device] of senders) setChecksumOffload(namespace, device, true);
      bed.listing();
      await engine.stop();
    },
  );
}

for (const mode of ['dsr', 'stlsdnat'] as const) {
  const of = mode === 'dsr' ? service : translating;

  test.serial(`${mode}: a flow stays with its backend while others fail and come back`, async (t) => {
    const engine = await bed.statelessEngine();
    await engine.reconciler.apply({ services: [of({ name: 'flows' })] });
    const flows = await Promise.all(Array.from({ length: 20 }, () => talk(vip, 80)));
    const streams = await Promise.all(
      Array.from({ length: 20 }, (_, index) => stream(vip, 80, client4(index + 1))),
    );
    const ask = (): Promise<string[]> => Promise.all(flows.map((flow) => flow.ask()));
    const before = await ask();
    t.is(new Set(before).size, 3);
    await engine.reconciler.setBackendState('flows', 'b1', 'down');
    const during = await ask();
    before.forEach((server, index) => {
      if (server === 'b1') t.not(during[index], 'b1', 'sent elsewhere at once');
      else t.is(during[index], server);
    });
    await engine.reconciler.setBackendState('flows', 'b1', 'up');
    t.deepEqual(await ask(), during, 'who has moved stays, too');
    // tcp: a stream that would reach another backend is reset; those of b1 were cut while it was down and are whole again.
    for (const one of streams) await one.echo('still the same server');
    // Maintenance: known flows go on, new ones go elsewhere.
    await engine.reconciler.setBackendState('flows', 'b2', 'off');
    t.deepEqual(await ask(), during);
    for (const one of streams) await one.echo('still the same server');
    for (let index = 1; index <= 20; index++) t.not((await request(vip, 80, client4(index))).name, 'b2');
    for (const one of [...flows, ...streams]) one.close();
    t.deepEqual(tracked(), []);
    await engine.stop();
  });

  test.serial(`${mode}: persistence, static sessions, and a restart that changes nothing`, async (t) => {
    const engine = await bed.statelessEngine();
    const sticky = of({
      name: 'sticky',
      scheduler: 'hash',
      hashFields: ['srcip', 'srcport'],
      persistence: ['srcip'],
      staticSessions: [{ client: [client4(20)], backend: 'b2' }],
    });
    await engine.reconciler.apply({ services: [sticky] });
    const ask = async (): Promise<string[]> => {
      const found: string[] = [];
      for (let index = 1; index <= 20; index++) found.push((await request(vip, 80, client4(index))).name);
      return found;
    };
    const before = await ask();
    t.is(before[19], 'b2');
    t.is(new Set(before).size, 3);
    t.deepEqual(await ask(), before);
    await engine.reconciler.setBackendState('sticky', 'b1', 'down');
    const during = await ask();
    before.forEach((server, index) => {
      if (server === 'b1') t.not(during[index], 'b1');
      else t.is(during[index], server);
    });
    await engine.reconciler.setBackendState('sticky', 'b1', 'up');
    t.deepEqual(await ask(), during);
    const flow = await stream(vip, 80, client4(5));
    await engine.stop();
    await flow.echo('nobody watches');
    const next = await bed.statelessEngine();
    await next.reconciler.adopt();
    t.is((await next.reconciler.apply({ services: [sticky] })).operations, 0, 'everything was there');
    await flow.echo('and still');
    flow.close();
    t.deepEqual(await ask(), during);
    await next.reconciler.apply({ services: [] });
    await t.throwsAsync(request(vip, 80, client4(1), 500));
    await next.stop();
  });

  test.serial(
    `${mode}: a client that opens a connection from an old port goes where it is known now`,
    async (t) => {
      const engine = await bed.statelessEngine();
      await engine.reconciler.apply({
        services: [of({ name: 'ports', persistence: ['srcip'] })],
      });
      const [early, later, old] = mode === 'dsr' ? [41_001, 41_002, 41_003] : [42_001, 42_002, 42_003];
      const fromPort = (localPort: number): Promise<string> =>
        new Promise((resolve, reject) => {
          const options = { host: vip, port: 80, agent: false, localAddress: client4(2), localPort };
          get(options, (response) => {
            response.on('data', (body) => resolve((JSON.parse(String(body)) as { name: string }).name));
          }).on('error', reject);
        });
      const map = ['netdev', 'relevo_ingress', 'stateless_flows4'];
      const first = await answered(async () => ({ name: await fromPort(early) }));
      const number = new RegExp(`${early} . 80 [^:]*: (0x\\w+)`).exec(bed.nft('list', 'map', ...map))?.[1];
      await engine.reconciler.setBackendState('ports', first, 'down');
      const second = await fromPort(later);
      t.not(second, first);
      await engine.reconciler.setBackendState('ports', first, 'up');
      // A flow to the first backend that no packet has moved while that was down.
      const key = new RegExp(`(\\S+ . \\S+ . \\S+) . ${later} . 80`).exec(
        bed.nft('list', 'map', ...map),
      )?.[1];
      bed.nft('add', 'element', ...map, `{ ${key} . ${old} . 80 timeout 15m : ${number} }`);
      t.is(await fromPort(old), second);
      await engine.reconciler.apply({ services: [] });
      await engine.stop();
    },
  );

  for (const [where, facts] of [
    ['in ingress', {}],
    ['in the stack', { supports: (feature: string) => feature !== 'reject in ingress' }],
  ] as const) {
    test.serial(`${mode}: nobody left to serve is said at once, ${where}`, async (t) => {
      const engine = await bed.statelessEngine(undefined, undefined, undefined, facts);
      await engine.reconciler.apply({
        services: [of({ name: 'nobody', backends: of().backends.map((one) => ({ ...one, state: 'down' })) })],
      });
      t.is(bed.nft('list', 'table', 'netdev', 'relevo_ingress').includes('reject'), where === 'in ingress');
      const refused = { code: 'ECONNREFUSED' };
      await t.throwsAsync(request(vip, 80, client4(1)), refused);
      await t.throwsAsync(request(vip6, 80, client6(1)), refused);
      await t.throwsAsync(datagram(vip, 80, client4(1)), refused);
      await engine.stop();
    });
  }

  test.serial(`${mode}: frames for another machine, which switches flood, are left alone`, async (t) => {
    const engine = await bed.statelessEngine();
    await engine.reconciler.apply({ services: [of({ name: 'flooded' })] });
    await complete(engine);
    const client = `${bed.namespaces.id}-c`;
    const inClient = (...args: string[]): string => bed.namespaces.run(client, 'ip', ...args);
    const ways = (
      [
        [vip, client4(1)],
        [vip6, client6(1)],
      ] as const
    ).map(([to, from]) => {
      const [route] = JSON.parse(inClient('-j', 'route', 'get', to)) as { gateway?: string; dev: string }[];
      return { to, from, neighbour: route!.gateway ?? to, device: route!.dev };
    });
    const answers = async (): Promise<boolean[]> =>
      Promise.all(
        ways.map(({ to, from }) =>
          request(to, 80, from, 600).then(
            () => true,
            () => false,
          ),
        ),
      );
    t.deepEqual(await answers(), [true, true]);
    for (const { neighbour, device } of ways) {
      inClient('neigh', 'replace', neighbour, 'lladdr', '02:00:00:00:be:ef', 'dev', device);
    }
    t.deepEqual(await answers(), [false, false]);
    for (const { neighbour, device } of ways) inClient('neigh', 'del', neighbour, 'dev', device);
    t.deepEqual(await answers(), [true, true]);
    await engine.stop();
  });

  test.serial(`${mode}: a changed MAC is followed at once, an unknown one provoked`, async (t) => {
    const engine = await bed.statelessEngine(undefined, {
      retryMs: 300,
      longestRetryMs: 1000,
      confirmMs: 60_000,
    });
    const only = { name: 'moving', backends: of().backends.filter(({ name }) => name.startsWith('b1')) };
    bed.forgetNeighbours();
    await engine.reconciler.apply({ services: [of(only)] });
    await complete(engine);
    // What is known may be what was forgotten a moment ago, until the kernel's note of that arrives.
    t.is(await answered(() => request(vip, 80, client4(1))), 'b1');
    t.is(await answered(() => request(vip6, 80, client6(1))), 'b1');
    const flow = await stream(vip, 80, client4(2));
    const device = `${bed.namespaces.id}b1`;
    const rules = (): string => bed.nft('-s', 'list', 'ruleset').replaceAll(/elements = \{[^}]*\}/g, '');
    const before = rules();
    bed.namespaces.run(bed.backend(1), 'ip', 'link', 'set', device, 'address', '02:00:00:00:00:77');
    // It speaks, as it would: the kernel learns, and so do we.
    bed.namespaces.run(bed.backend(1), 'ping', '-c', '1', '-W', '1', '10.51.0.1');
    await flow.echo('to the new address');
    t.is(rules(), before, 'an element has changed, no rule');
    t.true(
      bed.nft('list', 'map', 'netdev', 'relevo_ingress', 'stateless_macs').includes('02:00:00:00:00:77'),
    );
    flow.close();
    await engine.stop();
  });

  test.serial(`${mode}: a backend whose MAC is not known takes no traffic until it is`, async (t) => {
    const device = `${bed.namespaces.id}b3`;
    const noNeighbour = (state: 'on' | 'off'): void => {
      bed.namespaces.run(bed.backend(3), 'ip', 'link', 'set', device, 'arp', state);
    };
    noNeighbour('off');
    bed.forgetNeighbours();
    const engine = await bed.statelessEngine(undefined, {
      retryMs: 300,
      longestRetryMs: 500,
      confirmMs: 60_000,
    });
    await engine.reconciler.apply({
      services: [of({ name: 'silent', backends: of().backends.filter(({ name }) => !name.includes('v6')) })],
    });
    await complete(engine, 1);
    const [missing] = engine.reconciler.shortcomings();
    t.is(missing?.backend, 'b3');
    t.regex(missing?.reason ?? '', /MAC address of 10\.53\.0\.2 is not known.*ARP/);
    for (let index = 1; index <= 20; index++) t.not((await request(vip, 80, client4(index))).name, 'b3');
    noNeighbour('on');
    await complete(engine);
    const names = new Set<string>();
    for (let index = 1; index <= 20; index++) names.add((await request(vip, 80, client4(index))).name);
    t.true(names.has('b3'));
    await engine.stop();
  });
}

test.serial('stlsdnat: several addresses, ranges and every port before the same backends', async (t) => {
  const engine = await bed.statelessEngine();
  const second = '198.51.100.20';
  const keeping = backends().map(({ port: _port, ...rest }) => rest);
  await engine.reconciler.apply({
    services: [
      translating({
        name: 'several',
        addresses: [vip, second].map((address) => ({
          address: address as Ip,
          protocol: 'all' as const,
          ports: [port(80), port(81)],
        })),
      }),
      // The same backends and port once more: replies are told apart by their flows.
      translating({
        name: 'other',
        addresses: [{ address: '198.51.100.21' as Ip, protocol: 'tcp', ports: [port(80)] }],
      }),
      translating({
        name: 'range',
        addresses: [
          { address: '198.51.100.22' as Ip, protocol: 'all', ports: [{ first: 8000, last: 8999 }] },
        ],
        backends: keeping,
      }),
      translating({
        name: 'every',
        addresses: [{ address: '198.51.100.23' as Ip, protocol: 'all', ports: [] }],
        backends: keeping,
      }),
      translating({
        name: 'refused',
        addresses: [{ address: '198.51.100.24' as Ip, protocol: 'tcp', ports: [{ first: 1, last: 9 }] }],
      }),
    ],
  });
  for (const [address, ask] of [
    [vip, 80],
    [vip, 81],
    [second, 80],
    [second, 81],
    ['198.51.100.22', backendPort],
    ['198.51.100.23', backendPort],
  ] as const) {
    t.is((await request(address, ask, client4(1))).port, backendPort);
    t.is((await datagram(address, ask, client4(1))).port, backendPort);
  }
  t.is((await request('198.51.100.21', 80, client4(1))).port, backendPort);
  t.is((await request('198.51.100.23', 80, client4(1))).port, 80, 'the port is kept');
  await t.throwsAsync(request('198.51.100.22', 80, client4(1), 500));
  t.true(engine.reconciler.shortcomings().every(({ service: name }) => name === 'refused'));
  t.regex(engine.reconciler.shortcomings()[0]?.reason ?? '', /leave it out/);
  t.deepEqual(tracked(), []);
  bed.listing();
  await engine.stop();
});

test.serial(
  'stlsdnat: an address that the node itself owns; other traffic on the same interfaces passes',
  async (t) => {
    const own = '10.40.0.200';
    bed.namespaces.run(bed.lb, 'ip', 'addr', 'add', `${own}/32`, 'dev', bed.frontDevice);
    const engine = await bed.statelessEngine();
    await engine.reconciler.apply({
      services: [
        translating({ name: 'own', addresses: [{ address: own as Ip, protocol: 'all', ports: [port(80)] }] }),
      ],
    });
    t.is((await request(own, 80, client4(1))).port, backendPort);
    t.is((await datagram(own, 80, client4(1))).port, backendPort);
    // Straight to a backend's service port, by the client and from the balancer itself.
    t.is((await request(backendAddress(1), backendPort, client4(1))).name, 'b1');
    t.is((await request(backendAddress6(1), backendPort, client6(1))).name, 'b1');
    t.is((await request(backendAddress(1), 80, client4(1))).name, 'b1');
    const curl = bed.namespaces.run(
      bed.lb,
      'curl',
      '-s',
      '-m',
      '2',
      `http://${backendAddress(2)}:${backendPort}/`,
    );
    t.true(curl.includes('"b2"'));
    bed.namespaces.run(`${bed.namespaces.id}-c`, 'ping', '-c', '1', '-W', '1', own);
    bed.namespaces.run(`${bed.namespaces.id}-c`, 'ping', '-c', '1', '-W', '1', backendAddress(1));
    await engine.stop();
    bed.namespaces.run(bed.lb, 'ip', 'addr', 'del', `${own}/32`, 'dev', bed.frontDevice);
  },
);

test.serial('weights are shares of flows, by every scheduler', async (t) => {
  const engine = await bed.statelessEngine();
  for (const scheduler of ['weight', 'rr', 'symhash', 'hash', 'maglev'] as const) {
    const weighted = backends().map((one) => ({ ...one, weight: one.name.startsWith('b1') ? 6 : 2 }));
    const hashFields = ['srcip', 'srcport'] as const;
    await engine.reconciler.apply({
      services: [service({ name: 'weighted', scheduler, hashFields: [...hashFields], backends: weighted })],
    });
    const flows = await Promise.all(Array.from({ length: 300 }, () => talk(vip, 80)));
    const names = await Promise.all(flows.map((flow) => flow.ask()));
    for (const flow of flows) flow.close();
    const share = names.filter((name) => name === 'b1').length / names.length;
    t.true(Math.abs(share - 0.6) < 0.12, `${scheduler}: ${share}`);
  }
  await engine.reconciler.apply({ services: [service({ scheduler: 'leastconn' })] });
  t.regex(engine.reconciler.shortcomings()[0]?.reason ?? '', /leastconn counts connections/);
  await engine.stop();
});

test.serial('stlsdnat: udp without a checksum stays without one', async (t) => {
  const engine = await bed.statelessEngine();
  await engine.reconciler.apply({ services: [translating()] });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, client4(6), resolve));
  const { _handle: handle } = socket as unknown as { _handle: { fd: number } };
  const SO_NO_CHECK = 11;
  t.is(setsockopt(handle.fd, 1, SO_NO_CHECK, new Uint8Array(Int32Array.of(1).buffer), 4), 0);
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('message', (message) => resolve(message.toString()));
    setTimeout(() => reject(new Error('no answer')), 1000);
  });
  socket.send('no checksum', 80, vip);
  t.true((await answer).includes('no checksum'));
  socket.close();
  await engine.stop();
});

test.serial(
  'stlsdnat: in a cluster a flow goes on when its node has changed, though the client is silent',
  async (t) => {
    const context: EngineContext = {
      ...plainContext,
      floating: [{ address: vip as Ipv4, prefixLength: 32 }],
    };
    const engine = await bed.statelessEngine(context);
    const ticking =
      'require("net").createServer((s) => { s.on("error", () => {}); setInterval(() => s.write("tick"), 400); }).listen(8095, () => console.log("ready"))';
    await Promise.all(
      [1, 2, 3].map((index) => {
        const child = bed.namespaces.start(bed.backend(index), process.execPath, '-e', ticking);
        return new Promise((resolve) => child.stdout?.once('data', resolve));
      }),
    );
    await engine.reconciler.apply({
      services: [translating({ name: 'ticking', backends: backends({ port: 8095 }) })],
    });
    await complete(engine);
    const socket = connect({ host: vip, port: 80, localAddress: client4(7) });
    let ticks = 0;
    let error: Error | undefined;
    socket.on('data', () => ticks++);
    socket.on('error', (thrown) => {
      error = thrown;
    });
    await until(() => ticks > 1);
    // What a node knows that has just taken over: what services and neighbours say, and nothing of flows.
    for (const map of ['flows', 'replies', 'way_mac', 'way_interface']) {
      bed.nft('flush', 'map', 'netdev', 'relevo_ingress', `stateless_${map}4`);
    }
    bed.nft('flush', 'set', 'netdev', 'relevo_ingress', 'stateless_recent4');
    const before = ticks;
    await until(() => ticks > before + 2, 4000);
    t.is(error, undefined);
    socket.destroy();
    // The balancer's own connections to the backend are not taken for replies.
    const curl = bed.namespaces.run(
      bed.lb,
      'curl',
      '-s',
      '-m',
      '2',
      `http://${backendAddress(2)}:${backendPort}/`,
    );
    t.true(curl.includes('"b2"'));
    bed.listing();
    await engine.stop();
  },
);

test.serial('local: a service of the node answers', async (t) => {
  const engine = await bed.statelessEngine();
  const script = new URL('../support/echo-server.mjs', import.meta.url).pathname;
  const child = bed.namespaces.start(bed.lb, process.execPath, script, 'lb', '8090');
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  await engine.reconciler.apply({
    services: [
      service({
        mode: 'local',
        backends: [],
        addresses: [{ address: '10.40.0.1' as Ip, protocol: 'all', ports: [port(8090)] }],
      }),
    ],
  });
  t.deepEqual(engine.reconciler.shortcomings(), []);
  t.is((await request('10.40.0.1', 8090, client4(1))).name, 'lb');
  t.is((await datagram('10.40.0.1', 8090, client4(1))).name, 'lb');
  await engine.stop();
});
