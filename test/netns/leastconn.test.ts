/** leastconn with real connections: newcomers go where there are fewest, counted in the kernel's connection tracking. */

import test, { type ExecutionContext } from 'ava';
import { createLeastconnLoop, type LeastconnLoop, leastconnTiming } from '../../src/app/leastconn.js';
import type { Service } from '../../src/model/service.js';
import { plainContext } from '../../src/ruleset/context.js';
import { systemClock, systemTimers } from '../../src/shell/clock.js';
import { createFlows } from '../../src/shell/flows.js';
import { createBed, type Engine } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { bothFamilies, closeAll, eventually, type FamilyBed } from '../support/limits-bed.js';
import { backendsAt } from '../support/services.js';
import { type Flow, flowOf, type NamedStream, namedStream, request, tally } from '../support/traffic.js';

const bed = await createBed({ backends: 3, clients: 20 });
test.after.always(() => bed.dispose());

interface Balanced extends Engine {
  readonly loop: LeastconnLoop;
  /** How often connections were counted. */
  counts(): number;
}

const startEngine = (t: ExecutionContext): Balanced => {
  const flows = insideNamespace(bed.lb, createFlows);
  let counts = 0;
  const loop = createLeastconnLoop(
    {
      flows: {
        ...flows,
        read: async (...args) => {
          await flows.read(...args);
          counts++;
        },
      },
      timers: systemTimers,
      clock: systemClock,
      log: {
        debug() {},
        info() {},
        warn: (facts, text) => t.fail(`${text} ${JSON.stringify(facts)}`),
        error() {},
        child: () => t.fail() as never,
      },
    },
    { ...leastconnTiming, restMs: 100 },
  );
  const engine = bed.engine(plainContext, { facts: { shares: loop.shares } });
  const unfollow = loop.follow(engine.reconciler);
  t.teardown(async () => {
    unfollow();
    await engine.reconciler.apply({ services: [] });
    await engine.stop();
    flows.close();
  });
  return { ...engine, loop, counts: () => counts };
};

const least = (family: FamilyBed, changes: Partial<Service> = {}): Service => {
  const service = family.service(undefined);
  return {
    ...service,
    scheduler: 'leastconn',
    backends: backendsAt(3, {}, (index) => family.backendAddress(index)),
    ...changes,
  };
};

const open = async (family: FamilyBed, count: number): Promise<NamedStream[]> => {
  const streams: NamedStream[] = [];
  for (let at = 0; at < count; at++) {
    streams.push(await namedStream(family.vip, 80, family.client((at % 20) + 1), 5_000));
  }
  return streams;
};

/** What was opened or closed before this call has been counted, and the rules say so. */
const counted = async (t: ExecutionContext, engine: Balanced): Promise<void> => {
  const from = engine.counts();
  t.true(await eventually(() => engine.counts() >= from + 2), 'counted');
  await engine.reconciler.reconsider([], 'behind what was on its way');
  t.deepEqual(
    engine.lines.filter(({ level }) => level === 'warn'),
    [],
  );
};

for (const family of bothFamilies) {
  const { title } = family;

  test.serial(
    `${title}: who has long connections gets no newcomers until the others have caught up`,
    async (t) => {
      const engine = startEngine(t);
      const backends = least(family).backends.map(
        (one) => ({ ...one, state: one.name === 'b1' ? 'up' : 'down' }) as const,
      );
      await engine.reconciler.apply({ services: [least(family, { backends })] });
      const long = await open(family, 24);
      t.deepEqual(tally(long), { b1: 24 });
      await engine.reconciler.setBackendState('web', 'b2', 'up');
      await engine.reconciler.setBackendState('web', 'b3', 'up');
      await counted(t, engine);
      const more = await open(family, 24);
      const counts = tally(more);
      t.is(counts.b1 ?? 0, 0);
      t.true(Math.abs(counts.b2! - counts.b3!) <= 4, JSON.stringify(counts));
      await counted(t, engine);
      // 24, 12, 12: ended ones no longer count.
      closeAll(long);
      await counted(t, engine);
      const last = await open(family, 8);
      more.push(...last);
      t.is(tally(last).b1, 8);
      for (const one of more) await one.echo('nobody was disturbed');
      closeAll(more);
      bed.listing();
    },
  );

  test.serial(`${title}: connections are shared by weight`, async (t) => {
    const engine = startEngine(t);
    const weights = [3, 1, 0];
    const backends = least(family)
      .backends.slice(0, 2)
      .map((one, index) => ({ ...one, weight: weights[index]! }));
    await engine.reconciler.apply({ services: [least(family, { backends })] });
    const streams: NamedStream[] = [];
    for (let round = 0; round < 4; round++) {
      streams.push(...(await open(family, 20)));
      // What upsets the balance is made up for.
      const light = streams.filter(({ name }) => name === 'b2').slice(0, round === 6 ? 5 : 0);
      closeAll(light);
      for (const one of light) streams.splice(streams.indexOf(one), 1);
      await counted(t, engine);
    }
    const counts = tally(streams);
    t.true(Math.abs(counts.b1! / (counts.b1! + counts.b2!) - 0.75) < 0.07, JSON.stringify(counts));
    closeAll(streams);
  });

  test.serial(
    `${title}: a backend that comes back is not flooded, and short requests are shared by weight`,
    async (t) => {
      const engine = startEngine(t);
      const backends = least(family).backends.map(
        (one) => ({ ...one, state: one.name === 'b3' ? 'down' : 'up' }) as const,
      );
      await engine.reconciler.apply({ services: [least(family, { backends })] });
      const long = await open(family, 30);
      t.is(tally(long).b3, undefined);
      await counted(t, engine);
      await engine.reconciler.setBackendState('web', 'b3', 'up');
      await counted(t, engine);
      const share = engine.loop.shares('web')?.get('b3') ?? 0;
      t.true(share > 0.6 && share < 0.67, String(share));
      const more = await open(family, 12);
      const { b3 = 0 } = tally(more);
      t.true(b3 >= 6 && b3 <= 10, JSON.stringify(tally(more)));
      closeAll([...long, ...more]);
      await counted(t, engine);
      const answers = [];
      for (let at = 0; at < 60; at++)
        answers.push(await request(family.vip, 80, family.client((at % 20) + 1)));
      const short = Object.values(tally(answers));
      t.is(short.length, 3);
      t.true(Math.min(...short) >= 8, JSON.stringify(tally(answers)));
    },
  );
}

test.serial(
  'udp flows count for as long as they are known; a service without leastconn is not counted',
  async (t) => {
    const [family] = bothFamilies as [FamilyBed, FamilyBed];
    const engine = startEngine(t);
    const { address } = least(family).addresses[0]!;
    const udp = least(family, {
      endpoints: [],
      addresses: [{ address, protocol: 'udp', ports: [{ first: 80, last: 89 }] }],
    });
    const backends = udp.backends.map(
      (one) => ({ ...one, state: one.name === 'b1' ? 'up' : 'down' }) as const,
    );
    await engine.reconciler.apply({ services: [{ ...udp, backends }] });
    const flows: Flow[] = [];
    const ask = async (count: number): Promise<string[]> => {
      const names: string[] = [];
      for (let at = 0; at < count; at++) {
        const flow = await flowOf(family.vip, 85);
        flows.push(flow);
        names.push(await flow.ask(5_000));
      }
      return names;
    };
    await ask(10);
    await engine.reconciler.apply({ services: [udp] });
    await counted(t, engine);
    t.false((await ask(10)).includes('b1'));
    for (const flow of flows) flow.close();
    await engine.reconciler.apply({ services: [{ ...udp, scheduler: 'weight' }] });
    const before = engine.counts();
    await engine.reconciler.apply({ services: [{ ...udp, scheduler: 'rr' }] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.true(engine.counts() <= before + 1, 'at most the one that was under way');
  },
);
