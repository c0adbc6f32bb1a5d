/** Single values in nft's syntax: addresses, protocols, ports, marks, durations. */

import type { DataType, Field, Literal } from './ast.js';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `1h5s`, as nft prints it; zero is `0s`. */
export const durationText = (ms: number): string => {
  let left = Math.round(ms);
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
};

/** nft strings have no escapes: a quote inside one cannot be written. */
export const quote = (text: string): string => `"${text.replaceAll('"', "'")}"`;

const hex = (byte: number, digits: number): string => byte.toString(16).padStart(digits, '0');

/** As nft prints marks. */
export const hex32 = (value: number): string => `0x${hex(value >>> 0, 8)}`;

const numberOf = (bytes: Uint8Array, hostOrder: boolean): number => {
  const ordered = hostOrder ? [...bytes].reverse() : [...bytes];
  return ordered.reduce((sum, byte) => sum * 256 + byte, 0);
};

/** RFC 5952: the longest run of zero groups becomes `::`. */
const ipv6Text = (bytes: Uint8Array): string => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === '0') to++;
    if (to - from > best.length) best = { from, length: to - from };
  }
  if (best.from < 0) return groups.join(':');
  return `${groups.slice(0, best.from).join(':')}::${groups.slice(best.from + best.length).join(':')}`;
};

const protocolName: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  58: 'ipv6-icmp',
  132: 'sctp',
};

const nfprotoName: Readonly<Record<number, string>> = { 2: 'ipv4', 10: 'ipv6' };
const etherTypeName: Readonly<Record<number, string>> = { 2048: 'ip', 2054: 'arp', 34525: 'ip6' };

/** A value in register form, as its type is printed. */
export const valueText = (type: DataType, bytes: Uint8Array): string => {
  switch (type) {
    case 'ipv4_addr':
      return bytes.subarray(0, 4).join('.');
    case 'ipv6_addr':
      return ipv6Text(bytes);
    case 'inet_proto':
      return protocolName[bytes[0] ?? 0] ?? String(bytes[0]);
    case 'inet_service':
      return String(numberOf(bytes.subarray(0, 2), false));
    case 'nf_proto':
      return nfprotoName[bytes[0] ?? 0] ?? String(bytes[0]);
    case 'ether_type': {
      const number = numberOf(bytes.subarray(0, 2), false);
      return etherTypeName[number] ?? String(number);
    }
    case 'ether_addr':
      return [...bytes.subarray(0, 6)].map((byte) => hex(byte, 2)).join(':');
    case 'ether_pair': {
      const digits = [...bytes.subarray(0, 12)].map((byte) => hex(byte, 2)).join('');
      return `0x${digits.replace(/^0+(?=.)/, '')}`;
    }
    case 'mark':
      return hex32(numberOf(bytes.subarray(0, 4), true));
    case 'classid': {
      const value = numberOf(bytes.subarray(0, 4), true);
      if (value === 0) return 'none';
      return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
    }
    case 'integer':
    case 'iface_index':
      return String(numberOf(bytes.subarray(0, 4), true));
    case 'ifname': {
      const end = bytes.indexOf(0);
      return `"${String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end))}"`;
    }
  }
};

const arpOperation: Readonly<Record<number, string>> = { 1: 'request', 2: 'reply' };
const icmpv6Type: Readonly<Record<number, string>> = {
  133: 'nd-router-solicit',
  134: 'nd-router-advert',
  135: 'nd-neighbor-solicit',
  136: 'nd-neighbor-advert',
  137: 'nd-redirect',
};

const packetType: Readonly<Record<number, string>> = {
  0: 'host',
  1: 'broadcast',
  2: 'multicast',
  3: 'other',
};

/** The value a field is compared with; some fields have names for their numbers. */
export const fieldValueText = (field: Field, value: Literal): string => {
  if (field === 'arp operation') {
    const number = numberOf(value.bytes.subarray(0, 2), false);
    return arpOperation[number] ?? String(number);
  }
  if (field === 'meta pkttype') return packetType[value.bytes[0] ?? 0] ?? String(value.bytes[0]);
  if (field === 'icmpv6 type') return icmpv6Type[value.bytes[0] ?? 0] ?? String(value.bytes[0]);
  if (field === 'icmpv6 taddr') {
    return `0x${[...value.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
  return valueText(value.type, value.bytes);
};
