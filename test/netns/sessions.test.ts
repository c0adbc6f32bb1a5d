/** Persistence with real connections: who sticks, who moves, and what survives. */

import test from 'ava';
import { backends, createBed, document, farm, vip } from '../support/bed.js';
import { datagram, request, stream, tally } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 40 });
test.after.always(() => bed.dispose());
test.afterEach((t) => {
  t.notThrows(() => bed.listing(), 'stock nft lists what is there');
});

const clients = Array.from({ length: 40 }, (_, index) => `10.40.1.${index + 1}`);
const [firstClient = ''] = clients;
const ask = (port = 80): Promise<string[]> =>
  Promise.all(clients.map(async (client) => (await request(vip, port, client)).name));
const sticky = (attributes: object = {}): object =>
  farm({ persistence: 'srcip', 'persist-ttl': 600, backends: backends(3), ...attributes });
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.serial('forty clients stick to their backends, tcp and udp apart', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply(
    document(sticky(), sticky({ name: 'dns', protocol: 'udp', 'virtual-ports': 53, mode: 'snat' })),
  );
  const first = await ask();
  t.is(new Set(first).size, 3);
  for (let round = 0; round < 3; round++) t.deepEqual(await ask(), first);
  const udp = (await datagram(vip, 53, firstClient)).name;
  for (let round = 0; round < 5; round++) t.is((await datagram(vip, 53, firstClient)).name, udp);
  const sessions = await engine.reconciler.sessions('web');
  t.is(sessions.length, 40);
  for (const session of sessions)
    t.is(session.backend, String(first[clients.indexOf(session.client.join())]));
  t.is((await engine.reconciler.sessions('dns')).length, 1);
  t.is((await engine.reconciler.sessions()).length, 41);
  t.true(sessions.every(({ ttlMs, remainingMs }) => ttlMs === 600_000 && remainingMs > 590_000));
  await engine.stop();
});

test.serial(
  'a failed backend loses its clients at once, the others keep theirs, nobody moves back',
  async (t) => {
    const engine = bed.engine();
    const { reconciler } = engine;
    await reconciler.apply(document(sticky({ mode: 'snat' })));
    const before = await ask();
    await reconciler.setBackendState('web', 'b2', 'down');
    t.true((await reconciler.sessions('web')).every(({ backend }) => backend !== 'b2'));
    const during = await ask();
    before.forEach((name, index) => {
      if (name === 'b2') t.not(during[index], 'b2');
      else t.is(during[index], name);
    });
    await reconciler.setBackendState('web', 'b2', 'up');
    t.deepEqual(await ask(), during);
    await engine.stop();
  },
);

test.serial('a retransmission towards a failed backend does not write its entry back', async (t) => {
  const engine = bed.engine();
  const { reconciler } = engine;
  await reconciler.apply(
    document(
      sticky({ name: 'dead', 'virtual-ports': 81, backends: backends(3, { 1: { port: 9 } }).slice(0, 1) }),
    ),
  );
  // Nothing listens on port 9, and nothing answers: the SYN is sent again after one second.
  bed.namespaces.run(bed.lb, 'ip', 'route', 'add', 'blackhole', '10.51.0.2');
  const waiting = request(vip, 81, firstClient, 1600).catch((error: Error) => error.message);
  await wait(200);
  bed.namespaces.run(bed.lb, 'ip', 'route', 'del', 'blackhole', '10.51.0.2');
  bed.namespaces.run(bed.lb, 'nft', 'add', 'table', 'ip', 'wall');
  bed.namespaces.run(
    bed.lb,
    'nft',
    'add',
    'chain',
    'ip',
    'wall',
    'f',
    '{ type filter hook postrouting priority 50; }',
  );
  bed.namespaces.run(bed.lb, 'nft', 'add', 'rule', 'ip', 'wall', 'f', 'tcp', 'dport', '9', 'drop');
  await wait(1000);
  t.is(
    (await reconciler.sessions('dead')).length,
    1,
    'the retransmission is recorded while the backend counts as alive',
  );
  await reconciler.setBackendState('dead', 'b1', 'down');
  t.is((await reconciler.sessions('dead')).length, 0);
  await waiting;
  const again = request(vip, 81, firstClient, 1600).catch((error: Error) => error.message);
  await again;
  t.is((await reconciler.sessions('dead')).length, 0);
  bed.namespaces.run(bed.lb, 'nft', 'delete', 'table', 'ip', 'wall');
  await engine.stop();
});

test.serial('maintenance keeps known clients and takes no new ones', async (t) => {
  const engine = bed.engine();
  const { reconciler } = engine;
  await reconciler.apply(document(sticky({ name: 'off', 'virtual-ports': 82 })));
  const known = clients.slice(0, 20);
  const asks = (some: readonly string[]) =>
    Promise.all(some.map(async (client) => (await request(vip, 82, client)).name));
  const before = await asks(known);
  t.true(before.includes('b3'));
  await reconciler.setBackendState('off', 'b3', 'off');
  t.deepEqual(await asks(known), before);
  t.false((await asks(clients.slice(20))).includes('b3'));
  await engine.stop();
});

test.serial(
  'an entry expires when its client stays away, and every new connection refreshes it',
  async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply(document(sticky({ name: 'short', 'virtual-ports': 83, 'persist-ttl': 1 })));
    await request(vip, 83, firstClient);
    await wait(700);
    await request(vip, 83, firstClient);
    await wait(700);
    t.is((await engine.reconciler.sessions('short')).length, 1, 'refreshed');
    await wait(500);
    t.is((await engine.reconciler.sessions('short')).length, 0);
    await engine.stop();
  },
);

test.serial(
  'weights, scheduler, lifetime and further ports change without a gap: connections and sessions stay',
  async (t) => {
    const engine = bed.engine();
    const { reconciler } = engine;
    await reconciler.apply(document(sticky({ name: 'live', 'virtual-ports': 85 })));
    const asks = () => Promise.all(clients.map(async (client) => (await request(vip, 85, client)).name));
    const before = await asks();
    const open = await stream(vip, 85, clients[5] ?? '');
    const changes: object[] = [
      { backends: backends(3, { 1: { weight: 7 } }) },
      { scheduler: 'rr' },
      { scheduler: 'hash', 'sched-param': 'srcip srcport' },
      { 'persist-ttl': 30 },
      { 'virtual-ports': '85,86' },
      { mode: 'snat' },
      { 'virtual-ports': '85', addresses: [{ 'ip-addr': '198.51.100.11', ports: 53, protocol: 'udp' }] },
    ];
    for (const change of changes) {
      const { operations } = await reconciler.apply(
        document(sticky({ name: 'live', 'virtual-ports': 85, ...change })),
      );
      t.true(operations > 0);
      await open.echo(JSON.stringify(change));
      t.deepEqual(await asks(), before, JSON.stringify(change));
    }
    t.truthy((await datagram('198.51.100.11', 53)).name, 'a tcp and a udp address serve side by side');
    open.close();
    await engine.stop();
  },
);

test.serial('a restart is hitless: connection, sessions and ruleset stay, no packet is lost', async (t) => {
  const wanted = document(sticky(), sticky({ name: 'turns', scheduler: 'rr', 'virtual-ports': 84 }));
  const engine = bed.engine();
  await engine.reconciler.apply(wanted);
  const before = await ask();
  const open = await stream(vip, 80, clients[3]);
  const text = bed.listing();
  await engine.stop();
  const lost: string[] = [];
  let probing = true;
  const probe = (async () => {
    while (probing)
      await request(vip, 80, '10.40.0.2', 500).catch((error: Error) => lost.push(error.message));
  })();
  await open.echo('nobody is watching');
  const heir = bed.engine();
  const found = await heir.reconciler.adopt();
  t.deepEqual(found, { found: true, services: 2 });
  const { operations } = await heir.reconciler.apply(wanted);
  t.is(operations, 0, 'nothing to write');
  await open.echo('somebody else is');
  const withoutTimes = (listing: string): string =>
    listing.replace(/\s*elements = \{[^}]*expires[^}]*\}/g, '');
  t.is(withoutTimes(bed.listing()), withoutTimes(text));
  t.deepEqual(await ask(), before);
  await wait(100);
  probing = false;
  await probe;
  t.deepEqual(lost, []);
  open.close();
  await heir.stop();
});

test.serial('a restart purges what died meanwhile and removes what is no longer asked for', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply(
    document(sticky(), sticky({ name: 'turns', scheduler: 'rr', 'virtual-ports': 84, 'persist-ttl': 5 })),
  );
  await ask();
  await engine.stop();
  const heir = bed.engine();
  await heir.reconciler.adopt();
  await heir.reconciler.apply(document(sticky({ backends: backends(3, { 1: { state: 'down' } }) })));
  t.true((await heir.reconciler.sessions()).every(({ backend }) => backend !== 'b1'));
  const text = bed.listing();
  t.false(/pick_rr|record_5s|m3_persist/.test(text), text);
  t.false(Object.keys(tally((await ask()).map((name) => ({ name })))).includes('b1'));
  await heir.stop();
});
