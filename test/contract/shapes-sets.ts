/** One set of every kind, by family: what the shapes of rules refer to. */

import type { SetSpec, StatefulStatement } from '../../src/netlink/nft/ast.js';
import {
  kindsMap,
  persistMap,
  recorderSet,
  servicesMap,
  slotsMap,
  sourcesMap,
} from '../../src/ruleset/layout.js';

export const held: SetSpec = { name: 'held', key: ['ipv4_addr'], flags: ['timeout'] };
export const nets: SetSpec = { name: 'nets', key: ['ipv4_addr'], flags: ['interval'] };
export const pairs: SetSpec = { name: 'pairs', key: ['ipv4_addr', 'inet_service'], flags: ['interval'] };
export const marks: SetSpec = { name: 'marks', key: ['ipv4_addr', 'inet_service'], data: ['mark'] };
export const ports: SetSpec = { name: 'ports', key: ['inet_service'], comment: 'well known' };
export const macs: SetSpec = { name: 'macs', key: ['ether_addr', 'ipv4_addr'] };
export const recent: SetSpec = {
  name: 'recent',
  key: ['ipv4_addr'],
  flags: ['dynamic', 'timeout'],
  size: 100,
};
export const single: SetSpec = { name: 'single', key: ['ipv4_addr'], data: ['ipv4_addr'], timeoutMs: 90_000 };
export const hosts6: SetSpec = { name: 'hosts6', key: ['ipv6_addr'] };
export const names: SetSpec = { name: 'names', key: ['ifname'] };
export const bySlot: SetSpec = { name: 'byslot', key: ['integer'], data: ['ipv4_addr'], modulus: 16 };
export const verdicts: SetSpec = {
  name: 'verdicts',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
  data: 'verdict',
};
export const recorders = recorderSet(60_000, true);
export const verdictBySlot: SetSpec = {
  name: 'vbyslot',
  key: ['ipv4_addr', 'integer'],
  data: 'verdict',
  modulus: 4,
};

/** Interval sets and maps of one part and of several, in every address family. */
export const nets6: SetSpec = { name: 'nets6', key: ['ipv6_addr'], flags: ['interval'] };
export const portRanges: SetSpec = { name: 'portranges', key: ['inet_service'], flags: ['interval'] };
export const netMarks: SetSpec = {
  name: 'netmarks',
  key: ['ipv4_addr'],
  data: ['mark'],
  flags: ['interval'],
};
export const netVerdicts: SetSpec = {
  name: 'netverdicts',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
  data: 'verdict',
  flags: ['interval'],
};
export const pairs6: SetSpec = {
  name: 'pairs6',
  key: ['ipv6_addr', 'inet_service'],
  data: ['mark'],
  flags: ['interval'],
};

/** Elements with a state of their own. nft takes it in an element only where the set declares it; the kernel anywhere. */
const over1: StatefulStatement = { kind: 'limit', rate: 1, unit: 'second', burst: 5, over: true };
export const limited: SetSpec = { name: 'limited', key: ['ipv4_addr'], statements: [over1] };
export const connected: SetSpec = {
  name: 'connected',
  key: ['ipv4_addr', 'inet_service'],
  statements: [{ kind: 'ct-count', count: 1, over: true }],
};
export const counted: SetSpec = {
  name: 'counted',
  key: ['ipv4_addr'],
  flags: ['dynamic', 'timeout'],
  size: 100,
  statements: [{ kind: 'counter' }],
};
export const countedNets: SetSpec = {
  name: 'countednets',
  key: ['ipv4_addr'],
  flags: ['interval'],
  statements: [{ kind: 'counter' }],
};
export const countedRanges: SetSpec = {
  ...netVerdicts,
  name: 'countedranges',
  statements: [{ kind: 'counter' }],
};
export const metered: SetSpec = {
  name: 'metered',
  key: ['ipv4_addr'],
  flags: ['dynamic', 'timeout'],
  size: 100,
  timeoutMs: 60_000,
  statements: [over1, { kind: 'counter' }],
  comment: 'per client',
};
/** Without `timeout`: the kernel refuses it together with `ct count` (a set is cleaned by one or the other). */
export const opened: SetSpec = { name: 'opened', key: ['ipv4_addr'], flags: ['dynamic'], size: 100 };
export const byPriority: SetSpec = {
  name: 'bypriority',
  key: ['classid', 'integer'],
  data: ['ipv4_addr'],
  modulus: 16,
};
export const priorities: SetSpec = { name: 'priorities', key: ['ipv4_addr'], data: ['classid'] };
export const priorityOf: SetSpec = {
  name: 'priorityof',
  key: ['ipv4_addr'],
  data: ['classid'],
  flags: ['dynamic', 'timeout'],
  size: 100,
};
export const kindOf: SetSpec = { name: 'kindof', key: ['classid'], data: ['classid'] };
export const nextPriority: SetSpec = {
  name: 'nextpriority',
  key: ['classid', 'integer'],
  data: ['classid'],
  modulus: 4,
};
export const clientMarks: SetSpec = { name: 'clientmarks', key: ['ipv4_addr'], data: ['mark'] };
export const protocols: SetSpec = { name: 'protocols', key: ['inet_proto'] };
export const interfaces: SetSpec = { name: 'interfaces', key: ['iface_index', 'ether_type', 'nf_proto'] };
export const named: SetSpec = { name: 'named', key: ['ifname', 'ipv4_addr'] };
export const replies: SetSpec = { name: 'replies', key: ['ipv4_addr', 'inet_service', 'inet_service'] };
export const single6: SetSpec = { name: 'single6', key: ['ipv6_addr'], data: ['ipv6_addr'] };
export const persist6: SetSpec = {
  name: 'persist6',
  key: ['ipv6_addr', 'ipv6_addr'],
  data: ['ipv6_addr', 'inet_service'],
  flags: ['dynamic', 'timeout'],
  size: 100,
};
export const toMac: SetSpec = {
  name: 'tomac',
  key: ['ipv4_addr', 'integer'],
  data: ['ether_addr'],
  modulus: 16,
};
export const macOf: SetSpec = { name: 'macof', key: ['ipv4_addr'], data: ['ether_addr'] };
export const portOf: SetSpec = { name: 'portof', key: ['ipv4_addr'], data: ['inet_service'] };
export const slotPort: SetSpec = { name: 'slotport', key: ['ipv4_addr', 'classid'], data: ['inet_service'] };
export const slotAddress: SetSpec = { ...slotPort, name: 'slotaddress', data: ['ipv4_addr'] };
export const wayMac: SetSpec = {
  name: 'waymac',
  key: ['ipv4_addr'],
  data: ['ether_addr'],
  flags: ['dynamic', 'timeout'],
  size: 100,
};
export const deviceOf: SetSpec = { name: 'deviceof', key: ['ipv4_addr'], data: ['iface_index'] };

export const sets: Record<'ip' | 'ip6' | 'netdev' | 'inet', readonly SetSpec[]> = {
  ip: [
    servicesMap,
    kindsMap,
    verdicts,
    slotsMap,
    persistMap,
    recorders,
    sourcesMap,
    held,
    nets,
    pairs,
    marks,
    ports,
    macs,
    recent,
    single,
    names,
    bySlot,
    verdictBySlot,
    nets6,
    portRanges,
    netMarks,
    netVerdicts,
    pairs6,
    limited,
    connected,
    counted,
    countedNets,
    countedRanges,
    metered,
    opened,
    byPriority,
    priorities,
    priorityOf,
    kindOf,
    nextPriority,
    clientMarks,
    protocols,
    interfaces,
    named,
    replies,
    macOf,
    deviceOf,
  ],
  ip6: [hosts6, single6, persist6],
  inet: [slotsMap, sourcesMap, macs],
  netdev: [
    held,
    hosts6,
    macs,
    single,
    single6,
    toMac,
    wayMac,
    macOf,
    portOf,
    deviceOf,
    clientMarks,
    slotPort,
    slotAddress,
  ],
};
