/** The shared maps of table `ip relevo`: their names, shapes and the byte form of a persistence entry. */

import { type Ipv4, ipv4Bytes, ipv4FromBytes } from '../model/address.js';
import type { PersistenceEntry } from '../model/persistence.js';
import { type Protocol, protocolNumber } from '../model/service.js';
import type { ElementBytes, SetSpec, TableName } from '../netlink/nft/ast.js';

export const serviceTable: TableName = { family: 'ip', name: 'relevo' };

/**
 * `vip . proto . port → kind number`: the activation of a service. Not a verdict map on purpose: the kernel checks every element of
 * every verdict map again when one of them gets an element (nft_chain_validate), which took 5 ms with 10,000 services.
 */
export const servicesMap: SetSpec = {
  name: 'services',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
  data: ['classid'],
};

/** `kind number → goto <kind chain>`: a few dozen elements, whatever the number of services. */
export const kindsMap: SetSpec = { name: 'kinds', key: ['classid'], data: 'verdict' };

/** `backend . proto . port` of every configured backend: whose invalid replies are ours to drop. */
export const backendsSet: SetSpec = {
  name: 'backends',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
};

/** `vip . proto . port . slot → backend . port`: what a scheduler reads. */
export const slotsMap: SetSpec = {
  name: 'slots',
  key: ['ipv4_addr', 'inet_proto', 'inet_service', 'integer'],
  data: ['ipv4_addr', 'inet_service'],
  modulus: 1024,
};

/** `client . vip . proto . port → backend . port`: written by packets, replicated between nodes. */
export const persistMap: SetSpec = {
  name: 'persist',
  key: ['ipv4_addr', 'ipv4_addr', 'inet_proto', 'inet_service'],
  data: ['ipv4_addr', 'inet_service'],
  flags: ['timeout', 'dynamic'],
  size: 1_048_576,
};

/** `vip . proto . port`, counted by packets: newcomers that were not remembered because `persist` is full. They are served all the same. */
export const persistRefusedSet: SetSpec = {
  name: 'persist_refused',
  key: ['ipv4_addr', 'inet_proto', 'inet_service'],
  flags: ['dynamic'],
  size: 65_536,
  statements: [{ kind: 'counter' }],
};

/** `record_60s`, `record_60s_log`, `record_1500ms`: also the name of the chain that writes. */
export const recorderName = (ttlMs: number, reported: boolean): string =>
  `record_${ttlMs % 1000 === 0 ? `${ttlMs / 1000}s` : `${ttlMs}ms`}${reported ? '_log' : ''}`;

/**
 * `vip . proto . port . backend . port`: which backends gather persistence entries of one lifetime, reported or not. A dead backend
 * has no element here, so a retransmitted packet cannot write it back. One set per lifetime in use, for the reason given at `services`.
 */
export const recorderSet = (ttlMs: number, reported: boolean): SetSpec => ({
  name: recorderName(ttlMs, reported),
  key: ['ipv4_addr', 'inet_proto', 'inet_service', 'ipv4_addr', 'inet_service'],
});

/** Lifetime and reporting of a recorder set, from its name. */
export const recorderOf = (name: string): { ttlMs: number; reported: boolean } | undefined => {
  const match = /^record_(\d+)(s|ms)(_log)?$/.exec(name);
  if (!match) return undefined;
  return { ttlMs: Number(match[1]) * (match[2] === 's' ? 1000 : 1), reported: match[3] !== undefined };
};

/** `vip . proto . port . backend . port → source address` of snat services. */
export const sourcesMap: SetSpec = {
  name: 'sources',
  key: ['ipv4_addr', 'inet_proto', 'inet_service', 'ipv4_addr', 'inet_service'],
  data: ['ipv4_addr'],
};

/** `vip . proto . port . backend . port` of snat services without a source address: the node's own, outside a cluster. */
export const masqueradingSet: SetSpec = {
  name: 'masquerading',
  key: ['ipv4_addr', 'inet_proto', 'inet_service', 'ipv4_addr', 'inet_service'],
};

/** The sets that are always there, in the order they are made; recorder sets come beside them. */
export const staticSets: readonly SetSpec[] = [
  servicesMap,
  kindsMap,
  backendsSet,
  slotsMap,
  persistMap,
  persistRefusedSet,
  sourcesMap,
  masqueradingSet,
];

/** Filled by packets. */
export const isPacketsOwn = (name: string): boolean =>
  name === persistMap.name || name === persistRefusedSet.name;

const protocolByNumber: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp' };

/** 16 bytes of key and 8 of data, each part padded to four. */
export const persistElement = (entry: PersistenceEntry): ElementBytes => {
  const key = new Uint8Array(16);
  key.set(ipv4Bytes(entry.client), 0);
  key.set(ipv4Bytes(entry.address), 4);
  key[8] = protocolNumber[entry.protocol];
  key[12] = entry.port >> 8;
  key[13] = entry.port & 0xff;
  const data = new Uint8Array(8);
  data.set(ipv4Bytes(entry.backendAddress), 0);
  data[4] = entry.backendPort >> 8;
  data[5] = entry.backendPort & 0xff;
  return { key, data, timeoutMs: entry.ttlMs, expiresMs: entry.remainingMs };
};

/** Undefined for an element that no service of ours could have written. */
export const persistEntry = (element: ElementBytes): PersistenceEntry | undefined => {
  const { key, data, timeoutMs } = element;
  const protocol = protocolByNumber[key[8] ?? 0];
  if (
    key.length !== 16 ||
    !(data instanceof Uint8Array) ||
    data.length !== 8 ||
    !protocol ||
    timeoutMs === undefined
  ) {
    return undefined;
  }
  return {
    client: ipv4FromBytes(key, 0),
    address: ipv4FromBytes(key, 4) as Ipv4,
    protocol,
    port: (key[12]! << 8) | key[13]!,
    backendAddress: ipv4FromBytes(data, 0),
    backendPort: (data[4]! << 8) | data[5]!,
    ttlMs: timeoutMs,
    remainingMs: element.expiresMs ?? timeoutMs,
  };
};
