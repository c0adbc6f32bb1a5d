/** What is asked of the services in force, and changes nothing. */

import type { Nft } from '../ports.js';
import { persistMap } from '../ruleset/layout.js';
import { belongs, isBackendAlive, type Registry } from '../ruleset/registry.js';
import type { FeatureEngine } from './feature-engine.js';
import { policyCounters } from './policy-counters.js';
import { type SessionSources, sessionsIn } from './reconcile-sessions.js';
import type { Reconciler } from './reconcile-types.js';

type Queries = Pick<
  Reconciler,
  | 'document'
  | 'view'
  | 'shortcomings'
  | 'idOf'
  | 'hasSet'
  | 'hasSet'
  | 'serviceAt'
  | 'sessions'
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

/** `registry`: the one in force at the time of the question. */
export const createQueries = (nft: Nft, features: FeatureEngine, registry: () => Registry): Queries => ({
  document: () => registry().document(),
  view: () => registry().view(),
  shortcomings(name) {
    const one = name === undefined ? undefined : registry().get(name);
    const services = name === undefined ? [...registry().services()] : one ? [one] : [];
    return services.flatMap((service) => features.shortcomings(service));
  },
  idOf: (service) => features.idOf(service),
  hasSet: (table, set) => features.hasSet(table, set),
  serviceAt: (endpoint) => registry().ownerOf(endpoint),
  sessions: (service) => sessionsIn(sessionSources(nft, features, registry()), service),
  policyList: (name) => features.lists.list(name),
  policyCounters: (name) => policyCounters(name, registry(), features),
  isBackendAlive: (endpoint, address, port) => isBackendAlive(registry(), endpoint, address, port),
  belongs: (entry) => belongs(registry(), entry),
});

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
