/**
 * Where the kernel remembers clients of a service, whatever kind it is: plain ones in `persist`, general ones in `sticky_…` of each
 * family, those without connection tracking in `stateless_clients…`. Elements → clients and backends, and clients → keys.
 */

import { type Ip, ipFromBytes, parseIp } from '../model/address.js';
import type { EntryColumns } from '../model/columns.js';
import type { HashField, Protocol, Service } from '../model/service.js';
import type { ElementBytes, SetSpec, TableName } from '../netlink/nft/ast.js';
import { ingressTable, type ServiceIds } from './feature.js';
import { addressBytes, hostNumber, joined, portBytes, readHostNumber, readPort } from './features/bytes.js';
import { type FamilyShape, families } from './features/families.js';
import { clientBytes, isGeneral } from './features/general.js';
import { portOf } from './features/general-backends.js';
import { stickyMap } from './features/general-layout.js';
import { numbersMap } from './features/limits/picking.js';
import { backendKey, isServable, stablePlaces, statelessMode } from './features/stateless/backends.js';
import { clientsMap } from './features/stateless/layout.js';
import { addressNumber, addressText, endpointId, endpointNumber, targetId } from './ids.js';
import { persistElement, persistMap, serviceTable } from './layout.js';
import { isPlain } from './plain.js';
import { keyText } from './same-element.js';
import { backendNumber } from './service-ids.js';

export interface Remembered {
  /** One part per field of the service's persistence. */
  readonly client: readonly string[];
  /** Name. */
  readonly backend: string;
}

export interface SessionMap {
  readonly table: TableName;
  readonly set: SetSpec;
  /** Maps of the same table and keys that know the client, too, and are not listed. */
  readonly also: readonly SetSpec[];
  /** What elements of this service have for `ownerOf`. */
  readonly owners: readonly number[];
  /** Whose element of this map it is, be it of another service. */
  ownerOf(element: ElementBytes): number | undefined;
  /** Undefined: of another service, or of a backend that this one does not have. */
  read(element: ElementBytes): Remembered | undefined;
  /** The same of `persist`, for whom a service can say by numbers: name of the backend. */
  readonly backendAt?: (entries: EntryColumns, at: number) => string | undefined;
  /** Under which a client may be found. */
  keysOf(client: readonly string[]): readonly Uint8Array[];
}

const plainProtocols: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp' };

const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/** The endpoint in a key that ends with one, from this byte on; without an object or a text: there may be hundreds of thousands. */
export const endpointAt = ({ key }: ElementBytes, from: number): number | undefined => {
  const protocol = plainProtocols[key[from + 4]!];
  return protocol && key.length === from + 12
    ? endpointNumber(u32(key, from), protocol, readPort(key, from + 8))
    : undefined;
};

/** Where an element of `persist` comes in. */
const enteredAt = (element: ElementBytes): number | undefined => endpointAt(element, 4);

const plainMap = (service: Service): SessionMap => {
  /** Backends by address and port, by endpoint. */
  const backends = new Map(
    service.endpoints.map((endpoint) => [
      endpointId(endpoint),
      new Map(
        service.backends.map(({ name, address, port = endpoint.port }) => [
          targetId(addressNumber(address), port),
          name,
        ]),
      ),
    ]),
  );
  let [lastAddress, lastProtocolPort] = [-1, -1];
  let targets: ReadonlyMap<number, string> | undefined;
  return {
    table: serviceTable,
    set: persistMap,
    also: [],
    owners: [...backends.keys()],
    ownerOf: enteredAt,
    read(element) {
      const { key, data } = element;
      const endpoint = enteredAt(element);
      if (endpoint === undefined || !(data instanceof Uint8Array)) return undefined;
      const backend = backends.get(endpoint)?.get(targetId(u32(data, 0), readPort(data, 4)));
      return backend === undefined ? undefined : { client: [addressText(u32(key, 0))], backend };
    },
    backendAt({ address, protocolPort, backend, backendPort }, at) {
      // One endpoint has many entries, and the kernel's map those of other services between them.
      if (address[at] !== lastAddress || protocolPort[at] !== lastProtocolPort) {
        lastAddress = address[at]!;
        lastProtocolPort = protocolPort[at]!;
        const protocol = plainProtocols[lastProtocolPort >>> 16];
        targets = protocol && backends.get(endpointNumber(lastAddress, protocol, lastProtocolPort & 0xffff));
      }
      return targets?.get(targetId(backend[at]!, backendPort[at]!));
    },
    keysOf([text]) {
      const client = text === undefined ? undefined : parseIp(text);
      if (!client || client.includes(':')) return [];
      return service.endpoints.map(
        (endpoint) =>
          persistElement({
            ...endpoint,
            client: client as typeof endpoint.address,
            backendAddress: endpoint.address,
            backendPort: 0,
            ttlMs: 0,
            remainingMs: 0,
          }).key,
      );
    },
  };
};

const isAddress = (field: HashField): boolean => field === 'srcip' || field === 'dstip';
const isMac = (field: HashField): boolean => field === 'srcmac' || field === 'dstmac';

/** A client's parts out of a key; each takes a multiple of four bytes. */
const readClient = (
  key: Uint8Array,
  from: number,
  fields: readonly HashField[],
  { bytes }: FamilyShape,
): string[] => {
  let at = from;
  return fields.map((field) => {
    const start = at;
    if (isAddress(field)) {
      at += bytes;
      return ipFromBytes(key, start, bytes);
    }
    if (isMac(field)) {
      at += 8;
      return Array.from(key.subarray(start, start + 6), (byte) => byte.toString(16).padStart(2, '0')).join(
        ':',
      );
    }
    at += 4;
    return String(readPort(key, start));
  });
};

/** False for a client whose addresses are of the other family. */
const fits = (service: Service, client: readonly string[], family: FamilyShape): boolean =>
  client.length === service.persistence.length &&
  service.persistence.every((field, at) => !isAddress(field) || family.has(client[at] as Ip));

const generalMap = (service: Service, id: number, family: FamilyShape, keepsPort: boolean): SessionMap => {
  const { persistence } = service;
  const backends = new Map(
    service.backends.flatMap((backend) => {
      const port = portOf(service, backend);
      if (!family.has(backend.address) || (port === undefined) !== keepsPort) return [];
      const data = joined(addressBytes(backend.address), ...(port === undefined ? [] : [portBytes(port)]));
      return [[keyText(data), backend.name] as const];
    }),
  );
  const number = hostNumber(id);
  return {
    table: family.table,
    set: stickyMap(persistence, keepsPort, family),
    also: service.backends.some(({ connectionLimit = 0 }) => connectionLimit > 0)
      ? [numbersMap(persistence, family)]
      : [],
    owners: [id],
    ownerOf: ({ key }) => readHostNumber(key, key.length - 4),
    read({ key, data }) {
      if (!(data instanceof Uint8Array) || readHostNumber(key, key.length - 4) !== id) return undefined;
      const backend = backends.get(keyText(data));
      return backend === undefined ? undefined : { client: readClient(key, 0, persistence, family), backend };
    },
    keysOf: (client) => (fits(service, client, family) ? [joined(clientBytes(service, client), number)] : []),
  };
};

const statelessMap = (service: Service, id: number, family: FamilyShape): SessionMap => {
  const { persistence } = service;
  const places = stablePlaces(service.backends.map(backendKey));
  const backends = new Map(
    service.backends.map((backend) => [backendNumber(id, places.get(backendKey(backend))!), backend.name]),
  );
  return {
    table: ingressTable,
    set: clientsMap(persistence, family),
    also: [],
    owners: [id],
    ownerOf: ({ key }) => readHostNumber(key, 0),
    read({ key, data }) {
      if (!(data instanceof Uint8Array) || readHostNumber(key, 0) !== id) return undefined;
      const backend = backends.get(readHostNumber(data, 0));
      return backend === undefined ? undefined : { client: readClient(key, 4, persistence, family), backend };
    },
    keysOf: (client) =>
      fits(service, client, family) ? [joined(hostNumber(id), clientBytes(service, client))] : [],
  };
};

/** Empty for a service that remembers nobody. */
export const sessionMaps = (service: Service, ids: ServiceIds): readonly SessionMap[] => {
  if (service.persistence.length === 0) return [];
  if (isPlain(service)) return [plainMap(service)];
  const inUse = families.filter((family) => service.addresses.some(({ address }) => family.has(address)));
  const id = (): number => ids.of(service.name);
  if (isGeneral(service)) {
    return inUse.flatMap((family) => [
      generalMap(service, id(), family, false),
      generalMap(service, id(), family, true),
    ]);
  }
  if (!statelessMode(service) || !isServable(service)) return [];
  return inUse.map((family) => statelessMap(service, id(), family));
};
