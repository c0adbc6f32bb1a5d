/** Backends of services without connection tracking: their numbers, where their frames go, and why one of them takes none. */

import type { Ip } from '../../../model/address.js';
import type { Backend, HashField, Service } from '../../../model/service.js';
import type { Device } from '../../../netlink/nft/ast.js';
import type { FeatureContext, Shortcoming } from '../../feature.js';
import { mostBackends } from '../../service-ids.js';
import type { Fillable } from '../../slots.js';

export type StatelessMode = 'dsr' | 'stlsdnat';

export const statelessMode = ({ mode }: Service): StatelessMode | undefined =>
  mode === 'dsr' || mode === 'stlsdnat' ? mode : undefined;

/** Addresses whose MAC the features need: of backends of services without connection tracking. */
export const wantedNeighbours = (services: Iterable<Service>): Set<Ip> => {
  const wanted = new Set<Ip>();
  for (const service of services) {
    if (!statelessMode(service) || service.state !== 'up') continue;
    for (const { address } of service.backends) wanted.add(address);
  }
  return wanted;
};

const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return value;
};

/**
 * Places 0…4094 that follow from each name itself, because maps that packets write keep them: another name beside it does not move
 * one, but for collisions (one in 4,095 per pair).
 */
export const stablePlaces = (names: Iterable<string>): Map<string, number> => {
  const places = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...new Set(names)].sort().slice(0, mostBackends)) {
    let tries = 0;
    let place = hash(name) % mostBackends;
    while (taken.has(place)) place = (hash(`${name} ${++tries}`) + tries) % mostBackends;
    taken.add(place);
    places.set(name, place);
  }
  return places;
};

export const backendKey = ({ address, port = 0 }: Backend): string => `${address} ${port}`;

export interface Reached {
  readonly etherAddress: string;
  readonly device: Device;
  /** The interface's own. */
  readonly deviceEtherAddress: string;
}

/** How a backend is reached, or why it is not. */
export const reach = (service: Service, backend: Backend, context: FeatureContext): Reached | string => {
  const { address } = backend;
  const neighbour = context.neighbour(address);
  const etherAddress = backend.etherAddress ?? neighbour?.etherAddress;
  if (etherAddress === undefined) {
    return `the MAC address of ${address} is not known: it does not answer ${address.includes(':') ? 'neighbour solicitations' : 'ARP'} on a network of this node`;
  }
  const name = service.outputInterface ?? neighbour?.device;
  if (name === undefined) return `the interface towards ${address} is not known: set the service's 'oface'`;
  const link = context.link?.(name);
  if (!link) return `there is no interface '${name}' towards ${address}`;
  return { etherAddress, device: { name, index: link.index }, deviceEtherAddress: link.etherAddress };
};

const isSingle = (service: Service): boolean =>
  service.addresses.every(
    ({ ports }) => ports.length > 0 && ports.every(({ first, last }) => first === last),
  );

/** True when replies are told apart by the port that the client has asked for. */
export const entriesByPort = (service: Service): boolean =>
  service.mode === 'stlsdnat' && isSingle(service) && service.backends.some(({ port }) => port !== undefined);

/** Why a backend can take no packet at all; undefined: it can. */
const misfit = (service: Service, backend: Backend): string | undefined =>
  service.mode === 'stlsdnat' && backend.port !== undefined && !isSingle(service)
    ? `port ${backend.port} of the backend would stand for a range of ports, which replies could not be told from: leave it out`
    : undefined;

export const reached = (service: Service, backend: Backend, context: FeatureContext): Reached | undefined => {
  if (backend.state === 'down' || misfit(service, backend) !== undefined) return undefined;
  const found = reach(service, backend, context);
  return typeof found === 'string' ? undefined : found;
};

const flow: readonly HashField[] = ['srcip', 'srcport', 'dstip', 'dstport'];

/**
 * What decides the backend of a newcomer. `weight` and `rr` hash the flow (with persistence the client) over slots that are filled by
 * weight: without a connection to remember, every node must come to the same answer for a flow, or none would outlive a failover.
 * `symhash` hashes the flow, too: the kernel's own has another seed on every node.
 */
export const hashedFields = ({ scheduler, hashFields, persistence }: Service): readonly HashField[] => {
  if (scheduler === 'hash' || scheduler === 'maglev') return hashFields.length > 0 ? hashFields : ['srcip'];
  return persistence.length > 0 ? persistence : flow;
};

/** Backends that take no packet hold no slots, as if they were down. */
export const fillable = (
  { scheduler }: Service,
  backends: readonly Backend[],
  takes: (backend: Backend) => boolean,
): Fillable => ({
  scheduler: scheduler === 'maglev' ? 'maglev' : 'hash',
  backends: backends.map((backend) => (takes(backend) ? backend : { ...backend, state: 'down' })),
});

/** With the service's number, as many parts as nft's types of concatenations can say. */
const mostPersistenceFields = 4;

/** False for a service that is refused as a whole; `statelessShortcomings` says why. */
export const isServable = ({ scheduler, state, persistence }: Service): boolean =>
  state === 'up' && scheduler !== 'leastconn' && persistence.length <= mostPersistenceFields;

export const statelessShortcomings = (service: Service, context: FeatureContext): Shortcoming[] => {
  if (!statelessMode(service) || service.state !== 'up') return [];
  if (service.scheduler === 'leastconn') {
    return [
      {
        service: service.name,
        reason: `leastconn counts connections, which mode ${service.mode} does not track: choose another scheduler`,
      },
    ];
  }
  if (service.persistence.length > mostPersistenceFields) {
    return [
      {
        service: service.name,
        reason: `mode ${service.mode} tells clients apart by at most ${mostPersistenceFields} fields: shorten 'persistence'`,
      },
    ];
  }
  if (context.devices.length === 0) {
    return [{ service: service.name, reason: `mode ${service.mode} needs the interface of the clients` }];
  }
  return service.backends.flatMap((backend): Shortcoming[] => {
    const reason = misfit(service, backend) ?? reach(service, backend, context);
    return typeof reason === 'string' ? [{ service: service.name, backend: backend.name, reason }] : [];
  });
};
