/** Who is reached at an address, protocol and port: finds two services that would be, also a range against a port and `all` against tcp. */

import type { PortRange, Protocol, ServiceAddress } from '../model/service.js';

interface Held extends PortRange {
  readonly owner: string;
}

export interface Overlap {
  readonly owner: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly ports: PortRange;
}

export interface Overlaps {
  /** The first thing in the way of these addresses that does not belong to `owner`. */
  find(owner: string, addresses: readonly ServiceAddress[]): Overlap | undefined;
  add(owner: string, addresses: readonly ServiceAddress[]): void;
  remove(owner: string, addresses: readonly ServiceAddress[]): void;
}

const everyPort: readonly PortRange[] = [{ first: 0, last: 65_535 }];
const protocolsOf: Readonly<Record<ServiceAddress['protocol'], readonly Protocol[]>> = {
  tcp: ['tcp'],
  udp: ['udp'],
  sctp: ['sctp'],
  all: ['tcp', 'udp', 'sctp'],
};
const portsOf = ({ ports }: ServiceAddress): readonly PortRange[] => (ports.length === 0 ? everyPort : ports);

/** Position of the first range that ends at or behind `port`; ranges are in order and apart. */
const search = (ranges: readonly Held[], port: number): number => {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.last < port) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const createOverlaps = (): Overlaps => {
  const rangesByKey = new Map<string, Held[]>();
  const keyOf = (protocol: Protocol, address: string): string => `${protocol} ${address}`;
  return {
    find(owner, addresses) {
      for (const one of addresses) {
        for (const protocol of protocolsOf[one.protocol]) {
          const ranges = rangesByKey.get(keyOf(protocol, one.address));
          if (!ranges) continue;
          for (const { first, last } of portsOf(one)) {
            for (let at = search(ranges, first); at < ranges.length && ranges[at]!.first <= last; at++) {
              const held = ranges[at]!;
              if (held.owner === owner) continue;
              const ports = { first: Math.max(first, held.first), last: Math.min(last, held.last) };
              return { owner: held.owner, protocol, address: one.address, ports };
            }
          }
        }
      }
      return undefined;
    },
    add(owner, addresses) {
      for (const one of addresses) {
        for (const protocol of protocolsOf[one.protocol]) {
          const key = keyOf(protocol, one.address);
          const ranges = rangesByKey.get(key) ?? [];
          if (ranges.length === 0) rangesByKey.set(key, ranges);
          for (const { first, last } of portsOf(one)) {
            ranges.splice(search(ranges, first), 0, { first, last, owner });
          }
        }
      }
    },
    remove(owner, addresses) {
      for (const one of addresses) {
        for (const protocol of protocolsOf[one.protocol]) {
          const key = keyOf(protocol, one.address);
          const ranges = rangesByKey.get(key);
          if (!ranges) continue;
          for (const { first } of portsOf(one)) {
            const at = search(ranges, first);
            if (ranges[at]?.owner === owner) ranges.splice(at, 1);
          }
          if (ranges.length === 0) rangesByKey.delete(key);
        }
      }
    },
  };
};

export const overlapText = ({ protocol, address, ports: { first, last } }: Overlap): string => {
  if (first === 0) return `${protocol} ${address}, every port`;
  return `${protocol} ${address} port ${first}${first === last ? '' : `-${last}`}`;
};
