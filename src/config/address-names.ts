/** The addresses of a service by name: as they came in, or as nftlb names the one that `virtual-addr` stands for. */

import type { Service, ServiceAddress } from '../model/service.js';

export interface NamedAddress extends ServiceAddress {
  readonly name: string;
}

export const defaultAddressName = (service: string, index: number): string =>
  `${service}-addr${index === 0 ? '' : index + 1}`;

export const namedAddresses = ({ name: service, addresses }: Service): NamedAddress[] =>
  addresses.map((address, index) => ({
    ...address,
    name: address.name ?? defaultAddressName(service, index),
  }));
