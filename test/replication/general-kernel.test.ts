/** General entries at the edge of a node: from reported packets to keys, from rows to elements, and what never becomes one. */

import test from 'ava';
import { GeneralHints } from '../../src/app/general-hints.js';
import type { KernelSink } from '../../src/app/kernel-sink.js';
import type { Ip } from '../../src/model/address.js';
import { ipBytes } from '../../src/model/address.js';
import {
  createEntryColumns,
  createKeyColumns,
  type EntryColumns,
  type KeyColumns,
} from '../../src/model/columns.js';
import { textOfBytes } from '../../src/model/general-columns.js';
import { shapeText, valuesOf } from '../../src/model/general-shape.js';
import type { Service } from '../../src/model/service.js';
import type { PacketLog, PersistenceMap } from '../../src/ports.js';
import { GeneralBook } from '../../src/replication/general/book.js';
import { Directory } from '../../src/replication/general/directory.js';
import { readHints } from '../../src/replication/general/hint.js';
import { elementKey, elementOf, entryOfElement, setsOf } from '../../src/replication/general/places.js';
import { createGeneralPlanner } from '../../src/replication/general/plan.js';
import { GeneralVerdicts } from '../../src/replication/general/verdicts.js';
import { GroupBook } from '../../src/replication/groups.js';
import { Replica } from '../../src/replication/replica.js';
import { hintPrefix } from '../../src/ruleset/features/hints.js';
import { backendAddress, backendAddress6, vip, vip6 } from '../support/bed.js';
import { backendsAt, plainService, port } from '../support/services.js';

const six = plainService({
  name: 'six',
  family: 'ipv6',
  addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [{ first: 80, last: 90 }] }],
  endpoints: [],
  persistence: ['srcip', 'dstport', 'srcmac'],
  persistTtlMs: 60_000,
  backends: backendsAt(2, {}, backendAddress6),
});
const direct = plainService({
  name: 'direct',
  mode: 'dsr',
  addresses: [{ address: vip as Ip, protocol: 'udp', ports: [port(53)] }],
  endpoints: [],
  persistence: ['srcip'],
  backends: backendsAt(2).map(({ port: _, ...backend }) => backend),
});
const strict = plainService({
  name: 'strict',
  addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(443)] }],
  endpoints: [],
  limits: { newConnections: { count: 1, unit: 'second', burst: 1 }, banMs: 9_000 },
});

const create = (services: readonly Service[] = [six, direct, strict], missing: readonly string[] = []) => {
  const book = new GeneralBook();
  let inForce = services;
  const directory = new Directory({
    services: () => new Map(inForce.map((service) => [service.name, service])),
    idOf: (name) => (['six', 'direct', 'strict'].indexOf(name) + 1) << 12,
    hasSet: (_, set) => !missing.includes(set),
    groupOf: (address) => (address === vip ? 0 : -1),
    groups: 1,
  });
  const verdicts = new GeneralVerdicts(book, directory);
  const replica = new Replica({
    ...{ maxEntries: 100, logEntries: 16, tombstoneMs: 1000, seed: 0 },
    groupOf: book.groupOf,
    identity: book,
  });
  const change = (next: readonly Service[]): void => {
    inForce = next;
    directory.forget();
    verdicts.forget();
  };
  return { book, directory, verdicts, replica, change };
};

const packet = (prefix: string, payload: readonly number[], hardware?: Uint8Array) => ({
  ...{ prefix, payload: Uint8Array.from(payload), sequence: 0 },
  ...(hardware && { hardware }),
});
const addressOf = (text: string): number[] => [...ipBytes(text as Ip)];
const ipv6Packet = (from: string, to: string, next: number, rest: readonly number[]): number[] => [
  ...[0x60, 0, 0, 0, 0, 0, next, 64, ...addressOf(from), ...addressOf(to)],
  ...rest,
];
const ports = (from: number, to: number): number[] => [from >> 8, from & 255, to >> 8, to & 255];
const ipv4Packet = (from: string, to: string, protocol: number, rest: readonly number[]): number[] => [
  ...[0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, ...addressOf(from), ...addressOf(to)],
  ...rest,
];
const ethernet = Uint8Array.of(2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 7, 0x86, 0xdd);

test('a report of IPv6 names every field, behind extension headers too', (t) => {
  const { directory } = create();
  const plain = ipv6Packet('fd40::7', vip6, 6, ports(4711, 81));
  const options = ipv6Packet('fd40::7', vip6, 0, [6, 0, 0, 0, 0, 0, 0, 0, ...ports(4711, 81)]);
  for (const payload of [plain, options]) {
    const [hint, ...more] = readHints(packet(hintPrefix.client, payload, ethernet), directory);
    t.deepEqual(more, []);
    t.is(hint?.owner.service.name, 'six');
    t.deepEqual(valuesOf(hint!.key), ['fd40::7', '81', '02:00:00:00:00:07']);
  }
});

test('reports that say nothing: no MAC address, a fragment, cut short, no such service, another prefix', (t) => {
  const { directory } = create();
  const whole = ipv6Packet('fd40::7', vip6, 6, ports(4711, 81));
  const fragment = ipv6Packet('fd40::7', vip6, 44, [6, 0, 0, 9, 0, 0, 0, 0, ...ports(4711, 81)]);
  const elsewhere = ipv6Packet('fd40::7', vip6, 6, ports(4711, 91));
  t.deepEqual(readHints(packet(hintPrefix.client, whole), directory), []);
  t.deepEqual(readHints(packet(hintPrefix.client, fragment, ethernet), directory), []);
  t.deepEqual(readHints(packet(hintPrefix.client, elsewhere, ethernet), directory), []);
  t.deepEqual(readHints(packet('another', whole, ethernet), directory), []);
  for (let length = 0; length < whole.length; length++) {
    t.deepEqual(readHints(packet(hintPrefix.client, whole.slice(0, length), ethernet), directory), []);
  }
});

test('a new flow without connection tracking names the flow and the client, a ban its client', (t) => {
  const { directory } = create();
  const flow = ipv4Packet('10.40.1.1', vip, 17, ports(999, 53));
  const keys = readHints(packet(hintPrefix.flow, flow), directory).map(({ key }) => valuesOf(key));
  t.deepEqual(keys, [['10.40.1.1'], ['10.40.1.1', vip, '999', '53']]);
  const refused = ipv4Packet('10.40.1.2', vip, 6, ports(999, 443));
  const bans = readHints(packet(hintPrefix.ban, refused), directory).map(({ key }) => valuesOf(key));
  t.deepEqual(bans, [['10.40.1.2']]);
});

for (const [who, takes] of [
  ['nobody is known to be active', true],
  ['we are active', true],
  ['a peer is active', false],
] as const) {
  test(`a report while ${who}: the entry ${takes ? 'counts' : 'is left to the peer'}`, async (t) => {
    const { directory, book, verdicts, replica } = create();
    const groups = new GroupBook('lb1', [{ name: 'front', addresses: [0] }]);
    if (who === 'we are active') groups.setActive(0, 1, true);
    if (who === 'a peer is active') groups.admit('front', 1, 'lb2');
    const map = {
      read: async (keys: KeyColumns): Promise<EntryColumns> => ({
        ...keys,
        ...{ backend: keys.client.map(() => book.backend('')), backendPort: keys.client.map(() => 0) },
        ...{ ttlMs: keys.client.map(() => 9_000), remainingMs: keys.client.map(() => 9_000) },
      }),
    } as unknown as PersistenceMap;
    const hints = new GeneralHints({
      ...{ map, book, directory, verdicts, replica, groups, clock: { nowMs: () => 1_000 } },
      sink: { write: () => undefined } as unknown as KernelSink,
      onChange: () => undefined,
      onLoss: (detail) => t.fail(detail),
    });
    let report: Parameters<PacketLog['onPackets']>[0] = () => undefined;
    hints.start({
      onPackets: (listener) => {
        report = listener;
        return () => undefined;
      },
      onLoss: () => () => undefined,
      setThreshold: async () => undefined,
      close: () => undefined,
    });
    report([packet(hintPrefix.ban, ipv4Packet('10.40.1.2', vip, 6, ports(999, 443)))]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.is(replica.live, takes ? 1 : 0);
    t.is(replica.head, who === 'we are active' ? 1 : 0, 'peers hear of it as part of a digest, or now');
    hints.stop();
  });
}

test('replicate says what is known of a service', (t) => {
  const kinds = (service: Service): string[] =>
    [...create([service]).directory.all()].flatMap(({ shapes }) => shapes.map(({ kind }) => kind));
  t.deepEqual(kinds(direct), ['client', 'flow']);
  t.deepEqual(kinds({ ...direct, replicate: 'persistence' }), ['client']);
  t.deepEqual(kinds({ ...direct, replicate: 'none' }), []);
  t.deepEqual(kinds(strict), ['ban']);
  t.deepEqual(kinds({ ...strict, replicate: 'persistence' }), []);
  t.deepEqual(kinds({ ...six, state: 'down' }), []);
});

const clientKey =
  shapeText({ kind: 'client', family: 4, fields: ['srcip'] }) + textOfBytes(ipBytes('10.40.1.1' as Ip));

test('numbers of this node go in and come out at the edge', (t) => {
  const { directory } = create();
  const listed = directory.named('direct')!;
  const target = { address: textOfBytes(ipBytes(backendAddress(2) as Ip)), port: 0 };
  const made = elementOf(clientKey, target, listed)!;
  const shape = listed.shapes[0]!;
  t.is(setsOf(shape)[made.at]!.set.name, 'stateless_clients4_srcip');
  t.like(entryOfElement(directory, shape, false, made.element), { key: clientKey, ...target });
  const stranger = { ...target, address: '\x0a\x00\x00\x63' };
  t.is(elementOf(clientKey, stranger, listed), undefined, 'no backend of it has that address');
  const foreign = { key: elementKey(clientKey, { ...listed, id: 99 << 12 }), data: made.element.data! };
  t.is(entryOfElement(directory, shape, false, foreign), undefined, 'a number of nobody');
});

/** A peer's entries, as its frame brings them. */
const received = (
  { book, replica }: ReturnType<typeof create>,
  service: string,
  key: string,
  backend: string,
  to: number,
): number => {
  const address = backend === '' ? '' : textOfBytes(ipBytes(backend as Ip));
  const entries = { service: [service], key: [key], backend: [address], backendPort: [to] };
  const columns = book.entryColumns({ ...entries, ttlMs: [9_000], remainingMs: [5_000] }, 0);
  return replica.applyUpsert(columns, 0, 1, 1, 0);
};

test('what names no service, no backend, other fields or a missing set stays out of the kernel', (t) => {
  const node = create();
  const { book, directory, verdicts, replica, change } = node;
  const planner = createGeneralPlanner(replica, book, directory);
  const writable = (row: number): boolean => {
    const { address, protocolPort, backend, backendPort } = replica.table;
    return verdicts.of(address[row]!, protocolPort[row]!, backend[row]!, backendPort[row]!).writable;
  };
  const otherFields = `${shapeText({ kind: 'client', family: 4, fields: ['srcip', 'srcport'] })}\x0a\x28\x01\x01\x00\x50`;
  const known = received(node, 'direct', clientKey, backendAddress(1), 0);
  const rows = [
    known,
    received(node, 'nobody', clientKey, backendAddress(1), 0),
    received(node, 'direct', otherFields, backendAddress(1), 0),
    received(node, 'strict', clientKey, backendAddress(1), 0),
  ];
  const strange = received(node, 'direct', `${clientKey.slice(0, -1)}\x09`, '10.99.0.1', 0);
  const plan = planner.plan([...rows, strange], writable, 0, true);
  t.deepEqual([...plan.kept], [true, false, false, false, false]);
  t.is(plan.added, 1);
  const added = plan.operations.flatMap((one) => (one.op === 'add-elements' ? [...one.elements] : []));
  t.like(added[0], { timeoutMs: 9_000, expiresMs: 5_000 });

  const down = direct.backends.map((one) => ({ ...one, state: 'down' as const }));
  change([{ ...direct, backends: down }]);
  t.deepEqual([...planner.plan([known], writable, 0, true).kept], [false]);
  change([direct]);
  t.deepEqual([...planner.plan([known], writable, 0, true).kept], [true]);
  change([]);
  t.deepEqual(planner.plan([known], writable, 0, true).operations, [], 'nobody knows its number any more');

  const lacking = create([direct], ['stateless_clients4_srcip']);
  const row = received(lacking, 'direct', clientKey, backendAddress(1), 0);
  const empty = createGeneralPlanner(lacking.replica, lacking.book, lacking.directory);
  t.deepEqual(empty.plan([row], () => true, 0, true).operations, []);
  const keys = createKeyColumns();
  lacking.replica.pushKey(keys, row);
  t.deepEqual(empty.destroy(keys), []);
});

test('a ban is written with what is left of it', (t) => {
  const node = create();
  const key = `${shapeText({ kind: 'ban', family: 4, fields: ['srcip'] })}\x0a\x28\x01\x01`;
  const row = received(node, 'strict', key, '', 0);
  const planner = createGeneralPlanner(node.replica, node.book, node.directory);
  const { operations } = planner.plan([row], () => true, 2_000, false);
  t.is(operations.length, 1);
  const [add] = operations;
  t.true(add?.op === 'add-elements' && add.set.name === 'banned' && add.table.family === 'ip');
  t.like(add?.op === 'add-elements' ? [...add.elements][0] : undefined, {
    timeoutMs: 9_000,
    expiresMs: 3_000,
  });
  const columns = createEntryColumns();
  node.replica.pushEntry(columns, row, 2_000);
  t.like(node.book.generalEntries(columns), { service: ['strict'], key: [key], backend: [''] });
});

test('a service in two groups goes with its first address in one, one of IPv6 with the only group', (t) => {
  t.is(create().directory.named('six')?.group, 0);
  const elsewhere = { ...strict, addresses: [{ ...strict.addresses[0]!, address: '192.0.2.1' as Ip }] };
  t.is(create([elsewhere]).directory.named('strict'), undefined, 'an address of no group');
});
