/**
 * What a peer with a valid certificate may send: entries of services and backends that there are not, addresses and lifetimes that cannot be,
 * frames cut short or with bytes changed. Nothing of it may reach the kernel, throw, or disturb another peer; whoever is cut off is named.
 * RELEVO_RUNS sets the number of runs, RELEVO_SEED the seed.
 */

import test from 'ava';
import fc from 'fast-check';
import { createReplicator, mapShape } from '../../src/app/replicate.js';
import { type Ip, type Ipv4, ipBytes, ipv4Number } from '../../src/model/address.js';
import { createEntryColumns } from '../../src/model/columns.js';
import { textOfBytes } from '../../src/model/general-columns.js';
import { shapeText } from '../../src/model/general-shape.js';
import type { ElementBytes, Transaction } from '../../src/netlink/nft/ast.js';
import type { PeerLink, PeerLinkListener } from '../../src/ports.js';
import { Directory } from '../../src/replication/general/directory.js';
import { entryOfElement, setsOf } from '../../src/replication/general/places.js';
import type { SendableFrame } from '../../src/replication/session.js';
import { persistEntry, persistMap } from '../../src/ruleset/layout.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { HelloFrame } from '../../src/wire/frames.js';
import { createLog } from '../support/log.js';
import { plainService, port } from '../support/services.js';
import { PersistKernel } from './support/persist-kernel.js';
import { backends, serviceOf, vip } from './support/sync-cluster.js';

const { RELEVO_RUNS, RELEVO_SEED } = process.env;
const runs = Number(RELEVO_RUNS ?? 300);
// The short mode looks at the same frames each time.
const shortSeed = RELEVO_RUNS === undefined ? { seed: 1 } : {};
const seed = RELEVO_SEED === undefined ? shortSeed : { seed: Number(RELEVO_SEED) };

const web = serviceOf(['up', 'down']);
const direct = plainService({
  ...{ name: 'direct', mode: 'dsr', endpoints: [], persistence: ['srcip'], backends: web.backends },
  addresses: [{ address: vip as Ip, protocol: 'udp', ports: [port(53)] }],
});
const services = new Map([web, direct].map((service) => [service.name, service]));
const idOf = (name: string): number => ([...services.keys()].indexOf(name) + 1) << 12;
const directory = new Directory({
  ...{ services: () => services, idOf, hasSet: () => true, groups: 1 },
  groupOf: (address) => (address === vip ? 0 : -1),
});

/** Elements that are in a kernel although no service here has such a backend, or one that has not failed. */
const wrongElements = ({ operations }: Transaction): string[] => {
  const wrong: string[] = [];
  for (const operation of operations) {
    if (operation.op !== 'add-elements') continue;
    for (const element of operation.elements) {
      if (operation.set === persistMap || (operation.set as { name?: string }).name === persistMap.name) {
        const entry = persistEntry(element);
        const fits =
          entry?.address === vip &&
          entry.port === 80 &&
          entry.protocol === 'tcp' &&
          entry.backendAddress === backends[0] &&
          entry.backendPort === 8080;
        if (!fits || !(element.expiresMs! > 0) || element.expiresMs! > element.timeoutMs!)
          wrong.push(JSON.stringify(entry));
      } else if (!isOfDirect(element)) wrong.push(Buffer.from(element.key).toString('hex'));
    }
  }
  return wrong;
};
const isOfDirect = (element: ElementBytes): boolean =>
  directory.named('direct')!.shapes.some((shape) =>
    setsOf(shape).some(({ keepsPort }) => {
      const entry = entryOfElement(directory, shape, keepsPort, element);
      return entry?.address === textOfBytes(ipBytes(backends[0]!));
    }),
  );

class FakeLink implements PeerLink {
  readonly remote = 'nowhere';
  readonly bufferedBytes = 0;
  closed: string | undefined;
  constructor(readonly peer: string) {}
  send(): void {}
  close(reason: string): void {
    this.closed ??= reason;
  }
}

const hello = (node: string, session: string, active: HelloFrame['active'] = []): HelloFrame => ({
  ...{ kind: 'hello', versionMin: 1, versionMax: 1, software: '0', cluster: 'prod', node, session },
  ...{ maps: [mapShape], resume: undefined, active, general: 1, document: 1 },
});

const start = async (t: { teardown(undo: () => Promise<void>): void }) => {
  // Every run has two seconds, so that no bound on rates is met.
  const clock = { shiftMs: 0, nowMs: () => performance.now() + clock.shiftMs };
  const log = createLog();
  const kernel = new PersistKernel(clock);
  const wrong: string[] = [];
  let written = 0;
  kernel.commit = async (transaction) => {
    wrong.push(...wrongElements(transaction));
    for (const operation of transaction.operations) {
      if (operation.op === 'add-elements') written += [...operation.elements].length;
    }
  };
  let listener: PeerLinkListener | undefined;
  const silentLog = {
    ...{ onPackets: () => () => {}, onLoss: () => () => {}, setThreshold: async () => {}, close() {} },
  };
  const replicator = createReplicator(
    {
      ...{ nft: kernel, persistence: kernel.persistence(), clock, log, random: { next: () => 0.5 } },
      links: {
        start: async (wanted) => {
          listener = wanted;
        },
        problems: () => [],
        close: async () => {},
      },
      openPacketLog: async () => silentLog,
      serviceAt: ({ address, protocol, port }) =>
        address === vip && protocol === 'tcp' && port === 80 ? web : undefined,
      general: {
        ...{ services: () => services, idOf, hasSet: () => true },
        elements: { read: async (questions) => questions.map(() => undefined), close() {} },
        openHintLog: async () => silentLog,
      },
    },
    {
      ...{ cluster: 'prod', node: 'lb1', software: '0', replication: { enabled: true, logGroup: 1 } },
      nodes: ['lb1', 'lb2', 'lb3'].map((name) => ({
        ...{ name, heartbeat: [], sync: { address: '127.0.0.1' as Ipv4, port: 1 } },
      })),
      groups: [
        {
          ...{ name: 'front', preempt: false, trackLinks: [] },
          addresses: [{ address: vip, prefixLength: 24, interface: 'front0' }],
        },
      ],
    } as Parameters<typeof createReplicator>[1],
  );
  const abort = new AbortController();
  const done = replicator.run(abort.signal);
  t.teardown(async () => {
    abort.abort();
    await done;
  });
  while (!listener) await new Promise((resolve) => setImmediate(resolve));
  return { listener, log, wrong, replicator, clock, written: () => written };
};

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const number = (address: string): number => ipv4Number(address as Ipv4);
const mostly = <T>(right: T, ...wrong: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(right), weight: 16 }, ...wrong);
const lifetime = fc.constantFrom(0, 1, 1_000, 60_000, 0xffff_ffff);
const row = fc.record({
  client: fc.oneof(fc.integer({ min: 1, max: 20 }), u32),
  address: mostly(number(vip), u32),
  protocolPort: mostly((6 << 16) | 80, fc.constantFrom((17 << 16) | 80, (6 << 16) | 81, 6 << 16, 0), u32),
  backend: mostly(number(backends[0]!), fc.constant(number(backends[1]!)), u32),
  backendPort: mostly(8080, fc.constantFrom(0, 8081, 65_535, 70_000)),
  ttlMs: mostly(60_000, lifetime),
  remainingMs: mostly(50_000, lifetime),
});
const columnsOf = (rows: readonly (typeof row extends fc.Arbitrary<infer T> ? T : never)[]) => {
  const columns = createEntryColumns();
  for (const one of rows) {
    for (const name of Object.keys(one) as (keyof typeof one)[]) columns[name].push(one[name]);
  }
  return columns;
};
const entries = fc.array(row, { maxLength: 4 }).map(columnsOf);

const keyOf = (kind: 'client' | 'flow' | 'ban' | 'sticky', bytes: number): string =>
  shapeText({
    kind,
    family: 4,
    fields: kind === 'flow' ? ['srcip', 'dstip', 'srcport', 'dstport'] : ['srcip'],
  }) + '\x0a'.repeat(bytes);
const generalRow = fc.record({
  service: mostly('direct', fc.constantFrom('web', 'nobody', 'x'.repeat(200)), fc.string()),
  key: mostly(
    keyOf('client', 4),
    fc.constantFrom(keyOf('flow', 12), keyOf('ban', 4), keyOf('sticky', 4), keyOf('client', 5), ''),
    fc.string({ maxLength: 20 }),
  ),
  backend: mostly(
    textOfBytes(ipBytes(backends[0]!)),
    fc.constantFrom(textOfBytes(ipBytes(backends[1]!)), '', '\x01'.repeat(16)),
    fc.string({ maxLength: 16 }),
  ),
  backendPort: mostly(8080, fc.constantFrom(0, 8081, 70_000)),
  ttlMs: mostly(60_000, lifetime),
  remainingMs: mostly(50_000, lifetime),
});
const generalEntries = fc.array(generalRow, { maxLength: 4 }).map((rows) => ({
  service: rows.map(({ service }) => service),
  key: rows.map(({ key }) => key),
  backend: rows.map(({ backend }) => backend),
  backendPort: rows.map(({ backendPort }) => backendPort),
  ttlMs: rows.map(({ ttlMs }) => ttlMs),
  remainingMs: rows.map(({ remainingMs }) => remainingMs),
}));

const numbered = {
  group: mostly('front', fc.constant('nowhere')),
  epoch: mostly(2, fc.constantFrom(0, 1)),
};
const sequence = mostly(100, fc.integer({ min: 0, max: 100 }));
const sums = {
  sums: fc.constant(new Uint32Array(256)),
  counts: fc.array(u32, { minLength: 256, maxLength: 256 }).map((each) => Uint32Array.from(each)),
};
const buckets = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined });
const kind = <T extends string>(name: T) => fc.constant(name);

/** Without numbers: those are given in order, as only then the rest is looked at. */
const shared = [
  fc.record({ kind: kind('snapshot-begin'), ...numbered, sequence, buckets, expected: u32 }),
  fc.record({ kind: kind('snapshot-end'), ...numbered }),
  fc.record({ kind: kind('digest'), ...numbered, sequence, decisive: fc.boolean(), ...sums }),
  fc.record({ kind: kind('resync'), group: numbered.group, buckets }),
  fc.record({ kind: kind('start'), resumed: fc.boolean(), sequence }),
  fc.record({ kind: kind('ack'), frame: u32 }),
] as const;
const first = fc.oneof(
  fc.record({
    ...{ kind: kind('delta'), ...numbered, firstSequence: sequence, lastSequence: sequence },
    ...{ upserts: entries, deletions: entries },
  }),
  fc.record({ kind: kind('snapshot-chunk'), ...numbered, entries }),
  fc.record({ kind: kind('role'), ...numbered, active: fc.boolean() }),
  fc.record({ kind: kind('ping'), token: u32, head: sequence, sequence }),
  ...shared,
);
const second = fc.oneof(
  fc.record({
    ...{ kind: kind('delta'), ...numbered, firstSequence: sequence, lastSequence: sequence },
    ...{ upserts: generalEntries, deletions: generalEntries },
  }),
  fc.record({ kind: kind('snapshot-chunk'), ...numbered, entries: generalEntries }),
  fc.record({ kind: kind('progress'), head: sequence, sequence }),
  ...shared,
);
const damage = fc.oneof(
  { arbitrary: fc.constant((bytes: Uint8Array) => bytes), weight: 24 },
  fc.nat().map((at) => (bytes: Uint8Array) => bytes.subarray(0, at % (bytes.length + 1))),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, change]) => (bytes: Uint8Array) => {
    const changed = Uint8Array.from(bytes);
    if (changed.length > 0) changed[at % changed.length]! ^= change;
    return changed;
  }),
  fc.uint8Array({ maxLength: 60 }).map((random) => () => random),
);
const message = fc.record({ general: fc.boolean(), first, second, damage });

test('whatever a peer sends, the kernel gets entries of configured services and backends only', async (t) => {
  const { listener, log, wrong, replicator, clock, written } = await start(t);
  const other = new FakeLink('lb3');
  listener.onOpen(other);
  listener.onFrame(other, encodeFrame(hello('lb3', 'of lb3')));
  let session = 0;
  let cut = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
      const link = new FakeLink('lb2');
      log.records.length = 0;
      clock.shiftMs += 2_000;
      listener.onFrame(other, encodeFrame({ kind: 'ping', token: 1, head: 0, sequence: 0 }));
      listener.onOpen(link);
      listener.onFrame(
        link,
        encodeFrame(hello('lb2', `session ${session++}`, [{ group: 'front', epoch: 2 }])),
      );
      const frames = { first: 0, second: 0 };
      for (const { general, first, second, damage } of messages) {
        if (link.closed !== undefined) break;
        const isNumbered = (one: { kind: string }): boolean => /delta|snapshot/.test(one.kind);
        const frame = general
          ? { kind: 'general', body: { ...second, ...(isNumbered(second) && { frame: frames.second + 1 }) } }
          : { ...first, ...(isNumbered(first) && { frame: frames.first + 1 }) };
        if (general && isNumbered(second)) frames.second++;
        else if (!general && isNumbered(first)) frames.first++;
        listener.onFrame(link, damage(encodeFrame(frame as SendableFrame)));
      }
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (wrong.length > 0) throw new Error(`in the kernel: ${wrong.splice(0).join()}`);
      if (other.closed !== undefined) throw new Error(`lb3 was disturbed: ${other.closed}`);
      const peer = replicator.status().peers.find(({ name }) => name === 'lb2')!;
      if (link.closed === undefined) {
        listener.onClose(link, 'the end of a run');
        return;
      }
      cut++;
      if (!peer.lastError?.startsWith('peer lb2')) throw new Error(`not named: ${peer.lastError}`);
      listener.onClose(link, link.closed);
    }),
    { numRuns: runs, ...seed },
  );
  t.log(`${session} connections, ${cut} of them cut off, ${written()} elements written`);
  t.true(cut > runs / 10, 'some were cut off');
  t.true(written() > runs / 10, 'and some wrote entries');
});
