/** What the checks of backends ask, how often, and what they make of the answers: with a clock by hand. */

import test from 'ava';
import { type BackendCheckPorts, createBackendChecks } from '../../src/app/backend-checks.js';
import type { Answer, CheckTarget } from '../../src/health/backend-check.js';
import { limits } from '../../src/limits.js';
import type { HealthCheck } from '../../src/model/health-check.js';
import type { BackendState, Service } from '../../src/model/service.js';
import { backendsAt, plainService } from '../support/services.js';

const check: HealthCheck = { kind: 'tcp', intervalMs: 1_000, timeoutMs: 500, rise: 2, fall: 3 };

const createBench = (list: readonly Service[]) => {
  const services = new Map(list.map((one) => [one.name, one]));
  const asked: { readonly target: CheckTarget; readonly atMs: number }[] = [];
  const states: string[] = [];
  const records: string[] = [];
  const dead = new Set<string>();
  const silent = new Set<string>();
  const timers = new Set<{ atMs: number; action: () => void }>();
  let nowMs = 0;
  let hold = false;
  let seed = 1;
  let owned = true;
  const log = { debug() {}, info() {}, error() {}, warn() {}, child: () => log };
  const setState = async (name: string, backend: string, state: BackendState): Promise<void> => {
    const service = services.get(name)!;
    services.set(name, {
      ...service,
      backends: service.backends.map((one) => (one.name === backend ? { ...one, state } : one)),
    });
    states.push(`${name}/${backend} ${state}`);
    checks.changed([name]);
  };
  const ports: BackendCheckPorts = {
    clock: { nowMs: () => nowMs },
    random: {
      next() {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      },
    },
    log,
    timers: {
      after(ms, action) {
        const timer = { atMs: nowMs + ms, action };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    ask(target) {
      asked.push({ target, atMs: nowMs });
      if (hold) return new Promise<Answer>(() => undefined);
      return Promise.resolve(
        dead.has(target.address)
          ? { ok: false, from: 'backend', reason: 'refused' }
          : silent.has(target.address)
            ? { ok: false, from: 'nobody', reason: 'silence' }
            : { ok: true },
      );
    },
    services: () => services.values(),
    service: (name) => services.get(name),
    owns: () => owned,
    setState,
    record: (kind, message) => records.push(`${kind} ${message}`),
  };
  const checks = createBackendChecks(ports);
  return {
    checks,
    asked,
    states,
    records,
    dead,
    silent,
    setState,
    services,
    holdAnswers: () => {
      hold = true;
    },
    own(now: boolean) {
      owned = now;
      checks.ownershipChanged();
    },
    async pass(ms: number) {
      for (const end = nowMs + ms; ; ) {
        const next = [...timers].sort((a, b) => a.atMs - b.atMs)[0];
        if (!next || next.atMs > end) {
          nowMs = end;
          return;
        }
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.action();
        for (let i = 0; i < 6; i++) await Promise.resolve();
      }
    },
  };
};

const withCheck = (changes: Partial<Service> = {}): Service => plainService({ health: check, ...changes });

test('a backend is down after `fall` failures and up after `rise` answers, once for all that share it', async (t) => {
  const bench = createBench([withCheck(), withCheck({ name: 'two' })]);
  await bench.pass(3_000);
  t.deepEqual(bench.states, []);
  t.is(bench.checks.status().checks, 2);
  t.true(bench.asked.length >= 5 && bench.asked.length <= 6, `${bench.asked.length} questions in 3 s`);
  bench.dead.add('10.51.0.2');
  await bench.pass(1_900);
  t.deepEqual(bench.states, []);
  await bench.pass(1_200);
  t.deepEqual(bench.states, ['web/b1 down', 'two/b1 down']);
  t.is(bench.records.length, 1);
  t.regex(
    bench.records[0]!,
    /^backend-down 10\.51\.0\.2 \(web\/b1, two\/b1\): tcp check of port 8080 failed: refused$/,
  );
  t.like(bench.checks.status(), { downCount: 2 });
  t.regex(bench.checks.failure('two', 'b1')!, /refused/);
  t.is(bench.checks.failure('two', 'b2'), undefined);
  bench.dead.clear();
  await bench.pass(2_100);
  t.deepEqual(bench.states.slice(2), ['web/b1 up', 'two/b1 up']);
});

test('off and drain are not undone; what comes back from them gets what is known at once', async (t) => {
  const bench = createBench([withCheck({ backends: backendsAt(1) })]);
  await bench.pass(3_000);
  await bench.setState('web', 'b1', 'off');
  bench.dead.add('10.51.0.2');
  await bench.pass(5_000);
  t.deepEqual(bench.states, ['web/b1 off']);
  await bench.setState('web', 'b1', 'up');
  t.deepEqual(bench.states.slice(1), ['web/b1 up', 'web/b1 down']);
  t.is(bench.services.get('web')!.backends[0]!.state, 'down');
  await bench.pass(1_100);
  bench.dead.clear();
  await bench.setState('web', 'b1', 'drain');
  await bench.pass(5_000);
  t.is(bench.states.at(-1), 'web/b1 drain');
});

test('one that is silent is down as one that refuses; when nobody reacts, the fault may be here', async (t) => {
  const bench = createBench([withCheck()]);
  await bench.pass(2_000);
  bench.silent.add('10.51.0.2');
  await bench.pass(3_100);
  t.deepEqual(bench.states, ['web/b1 down']);
  bench.silent.delete('10.51.0.2');
  await bench.pass(3_000);
  for (const address of ['10.51.0.2', '10.52.0.2']) bench.silent.add(address);
  await bench.pass(9_000);
  t.deepEqual(bench.states.slice(1), ['web/b1 up']);
  await bench.pass(6_000);
  t.deepEqual(bench.states.slice(2).sort(), ['web/b1 down', 'web/b2 down']);
});

test('who does not own the service does not ask; who takes it over begins with what is in force', async (t) => {
  const bench = createBench([withCheck({ backends: backendsAt(1, { state: 'down' }) })]);
  bench.own(false);
  await bench.pass(5_000);
  t.is(bench.asked.length, 0);
  bench.dead.add('10.51.0.2');
  bench.own(true);
  await bench.pass(5_000);
  t.deepEqual(bench.states, []);
  bench.dead.clear();
  await bench.pass(2_100);
  t.deepEqual(bench.states, ['web/b1 up']);
});

test('a check that is taken away ends; one that is changed begins anew', async (t) => {
  const bench = createBench([withCheck()]);
  await bench.pass(1_000);
  bench.services.set('web', withCheck({ health: { ...check, port: 9_000 } }));
  bench.checks.changed(['web']);
  const before = bench.asked.length;
  await bench.pass(1_000);
  t.deepEqual([...new Set(bench.asked.slice(before).map(({ target }) => target.port))], [9_000]);
  bench.services.set('web', plainService());
  bench.checks.changed(['web']);
  const last = bench.asked.length;
  await bench.pass(3_000);
  t.is(bench.asked.length, last);
  t.is(bench.checks.status().checks, 0);
});

test('10,000 backends: no more starts in a second and open questions than the limits', async (t) => {
  const many = Array.from({ length: 10 }, (_, number) =>
    withCheck({
      name: `s${number}`,
      backends: backendsAt(1_000, {}, (index) => `10.${60 + number}.${index >> 8}.${index & 255}`),
    }),
  );
  const bench = createBench(many);
  await bench.pass(3_000);
  const starts = new Map<number, number>();
  for (const { atMs } of bench.asked) {
    const second = Math.floor(atMs / 1_000);
    starts.set(second, (starts.get(second) ?? 0) + 1);
  }
  for (const count of starts.values()) t.true(count <= limits.backendChecksPerSecond, `${count} in a second`);
  t.is(new Set(bench.asked.map(({ target }) => target.address)).size, bench.asked.length);
  t.true(bench.checks.status().lateMs > 1_000);
  bench.holdAnswers();
  const before = bench.asked.length;
  await bench.pass(2_000);
  t.is(bench.asked.length - before, limits.backendChecksAtOnce);
});
