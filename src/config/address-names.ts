/** The addresses of a service by name: as they came in, or as nftlb names the one that `virtual-addr` stands for. */

import type { Endpoint, Service, ServiceAddress } from '../model/service.js';

export interface NamedAddress {
  readonly name: string;
  readonly address: string;
  readonly protocol: string;
  readonly ports: number[];
}

export const defaultAddressName = (service: string, index: number): string =>
  `${service}-addr${index === 0 ? '' : index + 1}`;

/** Endpoints of one name, address and protocol are one address with several ports. `names`: '' where there is none. */
export const addressesOf = (
  service: string,
  endpoints: readonly Endpoint[],
  names: readonly string[],
): ServiceAddress[] => {
  const groups = new Map<string, { name: string; endpoint: Endpoint; ports: number[] }>();
  endpoints.forEach((endpoint, index) => {
    const name = names[index] ?? '';
    const id = `${endpoint.protocol} ${endpoint.address} ${name}`;
    const known = groups.get(id);
    if (known) known.ports.push(endpoint.port);
    else groups.set(id, { name, endpoint, ports: [endpoint.port] });
  });
  return [...groups.values()].map(({ name, endpoint, ports }, index) => ({
    ...(name !== '' && name !== defaultAddressName(service, index) && { name }),
    address: endpoint.address,
    protocol: endpoint.protocol,
    ports: ports.map((port) => ({ first: port, last: port })),
  }));
};

export const namedAddresses = ({ name: service, addresses }: Service): NamedAddress[] =>
  addresses.map(({ name, address, protocol, ports }, index) => ({
    name: name ?? defaultAddressName(service, index),
    address,
    protocol,
    ports: ports.map(({ first }) => first),
  }));
