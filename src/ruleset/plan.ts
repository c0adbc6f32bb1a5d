/** What one service puts into the shared maps, endpoint by endpoint, as numbers: computed for changed services only. */

import type { Ipv4Prefix } from '../model/address.js';
import type { Backend, Endpoint, Service } from '../model/service.js';
import { protocolNumber } from '../model/service.js';
import type { EngineContext } from './context.js';
import { addressNumber, type EndpointId, endpointNumber, type TargetId, targetId } from './ids.js';
import type { Kind } from './kinds.js';
import { recorderName } from './layout.js';
import { isPlain, plainScheduler } from './plain.js';
import { fillSlots } from './slots.js';

export interface EndpointPlan {
  readonly id: EndpointId;
  readonly address: number;
  readonly protocol: number;
  readonly port: number;
  /** Undefined: not served. The counter of an rr kind is assigned apart. */
  readonly kind: Kind | undefined;
  readonly slots: readonly TargetId[];
  /** Backends that have not failed, whether or not the service is served. */
  readonly usable: readonly TargetId[];
  /** Name of the recorder set that the backends in `alive` are in; undefined without persistence, or when not served. */
  readonly recorder: string | undefined;
  /** Backends whose persistence entries count: not failed. Empty without persistence; kept while the service is off. */
  readonly alive: readonly TargetId[];
  /** Source address by backend, for snat; 0: masquerade. */
  readonly sources: ReadonlyMap<TargetId, number>;
  readonly backends: readonly TargetId[];
}

const contains = ({ address, prefixLength }: Ipv4Prefix, candidate: number): boolean => {
  const size = 2 ** (32 - prefixLength);
  return Math.floor(addressNumber(address) / size) === Math.floor(candidate / size);
};

/**
 * The source a backend sees: the backend's, the service's, in a cluster the floating address in the backend's network or else the
 * service's own (it moves with the service), and only outside a cluster the node's.
 */
const sourceOf = (service: Service, backend: Backend, endpoint: Endpoint, context: EngineContext): number => {
  const configured = backend.sourceAddress ?? service.sourceAddress;
  if (configured) return addressNumber(configured);
  if (context.floating.length === 0) return 0;
  const target = addressNumber(backend.address);
  const near = context.floating.find((prefix) => prefix.prefixLength < 32 && contains(prefix, target));
  return addressNumber(near ? near.address : endpoint.address);
};

const noSources: ReadonlyMap<TargetId, number> = new Map();
const none: readonly TargetId[] = [];

export const planService = (service: Service, context: EngineContext): EndpointPlan[] => {
  const { backends } = service;
  const addresses = backends.map(({ address }) => addressNumber(address));
  const slots = fillSlots(service, addresses);
  const serving = service.state === 'up' && isPlain(service);
  const persistent = service.persistence.length > 0;
  const kind: Kind | undefined = serving
    ? {
        scheduler: plainScheduler(service)!,
        modulus: slots.modulus,
        persistent,
        fields: service.hashFields,
        bank: 0,
      }
    : undefined;
  const reported = service.replicate !== 'none' && context.logGroup !== undefined;
  const recorder = serving && persistent ? recorderName(service.persistTtlMs, reported) : undefined;
  // The common case, all up and in order, shares one list of targets.
  const inOrder =
    slots.owners.length === backends.length && slots.owners.every((owner, slot) => owner === slot);
  const noneFailed = backends.every(({ state }) => state !== 'down');
  return service.endpoints.map((endpoint) => {
    const address = addressNumber(endpoint.address);
    const targets = backends.map(({ port }, index) => targetId(addresses[index]!, port ?? endpoint.port));
    const usable = noneFailed
      ? targets
      : targets.filter((_target, index) => backends[index]!.state !== 'down');
    return {
      id: endpointNumber(address, endpoint.protocol, endpoint.port),
      address,
      protocol: protocolNumber[endpoint.protocol],
      port: endpoint.port,
      kind,
      slots: !serving ? none : inOrder ? targets : slots.owners.map((index) => targets[index]!),
      recorder,
      usable,
      alive: persistent ? usable : none,
      sources:
        serving && service.mode === 'snat'
          ? new Map(
              targets.map((target, index) => [
                target,
                sourceOf(service, backends[index]!, endpoint, context),
              ]),
            )
          : noSources,
      backends: serving ? targets : none,
    };
  });
};
