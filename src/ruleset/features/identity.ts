/**
 * Which service a packet belongs to, as a number in its priority: chain `identify` by where the packet goes, `identify_ct` by where its
 * connection was made to. One element per address, protocol and port; one per range; one per address for every port.
 */

import { type Ip, ipFromBytes } from '../../model/address.js';
import { type Protocol, protocolNumber, type Service, type ServiceAddress } from '../../model/service.js';
import type { ElementBytes, Field, SetSpec, TableName } from '../../netlink/nft/ast.js';
import { type Contribution, ingressTable, type Placed, type ServiceIds, type Structure } from '../feature.js';
import { rule } from '../rules.js';
import type { ServiceNumbers } from '../service-ids.js';
import { shared } from '../shared.js';
import {
  addressBytes,
  hostNumber,
  joined,
  portBytes,
  protocolBytes,
  readHostNumber,
  readPort,
} from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { fields, returns } from './statements.js';

const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

interface Maps {
  readonly exact: SetSpec;
  readonly ranges: SetSpec;
  readonly any: SetSpec;
}

const mapsOf = ({ type }: FamilyShape, suffix: string): Maps => ({
  exact: { name: `ids${suffix}`, key: [type, 'inet_proto', 'inet_service'], data: ['classid'] },
  ranges: {
    name: `id_ranges${suffix}`,
    key: [type, 'inet_proto', 'inet_service'],
    data: ['classid'],
    flags: ['interval'],
  },
  any: { name: `id_any${suffix}`, key: [type, 'inet_proto'], data: ['classid'] },
});

/** Sets of this module, in whatever table: what a restart learns the numbers from. */
export const idSets: readonly string[] = ['', '4', '6'].flatMap((suffix) => [
  `ids${suffix}`,
  `id_ranges${suffix}`,
  `id_any${suffix}`,
]);

interface Where {
  readonly table: TableName;
  /** Of maps and chains, where one table has both families. */
  readonly suffix: string;
  readonly chains: readonly { readonly name: string; readonly address: Field; readonly port: Field }[];
}

const trackedTable = (family: FamilyShape): Where => ({
  table: family.table,
  suffix: '',
  chains: [
    { name: 'identify', address: family.destination, port: 'th dport' },
    { name: 'identify_ct', address: family.originalDestination, port: 'ct original proto-dst' },
  ],
});

/** `identify4` and `identify6`: netdev has no table per family. */
const ingressWhere = (family: FamilyShape): Where => {
  const suffix = family.bytes === 4 ? '4' : '6';
  return {
    table: ingressTable,
    suffix,
    chains: [{ name: `identify${suffix}`, address: family.destination, port: 'th dport' }],
  };
};

/** A base chain of its own would be met by every packet: this one is jumped to. */
const stations = (
  { table, chains }: Where,
  order: number,
  purpose: string,
  map: SetSpec,
  withPort: boolean,
): Structure[] =>
  chains.map(({ name, address, port }) => ({
    kind: 'station',
    table,
    chain: { name },
    order,
    rule: rule(
      name,
      purpose,
      {
        kind: 'write',
        field: 'meta priority',
        key: fields(address, 'meta l4proto', ...(withPort ? [port] : [])),
        map: map.name,
      },
      // Addresses of services do not overlap: who is found is not looked for any further.
      returns,
    ),
  }));

/** No service: what other programs or the type of service left there must not be taken for a number. */
const cleared = ({ table, chains }: Where): Structure[] =>
  chains.map(({ name }) => ({
    kind: 'station',
    table,
    chain: { name },
    order: 0,
    rule: rule(name, 'no service yet', {
      kind: 'write',
      field: 'meta priority',
      value: { type: 'classid', bytes: new Uint8Array(4) },
    }),
  }));

export const protocolsOf = ({ protocol }: ServiceAddress): readonly Protocol[] =>
  protocol === 'all' ? protocols : [protocol];

/** A key of packets to an address of a service: a port, a range of them, or every port. */
export interface AddressPlace {
  readonly kind: keyof Maps;
  readonly key: Uint8Array;
  readonly keyEnd?: Uint8Array;
}

export const placesOf = (one: ServiceAddress): readonly AddressPlace[] =>
  protocolsOf(one).flatMap((protocol): readonly AddressPlace[] => {
    const start = joined(addressBytes(one.address), protocolBytes(protocolNumber[protocol]));
    if (one.ports.length === 0) return [{ kind: 'any', key: start }];
    return one.ports.map(({ first, last }) => {
      const key = joined(start, portBytes(first));
      if (first === last) return { kind: 'exact', key };
      return { kind: 'ranges', key, keyEnd: joined(start, portBytes(last)) };
    });
  });

const identityStructure = shared(
  (
    { where, used }: { readonly where: Where; readonly used: readonly (keyof Maps)[] },
    family,
  ): Structure[] => {
    const maps = mapsOf(family, where.suffix);
    const set = (kind: keyof Maps): Structure => ({
      kind: 'set',
      table: where.table,
      set: maps[kind],
      filledBy: 'us',
    });
    return [
      ...cleared(where),
      ...(used.includes('exact') ? [set('exact'), ...stations(where, 10, 'by port', maps.exact, true)] : []),
      ...(used.includes('ranges')
        ? [set('ranges'), ...stations(where, 20, 'by range', maps.ranges, true)]
        : []),
      ...(used.includes('any') ? [set('any'), ...stations(where, 30, 'by address', maps.any, false)] : []),
    ];
  },
);

const identityAt = (
  service: Service,
  family: FamilyShape,
  ids: ServiceIds,
  where: Where,
): Contribution | undefined => {
  const addresses = service.addresses.filter(({ address }) => family.has(address));
  if (addresses.length === 0) return undefined;
  const { table } = where;
  const maps = mapsOf(family, where.suffix);
  const data = hostNumber(ids.of(service.name));
  const elements: Placed[] = [];
  const used = new Set<keyof Maps>();
  const put = (kind: keyof Maps, element: ElementBytes): void => {
    used.add(kind);
    elements.push({ table, set: maps[kind], element, activates: true });
  };
  for (const one of addresses) {
    for (const { kind, ...key } of placesOf(one)) put(kind, { ...key, data });
  }
  return { structure: identityStructure({ where, used: [...used].sort() }, family), elements };
};

/** In the tables `ip relevo` and `ip6 relevo`; undefined when the service has no address of the family. */
export const identity = (service: Service, family: FamilyShape, ids: ServiceIds): Contribution | undefined =>
  identityAt(service, family, ids, trackedTable(family));

/** In `netdev relevo_ingress`: chains `identify4` and `identify6`. */
export const identityIngress = (
  service: Service,
  family: FamilyShape,
  ids: ServiceIds,
): Contribution | undefined => identityAt(service, family, ids, ingressWhere(family));

const startOf = (address: Ip, protocol: number, port: number): string => `${address} ${protocol} ${port}`;

/** Takes the numbers over that the kernel holds for these services: elements of one of `idSets`. */
export const adoptIds = (
  ids: ServiceNumbers,
  set: string,
  elements: readonly ElementBytes[],
  services: Iterable<Service>,
): void => {
  if (elements.length === 0) return;
  const names = new Map<string, string>();
  for (const { name, addresses } of services) {
    for (const one of addresses) {
      for (const protocol of protocolsOf(one)) {
        const ports = one.ports.length > 0 ? one.ports.map(({ first }) => first) : [0];
        for (const port of ports) names.set(startOf(one.address, protocolNumber[protocol], port), name);
      }
    }
  }
  const portLength = set.startsWith('id_any') ? 0 : 4;
  for (const { key, data } of elements) {
    const length = key.length - 4 - portLength;
    if (!(data instanceof Uint8Array) || data.length !== 4 || (length !== 4 && length !== 16)) continue;
    const port = portLength === 0 ? 0 : readPort(key, length + 4);
    const name = names.get(startOf(ipFromBytes(key, 0, length), key[length]!, port));
    if (name !== undefined) ids.adopt(name, readHostNumber(data, 0));
  }
};

export { families };
