/** The services in force, by name and by endpoint, and what a new document or a new state of one backend changes in them. */

import { RelevoError } from '../errors.js';
import type { Ipv4 } from '../model/address.js';
import { applyTo, type ServicesChange, type ServicesView } from '../model/change.js';
import type { PersistenceEntry } from '../model/persistence.js';
import type {
  BackendState,
  Endpoint,
  Policy,
  Service,
  ServicesDocument,
  SharedAddress,
} from '../model/service.js';
import { sameService } from '../model/service-equality.js';
import { changedNames, servicesMeeting } from './affected.js';
import type { EngineContext } from './context.js';
import { type EndpointId, endpointId } from './ids.js';
import type { EndpointChange } from './installed.js';
import { type EndpointPlan, planService } from './plan.js';

export interface RegistryChange {
  /** Names of services that are new, different or gone. */
  readonly changed: readonly string[];
  /** Names of policies that are new, different or gone. */
  readonly policies: readonly string[];
  /** Services that have not changed and name such a policy. */
  readonly affected: readonly string[];
  /** Services as they were; what became of them is in `next`. */
  readonly before: readonly Service[];
  /** Computed when asked for: a cold start goes by `next` alone. */
  endpoints(): readonly EndpointChange[];
  /** The services after the change. */
  readonly next: Registry;
  /** Takes back what was changed in place, when the kernel refuses. */
  undo(): void;
}

export interface Registry {
  readonly size: number;
  services(): Iterable<Service>;
  readonly policies: ReadonlyMap<string, Policy>;
  /** Addresses that farms share, by name. */
  readonly addresses: ReadonlyMap<string, SharedAddress>;
  /** The policy with other elements, in place: for the rule engine, once the kernel has them. */
  setPolicy(policy: Policy): void;
  document(): ServicesDocument;
  get(name: string): Service | undefined;
  ownerOf(endpoint: Endpoint): Service | undefined;
  plans(): Generator<EndpointPlan>;
  change(document: ServicesDocument): RegistryChange;
  /** Throws `not-found` for a service or backend that is not there; undefined when it has that state already. */
  changeBackend(service: string, backend: string, state: BackendState): RegistryChange | undefined;
  /** In place: what a request changes, without a look at the rest. */
  changeSome(change: ServicesChange): RegistryChange;
  view(): ServicesView;
}

const planChanges = (
  before: readonly Service[],
  after: readonly Service[],
  context: EngineContext,
): EndpointChange[] => {
  const planById = new Map<EndpointId, EndpointPlan | undefined>();
  for (const service of before) {
    for (const endpoint of service.endpoints) planById.set(endpointId(endpoint), undefined);
  }
  for (const service of after) {
    for (const plan of planService(service, context)) planById.set(plan.id, plan);
  }
  return [...planById].map(([id, plan]) => ({ id, plan }));
};

const none: readonly string[] = [];

/** What is there of those that `names` has. */
const pick = <T>(map: ReadonlyMap<string, T>, names: ReadonlyMap<string, unknown>): ReadonlyMap<string, T> =>
  new Map(
    [...names.keys()].flatMap((name) => {
      const one = map.get(name);
      return one === undefined ? [] : [[name, one] as const];
    }),
  );

/** Of services that are so, to those that are to be. */
const moveEndpoints = (
  owners: Map<EndpointId, string>,
  from: readonly Service[],
  to: readonly Service[],
): void => {
  for (const { endpoints } of from) for (const one of endpoints) owners.delete(endpointId(one));
  for (const { name, endpoints } of to) for (const one of endpoints) owners.set(endpointId(one), name);
};

export const createRegistry = (
  context: EngineContext,
  { services, policies: policyList = [], addresses: addressList = [] }: ServicesDocument = { services: [] },
): Registry => {
  const policies = new Map(policyList.map((policy) => [policy.name, policy]));
  const addresses = new Map(addressList.map((address) => [address.name, address]));
  const byName = new Map(services.map((service) => [service.name, service]));
  const nameByEndpoint = new Map<EndpointId, string>();
  for (const service of services) {
    for (const endpoint of service.endpoints) nameByEndpoint.set(endpointId(endpoint), service.name);
  }
  const registry: Registry = {
    get size() {
      return byName.size;
    },
    services: () => byName.values(),
    policies,
    addresses,
    setPolicy: (policy) => policies.set(policy.name, policy),
    document: () => ({
      services: [...byName.values()],
      ...(policies.size > 0 && { policies: [...policies.values()] }),
      ...(addresses.size > 0 && { addresses: [...addresses.values()] }),
    }),
    get: (name) => byName.get(name),
    ownerOf(endpoint) {
      const name = nameByEndpoint.get(endpointId(endpoint));
      return name === undefined ? undefined : byName.get(name);
    },
    *plans() {
      for (const service of byName.values()) yield* planService(service, context);
    },
    change(document) {
      const before: Service[] = [];
      const after: Service[] = [];
      const changed: string[] = [];
      const next = createRegistry(context, document);
      for (const service of document.services) {
        const old = byName.get(service.name);
        if (old && sameService(old, service)) continue;
        changed.push(service.name);
        after.push(service);
        if (old) before.push(old);
      }
      for (const service of byName.values()) {
        if (next.get(service.name)) continue;
        changed.push(service.name);
        before.push(service);
      }
      const changedPolicies = changedNames(policies, next.policies);
      return {
        changed,
        before,
        policies: changedPolicies,
        affected: servicesMeeting(
          changedPolicies,
          changedNames(addresses, next.addresses),
          registry,
          next,
          changed,
        ),
        endpoints: () => planChanges(before, after, context),
        next,
        undo() {},
      };
    },
    changeBackend(name, backendName, state) {
      const service = byName.get(name);
      if (!service) throw new RelevoError('not-found', `there is no service '${name}'`, { service: name });
      const backend = service.backends.find((one) => one.name === backendName);
      if (!backend) {
        throw new RelevoError('not-found', `service '${name}' has no backend '${backendName}'`, {
          service: name,
          backend: backendName,
        });
      }
      if (backend.state === state) return undefined;
      const after: Service = {
        ...service,
        backends: service.backends.map((one) => (one === backend ? { ...one, state } : one)),
      };
      // In place: copying the maps of 10,000 services would cost more than the change itself.
      byName.set(name, after);
      return {
        changed: [name],
        before: [service],
        policies: none,
        affected: none,
        endpoints: () => planChanges([service], [after], context),
        next: registry,
        undo() {
          byName.set(name, service);
        },
      };
    },
    view: () => ({ services: byName, addresses, policies }),
    changeSome(wanted) {
      const before: Service[] = [];
      const after: Service[] = [];
      const changed = new Map<string, Service | undefined>();
      for (const [name, service] of wanted.services) {
        const old = byName.get(name);
        if (old === service || (old && service && sameService(old, service))) continue;
        changed.set(name, service);
        if (old) before.push(old);
        if (service) after.push(service);
      }
      const was = { policies: pick(policies, wanted.policies), addresses: pick(addresses, wanted.addresses) };
      const undos = [
        applyTo(byName, changed),
        applyTo(addresses, wanted.addresses),
        applyTo(policies, wanted.policies),
      ];
      moveEndpoints(nameByEndpoint, before, after);
      const [names, policyNamed] = [[...changed.keys()], [...wanted.policies.keys()]];
      return {
        changed: names,
        before,
        policies: policyNamed,
        affected: servicesMeeting(policyNamed, wanted.addresses.keys(), was, registry, names),
        endpoints: () => planChanges(before, after, context),
        next: registry,
        undo() {
          for (const undo of undos) undo();
          moveEndpoints(nameByEndpoint, after, before);
        },
      };
    },
  };
  return registry;
};

/** A configured backend that has not failed. */
export const isBackendAlive = (
  registry: Registry,
  endpoint: Endpoint,
  address: Ipv4,
  port: number,
): boolean =>
  registry
    .ownerOf(endpoint)
    ?.backends.some(
      (backend) =>
        backend.address === address && (backend.port ?? endpoint.port) === port && backend.state !== 'down',
    ) ?? false;

/** An entry of a service with persistence, towards a backend that it has, failed or not. */
export const belongs = (registry: Registry, entry: PersistenceEntry): boolean => {
  const service = registry.ownerOf(entry);
  return (
    service !== undefined &&
    service.persistence.length > 0 &&
    service.backends.some(
      (backend) =>
        backend.address === entry.backendAddress && (backend.port ?? entry.port) === entry.backendPort,
    )
  );
};
