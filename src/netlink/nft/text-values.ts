/** Single values in nft's syntax: addresses, protocols, ports, marks, durations. */

import type { DataType } from './ast.js';

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

const hex = (byte: number, digits: number): string => byte.toString(16).padStart(digits, '0');

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
    case 'ether_addr':
      return [...bytes.subarray(0, 6)].map((byte) => hex(byte, 2)).join(':');
    case 'mark':
      return `0x${hex(numberOf(bytes.subarray(0, 4), true), 8)}`;
    case 'classid': {
      const value = numberOf(bytes.subarray(0, 4), true);
      return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
    }
    case 'integer':
      return String(numberOf(bytes.subarray(0, 4), true));
    case 'ifname': {
      const end = bytes.indexOf(0);
      return `"${String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end))}"`;
    }
  }
};

/** Big-endian number of a few bytes. */
export const networkNumber = (bytes: Uint8Array): number => numberOf(bytes, false);
