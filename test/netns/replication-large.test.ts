/**
 * Faults with as many entries as there may be: 20,000 here, 1,000,000 with RELEVO_FAULTS=long (`npm run faults -- --long`, many minutes). A listing
 * of a map costs the square of its size (so does a question of `nft` for one element, as it reads the whole map first): with 1,000,000 both
 * kernels are listed once, and judged by the count of entries otherwise.
 */

import test, { type ExecutionContext } from 'ava';
import type { Service } from '../../src/model/service.js';
import { createFaultBed, faultServices } from '../support/fault-bed.js';
import { compareMaps } from '../support/map-oracle.js';

const long = process.env.RELEVO_FAULTS === 'long';
const count = long ? 1_000_000 : 20_000;
const waitMs = long ? 300_000 : 60_000;
const hourMs = 3_600_000;
const services = (state: 'up' | 'down'): Service[] =>
  faultServices.map((service) => ({
    ...service,
    persistTtlMs: hourMs,
    backends: service.backends.map((backend, at) => (at === 0 ? { ...backend, state } : backend)),
  }));

const faults = await createFaultBed();
const { bed } = faults;
test.after.always(() => faults.dispose());

let clients = count;
const memory = (): readonly [number, number] => [faults.memoryMiB('lb1'), faults.memoryMiB('lb2')];
const rounded = (values: readonly number[]): string => values.map(Math.round).join(' and ');

/** Both kernels, listed by `nft`. */
const listed = async (t: ExecutionContext, what: string): Promise<void> => {
  const [origin, copy] = await Promise.all([faults.map('lb1'), faults.map('lb2')]);
  t.is(copy.size, clients, what);
  t.deepEqual(compareMaps(origin, copy, { apartS: long ? 300 : 30 }), [], what);
};

/** Both have as many, and the same. */
const equal = async (t: ExecutionContext, what: string): Promise<void> => {
  const startMs = performance.now();
  const last = await faults.agent('lb2').until((now) => now.ready && now.entries >= clients, waitMs);
  const tookMs = Math.round(performance.now() - startMs);
  t.true(last.ready, `${what}: ready`);
  t.is(last.entries, clients, what);
  t.is((await faults.agent('lb1').status()).entries, clients, what);
  if (!long) await listed(t, what);
  t.log(`${what}: in step after ${tookMs} ms, ${last.entries} entries, ${rounded(memory())} MiB`);
};

const start = (name: 'lb1' | 'lb2', fill = 0) =>
  faults.start(name, { fill, fillMs: hourMs, services: services('up') });

test.before(async () => {
  await start('lb1', count);
  const { entries } = await faults.agent('lb1').until((now) => now.entries >= count, waitMs);
  if (entries < count) throw new Error(`lb1 has found ${entries} of ${count}`);
  await faults.setActive(1);
});

test.serial('a standby joins', async (t) => {
  await start('lb2');
  await equal(t, 'joined');
});

test.serial('killed in the middle of a snapshot; what had come is kept', async (t) => {
  await faults.agent('lb2').kill();
  faults.wipe('lb2');
  const [agent, starting] = faults.begin('lb2', { services: services('up') });
  await faults.proxy({ kind: 'kill-after', bytes: (count * 23) / 2, pid: agent.pid });
  await Promise.all([starting.catch(() => {}), agent.ended]);
  if (!long) t.true((await faults.map('lb2')).size < count, 'control: not all of it had come');
  await start('lb2');
  await equal(t, 'killed and back');
});

test.serial('link cut while 5,000 new clients a second come', async (t) => {
  const more = long ? 25_000 : 5_000;
  const flooding = bed.flood(0, more, 5_000);
  faults.wire(false);
  await flooding;
  t.true((await faults.agent('lb2').status()).entries < clients + more, 'control: the link is cut');
  faults.wire(true);
  clients += more;
  await equal(t, 'cut');
});

test.serial('all of it sent anew, time after time: the memory of the active node stays', async (t) => {
  const seen: number[] = [];
  for (let round = 0; round < (long ? 4 : 2); round++) {
    await faults.agent('lb2').kill();
    faults.wipe('lb2');
    await start('lb2');
    await equal(t, `round ${round + 1}`);
    seen.push(faults.memoryMiB('lb1'));
  }
  const grown = seen.at(-1)! - seen[0]!;
  t.log(`the active node: ${rounded(seen)} MiB`);
  t.true(grown < 64, `memory grew by ${Math.round(grown)} MiB`);
});

(long ? test.serial : test.serial.skip)('the whole of both maps, once', async (t) => {
  await listed(t, 'the whole');
});

test.serial('the backend that all of them stick to fails', async (t) => {
  const startMs = performance.now();
  for (const name of ['lb1', 'lb2'] as const)
    await faults.agent(name).ask({ kind: 'apply', services: services('down') });
  const left = async (name: 'lb1' | 'lb2'): Promise<number> =>
    (await faults.agent(name).until((now) => now.entries < clients - count + 1, waitMs)).entries;
  t.true((await left('lb1')) <= clients - count);
  t.true((await left('lb2')) <= clients - count);
  const tookMs = Math.round(performance.now() - startMs);
  const atOnce = memory();
  await faults.proxy({ kind: 'reset' });
  await faults.agent('lb2').until(({ connected }) => !connected);
  await faults.agent('lb2').until(({ connected, ready }) => connected && ready, waitMs);
  for (const name of ['lb1', 'lb2'] as const) {
    const stuck = [...(await faults.map(name)).values()].filter(({ backend }) => backend.endsWith(':8001'));
    t.is(stuck.length, 0, `${name}: nothing comes back over the next link`);
  }
  t.log(
    `${count} entries gone on both after ${tookMs} ms, ${rounded(atOnce)} MiB, then ${rounded(memory())}`,
  );
});
