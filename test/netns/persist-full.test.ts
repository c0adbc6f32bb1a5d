/** A map of persistence without room: nobody is refused, and with `evict` the entries that expire soonest give way. Real packets. */

import test, { type ExecutionContext } from 'ava';
import { keepPersistRoom } from '../../src/app/persist-room.js';
import type { Service } from '../../src/model/service.js';
import type { SetReader } from '../../src/ports.js';
import { plainContext } from '../../src/ruleset/context.js';
import { systemTimers } from '../../src/shell/clock.js';
import { createSetReader } from '../../src/shell/set-reader.js';
import { createBed, type Engine } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { bothFamilies, eventually, type FamilyBed, ipv4 } from '../support/limits-bed.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { backendsAt, plainService } from '../support/services.js';
import { namedStream, request } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 40 });
test.after.always(() => bed.dispose());

const startEngine = (t: ExecutionContext, persistCapacity: number): Engine & { readonly sets: SetReader } => {
  const engine = bed.engine({ ...plainContext, persistCapacity });
  const sets = insideNamespace(bed.lb, createSetReader);
  const { nft, reconciler } = engine;
  const silent = { debug() {}, info() {}, error() {}, warn: () => t.fail('a warning'), child: () => silent };
  const stop = keepPersistRoom({ sets, nft, timers: systemTimers, log: silent }, reconciler, {
    lookMs: 30,
    hurryMs: 5,
    looksWithoutHope: 5,
  });
  t.teardown(async () => {
    stop();
    await engine.stop();
    sets.close();
    for (const family of ['ip', 'ip6']) {
      bed.nft('add', 'table', family, 'relevo');
      bed.nft('delete', 'table', family, 'relevo');
    }
  });
  return { ...engine, sets };
};

const refused = (family: 'ip' | 'ip6', set: string): number =>
  [...bed.nft('list', 'set', family, 'relevo', set).matchAll(/counter packets (\d+)/g)].reduce(
    (sum, [, packets]) => sum + Number(packets),
    0,
  );

test.serial('plain: newcomers beyond the capacity are served and counted, the known ones stay', async (t) => {
  const engine = startEngine(t, 16);
  await engine.reconciler.apply({
    services: [plainService({ persistence: ['srcip'], scheduler: 'rr', backends: backendsAt(3) })],
  });
  const ask = async (client: number): Promise<string> =>
    (await request(ipv4.vip, 80, ipv4.client(client))).name;
  const first: string[] = [];
  for (let client = 1; client <= 40; client++) first.push(await ask(client));
  t.is((await engine.sets.use({ family: 'ip', name: 'relevo' }, 'persist')).capacity, 16);
  t.is(refused('ip', 'persist_refused'), 24);
  const api = nftlbOn(engine);
  t.like(await api.done('GET', '/farms/web'), { farms: [{ name: 'web', 'persist-refused': '24' }] });
  const again: string[] = [];
  for (let client = 1; client <= 40; client++) again.push(await ask(client));
  t.deepEqual(again.slice(0, 16), first.slice(0, 16));
  t.is(refused('ip', 'persist_refused'), 48);
  const listed = await api.done('GET', '/farms');
  t.like(listed, { farms: [{ name: 'web', 'persist-refused': '48' }] });
  t.deepEqual(await api.done('POST', '/farms', listed), { response: 'success' }, 'it reads back');
  t.is(new Set(again.slice(16)).size, 3, 'by turns');
  bed.listing();
  // A restart with another capacity keeps what is known and has room at once.
  await engine.stop();
  const next = bed.engine({ ...plainContext, persistCapacity: 64 });
  await next.reconciler.adopt();
  await next.reconciler.apply({
    services: [plainService({ persistence: ['srcip'], scheduler: 'rr', backends: backendsAt(3) })],
  });
  const third: string[] = [];
  for (let client = 1; client <= 40; client++) third.push(await ask(client));
  t.deepEqual(third.slice(0, 16), first.slice(0, 16));
  t.is(refused('ip', 'persist_refused'), 48);
  await next.stop();
});

/** A client is known by the port that it asks for: many with one address. */
const byPort = (family: FamilyBed, changes: Partial<Service>): Service => {
  const service = family.service(undefined);
  return {
    ...service,
    addresses: [{ ...service.addresses[0]!, ports: [{ first: 5000, last: 5999 }] }],
    endpoints: [],
    scheduler: 'rr',
    persistence: ['srcip', 'dstport'],
    backends: backendsAt(3, {}, (index) => family.backendAddress(index)),
    ...changes,
  };
};

for (const family of bothFamilies) {
  const { title, table, vip: host } = family;
  const tableName = { family: table, name: 'relevo' } as const;
  const map = 'sticky_srcip_dstport';
  const ask = async (port: number): Promise<string> => (await request(host, port, family.client(1))).name;

  test.serial(
    `${title}, skip: newcomers beyond the capacity are served and counted, the known ones stay`,
    async (t) => {
      const engine = startEngine(t, 16);
      await engine.reconciler.apply({ services: [byPort(family, {})] });
      const first: string[] = [];
      for (let port = 5000; port < 5040; port++) first.push(await ask(port));
      t.is(refused(table, 'general_persist_refused'), 24);
      const again: string[] = [];
      for (let port = 5000; port < 5040; port++) again.push(await ask(port));
      t.deepEqual(again.slice(0, 16), first.slice(0, 16));
      t.is(refused(table, 'general_persist_refused'), 48);
      t.deepEqual([...(await engine.reconciler.persistRefused())], [['web', 48]]);
      t.is((await engine.reconciler.persistRefused('other')).size, 0);
      bed.listing();
    },
  );

  test.serial(
    `${title}, evict: who expires soonest gives way, who is in use stays, nobody is lost`,
    async (t) => {
      const engine = startEngine(t, 64);
      const other = byPort(family, {
        name: 'other',
        addresses: [{ ...byPort(family, {}).addresses[0]!, ports: [{ first: 6000, last: 6999 }] }],
        persistTtlMs: 30_000,
      });
      await engine.reconciler.apply({ services: [byPort(family, { persistFull: 'evict' }), other] });
      const kept: string[] = [];
      for (let port = 6000; port < 6010; port++) kept.push(await ask(port));
      const flow = await namedStream(host, 5001, family.client(1), 5_000);
      const use = async (): Promise<number> => (await engine.sets.use(tableName, map)).entries ?? 0;
      const inUse = await ask(5000);
      const names = new Map<number, string>();
      for (let port = 5002; port < 5122; port++) {
        names.set(port, await ask(port));
        if (port % 3 !== 0) continue;
        t.is(await ask(5000), inUse, 'it is asked for all the time');
        t.true(await eventually(async () => (await use()) <= 60), 'there is room again');
      }
      t.is(refused(table, 'general_persist_refused'), 0, 'there has been room for everybody');
      // The youngest are known; the oldest have given way, but for those of a service that does not let them.
      for (let port = 5090; port < 5122; port++) t.is(await ask(port), names.get(port)!);
      const listed = bed.nft('list', 'map', table, 'relevo', map);
      for (const port of [5001, 5002, 5010]) t.false(listed.includes(` ${port} .`), `${port}`);
      for (let port = 6000; port < 6010; port++) t.is(await ask(port), kept[port - 6000]!);
      await flow.echo('its entry is gone, its connection is not');
      flow.close();
      // Many at once: some find no room and are served all the same.
      const many = await Promise.all(Array.from({ length: 150 }, (_, index) => ask(5200 + index)));
      t.is(new Set(many).size, 3);
      t.true(await eventually(async () => (await use()) <= 60));
      bed.listing();
      t.deepEqual(
        engine.lines.filter(({ level }) => level === 'warn'),
        [],
      );
    },
  );
}
