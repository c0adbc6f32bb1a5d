/** The addresses of a service by name: as they came in, or as nftlb names the one that `virtual-addr` stands for. */

import type { Endpoint, Service } from '../model/service.js';

export interface NamedAddress {
  readonly name: string;
  readonly address: string;
  readonly protocol: string;
  readonly ports: number[];
}

export const defaultAddressName = (service: string, index: number): string =>
  `${service}-addr${index === 0 ? '' : index + 1}`;

/** Endpoints of one name, address and protocol are one address with several ports. */
const group = (service: string, endpoints: readonly Endpoint[], names: readonly string[]): NamedAddress[] => {
  const groups = new Map<string, NamedAddress>();
  endpoints.forEach(({ address, protocol, port }, index) => {
    const own = names[index] ?? '';
    const id = `${protocol} ${address} ${own}`;
    const known = groups.get(id);
    if (known) known.ports.push(port);
    else {
      const name = own || defaultAddressName(service, groups.size);
      groups.set(id, { name, address, protocol, ports: [port] });
    }
  });
  return [...groups.values()];
};

export const namedAddresses = ({ name, endpoints, addressNames = [] }: Service): NamedAddress[] =>
  group(name, endpoints, addressNames);

/** False when the names are those that the endpoints would get without any. */
export const hasOwnNames = (
  service: string,
  endpoints: readonly Endpoint[],
  names: readonly string[],
): boolean => {
  if (names.every((name) => name === '')) return false;
  const text = (groups: readonly NamedAddress[]): string => JSON.stringify(groups);
  return text(group(service, endpoints, names)) !== text(group(service, endpoints, []));
};
