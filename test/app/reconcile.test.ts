/** The rule engine on the fake: what it writes for which change, what it does when the kernel says no. */

import test from 'ava';
import { createReconciler } from '../../src/app/reconcile.js';
import type { ReconcileEvent } from '../../src/app/reconcile-types.js';
import { parseServices } from '../../src/config/services.js';
import { RelevoError } from '../../src/errors.js';
import { type Ipv4, ipv4Bytes } from '../../src/model/address.js';
import type { ServicesDocument } from '../../src/model/service.js';
import type { Operation } from '../../src/netlink/nft/ast.js';
import { operationText } from '../../src/netlink/nft/text.js';
import type { Log } from '../../src/ports.js';
import type { EngineContext } from '../../src/ruleset/context.js';
import { persistElement, persistMap, servicesMap, serviceTable, slotsMap } from '../../src/ruleset/layout.js';
import { createFakeNft } from '../fakes/nft.js';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

const backend = (index: number, more: object = {}) => ({
  name: `b${index}`,
  'ip-addr': `10.1.0.${index}`,
  port: 8080,
  ...more,
});
const farm = (index: number, more: object = {}) => ({
  name: `s${index}`,
  'virtual-addr': `192.0.2.${index}`,
  'virtual-ports': 80,
  mode: 'dnat',
  scheduler: 'weight',
  backends: [backend(1), backend(2)],
  ...more,
});
const document = (...farms: object[]): ServicesDocument => {
  const result = parseServices({ farms });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document;
};

const setup = (context: Partial<EngineContext> = {}, nft = createFakeNft({ nowMs: () => 0 })) => {
  const events: ReconcileEvent[] = [];
  const reconciler = createReconciler(
    { nft, log: silent, clock: { nowMs: () => 0 } },
    { floating: [], protect: false, ...context },
  );
  reconciler.onEvent((event) => events.push(event));
  const last = (): string[] => nft.committed.at(-1)?.operations.map(operationText) ?? [];
  const entry = (client: string, backendAddress: string, service = 1) =>
    persistElement({
      client: client as Ipv4,
      address: `192.0.2.${service}` as Ipv4,
      protocol: 'tcp',
      port: 80,
      backendAddress: backendAddress as Ipv4,
      backendPort: 8080,
      ttlMs: 60_000,
      remainingMs: 60_000,
    });
  const clients = async (): Promise<string[]> =>
    (await reconciler.sessions()).map(({ client, backend: name }) => `${client} ${name}`).sort();
  return { nft, reconciler, events, last, entry, clients };
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a state of one backend is one transaction of elements', async (t) => {
  const { nft, reconciler, last } = setup();
  await reconciler.apply(document(farm(1, { backends: [backend(1), backend(2), backend(3)] }), farm(2)));
  const before = nft.committed.length;
  const report = await reconciler.setBackendState('s2', 'b2', 'down');
  t.is(nft.committed.length, before + 1);
  t.is(last()[0], 'add chain ip relevo pick_random_m1');
  t.deepEqual(
    last().filter((line) => line.includes(' element ')),
    [
      'delete element ip relevo services { 192.0.2.2 . tcp . 80 }',
      'delete element ip relevo slots { 192.0.2.2 . tcp . 80 . 1 }',
      'add element ip relevo kinds { 0:1 : goto pick_random_m1 }',
      'add element ip relevo services { 192.0.2.2 . tcp . 80 : 0:1 }',
    ],
  );
  t.deepEqual(report.changed, ['s2']);
  t.is((await reconciler.setBackendState('s2', 'b2', 'down')).operations, 0);
  await reconciler.setBackendState('s2', 'b2', 'up');
  await reconciler.setBackendState('s2', 'b1', 'down');
  t.true(
    last().every((line) => /^(add|delete) element/.test(line)),
    'the second time the kind is there',
  );
});

test('unknown names are refused by name', async (t) => {
  const { reconciler } = setup();
  await reconciler.apply(document(farm(1)));
  await t.throwsAsync(reconciler.setBackendState('nope', 'b1', 'down'), { message: /no service 'nope'/ });
  await t.throwsAsync(reconciler.setBackendState('s1', 'nope', 'down'), { message: /no backend 'nope'/ });
  await t.throwsAsync(reconciler.sessions('nope'), { message: /no service 'nope'/ });
});

test('applying the same document writes nothing; a changed one only what changes', async (t) => {
  const { nft, reconciler, last } = setup();
  await reconciler.apply(document(farm(1), farm(2)));
  const before = nft.committed.length;
  t.deepEqual(await reconciler.apply(document(farm(2), farm(1))), { operations: 0, changed: [] });
  t.is(nft.committed.length, before);
  const report = await reconciler.apply(document(farm(1), farm(3)));
  t.deepEqual(report.changed, ['s3', 's2']);
  t.false(last().join().includes('192.0.2.1'));
  t.false(
    last().some((line) => line.includes('element ip relevo backends')),
    'both have the same backends',
  );
});

test('failure takes the entries of its clients in the same transaction; maintenance keeps them', async (t) => {
  const { nft, reconciler, last, entry, clients } = setup();
  await reconciler.apply(document(farm(1, { persistence: 'srcip' })));
  nft.packet(serviceTable, persistMap, entry('10.9.0.1', '10.1.0.1'));
  nft.packet(serviceTable, persistMap, entry('10.9.0.2', '10.1.0.2'));
  await reconciler.setBackendState('s1', 'b1', 'off');
  t.deepEqual(await clients(), ['10.9.0.1 b1', '10.9.0.2 b2']);
  await reconciler.setBackendState('s1', 'b1', 'down');
  t.true(
    last().includes('destroy element ip relevo persist { 10.9.0.1 . 192.0.2.1 . tcp . 80 }'),
    last().join('\n'),
  );
  t.deepEqual(await clients(), ['10.9.0.2 b2']);
});

test('what the replica knows is purged without a dump; what it has not heard of yet is left to it', async (t) => {
  const nft = createFakeNft({ nowMs: () => 0 });
  const { entry } = setup({}, nft);
  const known = entry('10.9.0.1', '10.1.0.1');
  const asked: string[] = [];
  const reconciler = createReconciler(
    {
      nft,
      log: silent,
      clock: { nowMs: () => 0 },
      persistenceIndex: {
        keysOfBackend(endpoint, address, port) {
          asked.push(`${endpoint.address} ${endpoint.port} ${address} ${port}`);
          return [known.key, known.key];
        },
      },
    },
    { logGroup: 5, floating: [], protect: false },
  );
  await reconciler.apply(document(farm(1, { persistence: 'srcip' })));
  for (const element of [known, entry('10.9.0.2', '10.1.0.1'), entry('10.9.0.3', '10.1.0.2')]) {
    nft.packet(serviceTable, persistMap, element);
  }
  await reconciler.setBackendState('s1', 'b1', 'down');
  t.deepEqual(asked, ['192.0.2.1 80 10.1.0.1 8080']);
  t.deepEqual(
    (await reconciler.sessions()).map(({ client }) => client.join()),
    ['10.9.0.2' as Ipv4, '10.9.0.3' as Ipv4],
  );
});

test('a backend or service that leaves the document takes its entries along', async (t) => {
  const { nft, reconciler, entry, clients } = setup();
  await reconciler.apply(document(farm(1, { persistence: 'srcip' }), farm(2, { persistence: 'srcip' })));
  nft.packet(serviceTable, persistMap, entry('10.9.0.1', '10.1.0.1'));
  nft.packet(serviceTable, persistMap, entry('10.9.0.2', '10.1.0.2'));
  nft.packet(serviceTable, persistMap, entry('10.9.0.3', '10.1.0.1', 2));
  await reconciler.apply(document(farm(1, { persistence: 'srcip', backends: [backend(2)] })));
  t.deepEqual(await clients(), ['10.9.0.2 b2']);
  t.is((await nft.dumpElements(serviceTable, persistMap.name)).length, 1);
});

test('a refusal leaves the old services in force, in the kernel and in memory', async (t) => {
  const { nft, reconciler, events } = setup();
  const running = document(farm(1));
  await reconciler.apply(running);
  nft.refuse(new RelevoError('kernel-refused', 'no'));
  await t.throwsAsync(reconciler.apply(document(farm(1, { backends: [backend(3)] }), farm(2))), {
    message: 'no',
  });
  t.deepEqual(reconciler.document(), running);
  t.is(events.at(-1)?.kind, 'refused');
  t.is((await reconciler.preview(running)).operations, 0, 'the kernel has what it had');
  nft.refuse(new RelevoError('kernel-refused', 'no'));
  await t.throwsAsync(reconciler.setBackendState('s1', 'b1', 'down'), { message: 'no' });
  t.true(
    reconciler.isBackendAlive(
      { protocol: 'tcp', address: '192.0.2.1' as Ipv4, port: 80 },
      '10.1.0.1' as Ipv4,
      8080,
    ),
  );
  await reconciler.setBackendState('s1', 'b1', 'down');
  t.is((await nft.dumpElements(serviceTable, slotsMap.name)).length, 1);
});

test('a change too large for one transaction is taken back when its second part is refused', async (t) => {
  const { nft, reconciler } = setup();
  const running = document(farm(1));
  await reconciler.apply(running);
  const before = nft.committed.length;
  const many = Array.from({ length: 400 }, (_, index) =>
    farm(1, {
      name: `h${index}`,
      'virtual-addr': `198.51.${index >> 8}.${index & 255}`,
      scheduler: 'hash',
      // Unequal ones take many slots.
      backends: [backend(1, { weight: 2 }), backend(2)],
    }),
  );
  nft.refuse(new RelevoError('kernel-refused', 'no'), 1);
  await t.throwsAsync(reconciler.apply(document(...many)), { message: 'no' });
  t.regex(nft.committed[before]?.reason ?? '', /\(1 of \d+\)$/);
  t.deepEqual(reconciler.document(), running);
  t.is((await nft.dumpElements(serviceTable, servicesMap.name)).length, 1);
  t.is((await nft.dumpElements(serviceTable, slotsMap.name)).length, 2);
  t.is((await reconciler.preview(running)).operations, 0);
  await reconciler.apply(document(...many));
  const [last] = nft.committed.slice(-1);
  t.is(
    operationText(last!.operations.at(-1)!).slice(0, 36),
    'add element ip relevo services { 198',
    'services come last',
  );
});

test('when the kernel holds something else than expected, it is read again and the change goes on', async (t) => {
  const { nft, reconciler } = setup();
  await reconciler.apply(document(farm(1)));
  const slots = await nft.dumpElements(serviceTable, slotsMap.name);
  // Nobody runs the watch here: the engine finds out by the refusal.
  nft.foreign({ op: 'delete-elements', table: serviceTable, set: slotsMap, elements: slots });
  await reconciler.setBackendState('s1', 'b1', 'down');
  const data = (await nft.dumpElements(serviceTable, slotsMap.name)).map((element) => element.data);
  t.deepEqual(data, [Uint8Array.from([...ipv4Bytes('10.1.0.2' as Ipv4), 31, 144, 0, 0])]);
});

test('a restart adopts: nothing to write, and the counters of round robin stay where they were', async (t) => {
  const nft = createFakeNft({ nowMs: () => 0 });
  const wanted = document(
    farm(1, { scheduler: 'rr' }),
    farm(2, { scheduler: 'rr' }),
    farm(3, { persistence: 'srcip' }),
  );
  await setup({}, nft).reconciler.apply(document(farm(1, { scheduler: 'rr' }), farm(2, { scheduler: 'rr' })));
  await setup({}, nft).reconciler.apply(document(farm(2, { scheduler: 'rr' })));
  await setup({}, nft).reconciler.apply(wanted);
  const { reconciler } = setup({}, nft);
  t.deepEqual(await reconciler.adopt(), { found: true, services: 3 });
  t.is((await reconciler.apply(wanted)).operations, 0);
  const kinds = new Map(
    (await nft.dumpElements(serviceTable, servicesMap.name)).map(({ key, data }) => [key[3], data]),
  );
  t.notDeepEqual(kinds.get(1), kinds.get(2), 'each its own counter');
});

test('nothing is judged before the first document: a foreign change then is not answered', async (t) => {
  const nft = createFakeNft({ nowMs: () => 0 });
  await setup({}, nft).reconciler.apply(document(farm(1)));
  const { reconciler } = setup({}, nft);
  const stop = new AbortController();
  const running = reconciler.run(stop.signal);
  nft.foreign({ op: 'add-chain', table: serviceTable, chain: { name: 'theirs' } });
  await settled();
  await settled();
  t.is((await nft.dumpElements(serviceTable, servicesMap.name)).length, 1);
  stop.abort();
  await running;
});

test('a deleted table comes back, and the event says that sessions were lost', async (t) => {
  const { nft, reconciler, events } = setup();
  await reconciler.apply(document(farm(1)));
  const stop = new AbortController();
  const running = reconciler.run(stop.signal);
  nft.foreign({ op: 'delete-table', table: serviceTable });
  while (!events.some(({ kind }) => kind === 'repaired')) await settled();
  t.like(
    events.find(({ kind }) => kind === 'repaired'),
    { persistenceLost: true },
  );
  t.is((await nft.dumpElements(serviceTable, servicesMap.name)).length, 1);
  t.is(reconciler.status().repairs, 1);
  stop.abort();
  await running;
});

test('a table of another layout is made anew, and sessions survive it', async (t) => {
  const { nft, reconciler, entry, clients } = setup();
  const set = { ...slotsMap, key: ['ipv4_addr'] as const };
  const old: Operation[] = [
    { op: 'add-table', table: serviceTable },
    { op: 'add-set', table: serviceTable, set },
    { op: 'add-set', table: serviceTable, set: persistMap },
  ];
  nft.foreign(...old);
  nft.packet(serviceTable, persistMap, entry('10.9.0.1', '10.1.0.1'));
  await reconciler.apply(document(farm(1, { persistence: 'srcip' })));
  t.deepEqual(await clients(), ['10.9.0.1 b1']);
});

test('protection is given up, and said, where the kernel cannot give it', async (t) => {
  const { nft, reconciler } = setup({ protect: true });
  nft.foreign({ op: 'add-table', table: serviceTable });
  await reconciler.apply(document(farm(1)));
  t.is((await nft.readTable(serviceTable))?.owned, false);
  const fresh = setup({ protect: true });
  await fresh.reconciler.apply(document(farm(1)));
  t.is((await fresh.nft.readTable(serviceTable))?.owned, true);
});

test('replicated services report newcomers, others do not; both remember', async (t) => {
  const { nft, reconciler } = setup({ logGroup: 7 });
  await reconciler.apply(
    document(farm(1, { persistence: 'srcip' }), farm(2, { persistence: 'srcip', replicate: 'none' })),
  );
  const names = (await nft.readTable(serviceTable))?.sets
    .map(({ name }) => name)
    .filter((name) => name.startsWith('record'));
  t.deepEqual(names, ['record_60s_log', 'record_60s']);
});

test('snat in a cluster uses the floating address near the backend, or the service’s own; never the node’s', async (t) => {
  const floating = [{ address: '10.1.0.254' as Ipv4, prefixLength: 24 }];
  const { reconciler, last } = setup({ floating });
  await reconciler.apply(
    document(farm(1, { mode: 'snat', backends: [backend(1), backend(2, { 'ip-addr': '10.2.0.2' })] })),
  );
  const sources = last().find((line) => line.startsWith('add element ip relevo sources'));
  t.true(sources?.includes('10.1.0.1 . 8080 : 10.1.0.254'), sources);
  t.true(sources?.includes('10.2.0.2 . 8080 : 192.0.2.1'), sources);
  t.false(last().some((line) => line.includes('element ip relevo masquerading')));
});
