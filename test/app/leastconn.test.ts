/** When connections are counted, and what becomes of it: with a clock and timers by hand. */

import test from 'ava';
import { createLeastconnLoop } from '../../src/app/leastconn.js';
import type { ReconcileEvent } from '../../src/app/reconcile-types.js';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import type { Flow } from '../../src/netlink/conntrack-flows.js';
import { backendsAt, plainService } from '../support/services.js';

const least = (changes: Partial<Service> = {}): Service =>
  plainService({ scheduler: 'leastconn', backends: backendsAt(2), ...changes });

const createBench = (...initial: Service[]) => {
  const services = new Map(initial.map((one) => [one.name, one]));
  const timers = new Set<{ ms: number; action: () => void }>();
  const listeners = new Set<(event: ReconcileEvent) => void>();
  const warnings: string[] = [];
  const written: (readonly string[])[] = [];
  let flows: Flow[] | Error = [];
  let nowMs = 0;
  let tookMs = 0;
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_facts: object, text: string) => warnings.push(text),
    child: () => log,
  };
  const loop = createLeastconnLoop({
    clock: { nowMs: () => nowMs },
    log,
    timers: {
      after(ms, action) {
        const timer = { ms, action };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    flows: {
      async read(_addresses, visit) {
        nowMs += tookMs;
        if (flows instanceof Error) throw flows;
        for (const flow of flows) visit(flow);
      },
      close() {},
    },
  });
  const unfollow = loop.follow({
    view: () => ({ services, addresses: new Map(), policies: new Map() }),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async reconsider(names) {
      written.push(names);
    },
  });
  const toBackend = (index: number, count: number): Flow[] =>
    Array.from({ length: count }, (_, at) => ({
      id: index * 1000 + at,
      protocol: 6,
      serviceAddress: '198.51.100.10' as Ip,
      servicePort: 80,
      backendAddress: `10.5${index}.0.2` as Ip,
      backendPort: 8080,
      open: true,
    }));
  return {
    loop,
    unfollow,
    warnings,
    written,
    rests: () => [...timers].map(({ ms }) => ms),
    see(counts: readonly number[] | Error, took = 0): void {
      tookMs = took;
      flows =
        counts instanceof Error ? counts : counts.flatMap((count, index) => toBackend(index + 1, count));
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

test('nothing is counted without such a service, nor when it is gone, off or scheduled otherwise', (t) => {
  const bench = createBench(plainService());
  t.deepEqual(bench.rests(), []);
  for (const gone of [undefined, least({ state: 'off' }), plainService(), least({ mode: 'dsr' })]) {
    bench.apply(least());
    t.deepEqual(bench.rests(), [500]);
    bench.apply(gone);
    t.deepEqual(bench.rests(), []);
  }
  bench.apply(least());
  bench.unfollow();
  t.deepEqual(bench.rests(), []);
});

test('what is uneven is written once, what is even not at all', async (t) => {
  const bench = createBench(least());
  await bench.turn();
  t.deepEqual(bench.written, []);
  bench.see([20, 0]);
  await bench.turn();
  await bench.turn();
  t.deepEqual(bench.written, [['web']]);
  t.deepEqual(
    [...bench.loop.shares('web')!],
    [
      ['b1', 0],
      ['b2', 1],
    ],
  );
  bench.see([20, 20]);
  for (let turn = 0; turn < 4; turn++) await bench.turn();
  t.deepEqual(
    [...bench.loop.shares('web')!],
    [
      ['b1', 0.5],
      ['b2', 0.5],
    ],
  );
});

test('the rest is nine times what a count takes, and ten seconds at most', async (t) => {
  const bench = createBench(least());
  for (const [took, rest] of [
    [10, 500],
    [100, 900],
    [5_000, 10_000],
  ] as const) {
    bench.see([1, 1], took);
    await bench.turn();
    t.deepEqual(bench.rests(), [rest]);
  }
});

test('a backend that comes back is held to a part until it has caught up', async (t) => {
  const down = backendsAt(2).map((one, index) => ({
    ...one,
    state: index === 1 ? ('down' as const) : one.state,
  }));
  const bench = createBench(least({ backends: down }));
  bench.see([20, 0]);
  await bench.turn();
  bench.apply(least());
  t.false(bench.loop.shares('web')?.has('b2') ?? false, 'by weight until it is counted');
  await bench.turn();
  t.is(bench.loop.shares('web')?.get('b2'), 0.75);
  bench.see([20, 10]);
  await bench.turn();
  t.is(bench.loop.shares('web')?.get('b2'), 0.75);
  bench.see([20, 20]);
  for (let turn = 0; turn < 6; turn++) await bench.turn();
  bench.see([20, 0]);
  await bench.turn();
  t.is(bench.loop.shares('web')?.get('b2'), 1, 'it has caught up before');
});

test('a count that fails is told once, and tried again', async (t) => {
  const bench = createBench(least());
  bench.see(new Error('no buffer'));
  await bench.turn();
  await bench.turn();
  t.is(bench.warnings.length, 1);
  bench.see([9, 0]);
  await bench.turn();
  t.deepEqual(bench.written, [['web']]);
});

test('more services than are written at once take turns', async (t) => {
  const names = Array.from({ length: 100 }, (_, index) => `s${index}`);
  const bench = createBench(...names.map((name) => least({ name })));
  bench.see([20, 0]);
  await bench.turn();
  t.is(bench.written[0]?.length, 64);
  await bench.turn();
  t.deepEqual(new Set(bench.written.flat()), new Set(names));
});
