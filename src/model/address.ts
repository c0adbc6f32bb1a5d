/** IPv4 addresses: branded text at the edges, four bytes inside elements. */

declare const brand: unique symbol;
/** A dotted quad that has been parsed: `10.0.0.1`. */
export type Ipv4 = string & { readonly [brand]: 'ipv4' };

/** The address, or undefined when the text is not four decimal numbers of 0–255 (leading zeros refused). */
export const parseIpv4 = (text: string): Ipv4 | undefined => {
  if (text.length < 7 || text.length > 15) return undefined;
  let dots = 0;
  let digits = 0;
  let value = 0;
  // By character codes: documents have tens of thousands of addresses.
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit === -2) {
      if (digits === 0 || ++dots > 3) return undefined;
      digits = 0;
      value = 0;
    } else {
      if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? (text as Ipv4) : undefined;
};

/** Four bytes in network order. */
export const ipv4Bytes = (address: Ipv4): Uint8Array => {
  const value = ipv4Number(address);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
};

/** The address in `bytes[offset … offset + 3]`. */
export const ipv4FromBytes = (bytes: Uint8Array, offset = 0): Ipv4 =>
  `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}` as Ipv4;

/** 10.0.0.1 is 0x0a000001: the form of tables and wire columns. */
export const ipv4Number = (address: Ipv4): number => {
  let value = 0;
  for (const part of address.split('.')) value = value * 256 + Number(part);
  return value;
};

export const ipv4FromNumber = (value: number): Ipv4 =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ipv4;

export interface Ipv4Prefix {
  readonly address: Ipv4;
  readonly prefixLength: number;
}

/** An IPv6 address in the text form of RFC 5952: `2001:db8::1`. */
export type Ipv6 = string & { readonly [brand]: 'ipv6' };
export type Ip = Ipv4 | Ipv6;

export interface IpPrefix {
  readonly address: Ip;
  readonly prefixLength: number;
}

export const isIpv6 = (address: Ip): address is Ipv6 => address.includes(':');

const groupPattern = /^[0-9a-f]{1,4}$/i;

/** The eight 16-bit groups of the text, or undefined. */
const ipv6Groups = (text: string): number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half, index): (string | undefined)[] => {
    const parts = half === '' ? [] : half.split(':');
    const embedded = index === halves.length - 1 ? parseIpv4(parts.at(-1) ?? '') : undefined;
    if (!embedded) return parts;
    const [a, b, c, d] = ipv4Bytes(embedded);
    return [...parts.slice(0, -1), ((a! << 8) | b!).toString(16), ((c! << 8) | d!).toString(16)];
  });
  const given = [...head, ...(tail ?? [])];
  if (given.some((part) => part === undefined || !groupPattern.test(part))) return undefined;
  const missing = 8 - given.length;
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const numbers = (parts: readonly (string | undefined)[]): number[] =>
    parts.map((part) => Number.parseInt(part!, 16));
  return tail ? [...numbers(head), ...new Array<number>(missing).fill(0), ...numbers(tail)] : numbers(head);
};

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
const ipv6Text = (groups: readonly number[]): Ipv6 => {
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (start < 0) return text(groups) as Ipv6;
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}` as Ipv6;
};

/** The address in canonical form, or undefined. No zones, no brackets. */
export const parseIpv6 = (text: string): Ipv6 | undefined => {
  const groups = text.includes(':') ? ipv6Groups(text) : undefined;
  return groups && ipv6Text(groups);
};

export const parseIp = (text: string): Ip | undefined => parseIpv4(text) ?? parseIpv6(text);

/** 4 or 16 bytes in network order. */
export const ipBytes = (address: Ip): Uint8Array => {
  if (!isIpv6(address)) return ipv4Bytes(address);
  const bytes = new Uint8Array(16);
  ipv6Groups(address)!.forEach((group, index) => {
    bytes[index * 2] = group >> 8;
    bytes[index * 2 + 1] = group & 0xff;
  });
  return bytes;
};

/** The address in the `length` bytes (4 or 16) from `offset` on. */
export const ipFromBytes = (bytes: Uint8Array, offset: number, length: number): Ip => {
  if (length === 4) return ipv4FromBytes(bytes, offset);
  const groups = Array.from(
    { length: 8 },
    (_, at) => (bytes[offset + at * 2]! << 8) | bytes[offset + at * 2 + 1]!,
  );
  return ipv6Text(groups);
};

/** `10.0.0.1/24`, `2001:db8::1/64`; without a length, /32 or /128. */
export const parseIpPrefix = (text: string): IpPrefix | undefined => {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = parseIp(addressText ?? '');
  if (!address || rest.length > 0) return undefined;
  const longest = isIpv6(address) ? 128 : 32;
  if (lengthText === undefined) return { address, prefixLength: longest };
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > longest) return undefined;
  return { address, prefixLength: Number(lengthText) };
};

/** Can it be one interface's own address on a network? Not unspecified, loopback of IPv6, multicast or reserved. */
export const isUnicast = (address: Ip): boolean => {
  const bytes = ipBytes(address);
  if (!isIpv6(address)) return bytes[0] !== 0 && bytes[0]! < 224;
  return bytes[0] !== 0xff && bytes.some((byte, at) => byte > (at === 15 ? 1 : 0));
};
