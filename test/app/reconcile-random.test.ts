/** Any way from one document to the next ends where a fresh start would: random documents, states and restarts on the fake. */

import test from 'ava';
import fc from 'fast-check';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Ipv4 } from '../../src/model/address.js';
import type { Backend, Endpoint, Service } from '../../src/model/service.js';
import type { Log } from '../../src/ports.js';
import { createFakeNft } from '../fakes/nft.js';

const state = fc.constantFrom('up' as const, 'up' as const, 'down' as const, 'off' as const);

const backend = fc.record({
  weight: fc.integer({ min: 1, max: 4 }),
  priority: fc.integer({ min: 1, max: 2 }),
  state,
  ownPort: fc.boolean(),
});

const backends = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5 }), backend), {
    selector: ([index]) => index,
    maxLength: 4,
  })
  .map((list): Backend[] =>
    list.map(([index, { ownPort, ...rest }]) => ({
      name: `b${index}`,
      address: `10.1.0.${index}` as Ipv4,
      ...(ownPort && { port: 8080 }),
      ...rest,
    })),
  );

/** Services own disjoint endpoints, so any choice of them is a document. */
const service = (number: number): fc.Arbitrary<Service> =>
  fc.record({
    name: fc.constant(`s${number}`),
    mode: fc.constantFrom('dnat' as const, 'snat' as const),
    endpoints: fc
      .subarray<Endpoint>(
        (['tcp', 'udp'] as const).flatMap((protocol) =>
          [80, 81].map((port) => ({ protocol, address: `192.0.2.${number}` as Ipv4, port })),
        ),
        { minLength: 1 },
      )
      .map((endpoints) => endpoints),
    family: fc.constant('ipv4' as const),
    addresses: fc.constant([]),
    scheduler: fc.constantFrom('weight' as const, 'rr' as const, 'hash' as const),
    hashFields: fc.constantFrom(['srcip'] as const, ['srcip', 'srcport'] as const),
    persistence: fc.constantFrom([] as const, ['srcip'] as const),
    persistTtlMs: fc.constantFrom(1_500, 60_000),
    replicate: fc.constantFrom('all' as const, 'none' as const),
    state,
    backends,
  });

const document = fc
  .tuple(fc.subarray([1, 2, 3, 4]), fc.tuple(service(1), service(2), service(3), service(4)))
  .map(([chosen, services]) => ({ services: chosen.map((number) => services[number - 1]!) }));

const step = fc.oneof(
  { weight: 4, arbitrary: document.map((value) => ({ kind: 'apply' as const, value })) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('state' as const), pick: fc.nat(), state }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

test('whatever happened before, the kernel holds what the document says, and no change was a guess', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
      const complaints: string[] = [];
      const log: Log = {
        debug() {},
        info() {},
        warn: (_facts, message) => complaints.push(message),
        error: (_facts, message) => complaints.push(message),
        child: () => log,
      };
      const nft = createFakeNft({ nowMs: () => 0 });
      const start = () =>
        createReconciler(
          { nft, log, clock: { nowMs: () => 0 } },
          { logGroup: 5, floating: [], protect: false },
        );
      let engine = start();
      for (const one of steps) {
        const current = engine.document();
        if (one.kind === 'apply') await engine.apply(one.value);
        else if (one.kind === 'restart') {
          engine = start();
          await engine.adopt();
          await engine.apply(current);
        } else {
          const all = current.services.flatMap(({ name, backends: list }) =>
            list.map((entry) => [name, entry.name] as const),
          );
          const [name, entry] = all[one.pick % Math.max(1, all.length)] ?? [];
          if (name && entry) await engine.setBackendState(name, entry, one.state);
        }
        const left = await engine.preview(engine.document());
        t.deepEqual(complaints, []);
        // Chains that no service uses any more are left until a restart: only what is written counts here.
        const fresh = createFakeNft({ nowMs: () => 0 });
        const other = createReconciler(
          { nft: fresh, log, clock: { nowMs: () => 0 } },
          { logGroup: 5, floating: [], protect: false },
        );
        await other.apply(engine.document());
        t.deepEqual(await elementsOf(nft), await elementsOf(fresh), `${left.operations}`);
      }
    }),
    { numRuns: 60 },
  );
});

const compared = [
  'slots',
  'backends',
  'sources',
  'masquerading',
  'record_60s',
  'record_60s_log',
  'record_1500ms',
  'record_1500ms_log',
];

/** Elements by set; of `services` the keys only, because counters of round robin are given out in the order of arrival. */
const elementsOf = async (nft: ReturnType<typeof createFakeNft>): Promise<Record<string, string[]>> => {
  const table = { family: 'ip', name: 'relevo' } as const;
  const present = (await nft.readTable(table))?.sets.map(({ name }) => name) ?? [];
  const result: Record<string, string[]> = {};
  for (const name of compared) {
    const elements = present.includes(name) ? await nft.dumpElements(table, name) : [];
    result[name] = elements
      .map(({ key, data }) => `${key.join('.')} ${data instanceof Uint8Array ? data.join('.') : ''}`)
      .sort();
  }
  const services = present.includes('services') ? await nft.dumpElements(table, 'services') : [];
  result.services = services.map(({ key }) => key.join('.')).sort();
  return result;
};
