/** Which backend a packet reaches, and what the backend sees: schedulers and modes, with real connections. */

import test from 'ava';
import type { Ipv4 } from '../../src/model/address.js';
import { plainContext } from '../../src/ruleset/context.js';
import { backends, createBed, document, farm, vip } from '../support/bed.js';
import { datagram, request, talk, tally } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 40 });
const engine = bed.engine();
test.after.always(() => bed.dispose());
test.afterEach((t) => {
  t.notThrows(() => bed.listing(), 'stock nft lists what is there');
});

const requests = async (count: number, port: number, from?: string) => {
  const answers = [];
  for (let index = 0; index < count; index++) answers.push(await request(vip, port, from));
  return answers;
};

test.serial('dnat: the backend sees the client', async (t) => {
  await engine.reconciler.apply(
    document(farm({ mode: 'dnat' }), farm({ name: 'dns', protocol: 'udp', 'virtual-ports': 53 })),
  );
  t.is((await request(vip, 80, '10.40.1.7')).peer, '10.40.1.7');
  t.is((await datagram(vip, 53, '10.40.1.8')).peer, '10.40.1.8');
});

test.serial('snat: the backend sees the node, the source of the service, or its own', async (t) => {
  await engine.reconciler.apply(
    document(
      farm({ name: 'node', mode: 'snat' }),
      farm({ name: 'service', mode: 'snat', 'virtual-ports': 81, 'source-addr': '10.40.0.1' }),
      farm({
        name: 'backend',
        mode: 'snat',
        'virtual-ports': 82,
        'source-addr': '10.40.0.1',
        scheduler: 'rr',
        backends: backends(2, { 2: { 'source-addr': '10.52.0.1' } }),
      }),
      farm({ name: 'udp', mode: 'snat', protocol: 'udp', 'virtual-ports': 53 }),
    ),
  );
  const masqueraded = await request(vip, 80);
  t.is(masqueraded.peer, `10.5${masqueraded.name.slice(1)}.0.1`);
  t.is((await request(vip, 81)).peer, '10.40.0.1');
  const sources = new Map((await requests(4, 82)).map(({ name, peer }) => [name, peer]));
  t.deepEqual([...sources].sort(), [
    ['b1', '10.40.0.1'],
    ['b2', '10.52.0.1'],
  ]);
  const udp = await datagram(vip, 53);
  t.is(udp.peer, `10.5${udp.name.slice(1)}.0.1`);
});

test.serial(
  'snat in a cluster: an address that moves, in the backend’s network or else the service’s own',
  async (t) => {
    const floating = { address: '10.51.0.77' as Ipv4, prefixLength: 24 };
    bed.namespaces.run(bed.lb, 'ip', 'addr', 'add', `${floating.address}/24`, 'dev', bed.backDevice(1));
    const node = bed.engine({ ...plainContext, floating: [floating] });
    await node.reconciler.apply(
      document(
        farm({ mode: 'snat', scheduler: 'rr' }),
        farm({ name: 'range', mode: 'snat', scheduler: 'rr', 'virtual-ports': '90-91' }),
        farm({ name: 'own', mode: 'snat', scheduler: 'rr', 'virtual-ports': 82, 'source-addr': '10.40.0.1' }),
      ),
    );
    for (const port of [80, 91]) {
      t.deepEqual(
        new Map((await requests(2, port)).map(({ name, peer }) => [name, peer])),
        new Map([
          ['b1', floating.address as string],
          ['b2', vip],
        ]),
      );
    }
    t.deepEqual([...new Set((await requests(2, 82)).map(({ peer }) => peer))], ['10.40.0.1']);
    await node.stop();
  },
);

test.serial('a backend without a port gets the one the client asked for', async (t) => {
  await engine.reconciler.apply(document(farm({ backends: backends(1, { 1: { port: '' } }) })));
  t.is((await request(vip, 80)).port, 80);
});

test.serial('weight: many picks follow the weights', async (t) => {
  await engine.reconciler.apply(document(farm({ backends: backends(2, { 1: { weight: 3 } }) })));
  const counts = tally(await requests(400, 80));
  // 400 picks of probability 3/4: five standard deviations are 43.
  t.true(Math.abs((counts.b1 ?? 0) - 300) < 44, JSON.stringify(counts));
});

test.serial(
  'round robin alternates exactly, for two services at once and with unequal weights',
  async (t) => {
    await engine.reconciler.apply(
      document(
        farm({ name: 'one', scheduler: 'rr' }),
        farm({ name: 'two', scheduler: 'rr', 'virtual-ports': 81 }),
        farm({
          name: 'three',
          scheduler: 'rr',
          'virtual-ports': 82,
          backends: backends(3, { 2: { weight: 2 } }),
        }),
      ),
    );
    const one: string[] = [];
    const two: string[] = [];
    for (let index = 0; index < 10; index++) {
      one.push((await request(vip, 80)).name);
      two.push((await request(vip, 81)).name);
      if (index % 3 === 0) two.push((await request(vip, 81)).name);
    }
    for (const picks of [one, two]) {
      t.true(
        picks.every((name, index) => index === 0 || name !== picks[index - 1]),
        picks.join(' '),
      );
    }
    t.deepEqual(tally(await requests(12, 82)), { b1: 3, b2: 6, b3: 3 });
  },
);

test.serial(
  'hash: a client sticks, and only the clients of a failed backend move, and come back',
  async (t) => {
    await engine.reconciler.apply(document(farm({ scheduler: 'hash', backends: backends(3) })));
    const clients = Array.from({ length: 40 }, (_, index) => `10.40.1.${index + 1}`);
    const ask = async () => Promise.all(clients.map(async (client) => (await request(vip, 80, client)).name));
    const before = await ask();
    t.is(new Set(before).size, 3);
    t.deepEqual(await ask(), before);
    await engine.reconciler.setBackendState('web', 'b2', 'down');
    const during = await ask();
    t.false(during.includes('b2'));
    before.forEach((name, index) => {
      if (name !== 'b2') t.is(during[index], name, clients[index]);
    });
    await engine.reconciler.setBackendState('web', 'b2', 'up');
    t.deepEqual(await ask(), before);
  },
);

test.serial('no usable backend: the client is refused at once, tcp and udp', async (t) => {
  const down = backends(2, { 1: { state: 'down' }, 2: { state: 'down' } });
  await engine.reconciler.apply(
    document(
      farm({ backends: down }),
      farm({ name: 'dns', protocol: 'udp', 'virtual-ports': 53, backends: down }),
    ),
  );
  const startMs = performance.now();
  await t.throwsAsync(request(vip, 80), { code: 'ECONNREFUSED' });
  await t.throwsAsync(datagram(vip, 53), { code: 'ECONNREFUSED' });
  t.true(performance.now() - startMs < 500);
  await engine.reconciler.setBackendState('web', 'b1', 'up');
  t.is((await request(vip, 80)).name, 'b1');
});

test.serial(
  'udp: a client that keeps its port leaves a failed backend at once, and nobody else does',
  async (t) => {
    await engine.reconciler.apply(
      document(farm({ name: 'dns', protocol: 'udp', 'virtual-ports': 53, scheduler: 'rr' })),
    );
    const talks = await Promise.all([1, 2, 3, 4].map(() => talk(vip, 53)));
    const before = [];
    for (const one of talks) before.push(await one.ask());
    t.deepEqual(tally(before.map((name) => ({ name }))), { b1: 2, b2: 2 });
    await engine.reconciler.setBackendState('dns', 'b1', 'down');
    for (const one of talks) t.is(await one.ask(), 'b2');
    await engine.reconciler.setBackendState('dns', 'b1', 'up');
    for (const one of talks) t.is(await one.ask(), 'b2', 'nobody is torn away from a backend that works');
    await engine.reconciler.setBackendState('dns', 'b2', 'off');
    for (const one of talks) t.is(await one.ask(), 'b2', 'maintenance keeps flows');
    for (const one of talks) one.close();
  },
);

test.serial('priorities: a lower rank takes over when the better one has failed, over a gap', async (t) => {
  await engine.reconciler.apply(
    document(farm({ backends: backends(3, { 1: { priority: 1 }, 2: { priority: 4 }, 3: { priority: 4 } }) })),
  );
  t.deepEqual(tally(await requests(4, 80)), { b1: 4 });
  await engine.reconciler.setBackendState('web', 'b1', 'down');
  t.deepEqual(Object.keys(tally(await requests(30, 80))).sort(), ['b2', 'b3']);
});

test.serial('a service that is off or down is not served, and traffic of others is untouched', async (t) => {
  await engine.reconciler.apply(
    document(farm({ name: 'gone', state: 'off' }), farm({ name: 'here', 'virtual-ports': 81 })),
  );
  await t.throwsAsync(request(vip, 80, undefined, 300));
  t.truthy((await request(vip, 81)).name);
  t.truthy((await request('10.51.0.2', 8080)).name, 'straight to a backend, through the node');
});
