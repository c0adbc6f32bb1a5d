/** Sessions of services without connection tracking: listed, dropped, and the next connection goes where its hash falls. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { backendAddress, backendAddress6, backendPort, vip, vip6 } from '../support/bed.js';
import { sleep } from '../support/limits-bed.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { port } from '../support/services.js';
import { createStatelessBed } from '../support/stateless-bed.js';
import { request } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 2, clients: 8 });
test.after.always(() => bed.dispose());

const service = (mode: 'dsr' | 'stlsdnat'): Service => ({
  name: 'web',
  family: 'dual',
  mode,
  addresses: [
    { address: vip as Ip, protocol: 'tcp', ports: [port(80)] },
    { address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] },
  ],
  endpoints: [],
  scheduler: 'weight',
  hashFields: [],
  persistence: ['srcip'],
  persistTtlMs: 600_000,
  replicate: 'all',
  state: 'up',
  backends: [1, 2].flatMap((index): Service['backends'] =>
    [backendAddress(index), backendAddress6(index)].map((address, six) => ({
      name: `b${index}${six ? 'v6' : ''}`,
      address: address as Ip,
      ...(mode === 'stlsdnat' && { port: backendPort }),
      weight: 1,
      priority: 1,
      state: 'up',
    })),
  ),
});
const clients = [1, 2, 3, 4, 5, 6, 7, 8];

for (const mode of ['dsr', 'stlsdnat'] as const) {
  test.serial(`${mode}: who is known is listed, dropped, and scheduled anew`, async (t) => {
    const engine = await bed.statelessEngine();
    const { reconciler } = engine;
    const api = nftlbOn(engine);
    await reconciler.apply({ services: [service(mode)] });
    for (let tries = 0; reconciler.shortcomings().length > 0 && tries < 300; tries++) await sleep(50);
    t.deepEqual(reconciler.shortcomings(), []);
    await reconciler.reconsider([], 'wait for what is under way');
    const ask = async (host: string, from: string) => (await request(host, 80, from)).name;
    const all: [string, string][] = clients.flatMap((index): [string, string][] => [
      [vip, `10.40.1.${index}`],
      [vip6, `fd40::1:${index}`],
    ]);
    for (const name of ['b2', 'b2v6']) await reconciler.setBackendState('web', name, 'off');
    for (const [host, client] of all) t.is(await ask(host, client), 'b1');
    for (const name of ['b2', 'b2v6']) await reconciler.setBackendState('web', name, 'up');
    for (const [host, client] of all) t.is(await ask(host, client), 'b1', 'known');
    const listed = async () =>
      ((await api.done('GET', '/farms/web/sessions')).sessions as Record<string, string>[]).map(
        ({ client, backend }) => `${client} ${backend}`,
      );
    t.deepEqual(
      (await listed()).sort(),
      all.map(([host, client]) => `${client} ${host === vip ? 'b1' : 'b1v6'}`).sort(),
    );
    await api.done('DELETE', `/farms/web/sessions/${all[0]![1]}`);
    t.is((await listed()).length, 15);
    await api.done('DELETE', '/farms/web/backends/b1v6/sessions');
    t.is((await listed()).length, 7);
    await api.done('DELETE', '/farms/web/sessions');
    t.deepEqual(await listed(), []);
    const names = new Set<string>();
    for (const [host, client] of all) names.add(await ask(host, client));
    t.deepEqual([...names].sort(), ['b1', 'b2'], 'the hash has them again');
    bed.listing();
    await engine.stop();
  });
}
