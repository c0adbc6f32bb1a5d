/** A backend that drains, seen by packets: no newcomers, known clients and open connections stay, and what is left is counted down. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import { backendAddress, backendAddress6, backendPort, farm, vip, vip6 } from '../support/bed.js';
import { sleep } from '../support/limits-bed.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { backendsAt, plainService, port } from '../support/services.js';
import { createStatelessBed } from '../support/stateless-bed.js';
import { request, stream } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 2, clients: 16 });
test.after.always(() => bed.dispose());

const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;
type Text = Readonly<Record<string, string>>;

for (const [title, host, client, attributes] of [
  ['plain', vip, client4, {}],
  [
    'general',
    vip6,
    client6,
    {
      'virtual-addr': vip6,
      backends: [1, 2].map((index) => ({
        name: `b${index}`,
        'ip-addr': backendAddress6(index),
        port: backendPort,
      })),
    },
  ],
] as const) {
  test.serial(`${title}: no newcomers, known clients and connections stay until they end`, async (t) => {
    const engine = bed.engine();
    const api = nftlbOn(engine);
    await api.done('POST', '/farms', {
      farms: [farm({ persistence: 'srcip', 'persist-ttl': 600, scheduler: 'rr', ...attributes })],
    });
    const set = (state: string) =>
      api.done('PUT', '/farms', { farms: [{ name: 'web', backends: [{ name: 'b1', state }] }] });
    const b1 = async (): Promise<Text> => {
      const [web] = (await api.done('GET', '/farms/web')).farms as { backends: Text[] }[];
      return web!.backends.find(({ name }) => name === 'b1')!;
    };
    const left = async () => {
      const { state, 'drain-sessions': sessions, 'drain-connections': connections } = await b1();
      return { state, sessions, connections };
    };
    const ask = async (index: number): Promise<string> => (await request(host, 80, client(index))).name;
    const first: string[] = [];
    for (let index = 1; index <= 8; index++) first.push(await ask(index));
    const known = first.flatMap((name, at) => (name === 'b1' ? [at + 1] : []));
    t.true(known.length > 0 && known.length < 8);
    const open = await stream(host, 80, client(known[0]!));
    t.deepEqual(await left(), { state: 'up', sessions: undefined, connections: undefined });

    await set('drain');
    for (let index = 9; index <= 16; index++) t.is(await ask(index), 'b2', 'a newcomer');
    for (const index of known) t.is(await ask(index), 'b1', 'known');
    await open.echo('open');
    // What was asked just now may be in the last words of its closing.
    let now = await left();
    for (let tries = 0; now.connections !== '1' && tries < 50; tries++) {
      await sleep(100);
      now = await left();
    }
    t.deepEqual(now, { state: 'drain', sessions: String(known.length), connections: '1' });
    t.deepEqual(await engine.reconciler.draining(), [
      { service: 'web', backend: 'b1', sessions: known.length, connections: 1 },
    ]);

    open.close();
    await api.done('DELETE', '/farms/web/backends/b1/sessions');
    for (let tries = 0; now.connections !== '0' && tries < 50; tries++) {
      await sleep(100);
      now = await left();
    }
    t.deepEqual(now, { state: 'drain', sessions: '0', connections: '0' });
    for (const index of known) t.is(await ask(index), 'b2');
    // What GET says is taken back.
    const all = await api.done('GET', '/farms');
    await api.done('POST', '/farms', all);
    t.deepEqual(await api.done('GET', '/farms'), all);
    await set('up');
    t.is((await b1()).state, 'up');
    t.deepEqual(await engine.reconciler.draining(), []);
    t.deepEqual(
      engine.lines.filter(({ level }) => level !== 'info'),
      [],
    );
    bed.listing();
    await engine.stop();
  });
}

test.serial('without connection tracking: flows go on, newcomers go elsewhere', async (t) => {
  const engine = await bed.statelessEngine();
  const { reconciler } = engine;
  await reconciler.apply({
    services: [
      plainService({
        mode: 'stlsdnat',
        scheduler: 'weight',
        addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(80)] }],
        endpoints: [],
        backends: backendsAt(2, {}, backendAddress),
      }),
    ],
  });
  for (let tries = 0; reconciler.shortcomings().length > 0 && tries < 300; tries++) await sleep(50);
  await reconciler.reconsider([], 'wait for what is under way');
  await reconciler.setBackendState('web', 'b2', 'off');
  const open = await stream(vip, 80, client4(1));
  await reconciler.setBackendState('web', 'b2', 'up');
  await reconciler.setBackendState('web', 'b1', 'drain');
  for (let index = 2; index <= 12; index++) t.is((await request(vip, 80, client4(index))).name, 'b2');
  await open.echo('it goes on');
  t.deepEqual(await reconciler.draining(), [{ service: 'web', backend: 'b1', sessions: 0, connections: 1 }]);
  open.close();
  await engine.stop();
});
