/** Services without connection tracking that remember no flow, and what happens to flows when slots change hands. Real packets. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Backend, Service } from '../../src/model/service.js';
import { flowLifetime } from '../../src/ruleset/features/stateless/layout.js';
import { backendAddress, backendAddress6, vip, vip6 } from '../support/bed.js';
import { plainService, port } from '../support/services.js';
import { createStatelessBed, type StatelessEngine } from '../support/stateless-bed.js';
import { type NamedStream, namedStream, request, stream } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 3, clients: 20 });
test.after.always(() => bed.dispose());

const backend = (index: number, changes: Partial<Backend> = {}): Backend[] =>
  [backendAddress(index), backendAddress6(index)].map((address, at) => ({
    name: at === 0 ? `b${index}` : `b${index}v6`,
    address: address as Ip,
    weight: 1,
    priority: 1,
    state: 'up',
    ...changes,
  }));
const service = (backends: readonly Backend[]): Service =>
  plainService({
    ...{ family: 'dual', mode: 'dsr', scheduler: 'weight', endpoints: [], backends },
    addresses: [vip, vip6].map((address) => ({ address: address as Ip, protocol: 'tcp', ports: [port(80)] })),
  });
const two = service([...backend(1), ...backend(2)]);
const three = service([...backend(1), ...backend(2), ...backend(3)]);
const weighted = service([...backend(1, { weight: 5 }), ...backend(2), ...backend(3)]);

const clients = Array.from({ length: 20 }, (_, at) => at + 1);
const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;
const open = (): Promise<NamedStream[]> =>
  Promise.all(
    clients.flatMap((index) => [
      namedStream(vip, 80, client4(index)),
      ...(index < 6 ? [namedStream(vip6, 80, client6(index))] : []),
    ]),
  );
const speak = async (streams: readonly NamedStream[]): Promise<void> => {
  for (const one of streams) await one.echo('still the same server');
};
/** Names that answer twenty new connections. */
const newcomers = async (): Promise<Set<string>> =>
  new Set(
    (await Promise.all(clients.map((index) => request(vip, 80, client4(index))))).map(({ name }) => name),
  );

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const list = (map: string): string => bed.nft('list', 'map', 'netdev', 'relevo_ingress', map);
const remembered = (): number => list('stateless_flows4').match(/expires/g)?.length ?? 0;
const isSpared = (): boolean => bed.nft('list', 'table', 'netdev', 'relevo_ingress').includes('jump spared4');
/** Neighbours first: a backend that turns up later is a change of its own. */
const known = async ({ reconciler, loop }: StatelessEngine): Promise<void> => {
  await reconciler.apply({ services: [{ ...three, mode: 'stlsdnat' }] });
  const wanted = [1, 2, 3].flatMap((index) => [backendAddress(index), backendAddress6(index)]);
  for (let tries = 0; tries < 100 && !wanted.every((one) => loop.neighbour(one as Ip)); tries++)
    await after(50);
  await reconciler.apply({ services: [] });
};

test.serial(
  'flows outlive other layouts and a restart in transit, and are forgotten when they have ended',
  async (t) => {
    let lateMs = 0;
    const clock = { nowMs: () => performance.now() + lateMs };
    const engine = await bed.statelessEngine(undefined, undefined, clock);
    const { reconciler } = engine;
    await known(engine);
    await reconciler.apply({ services: [two] });
    t.true(isSpared());
    const early = await open();
    t.deepEqual([...new Set(early.map(({ name }) => name))].sort(), ['b1', 'b2']);
    await speak(early);
    t.is(remembered(), 0, 'where a flow goes follows from its hash alone');

    const [talking, silent] = [early.slice(0, 12), early.slice(12)];
    await reconciler.apply({ services: [three] });
    await speak(talking);
    t.true(remembered() > 0);
    t.true((await newcomers()).has('b3'), 'new ones are spread over the new layout');
    const late = await open();
    t.true(late.some(({ name }) => name === 'b3'));
    await reconciler.apply({ services: [weighted] });
    await speak([...talking, ...late]);
    // What nobody needs any more is tidied away.
    await after(2_300);
    await engine.stop();

    const next = await bed.statelessEngine(undefined, undefined, clock);
    await next.reconciler.adopt();
    t.is((await next.reconciler.apply({ services: [weighted] })).operations, 0, 'everything was there');
    // Who has not said a word since the first change goes where he has always gone.
    await speak([...talking, ...late, ...silent]);
    t.deepEqual(await next.reconciler.lookAtTransits(), [], 'a silent flow may still be under way');
    lateMs = flowLifetime.tcpMs + 1_000;
    t.deepEqual(await next.reconciler.lookAtTransits(), [], 'some flows are where their slot is not');
    await speak([...early, ...late]);

    for (const one of [...early, ...late]) one.close();
    // Their last packets belong to flows that are under way, too.
    await after(300);
    for (const family of [4, 6])
      bed.nft('flush', 'map', 'netdev', 'relevo_ingress', `stateless_flows${family}`);
    await newcomers();
    for (const index of clients) await request(vip6, 80, client6(index));
    const held = remembered();
    t.true(held > 0);
    t.false(isSpared());
    // Somebody else's hands: the kernel is read anew a moment later, and then the time runs anew.
    let ended: readonly string[] = [];
    for (let tries = 0; tries < 50 && !isSpared(); tries++) {
      lateMs += flowLifetime.tcpMs + 1_000;
      ended = await next.reconciler.lookAtTransits();
      await next.reconciler.reconsider(ended, 'no flow of a former backend is left');
      if (!isSpared()) await after(100);
    }
    t.deepEqual(ended, ['web'], 'all that is remembered is where its slot is');
    t.true(isSpared());
    const flow = await stream(vip, 80, client4(1));
    await flow.echo('without memory');
    flow.close();
    t.is(remembered(), held);
    bed.listing();
    await next.reconciler.apply({ services: [] });
    await next.stop();
  },
);

const failing = test.macro({
  title: (_, mode: Service['mode']) =>
    `${mode}: a backend that fails loses its flows, gets back those that were silent, and others keep theirs`,
  exec: async (t, mode: Service['mode']) => {
    const engine = await bed.statelessEngine();
    const { reconciler } = engine;
    await known(engine);
    await reconciler.apply({ services: [{ ...three, mode }] });
    t.true(isSpared());
    const held = remembered();
    const streams = await open();
    t.is(remembered(), held, 'where a flow goes follows from its hash alone');
    t.regex(bed.listing(), mode === 'dsr' ? /stateless_spared_frames4/ : /stateless_spared_pairs4/);
    await reconciler.setBackendState('web', 'b1', 'down');
    await speak(streams.filter(({ name }) => name !== 'b1'));
    t.false((await newcomers()).has('b1'));
    const moved = await stream(vip, 80, client4(7));
    await reconciler.setBackendState('web', 'b1', 'up');
    await speak(streams);
    await moved.echo('and stays where it is');
    await reconciler.setBackendState('web', 'b2', 'off');
    await speak(streams);
    t.false((await newcomers()).has('b2'));
    for (const one of [...streams, moved]) one.close();
    await reconciler.apply({ services: [] });
    await engine.stop();
  },
});
test.serial(failing, 'dsr');
test.serial(failing, 'stlsdnat');

test.serial(
  'stlsdnat: two services that lead to the same port of a backend are told apart by what is remembered',
  async (t) => {
    const engine = await bed.statelessEngine();
    const { reconciler } = engine;
    await known(engine);
    const to80 = [1, 2, 3].flatMap((index) => backend(index, { port: 80 }));
    const web: Service = { ...three, mode: 'stlsdnat', backends: to80 };
    const other: Service = {
      ...web,
      name: 'other',
      addresses: [vip, vip6].map((address) => ({
        address: address as Ip,
        protocol: 'tcp',
        ports: [port(81)],
      })),
    };
    await reconciler.apply({ services: [web] });
    t.true(isSpared());
    const early = await open();
    const held = remembered();
    await reconciler.apply({ services: [web, other] });
    t.false(isSpared());
    await speak(early);
    const asked = clients.flatMap((index) => [80, 81].map((number) => [index, number] as const));
    const names = await Promise.all(asked.map(([index, number]) => request(vip, number, client4(index))));
    t.is(new Set(names.map(({ name }) => name)).size, 3);
    t.true(remembered() > held);
    for (const one of early) one.close();
    await reconciler.apply({ services: [] });
    await engine.stop();
  },
);
