/**
 * Where the traffic of services is counted: sets whose elements are counters. An address with single ports has an element per backend, found
 * by the connection's two tuples in one look-up; ranges, which cannot be enumerated, are found by the service's number.
 */

import { protocolNumber, type Service, type ServiceAddress } from '../../model/service.js';
import type { SetSpec, TableName } from '../../netlink/nft/ast.js';
import { ingressTable, type ServiceIds } from '../feature.js';
import { keyText } from '../same-element.js';
import { addressBytes, hostNumber, joined, portBytes, protocolBytes } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { protocolsOf } from './identity.js';

/** `in`: from clients; `out`: towards them. */
export type Direction = 'in' | 'out';
export const directions: readonly Direction[] = ['in', 'out'];

export type TrafficPlace = 'exact' | 'ranges';

export interface TrafficElement {
  readonly table: TableName;
  readonly set: SetSpec;
  readonly key: Uint8Array;
  readonly family: FamilyShape;
  readonly place: TrafficPlace;
  readonly direction: Direction;
  readonly service: string;
  /** Undefined: of the service as a whole, because nobody knows the backend, or because several share the element. */
  readonly backend?: string;
}

export const isStateless = ({ mode }: Service): boolean => mode === 'dsr' || mode === 'stlsdnat';

const counting: Pick<SetSpec, 'statements'> = { statements: [{ kind: 'counter' }] };

/** Tracked connections: `service address . protocol . port . backend . port`, and `service number . backend`. */
export const trafficSet = (family: FamilyShape, place: TrafficPlace, direction: Direction): SetSpec =>
  place === 'exact'
    ? {
        name: `traffic_${direction}`,
        key: [family.type, 'inet_proto', 'inet_service', family.type, 'inet_service'],
        ...counting,
      }
    : { name: `traffic_ranges_${direction}`, key: ['classid', family.type], ...counting };

/** Services without connection tracking, before a backend is chosen: `service address . protocol . port`, and the number alone. */
export const statelessTrafficSet = (family: FamilyShape, place: TrafficPlace): SetSpec => {
  const version = family.bytes === 4 ? '4' : '6';
  return place === 'exact'
    ? { name: `traffic${version}`, key: [family.type, 'inet_proto', 'inet_service'], ...counting }
    : { name: `traffic_ranges${version}`, key: ['classid'], ...counting };
};

/** Single ports, and whether there is more than that. */
const portsOf = ({
  ports,
}: ServiceAddress): { readonly single: readonly number[]; readonly more: boolean } => {
  const single = ports.filter(({ first, last }) => first === last).map(({ first }) => first);
  return { single, more: ports.length === 0 || single.length < ports.length };
};

interface Target {
  readonly name?: string;
  readonly address: Uint8Array;
  readonly port?: number;
}

const targetsOf = (service: Service, address: ServiceAddress, family: FamilyShape): Target[] =>
  service.mode === 'local'
    ? [{ address: addressBytes(address.address) }]
    : service.backends
        .filter((backend) => family.has(backend.address))
        .map(({ name, address: own, port }) => ({
          name,
          address: addressBytes(own),
          ...(port !== undefined && { port }),
        }));

type Found = Omit<TrafficElement, 'service' | 'backend'> & { readonly backend: string | undefined };

const statelessElements = (service: Service, family: FamilyShape, number: () => Uint8Array): Found[] =>
  service.addresses
    .filter(({ address }) => family.has(address))
    .flatMap((one): Found[] => {
      const { single, more } = portsOf(one);
      const at = (place: TrafficPlace, key: Uint8Array): Found => ({
        table: ingressTable,
        set: statelessTrafficSet(family, place),
        key,
        family,
        place,
        direction: 'in',
        backend: undefined,
      });
      const exact = protocolsOf(one).flatMap((protocol) =>
        single.map((port) =>
          at(
            'exact',
            joined(addressBytes(one.address), protocolBytes(protocolNumber[protocol]), portBytes(port)),
          ),
        ),
      );
      return more ? [...exact, at('ranges', number())] : exact;
    });

const trackedElements = (service: Service, family: FamilyShape, number: () => Uint8Array): Found[] =>
  service.addresses
    .filter(({ address }) => family.has(address))
    .flatMap((one): Found[] => {
      const { single, more } = portsOf(one);
      const targets = targetsOf(service, one, family);
      const at = (place: TrafficPlace, key: Uint8Array, backend: string | undefined): Found[] =>
        directions.map((direction) => ({
          table: family.table,
          set: trafficSet(family, place, direction),
          key,
          family,
          place,
          direction,
          backend,
        }));
      const exact = protocolsOf(one).flatMap((protocol) => {
        const head = joined(addressBytes(one.address), protocolBytes(protocolNumber[protocol]));
        return single.flatMap((port) =>
          targets.flatMap(({ name, address, port: own }) =>
            at('exact', joined(head, portBytes(port), address, portBytes(own ?? port)), name),
          ),
        );
      });
      const ranges = more
        ? targets.flatMap(({ name, address }) => at('ranges', joined(number(), address), name))
        : [];
      return [...exact, ...ranges];
    });

/** Every element of a service once. */
export const trafficElements = (service: Service, ids: ServiceIds): TrafficElement[] => {
  const number = (): Uint8Array => hostNumber(ids.of(service.name));
  const elementsOf = isStateless(service) ? statelessElements : trackedElements;
  const byKey = new Map<string, Found>();
  for (const family of families) {
    for (const found of elementsOf(service, family, number)) {
      const text = `${family.bytes} ${found.set.name} ${keyText(found.key)}`;
      const known = byKey.get(text);
      if (!known) byKey.set(text, found);
      else if (known.backend !== found.backend) byKey.set(text, { ...known, backend: undefined });
    }
  }
  return [...byKey.values()].map(({ backend, ...found }) => ({
    ...found,
    service: service.name,
    ...(backend !== undefined && { backend }),
  }));
};
