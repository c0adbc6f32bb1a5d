/** What is left on backends that drain: the clients that the kernel remembers, and the connections that are open. */

import type { Service } from '../model/service.js';
import type { Draining } from '../model/status.js';
import type { Flows } from '../ports.js';
import { ingressTable } from '../ruleset/feature.js';
import { readHostNumber } from '../ruleset/features/bytes.js';
import { families } from '../ruleset/features/families.js';
import { backendKey, stablePlaces, statelessMode } from '../ruleset/features/stateless/backends.js';
import { flowsMap } from '../ruleset/features/stateless/layout.js';
import { createFlowCounter } from '../ruleset/leastconn.js';
import { backendNumber } from '../ruleset/service-ids.js';
import { type SessionSources, sessionsOf } from './reconcile-sessions.js';

const hasDraining = ({ backends }: Service): boolean => backends.some(({ state }) => state === 'drain');

/** `service backend`: names have no blanks. */
const keyOf = (service: string, backend: string): string => `${service} ${backend}`;

type Counts = Map<string, number>;
const count = (counts: Counts, service: string, backend: string): void => {
  const key = keyOf(service, backend);
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** Flows that the rules remember by themselves. */
const countStateless = async (
  { nft, ids, hasSet }: SessionSources,
  services: readonly Service[],
  counts: Counts,
): Promise<void> => {
  if (services.length === 0) return;
  const names = new Map<number, readonly [service: string, backend: string]>();
  for (const service of services) {
    const places = stablePlaces(service.backends.map(backendKey));
    for (const backend of service.backends) {
      const number = backendNumber(ids.of(service.name), places.get(backendKey(backend))!);
      names.set(number, [service.name, backend.name]);
    }
  }
  for (const family of families) {
    const { name } = flowsMap(family);
    if (!hasSet(ingressTable, name)) continue;
    for (const { data } of await nft.dumpElements(ingressTable, name)) {
      const found = data instanceof Uint8Array ? names.get(readHostNumber(data, 0)) : undefined;
      if (found) count(counts, ...found);
    }
  }
};

/** Without `flows` connections of services with connection tracking count as none. Costs nothing while no backend drains. */
export const drainingIn = async (
  sources: SessionSources,
  flows: Flows | undefined,
  services: Iterable<Service>,
): Promise<Draining[]> => {
  const affected = [...services].filter(hasDraining);
  if (affected.length === 0) return [];
  const sessions: Counts = new Map();
  for (const { service, backend } of await sessionsOf(sources, affected)) count(sessions, service, backend);
  const connections: Counts = new Map();
  await countStateless(
    sources,
    affected.filter((service) => statelessMode(service)),
    connections,
  );
  const tracked = affected.filter((service) => !statelessMode(service));
  if (flows && tracked.length > 0) {
    const counter = createFlowCounter(tracked);
    await flows.read(counter.addresses, counter.see);
    for (const [service, { open }] of counter.result()) {
      for (const [backend, number] of open) connections.set(keyOf(service, backend), number);
    }
  }
  return affected.flatMap(({ name: service, backends }) =>
    backends
      .filter(({ state }) => state === 'drain')
      .map(({ name: backend }) => ({
        service,
        backend,
        sessions: sessions.get(keyOf(service, backend)) ?? 0,
        connections: connections.get(keyOf(service, backend)) ?? 0,
      })),
  );
};
