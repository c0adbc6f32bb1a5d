/** The services in force, by name and by endpoint, and what a new document or a new state of one backend changes in them. */

import { RelevoError } from '../errors.js';
import type { Ipv4 } from '../model/address.js';
import type { PersistenceEntry } from '../model/persistence.js';
import type {
  BackendState,
  Endpoint,
  Policy,
  Service,
  ServicesDocument,
  SharedAddress,
} from '../model/service.js';
import { sameMeaning, sameService } from '../model/service-equality.js';
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

/** New, different or gone. */
const policyNames = (
  before: ReadonlyMap<string, Policy>,
  after: ReadonlyMap<string, Policy>,
): readonly string[] => {
  const changed = [...after.values()].filter((policy) => {
    const old = before.get(policy.name);
    return !old || !sameMeaning(old, policy);
  });
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [...changed.map(({ name }) => name), ...gone];
};

/** All but the elements, which are no service's concern. */
const headDiffers = (a: Policy | undefined, b: Policy | undefined): boolean => {
  if (!a || !b) return true;
  const { elements: _a, ...before } = a;
  const { elements: _b, ...after } = b;
  return !sameMeaning(before, after);
};

/** Services that have not changed themselves and meet a policy that has, by name, through a shared address, or because it is global. */
const servicesMeeting = (
  policies: readonly string[],
  before: Registry,
  after: Registry,
  except: readonly string[],
): readonly string[] => {
  const names = new Set(
    policies.filter((name) => headDiffers(before.policies.get(name), after.policies.get(name))),
  );
  const everywhere = [...names].some(
    (name) => before.policies.get(name)?.global || after.policies.get(name)?.global,
  );
  const meets = (named: readonly string[] = []): boolean => named.some((policy) => names.has(policy));
  const addresses = new Set(
    [...after.addresses.values()]
      .filter((one) => meets(one.policies) || !sameMeaning(one, before.addresses.get(one.name)))
      .map(({ name }) => name),
  );
  for (const name of before.addresses.keys()) if (!after.addresses.has(name)) addresses.add(name);
  if (names.size === 0 && addresses.size === 0) return none;
  const known = new Set(except);
  return [...after.services()]
    .filter(
      (service) =>
        !known.has(service.name) &&
        (everywhere ||
          meets(service.policies) ||
          service.addresses.some(({ name }) => name !== undefined && addresses.has(name))),
    )
    .map(({ name }) => name);
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
      ...(addressList.length > 0 && { addresses: addressList }),
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
      const changedPolicies = policyNames(policies, next.policies);
      return {
        changed,
        before,
        policies: changedPolicies,
        affected: servicesMeeting(changedPolicies, registry, next, changed),
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
