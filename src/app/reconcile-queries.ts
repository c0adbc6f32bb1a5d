/** What is asked of the services in force, and changes nothing. */

import { RelevoError } from '../errors.js';
import type { PersistenceUse, ServiceCounters } from '../model/status.js';
import type { Nft } from '../ports.js';
import type { EngineContext } from '../ruleset/context.js';
import { featureTables } from '../ruleset/feature.js';
import type { ServiceTraffic, Traffic } from '../ruleset/features/counter-totals.js';
import { persistMap } from '../ruleset/layout.js';
import { belongs, isBackendAlive, type Registry } from '../ruleset/registry.js';
import { createCounters } from './counters.js';
import { drainingIn } from './draining.js';
import type { FeatureEngine } from './feature-engine.js';
import { persistRefusedIn } from './persist-refused.js';
import { policyCounters } from './policy-counters.js';
import { type SessionSources, sessionsIn, visitSessions } from './reconcile-sessions.js';
import type { ReconcilePorts, Reconciler } from './reconcile-types.js';

type Queries = Pick<
  Reconciler,
  | 'document'
  | 'view'
  | 'shortcomings'
  | 'idOf'
  | 'hasSet'
  | 'lookAtTransits'
  | 'serviceAt'
  | 'sessions'
  | 'visitSessions'
  | 'draining'
  | 'counters'
  | 'persistenceUse'
  | 'persistRefused'
  | 'policyList'
  | 'policyCounters'
  | 'isBackendAlive'
  | 'belongs'
>;

/** `persist` is there whenever the table is, be it without services. */
export const sessionSources = (nft: Nft, features: FeatureEngine, registry: Registry): SessionSources => ({
  nft,
  registry,
  ids: { of: (service) => features.idOf(service) },
  hasSet: (table, set) => (set === persistMap.name ? registry.size > 0 : features.hasSet(table, set)),
});

const trafficOf = ({ in: { packets, bytes }, out }: Traffic) => ({
  packetsIn: packets,
  bytesIn: bytes,
  packetsOut: out.packets,
  bytesOut: out.bytes,
});

const serviceCounters = ({ service, backends, ...traffic }: ServiceTraffic): ServiceCounters => ({
  service,
  ...trafficOf(traffic),
  backends: [...backends].map(([backend, one]) => ({ backend, ...trafficOf(one) })),
});

/** `registry`: the one in force at the time of the question. */
export const createQueries = (
  { nft, flows, persistence }: Pick<ReconcilePorts, 'nft' | 'flows' | 'persistence'>,
  features: FeatureEngine,
  registry: () => Registry,
  context: Pick<EngineContext, 'counters'>,
): Queries => {
  const counters = createCounters(
    { nft, services: () => registry().services(), ids: { of: (service) => features.idOf(service) } },
    context,
  );
  /** Entries of map `persist` when it was read last: whether the next reading is worth a thread. */
  let lastRead = 0;
  return {
    document: () => registry().document(),
    view: () => registry().view(),
    shortcomings(name) {
      const one = name === undefined ? undefined : registry().get(name);
      const services = name === undefined ? [...registry().services()] : one ? [one] : [];
      return services.flatMap((service) => features.shortcomings(service));
    },
    idOf: (service) => features.idOf(service),
    hasSet: (table, set) => features.hasSet(table, set),
    lookAtTransits: () => features.lookAtTransits(),
    serviceAt: (endpoint) => registry().ownerOf(endpoint),
    sessions: (service) => sessionsIn(sessionSources(nft, features, registry()), service),
    async visitSessions(name, visit) {
      const service = registry().get(name);
      if (!service) throw new RelevoError('not-found', `there is no service '${name}'`, { service: name });
      const sources = sessionSources(nft, features, registry());
      lastRead = await visitSessions(sources, persistence, service, lastRead, visit);
    },
    draining(name) {
      const one = name === undefined ? undefined : registry().get(name);
      const services = name === undefined ? registry().services() : one ? [one] : [];
      return drainingIn(sessionSources(nft, features, registry()), flows, services);
    },
    persistRefused: (name) => persistRefusedIn(sessionSources(nft, features, registry()), name),
    async persistenceUse() {
      const used: PersistenceUse[] = [];
      for (const name of featureTables) {
        for (const { name: set, size, entries } of (await nft.readTable(name))?.sets ?? []) {
          if (!/^(persist$|sticky_|stateless_clients)/.test(set)) continue;
          if (size !== undefined && entries !== undefined)
            used.push({ map: `${name.family} ${set}`, entries, size });
        }
      }
      return used;
    },
    counters: async () => (await counters.read()).map(serviceCounters),
    policyList: (name) => features.lists.list(name),
    policyCounters: (name) => policyCounters(name, registry(), features),
    isBackendAlive: (endpoint, address, port) => isBackendAlive(registry(), endpoint, address, port),
    belongs: (entry) => belongs(registry(), entry),
  };
};

export const countServices = (
  registry: Registry,
): { readonly services: number; readonly backends: number; readonly backendsUp: number } => {
  let backends = 0;
  let backendsUp = 0;
  for (const service of registry.services()) {
    backends += service.backends.length;
    for (const backend of service.backends) if (backend.state === 'up') backendsUp++;
  }
  return { services: registry.size, backends, backendsUp };
};
