/** Schedulers that only general services have, with real connections: symhash, maglev, hashes over MAC addresses; and who comes back. */

import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { createBed, type Engine, vip } from '../support/bed.js';
import { backendsAt, plainService } from '../support/services.js';
import { request, tally } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 60 });
test.after.always(() => bed.dispose());

const startEngine = (t: ExecutionContext): Engine => {
  const engine = bed.engine();
  t.teardown(() => engine.stop());
  return engine;
};

const clients = Array.from({ length: 60 }, (_, index) => `10.40.1.${index + 1}`);
const askAll = async (port = 80): Promise<string[]> => {
  const names: string[] = [];
  for (const client of clients) names.push((await request(vip, port, client)).name);
  return names;
};
const service = (changes: Partial<Service>): Service => plainService({ backends: backendsAt(3), ...changes });

const quiet = (t: ExecutionContext, { lines }: Engine): void => {
  t.deepEqual(
    lines.filter(({ level }) => level === 'warn'),
    [],
  );
};

/** Who answers a connection from this address and port. */
const nameFrom = (host: string, port: number, localAddress: string, localPort: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, localAddress, localPort });
    socket.setTimeout(5_000, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.once('connect', () => socket.write('who'));
    socket.once('data', (data) => {
      resolve(data.toString('latin1'));
      // A reset, so that the ports are free again at once.
      socket.resetAndDestroy();
    });
  });

test.serial('symhash: a flow and its reverse, as another flow, have the same backend', async (t) => {
  const engine = startEngine(t);
  const other = '198.51.100.20';
  const at = (name: string, address: string): Service =>
    service({
      name,
      scheduler: 'symhash',
      addresses: [{ address: address as Ip, protocol: 'tcp', ports: [{ first: 7000, last: 7999 }] }],
      endpoints: [],
    });
  await engine.reconciler.apply({ services: [at('here', vip), at('there', other)] });
  const client = `${bed.namespaces.id}-c`;
  const from = async (source: string, target: string, ask: (port: number) => Promise<string>) => {
    bed.namespaces.run(client, 'ip', 'addr', 'add', `${source}/32`, 'dev', 'lo');
    bed.namespaces.run(bed.lb, 'ip', 'route', 'replace', `${source}/32`, 'via', '10.40.0.2');
    const names: string[] = [];
    for (let at = 0; at < 16; at++) names.push(await ask(at));
    bed.namespaces.run(client, 'ip', 'addr', 'del', `${source}/32`, 'dev', 'lo');
    t.is(names.length, 16, target);
    return names;
  };
  const there = await from(other, vip, (at) => nameFrom(vip, 7000 + at, other, 7500 + at));
  const back = await from(vip, other, (at) => nameFrom(other, 7500 + at, vip, 7000 + at));
  t.deepEqual(back, there);
  t.is(new Set(there).size, 3);
  quiet(t, engine);
});

test.serial('hash over any fields: what they say decides, and nothing else', async (t) => {
  const engine = startEngine(t);
  const addresses = Array.from({ length: 8 }, (_, at) => `198.51.100.${30 + at}`);
  // No connection is repeated in another round: one whose end was not seen keeps its backend, as it should.
  let round = 0;
  const flow = (at: number) => ({
    srcip: clients[at]!,
    dstip: addresses[at % 8]!,
    srcport: 20_000 + 100 * round + at,
    dstport: 7000 + at,
  });
  for (const hashFields of [['srcip'], ['dstip'], ['srcport'], ['dstport'], ['srcip', 'dstport']] as const) {
    for (const ports of [{ first: 7000, last: 7023 }, undefined]) {
      // Every port of an address, and a range.
      await engine.reconciler.apply({
        services: [
          service({
            scheduler: 'hash',
            hashFields: [...hashFields],
            addresses: addresses.map((address) => ({
              address: address as Ip,
              protocol: 'tcp',
              ports: ports ? [ports] : [],
            })),
            endpoints: [],
          }),
        ],
      });
      const found: string[] = [];
      for (let at = 0; at < 24; at++) {
        const one = flow(at);
        const name = await nameFrom(one.dstip, one.dstport, one.srcip, one.srcport);
        // The same fields, everything else different.
        const other = {
          ...flow((at + 11) % 24),
          ...Object.fromEntries(hashFields.map((field) => [field, one[field]])),
        };
        t.is(
          await nameFrom(other.dstip, other.dstport, other.srcip, other.srcport),
          name,
          `${hashFields.join()}, round ${round}: ${JSON.stringify([one, other])}`,
        );
        found.push(name);
      }
      round++;
      t.is(new Set(found).size, 3, `${hashFields.join()}: ${found.join()}`);
    }
  }
  quiet(t, engine);
});

test.serial('maglev: only the clients of a failed backend move, and exactly they come back', async (t) => {
  const engine = startEngine(t);
  await engine.reconciler.apply({ services: [service({ scheduler: 'maglev', hashFields: ['srcip'] })] });
  const before = await askAll();
  t.is(new Set(before).size, 3);
  t.true(Math.min(...Object.values(tally(before.map((name) => ({ name }))))) >= 8);
  await engine.reconciler.setBackendState('web', 'b2', 'down');
  const during = await askAll();
  t.false(during.includes('b2'));
  before.forEach((name, index) => {
    if (name !== 'b2') t.is(during[index], name);
  });
  await engine.reconciler.setBackendState('web', 'b2', 'up');
  t.deepEqual(await askAll(), before);
  quiet(t, engine);
});

test.serial('persistence: who comes back gets its share of newcomers, and no known client', async (t) => {
  const engine = startEngine(t);
  // A plain service, and a general one beside it.
  await engine.reconciler.apply({
    services: [
      service({ scheduler: 'rr', persistence: ['srcip'] }),
      service({
        name: 'general',
        scheduler: 'rr',
        persistence: ['srcip', 'dstport'],
        addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [{ first: 81, last: 82 }] }],
        endpoints: [],
      }),
    ],
  });
  for (const name of ['web', 'general']) await engine.reconciler.setBackendState(name, 'b1', 'down');
  for (const port of [80, 81]) {
    const known = await askAll(port);
    t.deepEqual(tally(known.map((name) => ({ name }))), { b2: 30, b3: 30 });
    await engine.reconciler.setBackendState(port === 80 ? 'web' : 'general', 'b1', 'up');
    t.deepEqual(await askAll(port), known);
  }
  t.deepEqual(tally((await askAll(82)).map((name) => ({ name }))), { b1: 20, b2: 20, b3: 20 });
  quiet(t, engine);
});

test.serial(
  'hash and persistence over MAC addresses: all clients behind one router have one backend',
  async (t) => {
    const engine = startEngine(t);
    for (const changes of [
      { scheduler: 'hash', hashFields: ['srcmac'] },
      { scheduler: 'hash', hashFields: ['srcmac', 'dstmac', 'dstip'] },
      { scheduler: 'rr', persistence: ['srcmac'] },
      { scheduler: 'rr', persistence: ['srcmac', 'dstip'] },
    ] as const) {
      await engine.reconciler.apply({ services: [service(changes)] });
      t.is(new Set(await askAll()).size, 1, JSON.stringify(changes));
    }
    await engine.reconciler.apply({
      services: [service({ scheduler: 'hash', hashFields: ['srcmac', 'srcip'] })],
    });
    t.is(new Set(await askAll()).size, 3);
    bed.listing();
    quiet(t, engine);
  },
);
