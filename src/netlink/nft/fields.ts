/** Where each field of a packet is found (header, offset, length), what it presupposes, and how data types are numbered. */

import type { DataType, Field } from './ast.js';

/** What must be known of the packet before the field means anything; nft leaves it out in print and so does `text.ts`. */
export type Layer3 = 'ip' | 'ip6' | 'arp';

interface FieldShape {
  readonly bytes: number;
  readonly layer3?: Layer3;
  readonly layer4?: number;
  readonly ethernet?: true;
  readonly load:
    | { readonly kind: 'payload'; readonly base: 0 | 1 | 2; readonly offset: number }
    | { readonly kind: 'meta'; readonly key: number }
    | { readonly kind: 'ct'; readonly key: number; readonly direction?: 0 | 1 };
}

/** enum nft_payload_bases */
const link = 0;
const network = 1;
const transport = 2;
const payload = (base: 0 | 1 | 2, offset: number) => ({ kind: 'payload', base, offset }) as const;

/** enum nft_ct_keys */
const ctKey = {
  mark: 3,
  protoSource: 11,
  protoDestination: 12,
  sourceIp: 19,
  destinationIp: 20,
  sourceIp6: 21,
  destinationIp6: 22,
} as const;
const ct = (key: keyof typeof ctKey, direction: 0 | 1) =>
  ({ kind: 'ct', key: ctKey[key], direction }) as const;
/** enum nft_meta_keys */
export const metaKey = {
  protocol: 1,
  priority: 2,
  mark: 3,
  iif: 4,
  iifname: 6,
  oifname: 7,
  iiftype: 8,
  nfproto: 15,
  l4proto: 16,
  pkttype: 19,
} as const;
const meta = (key: keyof typeof metaKey) => ({ kind: 'meta', key: metaKey[key] }) as const;

export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;

export const fieldShape: Readonly<Record<Field, FieldShape>> = {
  'ip saddr': { bytes: 4, layer3: 'ip', load: payload(network, 12) },
  'ip daddr': { bytes: 4, layer3: 'ip', load: payload(network, 16) },
  'ip protocol': { bytes: 1, layer3: 'ip', load: payload(network, 9) },
  'ip6 saddr': { bytes: 16, layer3: 'ip6', load: payload(network, 8) },
  'ip6 daddr': { bytes: 16, layer3: 'ip6', load: payload(network, 24) },
  'ip6 nexthdr': { bytes: 1, layer3: 'ip6', load: payload(network, 6) },
  'th sport': { bytes: 2, load: payload(transport, 0) },
  'th dport': { bytes: 2, load: payload(transport, 2) },
  'udp checksum': { bytes: 2, layer4: IPPROTO_UDP, load: payload(transport, 6) },
  'meta l4proto': { bytes: 1, load: meta('l4proto') },
  'meta nfproto': { bytes: 1, load: meta('nfproto') },
  'meta protocol': { bytes: 2, load: meta('protocol') },
  'meta priority': { bytes: 4, load: meta('priority') },
  'meta mark': { bytes: 4, load: meta('mark') },
  'meta pkttype': { bytes: 1, load: meta('pkttype') },
  'meta iif': { bytes: 4, load: meta('iif') },
  'meta iifname': { bytes: 16, load: meta('iifname') },
  'meta oifname': { bytes: 16, load: meta('oifname') },
  'ct original ip saddr': { bytes: 4, load: ct('sourceIp', 0) },
  'ct original ip daddr': { bytes: 4, load: ct('destinationIp', 0) },
  'ct original ip6 saddr': { bytes: 16, load: ct('sourceIp6', 0) },
  'ct original ip6 daddr': { bytes: 16, load: ct('destinationIp6', 0) },
  'ct original proto-src': { bytes: 2, load: ct('protoSource', 0) },
  'ct original proto-dst': { bytes: 2, load: ct('protoDestination', 0) },
  'ct reply ip saddr': { bytes: 4, load: ct('sourceIp', 1) },
  'ct reply ip6 saddr': { bytes: 16, load: ct('sourceIp6', 1) },
  'ct reply proto-src': { bytes: 2, load: ct('protoSource', 1) },
  'ct mark': { bytes: 4, load: { kind: 'ct', key: ctKey.mark } },
  'ether saddr': { bytes: 6, ethernet: true, load: payload(link, 6) },
  'ether daddr': { bytes: 6, ethernet: true, load: payload(link, 0) },
  'ether addresses': { bytes: 12, ethernet: true, load: payload(link, 0) },
  'arp operation': { bytes: 2, layer3: 'arp', load: payload(network, 6) },
  'arp saddr ip': { bytes: 4, layer3: 'arp', load: payload(network, 14) },
  'arp daddr ip': { bytes: 4, layer3: 'arp', load: payload(network, 24) },
  'icmpv6 type': { bytes: 1, layer3: 'ip6', layer4: IPPROTO_ICMPV6, load: payload(transport, 0) },
  'icmpv6 taddr': { bytes: 16, layer3: 'ip6', layer4: IPPROTO_ICMPV6, load: payload(transport, 8) },
};

interface TypeShape {
  readonly bytes: number;
  /** enum datatypes of nft: what its listing reads the type from. */
  readonly number: number;
  /** 1 host order, 2 network order (nft's enum byteorder). */
  readonly byteorder: 1 | 2;
}

export const typeShape: Readonly<Record<DataType, TypeShape>> = {
  ipv4_addr: { bytes: 4, number: 7, byteorder: 2 },
  ipv6_addr: { bytes: 16, number: 8, byteorder: 2 },
  inet_proto: { bytes: 1, number: 12, byteorder: 2 },
  nf_proto: { bytes: 1, number: 2, byteorder: 1 },
  inet_service: { bytes: 2, number: 13, byteorder: 2 },
  ether_type: { bytes: 2, number: 10, byteorder: 2 },
  ether_addr: { bytes: 6, number: 9, byteorder: 2 },
  ether_pair: { bytes: 12, number: 4, byteorder: 2 },
  mark: { bytes: 4, number: 19, byteorder: 1 },
  integer: { bytes: 4, number: 4, byteorder: 1 },
  classid: { bytes: 4, number: 23, byteorder: 1 },
  iface_index: { bytes: 4, number: 20, byteorder: 1 },
  ifname: { bytes: 16, number: 41, byteorder: 1 },
};

/** 32-bit registers that so many bytes take. */
export const wordsOf = (bytes: number): number => (bytes + 3) >> 2;

/** Bytes of a concatenation; a single value keeps its own length. */
export const typesBytes = (types: readonly DataType[]): number => {
  if (types.length === 1) return typeShape[types[0]!].bytes;
  return types.reduce((sum, type) => sum + wordsOf(typeShape[type].bytes) * 4, 0);
};

/** nft packs the types of a concatenation into six bits each. */
export const typesNumber = (types: readonly DataType[]): number =>
  types.reduce((number, type) => number * 64 + typeShape[type].number, 0) % 0x1_0000_0000;
