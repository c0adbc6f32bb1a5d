/** Sessions of services of every kind through nftlb's interface: listed, dropped, and the next connection goes where the scheduler says. */

import test from 'ava';
import {
  backendAddress,
  backendAddress6,
  backendPort,
  createBed,
  type Engine,
  farm,
  vip,
  vip6,
} from '../support/bed.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { request } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 8 });
test.after.always(() => bed.dispose());

interface Listed {
  readonly client: string;
  readonly backend: string;
  readonly expiration?: string;
}
const sessionsOf = async ({ done }: ReturnType<typeof nftlbOn>): Promise<Listed[]> =>
  (await done('GET', '/farms/web/sessions')).sessions as Listed[];

const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;
const backends = (address: (index: number) => string, changes: object = {}): object[] =>
  [1, 2].map((index) => ({
    name: `b${index}`,
    'ip-addr': address(index),
    port: backendPort,
    state: 'up',
    ...changes,
  }));
const noWarnings = ({ lines }: Engine) => lines.filter(({ level }) => level === 'warn' || level === 'error');

interface Kind {
  readonly title: string;
  readonly host: string;
  readonly client: (index: number) => string;
  readonly attributes: object;
  /** How a client is listed. */
  readonly listed: (index: number) => string;
}
const kinds: readonly Kind[] = [
  { title: 'plain', host: vip, client: client4, attributes: { persistence: 'srcip' }, listed: client4 },
  {
    title: 'IPv6',
    host: vip6,
    client: client6,
    attributes: { 'virtual-addr': vip6, persistence: 'srcip', backends: backends(backendAddress6) },
    listed: client6,
  },
  {
    title: 'several fields',
    host: vip,
    client: client4,
    attributes: { persistence: 'srcip dstport', 'virtual-ports': '80-81' },
    listed: (index) => `${client4(index)} . 80`,
  },
  {
    title: 'limited backends',
    host: vip,
    client: client4,
    attributes: { persistence: 'srcip', backends: backends(backendAddress, { 'est-connlimit': 50 }) },
    listed: client4,
  },
];

for (const { title, host, client, attributes, listed } of kinds) {
  test.serial(`${title}: listed, dropped by client, by backend and all together`, async (t) => {
    const engine = bed.engine();
    const api = nftlbOn(engine);
    const state = (name: string, to: string) =>
      api.done('PUT', '/farms', { farms: [{ name: 'web', backends: [{ name, state: to }] }] });
    await api.done('POST', '/farms', { farms: [farm({ 'persist-ttl': 600, ...attributes })] });
    const ask = async (index: number): Promise<string> => (await request(host, 80, client(index))).name;
    await state('b2', 'off');
    for (const index of [1, 2, 3]) t.is(await ask(index), 'b1');
    await state('b2', 'up');
    await state('b1', 'off');
    t.is(await ask(4), 'b2');
    t.is(await ask(1), 'b1', 'known');
    const all = await sessionsOf(api);
    t.deepEqual(
      all.map((one) => `${one.client} ${one.backend}`).sort(),
      [1, 2, 3, 4].map((index) => `${listed(index)} b${index === 4 ? 2 : 1}`),
    );
    t.true(
      (await engine.reconciler.persistenceUse()).some(
        ({ entries, size }) => entries === 4 && size > 1_000_000,
      ),
    );
    for (const { expiration } of all) t.regex(expiration ?? '', /^(600|59\d)s$/);

    await api.done('DELETE', `/farms/web/sessions/${listed(1).replaceAll(' ', '_')}`);
    t.is((await sessionsOf(api)).length, 3);
    t.is(await ask(1), 'b2', 'forgotten');
    t.is(await ask(2), 'b1', 'still known');
    await api.done('DELETE', '/farms/web/backends/b1/sessions');
    t.deepEqual([...new Set((await sessionsOf(api)).map(({ backend }) => backend))], ['b2']);
    t.is(await ask(2), 'b2');
    await api.done('DELETE', '/farms/web/sessions');
    t.deepEqual(await sessionsOf(api), []);
    t.is((await api.send('DELETE', '/farms/web/backends/b7/sessions')).status, 404);
    t.is((await api.send('DELETE', '/farms/web/sessions/here')).status, 400);
    t.deepEqual(noWarnings(engine), []);
    bed.listing();
    await engine.stop();
  });
}

test.serial('sessions of two services in one map do not mix', async (t) => {
  const engine = bed.engine();
  const api = nftlbOn(engine);
  const sticky = { persistence: 'srcip', 'persist-ttl': 600, backends: backends(backendAddress6) };
  const farms = [
    farm({ ...sticky, 'virtual-addr': vip6 }),
    farm({ ...sticky, name: 'other', 'virtual-addr': vip6, 'virtual-ports': 81 }),
  ];
  await api.done('POST', '/farms', { farms });
  for (const index of [1, 2]) await request(vip6, 80, client6(index));
  await request(vip6, 81, client6(1));
  t.is((await sessionsOf(api)).length, 2);
  await api.done('DELETE', '/farms/web/sessions');
  t.deepEqual(await sessionsOf(api), []);
  t.is(((await api.done('GET', '/farms/other/sessions')).sessions as Listed[]).length, 1);
  t.deepEqual(
    (await engine.reconciler.sessions()).map(({ service, client }) => `${service} ${client.join()}`),
    [`other ${client6(1)}`],
  );
  t.deepEqual(noWarnings(engine), []);
  await engine.stop();
});

test.serial('the address of a backend is not taken for another one that has its bytes', async (t) => {
  const engine = bed.engine();
  const api = nftlbOn(engine);
  // Ranges keep the port: the map holds addresses alone.
  const keeping = [1, 2].map((index) => ({
    name: `b${index}`,
    'ip-addr': backendAddress(index),
    state: 'up',
  }));
  await api.done('POST', '/farms', {
    farms: [farm({ persistence: 'srcip', 'virtual-ports': '80-90', backends: keeping })],
  });
  const { name } = await request(vip, 80, client4(1));
  t.deepEqual(
    (await sessionsOf(api)).map(({ client, backend }) => [client, backend]),
    [[client4(1), name]],
  );
  await engine.stop();
});
