/** One set of every kind, by family: what the shapes of rules refer to. */

import type { SetSpec } from '../../src/netlink/nft/ast.js';
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
  ],
  ip6: [hosts6],
  inet: [slotsMap, sourcesMap],
  netdev: [held, hosts6, macs],
};
