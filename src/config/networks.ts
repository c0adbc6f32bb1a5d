/** Networks of policies, as text and as their first address with a length; ranges become the networks that cover them. */

import { type Ip, ipBytes, ipFromBytes, isIpv6, parseIp } from '../model/address.js';
import type { PolicyElement } from '../model/service.js';

/** The network that the address is in: bits behind the prefix are zero. */
const networkOf = (address: Ip, prefixLength: number): Ip => {
  const bytes = ipBytes(address);
  for (let at = 0; at < bytes.length; at++) {
    const bits = Math.min(8, Math.max(0, prefixLength - at * 8));
    bytes[at]! &= 0xff << (8 - bits);
  }
  return ipFromBytes(bytes, 0, bytes.length);
};

/** `10.0.0.1`, `10.2.0.0/16`; undefined when it is neither. */
export const parseNetwork = (text: string): PolicyElement | undefined => {
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const bits = isIpv6(address) ? 128 : 32;
  if (slash < 0) return { address, prefixLength: bits };
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  return { address: networkOf(address, Number(length)), prefixLength: Number(length) };
};

export const networkText = ({ address, prefixLength }: PolicyElement): string =>
  prefixLength === (isIpv6(address) ? 128 : 32) ? address : `${address}/${prefixLength}`;

const numberOf = (address: Ip): bigint =>
  ipBytes(address).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

const addressOf = (number: bigint, bits: number): Ip => {
  const bytes = Uint8Array.from({ length: bits / 8 }, (_, at) =>
    Number((number >> BigInt(bits - 8 - at * 8)) & 0xffn),
  );
  return ipFromBytes(bytes, 0, bytes.length);
};

/** The fewest networks that hold these addresses and no other: at most 62 of IPv4, 254 of IPv6. */
const covering = (first: bigint, last: bigint, bits: number): PolicyElement[] => {
  const networks: PolicyElement[] = [];
  for (let at = first; at <= last; ) {
    let hostBits = 0;
    // As long as the network begins here and ends in time.
    while (hostBits < bits) {
      const mask = (2n << BigInt(hostBits)) - 1n;
      if ((at & mask) !== 0n || at + mask > last) break;
      hostBits++;
    }
    networks.push({ address: addressOf(at, bits), prefixLength: bits - hostBits });
    at += 1n << BigInt(hostBits);
  }
  return networks;
};

/** What one text of an element stands for: nftlb prints neighbours as one range (`10.0.0.1-10.0.0.4`), and takes them back. */
export const parseNetworks = (text: string): readonly PolicyElement[] | undefined => {
  const dash = text.indexOf('-');
  if (dash < 0) {
    const network = parseNetwork(text);
    return network && [network];
  }
  const first = parseIp(text.slice(0, dash).trim());
  const last = parseIp(text.slice(dash + 1).trim());
  if (!first || !last || isIpv6(first) !== isIpv6(last)) return undefined;
  const networks = covering(numberOf(first), numberOf(last), isIpv6(first) ? 128 : 32);
  return networks.length > 0 ? networks : undefined;
};
