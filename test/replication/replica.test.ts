import test from 'ava';
import { createEntryColumns } from '../../src/model/columns.js';
import { differingBuckets, digestOf, digestText } from '../../src/replication/digest.js';
import { hashEntry, hashKey } from '../../src/replication/hash.js';
import { mark } from '../../src/replication/marks.js';
import { foreign, full, Replica, stale, unchanged } from '../../src/replication/replica.js';

const vip = 0x0a000001;
const tcp80 = (6 << 16) | 80;
const ttlMs = 60_000;

const create = (options: { maxEntries?: number; logEntries?: number } = {}) =>
  new Replica({
    maxEntries: options.maxEntries ?? 1000,
    logEntries: options.logEntries ?? 16,
    tombstoneMs: 10_000,
    seed: 3,
    groupOf: (address) => (address === vip ? 0 : -1),
  });

const add = (replica: Replica, client: number, nowMs: number, backend = 1, remainingMs = ttlMs) =>
  replica.originate(client, vip, tcp80, backend, 8080, ttlMs, remainingMs, 5, nowMs);

const received = (client: number, backend: number) => {
  const columns = createEntryColumns();
  columns.client.push(client);
  columns.address.push(vip);
  columns.protocolPort.push(tcp80);
  columns.backend.push(backend);
  columns.backendPort.push(8080);
  columns.ttlMs.push(ttlMs);
  columns.remainingMs.push(ttlMs / 2);
  return columns;
};

test('a refresh travels when less than half of the lifetime is left in what peers know', (t) => {
  const replica = create();
  const row = add(replica, 1, 0);
  t.is(replica.head, 1);
  t.is(add(replica, 1, ttlMs / 2 - 1), unchanged);
  t.is(add(replica, 1, ttlMs / 2 + 1), row);
  t.is(replica.head, 2);
  t.is(replica.table.expiresAtMs[row], ttlMs * 1.5 + 1);
});

test('a lifetime beyond 32 bits of milliseconds is told as the longest there is, and again when half of that is gone', (t) => {
  const replica = create();
  // 4,294,968 s: 704 ms too much for 32 bits.
  const longMs = 4_294_968_000;
  const see = (nowMs: number) => replica.originate(1, vip, tcp80, 1, 8080, longMs, longMs, 5, nowMs);
  const row = see(0);
  t.is(replica.table.ttlMs[row], 2 ** 32 - 1);
  t.is(replica.table.expiresAtMs[row], 2 ** 32 - 1);
  t.is(see(1_000), unchanged);
  t.is(see(2 ** 31), row);
});

test('a change of backend travels at once, and moves the entry in the index', (t) => {
  const replica = create();
  const row = add(replica, 1, 0, 1);
  t.is(add(replica, 1, 1, 2), row);
  t.deepEqual(replica.rowsOfBackend(vip, tcp80, 1, 8080), []);
  t.deepEqual(replica.rowsOfBackend(vip, tcp80, 2, 8080), [row]);
});

test('a later change of a key supersedes the earlier one in the log', (t) => {
  const replica = create();
  const row = add(replica, 1, 0, 1);
  add(replica, 1, 0, 2);
  t.is(replica.rowAt(1), unchanged);
  t.is(replica.rowAt(2), row);
});

test('a deletion is remembered for a while, then counted as forgotten', (t) => {
  const replica = create();
  const row = add(replica, 1, 0);
  replica.remove(row, 5, 0);
  t.is(replica.live, 0);
  t.is(replica.rowAt(2), row);
  replica.sweep(10, 9_999);
  t.is(replica.purgedThrough, 0);
  replica.sweep(10, 10_000);
  t.is(replica.purgedThrough, 2);
  t.is(replica.table.count, 0);
});

test('expired rows are freed, unless the kernel has yet to hear of them', (t) => {
  const replica = create();
  const row = add(replica, 1, 0);
  replica.table.marks[row]! |= mark.queued;
  replica.sweep(10, ttlMs);
  t.is(replica.table.count, 1);
  replica.table.marks[row] = 0;
  replica.sweep(10, ttlMs);
  t.is(replica.table.count, 0);
  t.deepEqual(replica.rowsOfBackend(vip, tcp80, 1, 8080), []);
});

test('bounds and strangers: too many entries, and addresses of no group', (t) => {
  const replica = create({ maxEntries: 2 });
  add(replica, 1, 0);
  add(replica, 2, 0);
  t.is(add(replica, 3, 0), full);
  t.is(replica.originate(1, vip + 1, tcp80, 1, 80, ttlMs, ttlMs, 5, 0), foreign);
});

test('an older epoch never overwrites, a newer one does', (t) => {
  const replica = create();
  const row = add(replica, 1, 0, 1);
  t.is(replica.applyUpsert(received(1, 2), 0, 4, 9, 0), stale);
  t.is(replica.applyUpsert(received(1, 2), 0, 5, 9, 0), stale, 'one origin per epoch, and it is us');
  t.is(replica.applyUpsert(received(1, 2), 0, 6, 9, 0), row);
  t.is(replica.table.backend[row], 2);
  t.is(replica.rowAt(1), unchanged, 'what we said of it before is not ours to send any more');
  t.is(replica.applyDeletion(received(1, 2), 0, 5, 10, 0), stale);
  t.is(replica.applyDeletion(received(1, 2), 0, 6, 10, 0), row);
});

test('digests agree on equal content in any order, and name the bucket that differs', (t) => {
  const [one, other] = [create(), create()];
  for (const client of [1, 2, 3]) add(one, client, 0);
  for (const client of [3, 1, 2]) add(other, client, 50);
  t.deepEqual(digestOf(one, 0, 100), digestOf(other, 0, 100));
  add(other, 2, 60, 9);
  t.deepEqual(differingBuckets(digestOf(one, 0, 100), digestOf(other, 0, 100)), [
    hashKey(2, vip, tcp80) >>> 24,
  ]);
  t.not(digestText(digestOf(one, 0, 100)), digestText(digestOf(other, 0, 100)));
});

test('the hash is the MurmurHash3 that sync.proto names', (t) => {
  // Reference values of MurmurHash3_x86_32 over little-endian words: of zeros, and of 1, 2, 3.
  t.is(hashKey(0, 0, 0), murmur3(Uint32Array.of(0, 0, 0)));
  t.is(hashKey(1, 2, 3), murmur3(Uint32Array.of(1, 2, 3)));
  t.is(hashEntry(0xffffffff, vip, tcp80, 7, 8080), murmur3(Uint32Array.of(0xffffffff, vip, tcp80, 7, 8080)));
});

/** Written from the description of the algorithm with 64-bit arithmetic, apart from the code under test. */
const murmur3 = (words: Uint32Array): number => {
  const m = 0xffffffffn;
  const rotate = (x: bigint, r: bigint) => ((x << r) | (x >> (32n - r))) & m;
  let h = 0n;
  for (const word of words) {
    const k = (rotate((BigInt(word) * 0xcc9e2d51n) & m, 15n) * 0x1b873593n) & m;
    h = (rotate(h ^ k, 13n) * 5n + 0xe6546b64n) & m;
  }
  h ^= BigInt(words.length * 4);
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & m;
  h ^= h >> 13n;
  h = (h * 0xc2b2ae35n) & m;
  h ^= h >> 16n;
  return Number(h);
};

test('who watches is told what has become of an entry', (t) => {
  const replica = create();
  const seen: string[] = [];
  replica.watcher = (row, what) => seen.push(`${what} ${replica.table.client[row]}`);
  const row = add(replica, 1, 0);
  add(replica, 1, 1);
  add(replica, 1, ttlMs / 2 + 1);
  add(replica, 1, ttlMs / 2 + 2, 2);
  replica.remove(row, 5, ttlMs / 2 + 3);
  add(replica, 2, 0);
  replica.sweep(10, ttlMs + 1);
  replica.applyUpsert(received(3, 1), 0, 6, 1, 0);
  replica.applyUpsert(received(3, 2), 0, 6, 2, 0);
  replica.applyUpsert(received(3, 2), 0, 6, 3, 0);
  t.deepEqual(seen, [
    'added 1',
    'refreshed 1',
    'moved 1',
    'removed 1',
    'added 2',
    'expired 2',
    'added 3',
    'moved 3',
    'refreshed 3',
  ]);
});
