/** Services without connection tracking with real packets: dsr and stlsdnat. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { backendAddress, backendAddress6, backendPort, vip, vip6 } from '../support/bed.js';
import { createStatelessBed } from '../support/stateless-bed.js';
import { datagram, request, stream, tally } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 3, clients: 20 });
test.after.always(() => bed.dispose());

const port = (number: number) => ({ first: number, last: number });
const backends = [1, 2, 3].flatMap((index): Service['backends'] => [
  { name: `b${index}`, address: backendAddress(index) as Ip, weight: 1, priority: 1, state: 'up' },
  { name: `b${index}v6`, address: backendAddress6(index) as Ip, weight: 1, priority: 1, state: 'up' },
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
  scheduler: 'hash',
  hashFields: ['srcip', 'srcport'],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  backends,
  ...changes,
});
const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;
const connections = (): string => bed.namespaces.run(bed.lb, 'conntrack', '-L');

test.serial('dsr', async (t) => {
  const engine = await bed.statelessEngine();
  await engine.reconciler.apply({ services: [service()] });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  console.log(engine.reconciler.shortcomings(), engine.lines);
  const answer = await request(vip, 80, client4(1));
  t.is(answer.peer, client4(1));
  t.is((await request(vip6, 80, client6(1))).peer, client6(1));
  t.log(tally(await Promise.all(Array.from({ length: 20 }, (_, i) => request(vip, 80, client4(i + 1))))));
  console.log(connections());
  bed.listing();
  await engine.stop();
});

test.serial('stlsdnat', async (t) => {
  const engine = await bed.statelessEngine();
  await engine.reconciler.apply({
    services: [service({ mode: 'stlsdnat', backends: backends.map((b) => ({ ...b, port: backendPort })) })],
  });
  console.log(engine.reconciler.shortcomings(), engine.lines);
  console.log(bed.nft('list', 'ruleset'));
  const answer = await request(vip, 80, client4(1));
  t.is(answer.peer, client4(1));
  t.is(answer.port, backendPort);
  t.is((await request(vip6, 80, client6(1))).peer, client6(1));
  t.log(await datagram(vip, 80, client4(2)), await datagram(vip6, 80, client6(2)));
  const s = await stream(vip, 80, client4(3));
  await s.echo('stream' + 'x'.repeat(1_000_000));
  s.close();
  console.log(connections());
  bed.listing();
  await engine.stop();
});
