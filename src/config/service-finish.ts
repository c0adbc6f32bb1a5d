/** From what was read of a farm to a service: the addresses of both forms, defaults, and whether it can be. */

import { isIpv6 } from '../model/address.js';
import type { Endpoint, PortRange, Service, ServiceAddress } from '../model/service.js';
import { defaultAddressName } from './address-names.js';
import { type Place, under } from './place.js';
import { portsText } from './ports.js';
import { type AddressDraft, reached } from './service-address.js';
import { checkService } from './service-checks.js';
import type { FarmDraft } from './service-farm.js';
import { limitsOf, logOf } from './service-limits.js';
import { checkSessions } from './service-sessions.js';
import type { JsonObject } from './service-values.js';

type Changeable<T> = { -readonly [K in keyof T]: T[K] };

const samePorts = (a: readonly PortRange[] | undefined, b: readonly PortRange[] | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && portsText(a) === portsText(b));

/**
 * `virtual-addr`, `virtual-ports` and `protocol` change the first address, or make one. Whoever sends back what was printed sends both
 * forms: the one that differs from what is in force is what was meant.
 */
const withOldForm = ({ name, virtual, addresses, old }: FarmDraft): AddressDraft[] => {
  const first = addresses[0];
  const before = old?.addresses[0];
  if (first && before) {
    const said: Partial<AddressDraft> = {
      ...(virtual.address && virtual.address !== before.address && { address: virtual.address }),
      ...(virtual.ports && !samePorts(virtual.ports, before.ports) && { ports: virtual.ports }),
      ...(virtual.protocol && virtual.protocol !== before.protocol && { protocol: virtual.protocol }),
    };
    return [{ ...first, ...said }, ...addresses.slice(1)];
  }
  const { address, ports } = virtual;
  // An empty list of ports beside no address says nothing: the addresses say it all.
  if (!address && (ports === undefined || ports.length === 0)) return addresses;
  const twin = addresses.some((one) => one.address === address && samePorts(one.ports, ports));
  if (twin) return addresses;
  return [{ name: defaultAddressName(name, 0), ...virtual }, ...addresses];
};

const finishAddresses = (draft: FarmDraft, object: JsonObject, place: Place): ServiceAddress[] => {
  const { problems, request, shared } = draft.scope;
  const { virtual, name } = draft;
  const isFirst = draft.addresses.length === 0;
  if (isFirst && virtual.address && !('virtual-ports' in object)) {
    problems.report(under(place, 'virtual-ports'), 'is missing: the ports of the service');
  }
  if (isFirst && virtual.ports?.length && !virtual.address && !('virtual-addr' in object)) {
    problems.report(under(place, 'virtual-addr'), 'is missing: the address of the service');
  }
  const fallback = virtual.protocol ?? 'tcp';
  const names = new Set<string>();
  return withOldForm(draft).flatMap((one, index): ServiceAddress[] => {
    const { address, ports, protocol = fallback } = one;
    const fallbackName = defaultAddressName(name, index);
    const own = one.nameless ? fallbackName : one.name;
    if (names.has(own)) {
      problems.report(
        one.place ?? place,
        `two addresses would be called '${own}': give them names of their own`,
      );
    }
    names.add(own);
    if (!address || !ports) return [];
    const known = shared.get(own);
    const values = reached(address, ports, protocol);
    if (
      known &&
      !request &&
      (known.address !== values.address ||
        known.protocol !== values.protocol ||
        !samePorts(known.ports, values.ports))
    ) {
      const message = `'${own}' says something else under addresses: change it in one of the two places`;
      problems.report(one.place ?? place, message);
    }
    return [{ ...(own !== fallbackName && { name: own }), ...values }];
  });
};

const familyOf = (draft: FarmDraft, addresses: readonly ServiceAddress[]): Service['family'] => {
  if (addresses.length === 0) return 'ipv4';
  if (draft.family) return draft.family;
  const sixes = addresses.filter(({ address }) => isIpv6(address)).length;
  if (sixes === 0) return 'ipv4';
  return sixes === addresses.length ? 'ipv6' : 'dual';
};

/** What the shared maps can say: IPv4, tcp and udp, single ports, all of it; else nothing. */
const endpointsOf = (addresses: readonly ServiceAddress[]): Endpoint[] => {
  const endpoints: Endpoint[] = [];
  for (const { address, protocol, ports } of addresses) {
    if (isIpv6(address) || (protocol !== 'tcp' && protocol !== 'udp') || ports.length === 0) return [];
    for (const { first, last } of ports) {
      if (first !== last) return [];
      endpoints.push({ protocol, address, port: first });
    }
  }
  return endpoints;
};

const hashFieldsOf = ({ scheduler, hashFields = [] }: FarmDraft['plain']): Service['hashFields'] => {
  if (scheduler === 'symhash') return hashFields;
  if (scheduler !== 'hash' && scheduler !== 'maglev') return [];
  return hashFields.length > 0 ? hashFields : ['srcip'];
};

/** Defaults are left out where the model knows absence, so that two services that mean the same are equal. */
export const finishFarm = (draft: FarmDraft, object: JsonObject, place: Place): Service => {
  const { name, plain, scope, backends, policies } = draft;
  const addresses = finishAddresses(draft, object, place);
  const family = familyOf(draft, addresses);
  const mode = plain.mode ?? 'snat';
  const persistence = plain.persistence ?? [];
  const names = new Set(backends.map((backend) => backend.name));
  const staticSessions =
    draft.sessions.length > 0 ? checkSessions(draft.sessions, persistence, names, family, scope, place) : [];
  const limits = limitsOf(draft);
  const log = logOf(draft);
  const { persistFull, helper, mark, responseTtl } = plain;
  const service: Changeable<Service> = {
    name,
    family,
    mode,
    addresses,
    endpoints: endpointsOf(addresses),
    scheduler: plain.scheduler ?? 'rr',
    hashFields: hashFieldsOf(plain),
    persistence,
    persistTtlMs: plain.persistTtlMs ?? 60_000,
    replicate: plain.replicate ?? 'all',
    state: plain.state ?? 'up',
    backends,
  };
  if (persistFull === 'evict') service.persistFull = persistFull;
  if (staticSessions.length > 0) service.staticSessions = staticSessions;
  if (plain.sourceAddress) service.sourceAddress = plain.sourceAddress;
  if (helper) service.helper = helper;
  if (log) service.log = log;
  if (mark !== undefined) service.mark = mark;
  if (limits) service.limits = limits;
  if (draft.verdict) service.verdict = draft.verdict;
  if (plain.counters !== undefined) service.counters = plain.counters;
  if (plain.countersSurvive) service.countersSurvive = true;
  if (plain.flowOffload) service.flowOffload = true;
  if (plain.intraConnect) service.intraConnect = true;
  if (mode === 'stlsdnat' && responseTtl !== undefined && responseTtl !== 60)
    service.responseTtl = responseTtl;
  if (policies.length > 0) service.policies = policies;
  if (plain.health) service.health = plain.health;
  if (plain.inputInterface) service.inputInterface = plain.inputInterface;
  if (plain.outputInterface) service.outputInterface = plain.outputInterface;
  if (plain.etherAddress) service.etherAddress = plain.etherAddress;
  const inBackends: Place = under(place, 'backends');
  const backendAt = (index: number): Place =>
    scope.request
      ? { parent: inBackends, key: backends[index]!.name, entry: true }
      : { parent: inBackends, key: index };
  checkService(service, place, backendAt, scope.problems);
  return service;
};
