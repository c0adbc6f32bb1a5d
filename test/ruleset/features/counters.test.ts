/** What counting costs a packet: rules that look into a set or map, in its hooks and in the chains that these call. */

import test from 'ava';
import type { Ip } from '../../../src/model/address.js';
import type { Service } from '../../../src/model/service.js';
import type { RuleSpec } from '../../../src/netlink/nft/ast.js';
import { plainContext } from '../../../src/ruleset/context.js';
import type { FeatureContext } from '../../../src/ruleset/feature.js';
import { counters } from '../../../src/ruleset/features/counters.js';
import { createServiceIds } from '../../../src/ruleset/service-ids.js';
import { backendAddress6, vip, vip6 } from '../../support/bed.js';
import { backendsAt, plainService, port } from '../../support/services.js';

const context: FeatureContext = {
  ...plainContext,
  ids: createServiceIds(),
  devices: ['eth0'],
  policies: new Map(),
  neighbour: () => ({ etherAddress: '02:00:00:00:00:01', device: 'eth0' }),
  link: () => ({ index: 2, etherAddress: '02:00:00:00:01:00' }),
  supports: () => true,
};

const rulesOf = (service: Service): RuleSpec[] => {
  const { structure } = counters.contribute(service, context)!;
  return structure.flatMap((one) =>
    one.kind === 'station' ? [one.rule] : one.kind === 'chain' ? one.chain.rules : [],
  );
};
const lookups = (rules: readonly RuleSpec[]): number =>
  rules.flatMap(({ statements }) => statements).filter((one) => 'set' in one || 'map' in one).length;
const jumps = ({ statements }: RuleSpec): string[] =>
  statements.flatMap((one) =>
    one.kind === 'verdict' && one.verdict.kind === 'jump' ? [one.verdict.chain] : [],
  );

/** Look-ups of a packet in this direction, through the one rule of a hook that leads it to its counting chain. */
const ofPacket = (service: Service, direction: 'in' | 'out'): number => {
  const rules = rulesOf(service);
  const chain = `traffic_${direction}`;
  const entrances = rules.filter((one) => jumps(one).includes(chain));
  return lookups(entrances) + entrances.length * lookups(rules.filter((one) => one.chain === chain));
};

const counted = (changes: Partial<Service> = {}): Service => plainService({ counters: true, ...changes });
const six: Partial<Service> = {
  family: 'ipv6',
  addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] }],
  endpoints: [],
  backends: backendsAt(2, {}, backendAddress6),
};

for (const [title, service] of [
  ['dnat', counted()],
  ['snat', counted({ mode: 'snat' })],
  ['local', counted({ mode: 'local', backends: [] })],
  ['IPv6', counted(six)],
] as const) {
  test(`${title}: one look-up for a packet, whatever its direction`, (t) => {
    t.is(ofPacket(service, 'in'), 1);
    t.is(ofPacket(service, 'out'), 1);
  });
}

for (const mode of ['dsr', 'stlsdnat'] as const) {
  test(`${mode}: one look-up for a packet that comes in`, (t) => {
    t.is(lookups(rulesOf(counted({ mode, endpoints: [] }))), 1);
  });
}

test('a range alone: by range and number; beside single ports: by connection and by port, in vain, before', (t) => {
  const range = counted({
    addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [{ first: 5000, last: 5100 }] }],
    endpoints: [],
  });
  const both = counted({
    addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(80), { first: 5000, last: 5100 }] }],
    endpoints: [],
  });
  const identify = (service: Service): number =>
    lookups(rulesOf(service).filter((one) => one.chain === 'identify_ct'));
  for (const direction of ['in', 'out'] as const) {
    t.is(ofPacket(range, direction) + identify(range), 2);
    t.is(ofPacket(both, direction) + identify(both), 4);
  }
});
