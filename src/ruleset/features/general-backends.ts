/** Backends of a general service: their order, and the source that they see. */

import { type Ip, ipBytes, isIpv6 } from '../../model/address.js';
import type { Backend, Service } from '../../model/service.js';
import type { FeatureContext } from '../feature.js';
import { addressNumber } from '../ids.js';
import type { FamilyShape } from './families.js';
import { stablePlaces } from './stateless/backends.js';

/** FNV-1a of an address: below 2^32, so that slots can be filled in its order. */
export const addressOrder = (address: Ip): number => {
  if (!isIpv6(address)) return addressNumber(address);
  let hash = 0x811c9dc5;
  for (const byte of ipBytes(address)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};

/** Backends of one family in the order that gives them their numbers: that of their addresses and ports, not of the document. */
export const numbered = (service: Service, family: FamilyShape): Backend[] =>
  service.backends
    .filter(({ address }) => family.has(address))
    .sort(
      (a, b) =>
        addressOrder(a.address) - addressOrder(b.address) ||
        (a.port ?? 0) - (b.port ?? 0) ||
        (a.name < b.name ? -1 : 1),
    );

/**
 * A place for each of these backends among a service's numbers. It follows from the backend itself, so that it stays when others come and
 * go: packets write numbers into sets. With another limit it is another one, so that what was full is not so any more.
 */
export const backendPlaces = (backends: readonly Backend[]): number[] => {
  const keys = backends.map(
    ({ address, port = 0, connectionLimit = 0 }) => `${address} ${port} ${connectionLimit}`,
  );
  const places = stablePlaces(keys);
  return keys.map((key) => places.get(key)!);
};

/** The one port of a service that has just one. */
const onlyPort = (service: Service): number | undefined => {
  const [first] = service.addresses[0]?.ports ?? [];
  const single = service.addresses.every(
    ({ ports }) => ports.length === 1 && ports[0]!.first === first?.first && ports[0]!.last === first.first,
  );
  return single ? first?.first : undefined;
};

/** Where connections to this backend go; undefined: to the port that the client asked for. */
export const portOf = (service: Service, backend: Backend): number | undefined =>
  backend.port ?? onlyPort(service);

/** What the source of a snat connection is; undefined: the node's own. */
export const sourceOf = (
  service: Service,
  backend: Backend,
  family: FamilyShape,
  { floating }: FeatureContext,
): Ip | undefined => {
  const configured = backend.sourceAddress ?? service.sourceAddress;
  if (configured && family.has(configured)) return configured;
  if (floating.length === 0) return undefined;
  const near = floating.find(({ address, prefixLength }) => {
    if (isIpv6(address) || isIpv6(backend.address) || prefixLength === 32) return false;
    const size = 2 ** (32 - prefixLength);
    return Math.floor(addressNumber(address) / size) === Math.floor(addressNumber(backend.address) / size);
  });
  return near?.address ?? service.addresses.find(({ address }) => family.has(address))?.address;
};
