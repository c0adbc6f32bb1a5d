/** What one service puts into the shared maps, endpoint by endpoint, as numbers: computed for changed services only. */

import type { Ipv4Prefix } from '../model/address.js';
import type { Backend, Endpoint, Service } from '../model/service.js';
import { protocolNumber } from '../model/service.js';
import type { EngineContext } from './context.js';
import { addressNumber, type EndpointId, endpointId, type TargetId, targetId } from './ids.js';
import type { Kind } from './kinds.js';
import { recorderSet } from './layout.js';
import { fillSlots } from './slots.js';

export interface EndpointPlan {
  readonly id: EndpointId;
  readonly address: number;
  readonly protocol: number;
  readonly port: number;
  /** Undefined: not served. The counter of an rr kind is assigned apart. */
  readonly kind: Kind | undefined;
  readonly slots: readonly TargetId[];
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
  const serving = service.state === 'up';
  const slots = fillSlots(service);
  const persistent = service.persistence !== 'none';
  const kind: Kind = {
    scheduler: service.scheduler === 'weight' ? 'random' : service.scheduler,
    modulus: slots.modulus,
    persistent,
    fields: service.scheduler === 'hash' ? service.hashFields : [],
    bank: 0,
  };
  const reported = service.replicate !== 'none' && context.logGroup !== undefined;
  return service.endpoints.map((endpoint) => {
    const targetOf = (backend: Backend): TargetId =>
      targetId(addressNumber(backend.address), backend.port ?? endpoint.port);
    return {
      id: endpointId(endpoint),
      address: addressNumber(endpoint.address),
      protocol: protocolNumber[endpoint.protocol],
      port: endpoint.port,
      kind: serving ? kind : undefined,
      slots: serving ? slots.owners.map(targetOf) : none,
      recorder: serving && persistent ? recorderSet(service.persistTtlMs, reported).name : undefined,
      alive: persistent ? service.backends.filter((backend) => backend.state !== 'down').map(targetOf) : none,
      sources:
        serving && service.mode === 'snat'
          ? new Map(
              service.backends.map((backend) => [
                targetOf(backend),
                sourceOf(service, backend, endpoint, context),
              ]),
            )
          : noSources,
      backends: serving ? service.backends.map(targetOf) : none,
    };
  });
};
