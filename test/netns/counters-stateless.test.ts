/** Counters of services without connection tracking: what comes in, per service. */

import test from 'ava';
import { createCounters } from '../../src/app/counters.js';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { backendAddress6, backendPort, vip, vip6 } from '../support/bed.js';
import { backendsAt, plainService, port } from '../support/services.js';
import { createStatelessBed, type StatelessEngine } from '../support/stateless-bed.js';
import { datagram, request } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 2, clients: 2 });
test.after.always(() => bed.dispose());

const service = (changes: Partial<Service>): Service =>
  plainService({
    family: 'dual',
    counters: true,
    mode: 'stlsdnat',
    addresses: [
      { address: vip as Ip, protocol: 'tcp', ports: [port(80)] },
      { address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] },
    ],
    endpoints: [],
    scheduler: 'weight',
    backends: [
      ...backendsAt(2),
      ...backendsAt(2, {}, backendAddress6).map((one) => ({ ...one, name: `${one.name}v6` })),
    ],
    ...changes,
  });

/** Until neighbours are known. */
const complete = async ({ reconciler }: StatelessEngine): Promise<void> => {
  const end = performance.now() + 15_000;
  while (reconciler.shortcomings().length > 0) {
    if (performance.now() > end) throw new Error(JSON.stringify(reconciler.shortcomings()));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await reconciler.reconsider([], 'wait for what is under way');
};

test.serial('single ports, IPv4 and IPv6; ranges; others are not counted', async (t) => {
  const engine = await bed.statelessEngine();
  await engine.reconciler.apply({
    services: [
      service({}),
      service({
        name: 'ranges',
        family: 'ipv4',
        mode: 'dsr',
        addresses: [{ address: '198.51.100.20' as Ip, protocol: 'all', ports: [] }],
        backends: backendsAt(2).map(({ port: _, ...one }) => one),
      }),
      service({
        name: 'quiet',
        counters: false,
        addresses: [{ address: vip as Ip, protocol: 'udp', ports: [port(81)] }],
      }),
    ],
  });
  await complete(engine);
  const counters = createCounters(
    {
      nft: engine.nft,
      services: () => engine.reconciler.document().services,
      ids: { of: (name) => engine.reconciler.idOf(name) },
    },
    {},
  );
  const packets = async (name: string): Promise<number> =>
    (await counters.read()).find((one) => one.service === name)?.in.packets ?? -1;

  t.is((await request(vip, 80)).port, backendPort);
  const four = await packets('web');
  t.true(four >= 4 && four <= 10, `${four}`);
  t.is((await request(vip6, 80)).port, backendPort);
  const both = await packets('web');
  t.true(both >= four + 4 && both <= four + 10, `${both}`);
  await datagram(vip, 81);
  t.is(await packets('web'), both);
  t.is(await packets('quiet'), -1);
  t.is(await packets('ranges'), 0);
  // Nobody has that address: the packets are counted on their way to a backend.
  await t.throwsAsync(datagram('198.51.100.20', 4711, undefined, 300));
  t.is(await packets('ranges'), 1);
  bed.listing();
  await engine.stop();
});
