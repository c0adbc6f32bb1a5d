import test from 'ava';
import type { Ipv4 } from '../../src/model/address.js';
import { createEntryColumns, type EntryColumns } from '../../src/model/columns.js';
import type { Service } from '../../src/model/service.js';
import { adoptEntries, Comparison } from '../../src/replication/compare.js';
import { GroupBook } from '../../src/replication/groups.js';
import { receivedRows } from '../../src/replication/inheritance.js';
import { planRows } from '../../src/replication/kernel-plan.js';
import { mark } from '../../src/replication/marks.js';
import { readSighting } from '../../src/replication/packet.js';
import { RefreshChecker } from '../../src/replication/refresh.js';
import { Replica } from '../../src/replication/replica.js';
import { nextThreshold } from '../../src/replication/threshold.js';
import { Verdicts } from '../../src/replication/verdicts.js';
import { persistElement } from '../../src/ruleset/layout.js';

const vip = 0x0a000064;
const tcp80 = (6 << 16) | 80;
const backend = 0x0a010001;
const ttlMs = 80_000;

const service = (state: 'up' | 'down' = 'up'): Service => ({
  name: 'web',
  family: 'ipv4',
  mode: 'dnat',
  addresses: [],
  endpoints: [{ protocol: 'tcp', address: '10.0.0.100' as Ipv4, port: 80 }],
  scheduler: 'rr',
  hashFields: [],
  persistence: ['srcip'],
  persistTtlMs: ttlMs,
  replicate: 'all',
  state: 'up',
  backends: [{ name: 'b', address: '10.1.0.1' as Ipv4, port: 8080, weight: 1, priority: 1, state }],
});

const create = (state: 'up' | 'down' = 'up') => {
  const groups = new GroupBook('lb1', [{ name: 'front', addresses: [vip] }]);
  const replica = new Replica({
    maxEntries: 1000,
    logEntries: 64,
    tombstoneMs: 1000,
    seed: 1,
    groupOf: groups.groupOf,
  });
  const verdicts = new Verdicts(({ address, port }) =>
    address === '10.0.0.100' && port === 80 ? service(state) : undefined,
  );
  return { groups, replica, verdicts };
};

const elements = (...entries: { client: number; remainingMs: number; backend?: number }[]): EntryColumns => {
  const columns = createEntryColumns();
  for (const entry of entries) {
    columns.client.push(entry.client);
    columns.address.push(vip);
    columns.protocolPort.push(tcp80);
    columns.backend.push(entry.backend ?? backend);
    columns.backendPort.push(8080);
    columns.ttlMs.push(ttlMs);
    columns.remainingMs.push(entry.remainingMs);
  }
  return columns;
};

test('an entry is looked up three times in the second half of its life, and a refresh starts anew', (t) => {
  const context = create();
  const { replica, groups } = context;
  groups.setActive(0, 1, true);
  const row = replica.originate(1, vip, tcp80, backend, 8080, ttlMs, ttlMs, 1, 0);
  const checker = new RefreshChecker(context);
  const due = (nowMs: number) => checker.due(100, 100, nowMs);
  t.deepEqual(due(ttlMs / 2 - 1), []);
  t.deepEqual(due(ttlMs / 2 + 1), [row]);
  t.deepEqual(due(ttlMs / 2 + 2), [], 'once per stage');
  t.deepEqual(due((ttlMs * 3) / 4 + 1), [row]);
  t.deepEqual(due(ttlMs - 2_999), [row]);
  t.deepEqual(due(ttlMs - 2_000), []);
  const nowMs = ttlMs - 1_900;
  t.deepEqual(checker.apply([row], elements({ client: 1, remainingMs: ttlMs - 100 }), nowMs - 10, nowMs), []);
  t.is(replica.head, 2, 'peers hear of the refresh');
  t.is(replica.table.expiresAtMs[row], nowMs + ttlMs - 100);
  t.deepEqual(due(nowMs + ttlMs / 2 + 1), [row]);
});

test('a look-up that finds nothing new says nothing, one that finds nothing at all is a deletion', (t) => {
  const context = create();
  const { replica, groups } = context;
  groups.setActive(0, 1, true);
  const row = replica.originate(1, vip, tcp80, backend, 8080, ttlMs, ttlMs, 1, 0);
  const checker = new RefreshChecker(context);
  checker.apply([row], elements({ client: 1, remainingMs: 40_000 }), 39_990, 40_000);
  t.is(replica.head, 1);
  checker.apply([row], elements(), 40_090, 40_100);
  t.is(replica.head, 2);
  t.is(replica.live, 0);
});

test('an entry that was deleted, or moved, while it was looked up stays so', (t) => {
  const context = create();
  const { replica, groups } = context;
  groups.setActive(0, 1, true);
  const [deleted, moved] = [1, 2].map((client) =>
    replica.originate(client, vip, tcp80, client === 1 ? backend : 7, 8080, ttlMs, ttlMs, 1, 0),
  );
  const checker = new RefreshChecker(context);
  const found = elements({ client: 1, remainingMs: 70_000 }, { client: 2, remainingMs: 70_000 });
  replica.remove(deleted!, 1, 50_005);
  replica.originate(2, vip, tcp80, 8, 8080, ttlMs, ttlMs, 1, 50_005);
  const { head } = replica;
  t.deepEqual(checker.apply([deleted!, moved!], found, 50_000, 50_010), []);
  t.is(replica.head, head, 'peers hear nothing of an old answer');
  t.is(replica.live, 1);
  t.is(replica.table.backend[moved!], 8);
});

test('an entry that ran out while it was looked up is no deletion', (t) => {
  const context = create();
  const { replica, groups } = context;
  groups.setActive(0, 1, true);
  const row = replica.originate(1, vip, tcp80, backend, 8080, ttlMs, ttlMs, 1, 0);
  new RefreshChecker(context).apply([row], elements(), ttlMs - 1_100, ttlMs - 1_000);
  t.is(replica.head, 1);
});

test('a scan on the active node finds what no report told, and doubts what it did not see', (t) => {
  const context = create();
  const { replica, groups } = context;
  groups.setActive(0, 1, true);
  const row = replica.originate(1, vip, tcp80, backend, 8080, ttlMs, ttlMs, 1, 0);
  const comparison = new Comparison(context, 10_000);
  comparison.take(elements({ client: 2, remainingMs: 70_000 }), 10_000);
  comparison.take(elements({ client: 3, remainingMs: 70_000, backend: 99 }), 10_000);
  comparison.finish(10_010);
  t.is(comparison.found, 1, 'not the one of an unknown backend');
  t.is(replica.head, 2);
  t.deepEqual(comparison.doubtful, [row]);
  t.deepEqual(comparison.rows, []);
});

test('a scan on a standby rewrites what differs, restores what is gone, and takes strays out', (t) => {
  const context = create();
  const { replica, groups } = context;
  groups.admit('front', 1, 'lb2');
  const apply = (client: number) =>
    replica.applyUpsert(elements({ client, remainingMs: 60_000 }), 0, 1, 1, 0);
  const [right, drifted, gone] = [apply(1), apply(2), apply(3)];
  const comparison = new Comparison(context, 10_000);
  comparison.take(elements({ client: 1, remainingMs: 50_000 }, { client: 2, remainingMs: 20_000 }), 10_000);
  comparison.take(elements({ client: 4, remainingMs: 20_000 }), 10_000);
  comparison.finish(10_010);
  t.deepEqual(comparison.rows, [drifted, gone]);
  t.deepEqual(comparison.strays.client, [4]);
  t.is(replica.table.marks[right]! & mark.inKernel, mark.inKernel);
});

test('what the kernel held at start gives way to any word of a peer', (t) => {
  const { replica } = create();
  t.is(adoptEntries(replica, elements({ client: 1, remainingMs: 5_000 }), 0), 1);
  const row = replica.applyUpsert(elements({ client: 1, remainingMs: 70_000 }), 0, 1, 1, 0);
  t.is(replica.table.expiresAtMs[row], 70_000);
  t.is(replica.live, 1);
});

test('a takeover gives entries in the second half of their life the other half, the most urgent first', (t) => {
  const { replica } = create();
  const apply = (client: number, remainingMs: number) =>
    replica.applyUpsert(elements({ client, remainingMs }), 0, 1, 1, 0);
  const [fresh, old, older] = [apply(1, 60_000), apply(2, 30_000), apply(3, 1_000)];
  t.deepEqual(receivedRows(replica, 0, 0), [older, old]);
  t.true(replica.extend(older, 2, 0));
  t.is(replica.table.expiresAtMs[older], 41_000);
  t.is(replica.rowAt(replica.head), older, 'and the peers hear of it');
  t.false(replica.extend(older, 2, 0), 'once');
  t.is(replica.table.expiresAtMs[fresh], 60_000);
});

test('a plan destroys before it adds, except what the kernel never had, and only destroys what may not be there', (t) => {
  const { replica } = create();
  const apply = (client: number) =>
    replica.applyUpsert(elements({ client, remainingMs: 60_000 }), 0, 1, 1, 0);
  const [known, fresh, forbidden] = [apply(1), apply(2), apply(3)];
  replica.table.marks[known]! |= mark.inKernel;
  const plan = planRows(replica, [known, fresh, forbidden], (row) => row !== forbidden, 10_000, false);
  t.deepEqual(plan.kept, [true, true, false]);
  t.is(plan.destroyed, 2);
  t.is(plan.added, 2);
  const add = plan.operations.find(({ op }) => op === 'add-elements');
  if (add?.op !== 'add-elements') return t.fail();
  const expected = persistElement({ ...replica.entry(fresh, 10_000) });
  const actual = add.elements.at(1)!;
  t.deepEqual(
    { ...actual, key: Array.from(actual.key), data: Array.from(actual.data as Uint8Array) },
    { ...expected, key: Array.from(expected.key), data: Array.from(expected.data as Uint8Array) },
  );
  t.is(planRows(replica, [fresh], () => true, 10_000, true).destroyed, 1, 'thorough');
});

test('an entry of a failed backend may not be in the kernel, one of an unknown backend is nobody’s', (t) => {
  const { verdicts } = create('down');
  t.like(verdicts.of(vip, tcp80, backend, 8080), { belongs: true, writable: false, ttlMs });
  t.like(verdicts.of(vip, tcp80, backend, 8081), { belongs: false, writable: false });
  t.like(verdicts.of(vip, tcp80 + 1, backend, 8080), { belongs: false });
  t.is(verdicts.shortestTtlMs, ttlMs);
  verdicts.forget();
  t.is(verdicts.shortestTtlMs, Number.POSITIVE_INFINITY);
});

const sighting = { client: 0, address: 0, protocolPort: 0, backend: 0, backendPort: 0 };
const packet = (change: (payload: Uint8Array) => void = () => {}) => {
  const payload = Uint8Array.of(
    0x45,
    0,
    0,
    40,
    0,
    0,
    0,
    0,
    64,
    6,
    0,
    0,
    192,
    0,
    2,
    7,
    10,
    1,
    0,
    1,
    0,
    80,
    31,
    144,
  );
  change(payload);
  return { payload, mark: 0x6400000a };
};

test('a report tells client, address, backend and both ports', (t) => {
  t.true(readSighting(packet(), sighting));
  t.deepEqual(sighting, {
    client: 0xc0000207,
    address: vip,
    protocolPort: tcp80,
    backend: 0x0a010001,
    backendPort: 8080,
  });
});

test('a report that cannot tell is passed over', (t) => {
  t.false(readSighting({ payload: packet().payload }, sighting), 'no mark');
  t.false(readSighting({ ...packet(), payload: packet().payload.subarray(0, 22) }, sighting), 'cut short');
  t.false(
    readSighting(
      packet((payload) => payload.fill(0x60, 0, 1)),
      sighting,
    ),
    'IPv6',
  );
  t.false(
    readSighting(
      packet((payload) => payload.fill(9, 7, 8)),
      sighting,
    ),
    'a later fragment',
  );
  t.false(
    readSighting(
      packet((payload) => payload.fill(0x44, 0, 1)),
      sighting,
    ),
    'no whole header',
  );
});

test('the threshold rises with the rate, and falls late', (t) => {
  t.is(nextThreshold(1, 1_000), 1);
  t.is(nextThreshold(1, 5_000), 1);
  t.is(nextThreshold(1, 10_000), 4);
  t.is(nextThreshold(4, 7_000), 4);
  t.is(nextThreshold(4, 6_500), 2);
  t.is(nextThreshold(2, 5_000), 2);
  t.is(nextThreshold(2, 4_500), 1);
  t.is(nextThreshold(8, 20_000), 32);
  t.is(nextThreshold(64, 31_000), 64);
  t.is(nextThreshold(64, 20_000), 32);
});
