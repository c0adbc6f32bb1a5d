/** Networks that this machine has addresses in. */

import { networkInterfaces } from 'node:os';
import { type IpPrefix, ipv4Number, parseIp, parseIpv4 } from '../model/address.js';

/** As they are now; without loopback, and without addresses of the link alone. */
export const nodeNetworks = (): IpPrefix[] =>
  Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ internal, cidr }): IpPrefix[] => {
      const [text = '', length = ''] = cidr?.split('/') ?? [];
      const address = parseIp(text);
      return internal || !address || text.startsWith('fe80:')
        ? []
        : [{ address, prefixLength: Number(length) }];
    }),
  );

interface Told {
  readonly address?: string;
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

/**
 * The MAC of the interface that `ip -j address show dev` has told of, and whether an address is in the network of its first IPv4 one;
 * undefined: there is no such interface, or it has no address.
 */
export const interfaceTold = (
  printed: string,
): { readonly mac: string; reaches(address: string): boolean } | undefined => {
  const [told] = printed.trim() === '' ? [] : (JSON.parse(printed) as Told[]);
  const first = told?.addr_info?.find(({ family }) => family === 'inet');
  if (!told?.address || !first) return undefined;
  const bitsOf = (text: string): number | undefined => {
    const address = parseIpv4(text);
    return address === undefined ? undefined : ipv4Number(address);
  };
  const mask = first.prefixlen === 0 ? 0 : (0xffffffff << (32 - first.prefixlen)) >>> 0;
  const own = bitsOf(first.local)!;
  return {
    mac: told.address,
    reaches(address) {
      const bits = bitsOf(address);
      return bits !== undefined && (bits & mask) >>> 0 === (own & mask) >>> 0;
    },
  };
};
