/** Backends that are full: another one takes what comes above their limit, at once. Real packets, both families. */

import test, { type ExecutionContext } from 'ava';
import type { Backend, Service } from '../../src/model/service.js';
import { createBed, type Engine } from '../support/bed.js';
import { bothFamilies, closeAll, eventually, refused, sleep } from '../support/limits-bed.js';
import { flowOf, type NamedStream, namedStream, request, tally } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 20 });
test.after.always(() => bed.dispose());

/** Stopped, and its services gone, whatever becomes of the test. */
const startEngine = (t: ExecutionContext): Engine => {
  const engine = bed.engine();
  t.teardown(() => engine.stop());
  return engine;
};

/** A SYN that is sent again takes a second. */
const atOnceMs = 600;

for (const family of bothFamilies) {
  const { title, table, vip: host, client } = family;
  const limited = (limits: readonly number[], changes: Partial<Service> = {}): Service => {
    const service = family.service(undefined);
    const backends = limits.map(
      (connectionLimit, index): Backend => ({
        ...service.backends[0]!,
        name: `b${index + 1}`,
        address: family.backendAddress(index + 1) as Backend['address'],
        ...(connectionLimit > 0 && { connectionLimit }),
      }),
    );
    return { ...service, backends, ...changes };
  };
  const openFrom = (index: number) => namedStream(host, 80, client(index), atOnceMs);
  const openMany = async (count: number, from: (at: number) => number): Promise<NamedStream[]> => {
    const open: NamedStream[] = [];
    for (let at = 0; at < count; at++) open.push(await openFrom(from(at)));
    return open;
  };
  const isFull = (number: number): boolean =>
    (bed.nft('list', 'set', table, 'relevo', 'full').match(/expires/g) ?? []).length === number;

  test.serial(
    `${title}: each backend takes exactly its limit, at once, then the client is told`,
    async (t) => {
      for (const scheduler of ['rr', 'weight', 'hash'] as const) {
        const engine = startEngine(t);
        await engine.reconciler.apply({
          services: [limited([2, 3, 4], { scheduler, hashFields: scheduler === 'hash' ? ['srcip'] : [] })],
        });
        const open = await openMany(9, (at) => (scheduler === 'hash' ? 1 : at + 1));
        t.deepEqual(tally(open), { b1: 2, b2: 3, b3: 4 });
        const error = await t.throwsAsync(openFrom(11));
        t.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
        t.is(refused(bed, table, 'full'), 1);
        for (const one of open) await one.echo('all of them live');
        // One ends, one may come, and only one.
        for (const name of ['b1', 'b3', 'b2']) {
          const at = open.findIndex((one) => one.name === name);
          open[at]!.close();
          t.true(await eventually(() => isFull(2)), 'room is noticed');
          const again = await openFrom(12);
          t.is(again.name, name);
          open[at] = again;
          await t.throwsAsync(openFrom(13));
        }
        closeAll(open);
        t.true(await eventually(() => isFull(0)), 'all have ended');
        bed.listing();
        await engine.reconciler.apply({ services: [] });
        await engine.stop();
      }
    },
  );

  test.serial(`${title}: traffic of established connections does not count again`, async (t) => {
    const engine = startEngine(t);
    await engine.reconciler.apply({ services: [limited([3, 0])] });
    const open = await openMany(10, () => 1);
    t.deepEqual(tally(open), { b1: 3, b2: 7 });
    for (let round = 0; round < 50; round++) for (const one of open) await one.echo('x'.repeat(1_000));
    // Half closed is open still.
    const b1 = open.filter(({ name }) => name === 'b1');
    b1[0]!.close();
    t.true(await eventually(() => isFull(0)));
    const next = await openMany(4, () => 2);
    t.deepEqual(tally(next), { b1: 1, b2: 3 });
    closeAll([...open, ...next]);
    t.true(await eventually(() => isFull(0)), 'all have ended');
    await engine.reconciler.apply({ services: [] });
  });

  test.serial(`${title}: many at once never exceed the limit`, async (t) => {
    const engine = startEngine(t);
    await engine.reconciler.apply({ services: [limited([7, 0])] });
    const results = await Promise.allSettled(Array.from({ length: 100 }, (_, at) => openFrom((at % 20) + 1)));
    const open = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    t.is(open.length, 100);
    t.deepEqual(tally(open), { b1: 7, b2: 93 });
    t.is(refused(bed, table, 'full'), 0, 'no SYN was lost');
    closeAll(open);
    t.true(await eventually(() => isFull(0)), 'all have ended');
    await engine.reconciler.apply({ services: [] });
  });

  test.serial(
    `${title}: a known client whose backend is full goes elsewhere at once, and home again`,
    async (t) => {
      const engine = startEngine(t);
      const sticky = limited([2, 0], { scheduler: 'weight', persistence: ['srcip'] });
      await engine.reconciler.apply({ services: [sticky] });
      const homes: number[] = [];
      for (let index = 1; index <= 20; index++) {
        if ((await request(host, 80, client(index))).name === 'b1') homes.push(index);
        await sleep(20);
      }
      t.true(homes.length >= 3, 'by chance');
      const [first, second, third] = homes as [number, number, number];
      const open = [await openFrom(first), await openFrom(second)];
      t.deepEqual(tally(open), { b1: 2 });
      const away = await openFrom(third);
      t.is(away.name, 'b2');
      open[0]!.close();
      t.true(await eventually(() => isFull(0)));
      const home = await openFrom(third);
      t.is(home.name, 'b1');
      closeAll([...open, away, home]);
      t.true(await eventually(() => isFull(0)), 'all have ended');
      // A failed backend's clients stay where they go then.
      await engine.reconciler.setBackendState('web', 'b1', 'down');
      t.is((await request(host, 80, client(third))).name, 'b2');
      await engine.reconciler.setBackendState('web', 'b1', 'up');
      t.is((await request(host, 80, client(third))).name, 'b2');
      await engine.stop();
    },
  );

  test.serial(`${title}: lower ranks take what the best one has no room for`, async (t) => {
    const engine = startEngine(t);
    const ranked = limited([1, 1, 1]);
    await engine.reconciler.apply({
      services: [
        {
          ...ranked,
          backends: ranked.backends.map((one, index) => ({ ...one, priority: index === 0 ? 3 : index })),
        },
      ],
    });
    const open = await openMany(3, (at) => at + 1);
    t.deepEqual(
      open.map(({ name }) => name),
      ['b2', 'b3', 'b1'],
    );
    closeAll(open);
    t.true(await eventually(() => isFull(0)), 'all have ended');
    await engine.reconciler.apply({ services: [] });
  });

  test.serial(`${title}: a restart keeps counts; a changed limit holds for what begins then`, async (t) => {
    const engine = startEngine(t);
    await engine.reconciler.apply({ services: [limited([3, 0])] });
    const open = await openMany(4, () => 1);
    await engine.stop();
    const next = startEngine(t);
    await next.reconciler.adopt();
    t.is((await next.reconciler.apply({ services: [limited([3, 0])] })).operations, 0);
    const more = await openMany(4, () => 2);
    t.is((tally([...open, ...more]) as { b1: number }).b1, 3);
    await next.reconciler.apply({ services: [limited([0, 0])] });
    const free = await openMany(6, () => 3);
    t.is((tally(free) as { b1: number }).b1, 3, 'no limit, so half of them');
    for (const one of [...open, ...more, ...free]) await one.echo('nobody was disturbed');
    closeAll([...open, ...more, ...free]);
    await next.reconciler.apply({ services: [] });
  });

  test.serial(`${title}: udp flows`, async (t) => {
    const engine = startEngine(t);
    const service = limited([2, 3]);
    await engine.reconciler.apply({
      services: [{ ...service, endpoints: [], addresses: [{ ...service.addresses[0]!, protocol: 'udp' }] }],
    });
    const flows = await Promise.all(Array.from({ length: 5 }, () => flowOf(host, 80)));
    const names: string[] = [];
    for (const flow of flows) names.push(await flow.ask(atOnceMs));
    t.deepEqual(names.sort(), ['b1', 'b1', 'b2', 'b2', 'b2']);
    t.is(refused(bed, table, 'full'), 0, 'no datagram was lost');
    for (const flow of flows) await flow.ask(atOnceMs);
    for (const flow of flows) flow.close();
    await engine.reconciler.apply({ services: [] });
  });
}
