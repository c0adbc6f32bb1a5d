/** When maps are looked at, and who gives way: with timers by hand. */

import test from 'ava';
import { keepPersistRoom } from '../../src/app/persist-room.js';
import type { ReconcileEvent } from '../../src/app/reconcile-types.js';
import type { Service } from '../../src/model/service.js';
import type { ElementBytes, Transaction } from '../../src/netlink/nft/ast.js';
import { hostNumber, joined } from '../../src/ruleset/features/bytes.js';
import { plainService } from '../support/services.js';

const evicting = (changes: Partial<Service> = {}): Service =>
  plainService({ persistence: ['srcip'], persistFull: 'evict', ...changes });

const createBench = (capacity: number) => {
  const services = new Map<string, Service>();
  const timers = new Set<{ ms: number; action: () => void }>();
  const listeners = new Set<(event: ReconcileEvent) => void>();
  const committed: Transaction[] = [];
  const warnings: string[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_facts: object, text: string) => warnings.push(text),
    child: () => log,
  };
  let elements: ElementBytes[] = [];
  let samples = 0;
  let tells = true;
  let refused = 0;
  let failure: Error | undefined;
  const stop = keepPersistRoom(
    {
      log,
      timers: {
        after(ms, action) {
          const timer = { ms, action };
          timers.add(timer);
          return () => timers.delete(timer);
        },
      },
      nft: {
        async commit(transaction) {
          committed.push(transaction);
          const [operation] = transaction.operations;
          if (operation?.op !== 'destroy-elements') throw new Error('something else');
          elements = elements.filter((one) => ![...operation.elements].includes(one));
        },
      },
      sets: {
        async use(_table, set) {
          if (failure) throw failure;
          return { capacity, ...(tells && { entries: set === 'sticky_srcip' ? elements.length : 0 }) };
        },
        async sample(_table, set, most) {
          if (set === 'general_persist_refused') {
            return [{ key: hostNumber(1), counter: { packets: refused, bytes: 0 } }];
          }
          if (set !== 'sticky_srcip') return [];
          samples++;
          return elements.slice(0, most);
        },
        close() {},
      },
    },
    {
      view: () => ({ services, addresses: new Map(), policies: new Map() }),
      idOf: (name) => (name === 'web' ? 1 : 2),
      onEvent(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  );
  return {
    committed,
    warnings,
    stop,
    rests: () => [...timers].map(({ ms }) => ms),
    samples: () => samples,
    left: () => elements.map(({ expiresMs }) => expiresMs!),
    fail(error: Error | undefined): void {
      failure = error;
    },
    refuse(packets: number): void {
      tells = false;
      refused = packets;
    },
    /** Entries of a service by number, with what is left of their lives. */
    fill(service: number, lives: readonly number[]): void {
      for (const expiresMs of lives) {
        elements.push({ key: joined(hostNumber(elements.length), hostNumber(service)), expiresMs });
      }
    },
    apply(service: Service | undefined, name = 'web'): void {
      if (service) services.set(name, service);
      else services.delete(name);
      for (const listener of listeners) {
        listener({ kind: 'applied', reason: '', operations: 1, changed: [name], tookMs: 0 });
      }
    },
    async turn(): Promise<void> {
      const [timer] = timers;
      timers.delete(timer!);
      timer!.action();
      await new Promise(setImmediate);
    },
  };
};

const lives = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => ((index * 37) % 101) + 1);

test('nothing is looked at without such a service', (t) => {
  const bench = createBench(64);
  bench.apply(plainService({ persistence: ['srcip'] }));
  t.deepEqual(bench.rests(), []);
  for (const gone of [undefined, evicting({ persistFull: 'skip' }), evicting({ state: 'off' })]) {
    bench.apply(evicting());
    t.deepEqual(bench.rests(), [500]);
    bench.apply(gone);
    t.deepEqual(bench.rests(), []);
  }
  bench.apply(evicting());
  bench.stop();
  t.deepEqual(bench.rests(), []);
});

test('above 15/16 those that expire soonest go, down to 7/8', async (t) => {
  const bench = createBench(64);
  bench.apply(evicting());
  bench.fill(1, lives(60));
  await bench.turn();
  t.is(bench.samples(), 0, 'there is room');
  bench.fill(1, lives(2));
  const all = [...bench.left()].sort((a, b) => a - b);
  await bench.turn();
  t.deepEqual(
    [...bench.left()].sort((a, b) => a - b),
    all.slice(6),
  );
  t.deepEqual(bench.rests(), [500]);
});

test('entries of services that skip stay; a map full of them is left alone for a while', async (t) => {
  const bench = createBench(64);
  bench.apply(evicting());
  bench.apply(evicting({ name: 'other', persistFull: 'skip' }), 'other');
  bench.fill(2, lives(62));
  bench.fill(1, lives(2));
  await bench.turn();
  t.is(bench.left().length, 62);
  t.deepEqual(bench.rests(), [20]);
  for (let turn = 0; turn < 20; turn++) await bench.turn();
  t.is(bench.samples(), 2);
  await bench.turn();
  await bench.turn();
  t.is(bench.samples(), 3);
});

test('a kernel that does not tell how full a map is: refusals do', async (t) => {
  const bench = createBench(64);
  bench.apply(evicting());
  bench.fill(1, lives(64));
  bench.refuse(5);
  await bench.turn();
  t.is(bench.samples(), 0);
  bench.refuse(6);
  await bench.turn();
  t.is(bench.left().length, 56);
});

test('a look that fails is told once, and tried again', async (t) => {
  const bench = createBench(64);
  bench.apply(evicting());
  bench.fill(1, lives(64));
  bench.fail(new Error('no memory'));
  await bench.turn();
  await bench.turn();
  t.is(bench.warnings.length, 1);
  bench.fail(undefined);
  await bench.turn();
  t.is(bench.left().length, 56);
});
