/** What services without connection tracking contribute: numbers that stay, and as little change as a change needs. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { plainContext } from '../../src/ruleset/context.js';
import type { Contribution, FeatureContext, Neighbour } from '../../src/ruleset/feature.js';
import { ipv4 } from '../../src/ruleset/features/families.js';
import { stablePlaces, wantedNeighbours } from '../../src/ruleset/features/stateless/backends.js';
import { choose } from '../../src/ruleset/features/stateless/choice.js';
import { stateless } from '../../src/ruleset/features/stateless.js';
import { createServiceIds } from '../../src/ruleset/service-ids.js';

const service = (changes: Partial<Service> = {}): Service => ({
  name: 'web',
  family: 'ipv4',
  mode: 'dsr',
  addresses: [{ address: '198.51.100.10' as Ip, protocol: 'tcp', ports: [{ first: 80, last: 80 }] }],
  endpoints: [],
  scheduler: 'weight',
  hashFields: [],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  backends: [1, 2].map((index) => ({
    name: `b${index}`,
    address: `10.0.0.${index}` as Ip,
    weight: 1,
    priority: 1,
    state: 'up',
  })),
  ...changes,
});

const context = (macs: Readonly<Record<string, string>>): FeatureContext => ({
  ...plainContext,
  ids: createServiceIds(),
  devices: ['eth0'],
  policies: new Map(),
  neighbour: (address): Neighbour | undefined => {
    const etherAddress = macs[address];
    return etherAddress === undefined ? undefined : { etherAddress, device: 'eth1' };
  },
  link: (name) => ({ index: Number(name.slice(3)) + 1, etherAddress: '02:00:00:00:01:00' }),
  supports: () => true,
});
const macs = { '10.0.0.1': '02:00:00:00:00:01', '10.0.0.2': '02:00:00:00:00:02' };

test('a changed MAC is elements and no structure', (t) => {
  const before = stateless.contribute(service(), context(macs))!;
  const now = stateless.contribute(service(), context({ ...macs, '10.0.0.2': '02:00:00:00:00:99' }))!;
  t.deepEqual(now.structure, before.structure);
  const different = now.elements.filter((one, index) => {
    const other = before.elements[index]!;
    return JSON.stringify(one.element) !== JSON.stringify(other.element);
  });
  t.deepEqual(
    [...new Set(different.map(({ set }) => set.name))],
    ['stateless_macs', 'stateless_spared_frames4'],
  );
});

const chainsOf = (contribution: Contribution): string[] =>
  contribution.structure.flatMap((one) =>
    one.kind === 'chain' && one.chain.name.startsWith('spared') ? [one.chain.name] : [],
  );

test('services share the chain without memory', (t) => {
  const ids = createServiceIds();
  const [one, other] = [80, 81].map((number) =>
    stateless.contribute(
      service({
        name: `web${number}`,
        addresses: [
          { address: '198.51.100.10' as Ip, protocol: 'tcp', ports: [{ first: number, last: number }] },
        ],
      }),
      { ...context(macs), ids },
    ),
  );
  t.is(chainsOf(one!).length, 1);
  t.deepEqual(chainsOf(one!), chainsOf(other!));
});

test('slots that change hands need elements only: nothing with a verdict, no chain', (t) => {
  const facts = context(macs);
  const named = ({ structure, elements }: Contribution): string[] => [
    ...structure.map((one) => JSON.stringify(one.kind === 'chain' ? one.chain : one)),
    ...elements.flatMap(({ set, element }) =>
      set.data === 'verdict' ? [`${set.name} ${element.key.join()} ${JSON.stringify(element.data)}`] : [],
    ),
  ];
  for (const mode of ['dsr', 'stlsdnat'] as const) {
    const before = named(stateless.contribute(service({ mode }), facts)!);
    const { layout } = choose(service({ mode }), ipv4, facts);
    const changed = service({
      mode,
      backends: service().backends.map((one, index) => ({ ...one, state: index === 1 ? 'down' : 'up' })),
    });
    for (const transit of [
      { former: layout, whole: false },
      { former: layout, whole: true },
      { whole: true },
    ]) {
      const now = stateless.contribute(changed, { ...facts, transit: () => transit })!;
      t.deepEqual(
        named(now).filter((one) => !before.includes(one)),
        [],
        `${mode} ${JSON.stringify(transit)}`,
      );
    }
  }
});

test('what must be remembered goes no short way', (t) => {
  const changes: readonly Partial<Service>[] = [
    { persistence: ['srcip'] },
    { scheduler: 'hash', hashFields: ['srcmac'] },
    { limits: { newConnections: { count: 10, unit: 'second', burst: 0 } } },
    { addresses: [{ address: '198.51.100.10' as Ip, protocol: 'udp', ports: [{ first: 80, last: 80 }] }] },
    { addresses: [{ address: '198.51.100.10' as Ip, protocol: 'tcp', ports: [{ first: 80, last: 81 }] }] },
  ];
  t.is(chainsOf(stateless.contribute(service(), context(macs))!).length, 1);
  for (const one of changes) t.deepEqual(chainsOf(stateless.contribute(service(one), context(macs))!), []);
  const replicated = { ...context(macs), hintGroup: 7 };
  t.deepEqual(chainsOf(stateless.contribute(service(), replicated)!), []);
  t.is(chainsOf(stateless.contribute(service({ replicate: 'none' }), replicated)!).length, 1);
});

test('one MAC address on two interfaces is no way to tell them apart', (t) => {
  const twice = {
    ...context(macs),
    neighbour: (address: Ip) => ({
      etherAddress: '02:00:00:00:00:01',
      device: address === '10.0.0.1' ? 'eth1' : 'eth2',
    }),
  };
  t.deepEqual(chainsOf(stateless.contribute(service(), twice)!), []);
});

test('a backend without a MAC has a reason and no element', (t) => {
  const { '10.0.0.2': _gone, ...known } = macs;
  const contribution = stateless.contribute(service(), context(known))!;
  t.is(contribution.elements.filter(({ set }) => set.name === 'stateless_macs').length, 1);
  t.like(stateless.shortcomings?.(service(), context(known)), [{ service: 'web', backend: 'b2' }]);
  const given = service({
    outputInterface: 'eth1',
    backends: service().backends.map((one) => ({ ...one, etherAddress: '02:00:00:00:00:05' })),
  });
  t.deepEqual(stateless.shortcomings?.(given, context({})), [], 'a MAC that is given is not learned');
});

test('other modes are not meant, and what cannot be done is refused as a whole', (t) => {
  t.is(stateless.contribute(service({ mode: 'dnat' }), context(macs)), undefined);
  t.is(stateless.contribute(service({ state: 'down' }), context(macs)), undefined);
  const refused: readonly [Partial<Service>, RegExp][] = [
    [{ scheduler: 'leastconn' }, /leastconn counts connections/],
    [{ persistence: ['srcip', 'dstip', 'srcport', 'dstport', 'srcmac'] }, /at most 4 fields/],
  ];
  for (const [changes, reason] of refused) {
    t.is(stateless.contribute(service(changes), context(macs)), undefined);
    t.regex(stateless.shortcomings?.(service(changes), context(macs))[0]?.reason ?? '', reason);
  }
});

test('places follow from names alone, and none is taken twice', (t) => {
  const names = Array.from({ length: 1024 }, (_, index) => `10.0.${index >> 8}.${index & 255} 80`);
  const places = stablePlaces(names);
  t.is(new Set(places.values()).size, 1024);
  t.deepEqual(stablePlaces([...names].reverse()), places);
  const few = stablePlaces(names.slice(0, 8));
  const more = stablePlaces(names.slice(0, 9));
  for (const [name, place] of few) t.is(more.get(name), place);
});

test('neighbours are wanted for these modes only', (t) => {
  const services = [service(), service({ mode: 'dnat', backends: [] }), service({ state: 'off' })];
  t.deepEqual([...wantedNeighbours(services)], ['10.0.0.1', '10.0.0.2']);
});
