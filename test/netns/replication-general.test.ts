/** What map `persist` does not hold, on two load balancers with real packets: who goes where does not change with a failover. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { backendAddress, backendAddress6, backendPort, vip, vip6 } from '../support/bed.js';
import { answered, closeAll, openUntilRefused } from '../support/limits-bed.js';
import { backendsAt, plainService, port } from '../support/services.js';
import type { BedNode } from '../support/sync-bed.js';
import { datagram, flowOf, request } from '../support/traffic.js';
import { createTwinBed } from '../support/twin-bed.js';

const bed = await createTwinBed({ backends: 3, clients: 24 });
test.after.always(() => bed.dispose());

type Pair = readonly [BedNode, BedNode];

const until = async (what: string, holds: () => Promise<boolean> | boolean, ms = 20_000): Promise<void> => {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

let epoch = 0;

const started = async (...services: Service[]): Promise<Pair> => {
  // What a test that has failed leaves.
  await bed.stop();
  bed.list('lb1', 'flush', 'ruleset');
  bed.list('lb2', 'flush', 'ruleset');
  bed.route('lb1');
  const options = { services, watch: true };
  const nodes = [bed.node('lb1', options), bed.node('lb2', options)] as const;
  for (const node of nodes) await node.start();
  nodes[0].replicator.setActive('front', ++epoch, true);
  await until('in sync', () => nodes[1].replicator.status().peers[0]?.state === 'in sync');
  return nodes;
};

/** lb1 is gone, lb2 takes its place. */
const failOver = async ([lb1, lb2]: Pair): Promise<void> => {
  await lb1.stop();
  await until('the loss is noticed', () => !lb2.replicator.status().peers[0]?.connected);
  if (!lb2.replicator.readiness().ready) throw new Error('lb2 is not ready');
  lb2.replicator.setActive('front', ++epoch, true);
  bed.route('lb2');
};

const digestsOf = (nodes: Pair): (string | undefined)[] =>
  nodes.map(({ replicator }) => replicator.status().general.digests.front);

/** The standby has `count` entries of this kind, all of them in its kernel. */
const arrived = async (nodes: Pair, kind: string, count: number): Promise<void> => {
  const [lb1, lb2] = nodes;
  const found = (): number => lb2.replicator.dumpGeneral().filter((entry) => entry.kind === kind).length;
  await until(`${count} entries of kind ${kind}`, () => found() === count);
  await until('confirmed', () => lb1.replicator.status().peers[0]?.unconfirmed === 0);
  await until('equal digests', () => {
    const [one, other] = digestsOf(nodes);
    return one === other && one !== '00000000';
  });
};

const clients = Array.from({ length: 24 }, (_, at) => at + 1);
const noWarnings = (lines: readonly string[]): string[] =>
  lines.filter((line) => /refused|failed|lost|could not/.test(line));

const ofIpv6 = (changes: Partial<Service> = {}): Service =>
  plainService({
    family: 'ipv6',
    addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [{ first: 80, last: 90 }] }],
    endpoints: [],
    scheduler: 'rr',
    persistence: ['srcip', 'dstport'],
    persistTtlMs: 120_000,
    backends: backendsAt(3, {}, backendAddress6),
    ...changes,
  });

/** Who answers each of these clients, each at a port of its own choice. */
const visit = async (who: readonly number[]): Promise<Record<string, string>> => {
  const answers: Record<string, string> = {};
  for (const index of who) {
    answers[index] = (await request(vip6, 80 + (index % 3), `fd40::1:${index}`)).name;
  }
  return answers;
};

test.serial('a general service of IPv6, clients told apart by two fields: they stay', async (t) => {
  const nodes = await started(ofIpv6());
  const [lb1, lb2] = nodes;
  const before = await visit(clients);
  t.true(new Set(Object.values(before)).size > 1);
  await arrived(nodes, 'sticky', clients.length);
  t.like(await lb1.replicator.verify(), { consistent: true, lines: [], differences: [] });
  // One of the two maps of these keys has all of them.
  for (const map of ['sticky_srcip_dstport_address', 'sticky_srcip_dstport'])
    if (bed.list('lb2', 'list', 'maps', 'ip6').includes(`map ${map} `))
      bed.list('lb2', 'flush', 'map', 'ip6', 'relevo', map);
  const { differences } = await lb2.replicator.verify();
  t.is(differences.length, clients.length);
  t.true(
    differences.every(({ node, service, what }) => node === 'lb2' && service === 'web' && what === 'missing'),
  );
  t.true(differences.some(({ client }) => client === 'fd40::1:7 81'));
  lb2.replicator.refill();
  await until('entries written back', async () => (await lb1.replicator.verify()).consistent);
  for (const entry of lb2.replicator.dumpGeneral()) {
    t.is(entry.ttlMs, 120_000);
    t.true(entry.remainingMs > 60_000 && entry.remainingMs <= 120_000);
    t.is(entry.backendPort, backendPort);
  }
  t.is(lb1.replicator.status().general.missed, 0);
  const { lagP50Ms, general } = lb1.replicator.status().peers[0]!;
  t.is(lagP50Ms, undefined, 'nothing has gone through the first stream');
  t.true(general!.lagP50Ms! > 0 && general!.lagP50Ms! <= general!.lagP99Ms!);
  await failOver(nodes);
  // In another order: turns alone would give others.
  t.deepEqual(await visit([...clients].reverse()), before);
  t.deepEqual(
    [...noWarnings(lb1.lines), ...noWarnings(lb2.lines)].filter((l) => !/disconnected/.test(l)),
    [],
  );
  await lb2.stop();
});

test.serial('every port of a service, backends that keep it: one backend per client', async (t) => {
  const service = plainService({
    addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [] }],
    endpoints: [],
    scheduler: 'rr',
    persistence: ['srcip'],
    persistTtlMs: 120_000,
    backends: backendsAt(3).map(({ port: _, ...backend }) => backend),
  });
  const nodes = await started(service);
  const at = async (number: number, who: readonly number[]): Promise<Record<string, string>> => {
    const answers: Record<string, string> = {};
    for (const index of who) answers[index] = (await request(vip, number, `10.40.1.${index}`)).name;
    return answers;
  };
  const before = await at(80, clients);
  await arrived(nodes, 'sticky', clients.length);
  t.true(nodes[1].replicator.dumpGeneral().every(({ backendPort: to }) => to === 0));
  t.like(await nodes[0].replicator.verify(), { consistent: true, lines: [], differences: [] });
  await failOver(nodes);
  t.deepEqual(await at(backendPort, [...clients].reverse()), before);
  await nodes[1].stop();
});

test.serial('negative control: with replicate none nobody hears of them', async (t) => {
  const nodes = await started(ofIpv6({ replicate: 'none' }));
  const before = await visit(clients);
  t.is(nodes[1].replicator.dumpGeneral().length, 0);
  t.false(bed.list('lb1', 'list', 'ruleset').includes('relevo-new-client'));
  await failOver(nodes);
  t.notDeepEqual(await visit([...clients].reverse()), before);
  await nodes[1].stop();
});

test.serial('a failed backend: its entries leave both nodes; a late joiner gets the rest', async (t) => {
  const nodes = await started(ofIpv6());
  const [lb1, lb2] = nodes;
  const before = await visit(clients);
  await arrived(nodes, 'sticky', clients.length);
  const left = Object.values(before).filter((name) => name !== 'b1').length;
  const failed = ofIpv6({
    backends: ofIpv6().backends.map((one) => (one.name === 'b1' ? { ...one, state: 'down' } : one)),
  });
  await lb1.apply([failed]);
  await lb2.apply([failed]);
  await arrived(nodes, 'sticky', left);
  const elements = (name: 'lb1' | 'lb2'): number =>
    bed.list(name, 'list', 'map', 'ip6', 'relevo', 'sticky_srcip_dstport').match(/expires/g)?.length ?? 0;
  t.is(elements('lb1'), left);
  await until('the kernel of the standby', () => elements('lb2') === left);

  await lb2.stop();
  bed.list('lb2', 'flush', 'ruleset');
  const again = bed.node('lb2', { services: [failed] });
  await again.start();
  await until('a snapshot', () => elements('lb2') === left);
  await until('ready', () => again.replicator.readiness().ready);
  t.like(await lb1.replicator.verify(), { consistent: true, lines: [], differences: [] });
  await lb1.stop();
  await again.stop();
});

test.serial('a refresh reaches the standby; an entry nobody uses ends on both', async (t) => {
  // Fields of the frame, too: the report shows them.
  const persistence = ['srcip', 'srcmac'] as const;
  const service = ofIpv6({ persistTtlMs: 6_000, persistence });
  const nodes = await started(service);
  const [lb1, lb2] = nodes;
  await request(vip6, 80, 'fd40::1:1');
  await request(vip6, 80, 'fd40::1:2');
  await arrived(nodes, 'sticky', 2);
  const seen = (): string[] => lb2.replicator.dumpGeneral().map(({ client }) => client[0]!);
  const end = performance.now() + 8_000;
  while (performance.now() < end) {
    await request(vip6, 80, 'fd40::1:1');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  t.deepEqual(seen(), ['fd40::1:1']);
  const text = bed.list('lb2', 'list', 'map', 'ip6', 'relevo', 'sticky_srcip_srcmac');
  t.true(text.includes('fd40::1:1 .') && !text.includes('fd40::1:2 .'));
  await until('its end', () => lb1.replicator.dumpGeneral().length === 0 && seen().length === 0);
  await lb1.stop();
  await lb2.stop();
});

test.serial('a table that somebody deletes gets its entries back, on either node', async (t) => {
  const services = [ofIpv6()];
  const nodes = await started(...services);
  const before = await visit(clients);
  await arrived(nodes, 'sticky', clients.length);
  for (const name of ['lb2', 'lb1'] as const) {
    bed.list(name, 'delete', 'table', 'ip6', 'relevo');
    await until(
      `${name} has them again`,
      () =>
        bed.list(name, 'list', 'ruleset').match(/expires/g)?.length === clients.length &&
        bed.list(name, 'list', 'map', 'ip6', 'relevo', 'sticky_srcip_dstport').includes('expires'),
    );
  }
  t.deepEqual(await visit([...clients].reverse()), before);
  await until('equal digests', () => digestsOf(nodes)[0] === digestsOf(nodes)[1]);
  for (const node of nodes) await node.stop();
});

/** At first one backend takes everybody; the others come later, and would take most of them. */
const untracked = (mode: 'dsr' | 'stlsdnat', all: boolean, changes: Partial<Service> = {}): Service =>
  plainService({
    mode,
    addresses: [{ address: vip as Ip, protocol: 'udp', ports: [port(80)] }],
    endpoints: [],
    backends: backendsAt(3, {}, backendAddress).map(({ port: to, ...backend }) => ({
      ...backend,
      ...(mode === 'stlsdnat' && { port: to! }),
      state: all || backend.name === 'b1' ? 'up' : 'down',
    })),
    ...changes,
  });

const byDatagram = async (): Promise<string[]> => {
  const names: string[] = [];
  for (const index of clients) names.push((await datagram(vip, 80, `10.40.1.${index}`)).name);
  return names;
};

const bannedAt = (name: 'lb1' | 'lb2', table: 'ip relevo' | 'netdev relevo_ingress', set: string): number => {
  const text = bed.list(name, 'list', 'set', ...table.split(' '), set);
  const match = /10\.40\.1\.1 .*?expires (?:(\d+)m)?(?:(\d+)s)?/.exec(text);
  return match ? Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0) : Number.NaN;
};

const limited = { newConnections: { count: 1, unit: 'hour', burst: 2 }, banMs: 300_000 } as const;

for (const { title, service, table, set } of [
  {
    title: 'tracked',
    service: plainService({ limits: limited }),
    table: 'ip relevo',
    set: 'banned',
  },
  {
    title: 'dsr',
    service: untracked('dsr', true, { limits: limited }),
    table: 'netdev relevo_ingress',
    set: 'stateless_banned_4',
  },
] as const) {
  test.serial(`${title}: a ban is in force on the other node, for as long as it still lasts`, async (t) => {
    const nodes = await started(service);
    const ask = (index: number): Promise<string> =>
      (service.mode === 'dsr'
        ? datagram(vip, 80, `10.40.1.${index}`, 500)
        : request(vip, 80, `10.40.1.${index}`, 1_000)
      ).then(
        ({ name }) => name,
        () => 'refused',
      );
    t.not(await ask(2), 'refused');
    await until('banned', async () => (await ask(1)) === 'refused');
    await arrived(nodes, 'ban', 1);
    t.true(Math.abs(bannedAt('lb1', table, set) - bannedAt('lb2', table, set)) <= 3);
    const entry = nodes[1].replicator.dumpGeneral().find(({ kind }) => kind === 'ban');
    t.deepEqual(entry?.client, ['10.40.1.1']);
    t.like(await nodes[0].replicator.verify(), { consistent: true, differences: [] });
    await failOver(nodes);
    const remaining = bannedAt('lb2', table, set);
    t.is(await ask(1), 'refused');
    t.not(await ask(3), 'refused');
    t.true(bannedAt('lb2', table, set) <= remaining, 'a takeover does not lengthen it');
    await nodes[1].stop();
  });
}

for (const mode of ['dsr', 'stlsdnat'] as const) {
  const sticky: Partial<Service> = { persistence: ['srcip'], persistTtlMs: 120_000 };

  test.serial(`${mode}: known clients stay where they are`, async (t) => {
    const nodes = await started(untracked(mode, false, sticky));
    t.deepEqual([...new Set(await byDatagram())], ['b1']);
    await arrived(nodes, 'client', clients.length);
    for (const node of nodes) await node.apply([untracked(mode, true, sticky)]);
    await failOver(nodes);
    t.deepEqual([...new Set(await byDatagram())], ['b1']);
    await nodes[1].stop();
  });

  test.serial(`${mode}: a flow stays where it is`, async (t) => {
    const nodes = await started(untracked(mode, false));
    const flows = await Promise.all(clients.slice(0, 8).map(() => flowOf(vip, 80)));
    for (const flow of flows) t.is(await flow.ask(), 'b1');
    await arrived(nodes, 'flow', flows.length);
    for (const node of nodes) await node.apply([untracked(mode, true)]);
    await failOver(nodes);
    for (const flow of flows) t.is(await flow.ask(), 'b1');
    for (const flow of flows) flow.close();
    await nodes[1].stop();
  });
}

test.serial('negative control: persistence alone, so flows go where their hash says', async (t) => {
  const only: Partial<Service> = { replicate: 'persistence' };
  const nodes = await started(untracked('dsr', false, only));
  const flows = await Promise.all(clients.slice(0, 8).map(() => flowOf(vip, 80)));
  for (const flow of flows) t.is(await flow.ask(), 'b1');
  t.is(nodes[1].replicator.dumpGeneral().length, 0);
  for (const node of nodes) await node.apply([untracked('dsr', true, only)]);
  await failOver(nodes);
  const names = await Promise.all(flows.map((flow) => flow.ask()));
  t.true(new Set(names).size > 1, names.join());
  for (const flow of flows) flow.close();
  await nodes[1].stop();
});

test.serial(
  'counters that survive: the new owner goes on from the last word of the one before',
  async (t) => {
    const of = (name: string, number: number, more: Partial<Service>): Service =>
      plainService({
        name,
        addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(number)] }],
        endpoints: [
          { protocol: 'tcp', address: vip as Service['endpoints'][number]['address'], port: number },
        ],
        scheduler: 'rr',
        persistence: [],
        backends: backendsAt(2),
        counters: true,
        ...more,
      });
    const nodes = await started(of('kept', 80, { countersSurvive: true }), of('new', 81, {}));
    const [lb1, lb2] = nodes;
    const visitBoth = async (times: number): Promise<void> => {
      for (let at = 1; at <= times; at++)
        for (const number of [80, 81]) await request(vip, number, `10.40.1.${at}`);
    };
    const read = async (node: BedNode) =>
      new Map((await node.counters()).map(({ service, ...rest }) => [service, rest]));
    await visitBoth(12);
    // The last packets of connections come a moment after their answers; a word goes out each second.
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    const before = (await read(lb1)).get('kept')!;
    t.true(before.packetsIn >= 12 && before.bytesOut > 0);
    await failOver(nodes);
    t.deepEqual((await read(lb2)).get('kept'), before, 'nothing was carried since the last word');
    t.is((await read(lb2)).get('new')?.packetsIn, 0, 'negative control');
    await visitBoth(12);
    const last = await read(lb2);
    const [after, fresh] = [last.get('kept')!, last.get('new')!];
    // A busy machine repeats a packet now and then: each visit costs four at least, and both cost about the same.
    const more = after.packetsIn - before.packetsIn;
    t.true(more >= 48 && fresh.packetsIn >= 48, `${more} and ${fresh.packetsIn}`);
    t.true(Math.abs(more - fresh.packetsIn) <= 12, `${more} and ${fresh.packetsIn}`);
    t.is(after.backends.length, 2);
    t.true(after.backends.every(({ packetsIn }, at) => packetsIn > before.backends[at]!.packetsIn));
    await lb2.stop();
  },
);

test.serial(
  'what is derived again is the same on the new owner; limiters and counts of connections begin anew',
  async (t) => {
    const at = (name: string, number: number, more: Partial<Service>): Service =>
      plainService({ name, backends: backendsAt(3), replicate: 'none', ...more }, { port: number });
    const pinned = { client: ['10.40.1.5'], backend: 'b3' };
    const nodes = await started(
      at('hash', 81, { scheduler: 'hash', hashFields: ['srcip'] }),
      at('pinned', 82, { persistence: ['srcip'], staticSessions: [pinned] }),
      at('turns', 83, { scheduler: 'rr' }),
      at('rate', 84, { limits: { newConnections: { count: 1, unit: 'minute', burst: 3 } } }),
      at('open', 85, { limits: { connectionsPerClient: 2 } }),
    );
    const name = async (number: number, index: number): Promise<string> =>
      (await request(vip, number, `10.40.1.${index}`)).name;
    const derived = async (): Promise<string[]> => {
      const names: string[] = [];
      for (const index of clients) names.push(await name(81, index));
      for (let again = 0; again < 3; again++) names.push(await name(82, 5));
      return names;
    };
    const turns = async (): Promise<number> =>
      new Set([await name(83, 1), await name(83, 2), await name(83, 3)]).size;
    const before = await derived();
    t.deepEqual(before.slice(-3), ['b3', 'b3', 'b3']);
    t.is(await turns(), 3);
    await name(83, 4);
    t.is(await answered(vip, 6, '10.40.1.6', 84, 400), 3, 'the burst');
    const open = await openUntilRefused(vip, 4, '10.40.1.7', 85);
    t.is(open.length, 2);
    await failOver(nodes);
    t.deepEqual(await derived(), before);
    t.is(await turns(), 3, 'each backend once in three, whatever turn it was before');
    t.is(await answered(vip, 6, '10.40.1.6', 84, 400), 3, 'one burst more');
    const more = await openUntilRefused(vip, 4, '10.40.1.7', 85);
    t.is(more.length, 2, 'as many again as were open');
    closeAll([...open, ...more]);
    await nodes[1].stop();
  },
);
