/** Clients that the kernel remembers, as sessions of services of every kind: listed, and dropped. */

import { RelevoError } from '../errors.js';
import type { Session } from '../model/persistence.js';
import type { Service } from '../model/service.js';
import type { SetSpec, TableName } from '../netlink/nft/ast.js';
import type { Nft, PersistenceMap } from '../ports.js';
import type { ServiceIds } from '../ruleset/feature.js';
import { addressText } from '../ruleset/ids.js';
import type { Registry } from '../ruleset/registry.js';
import { type SessionMap, sessionMaps } from '../ruleset/session-maps.js';
import type { SessionFilter } from './reconcile-types.js';

export interface SessionSources {
  readonly nft: Pick<Nft, 'dumpElements'>;
  readonly registry: Registry;
  readonly ids: ServiceIds;
  /** False for a set or map that nobody has needed yet. */
  hasSet(table: TableName, set: string): boolean;
}

/** Elements of one map. */
export interface MapKeys {
  readonly table: TableName;
  readonly set: SetSpec;
  readonly keys: readonly Uint8Array[];
}

/** What a filter means: elements by map. Rejects with `not-found` for a service or backend that is not there. */
export const keysOfSessions = async (
  { nft, registry, ids, hasSet }: SessionSources,
  { service: name, backend, client }: SessionFilter,
): Promise<MapKeys[]> => {
  const service = registry.get(name);
  if (!service) throw new RelevoError('not-found', `Unknown farm '${name}'`, { service: name });
  if (backend !== undefined && !service.backends.some((one) => one.name === backend)) {
    throw new RelevoError('not-found', `Unknown backend '${backend}' in farm '${name}'`, { service: name });
  }
  const found: MapKeys[] = [];
  for (const map of sessionMaps(service, ids)) {
    const { table, set, also } = map;
    if (!hasSet(table, set.name)) continue;
    // One client is known by his key. What is remembered of him in other maps need not be what is listed.
    const isOne = client !== undefined && backend === undefined;
    const wanted = client && new Set(map.keysOf(client).map(String));
    const elements = isOne ? undefined : await nft.dumpElements(table, set.name);
    const keys = elements
      ? elements.flatMap((element) => {
          const session = map.read(element);
          const isMeant =
            session &&
            (backend === undefined || session.backend === backend) &&
            (!wanted || wanted.has(String(element.key)));
          return isMeant ? [element.key] : [];
        })
      : map.keysOf(client!);
    if (keys.length > 0) {
      const sets = [set, ...also.filter((one) => hasSet(table, one.name))];
      found.push(...sets.map((one) => ({ table, set: one, keys })));
    }
  }
  return found;
};

interface Readers {
  readonly map: SessionMap;
  readonly byOwner: Map<number, readonly [service: string, map: SessionMap]>;
}

/** Each map once, with all services that use it. */
const readersOf = (services: Iterable<Service>, ids: ServiceIds): Iterable<Readers> => {
  const maps = new Map<string, Readers>();
  for (const { name, map } of mapsOf(services, ids)) {
    const key = `${map.table.family} ${map.set.name}`;
    let readers = maps.get(key);
    if (!readers) {
      readers = { map, byOwner: new Map() };
      maps.set(key, readers);
    }
    for (const owner of map.owners) readers.byOwner.set(owner, [name, map]);
  }
  return maps.values();
};

function* mapsOf(services: Iterable<Service>, ids: ServiceIds) {
  for (const service of services) {
    for (const map of sessionMaps(service, ids)) yield { name: service.name, map };
  }
}

/** `client` as nftlb prints it. */
export type SessionVisitor = (client: string, backend: string, remainingMs: number) => void;

/**
 * Every session of one service, without an object for each: a service may have a million. Those of plain services are read by a thread of their
 * own when there are many. `persistence`: without it the map is dumped here. `expected`: entries of all services that a thread would be for;
 * returns how many there were.
 */
export const visitSessions = async (
  sources: SessionSources,
  persistence: Pick<PersistenceMap, 'scan'> | undefined,
  service: Service,
  expected: number,
  visit: SessionVisitor,
): Promise<number> => {
  const { nft, ids, hasSet } = sources;
  let read = 0;
  for (const map of sessionMaps(service, ids)) {
    if (!hasSet(map.table, map.set.name)) continue;
    const { backendAt } = map;
    if (persistence && backendAt) {
      await persistence.scan((entries) => {
        read += entries.client.length;
        for (let at = 0; at < entries.client.length; at++) {
          const backend = backendAt(entries, at);
          if (backend !== undefined)
            visit(addressText(entries.client[at]!), backend, entries.remainingMs[at]!);
        }
      }, expected);
      continue;
    }
    for (const element of await nft.dumpElements(map.table, map.set.name)) {
      const session = map.read(element);
      if (!session) continue;
      visit(session.client.join(' . '), session.backend, element.expiresMs ?? element.timeoutMs ?? 0);
    }
  }
  return read;
};

/** Of one service or of all; there may be hundreds of thousands. */
export const sessionsIn = async (sources: SessionSources, name?: string): Promise<Session[]> => {
  const one = name === undefined ? undefined : sources.registry.get(name);
  if (name !== undefined && !one) {
    throw new RelevoError('not-found', `there is no service '${name}'`, { service: name });
  }
  return sessionsOf(sources, one ? [one] : sources.registry.services());
};

export const sessionsOf = async (
  { nft, ids, hasSet }: SessionSources,
  services: Iterable<Service>,
): Promise<Session[]> => {
  const found: Session[] = [];
  for (const { map, byOwner } of readersOf(services, ids)) {
    if (!hasSet(map.table, map.set.name)) continue;
    for (const element of await nft.dumpElements(map.table, map.set.name)) {
      const owner = map.ownerOf(element);
      const reader = owner === undefined ? undefined : byOwner.get(owner);
      const session = reader?.[1].read(element);
      if (!reader || !session) continue;
      const { timeoutMs: ttlMs = 0, expiresMs: remainingMs = ttlMs } = element;
      found.push({ service: reader[0], ...session, ttlMs, remainingMs });
    }
  }
  return found;
};
