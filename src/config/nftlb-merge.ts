/**
 * What a request of nftlb's interface changes: the services, addresses and policies in force and a body → those that are different
 * afterwards. Costs what the request names, whatever else there is.
 */

import type { ServicesChange, ServicesView } from '../model/change.js';
import type { Policy, Problem, Service, SharedAddress } from '../model/service.js';
import { namedAddresses } from './address-names.js';
import { addressKind, farmKind, policyKind } from './kinds.js';
import { createOverlaps, type Overlaps, overlapText } from './overlaps.js';
import { type Overlay, overlay } from './overlay.js';
import { createProblems, type Place } from './place.js';
import { readInto, type Scope } from './reading.js';
import { isObject, type JsonObject } from './service-values.js';

export interface Merged {
  readonly change: ServicesChange;
  readonly notes: readonly string[];
}
export type MergeResult = Merged | { readonly problems: readonly Problem[] };

const topLevel = ['farms', 'addresses', 'policies'];

interface Layers {
  readonly services: Overlay<Service>;
  readonly addresses: Overlay<SharedAddress>;
  readonly policies: Overlay<Policy>;
}

/** The services that use an address by its name, with the place of that address among theirs. */
function* usersOf(name: string, services: Overlay<Service>): Generator<readonly [Service, number]> {
  for (const service of services.values()) {
    // Without a list of names for each of ten thousand services: a name is its own, or begins with the service's.
    const { addresses } = service;
    if (!addresses.some((one) => one.name === name) && !name.startsWith(service.name)) continue;
    const index = namedAddresses(service).findIndex((one) => one.name === name);
    if (index >= 0) yield [service, index];
  }
}

/** A farm's own address that is named among the addresses becomes one of its own, with the farm's values. */
const promoted = (name: string, services: Overlay<Service>): SharedAddress | undefined => {
  for (const [service, index] of usersOf(name, services)) {
    const { address, ports, protocol } = service.addresses[index]!;
    return { name, address, ports, protocol, policies: [] };
  }
  return undefined;
};

const values = ({ address, protocol, ports }: Service['addresses'][number]): string =>
  `${address} ${protocol} ${JSON.stringify(ports)}`;

/** Farms say again what an address says of itself, and the other way round: what the request has changed wins. */
const shareAddresses = (layers: Layers, reread: (service: Service) => void): void => {
  const spread = (shared: SharedAddress): void => {
    for (const [service, index] of [...usersOf(shared.name, layers.services)]) {
      const own = service.addresses[index]!;
      if (values(own) === values(shared)) continue;
      const { address, ports, protocol } = shared;
      const changed = { ...own, address, ports, protocol };
      reread({ ...service, addresses: service.addresses.map((one, at) => (at === index ? changed : one)) });
    }
  };
  for (const shared of [...layers.addresses.changes().values()]) if (shared) spread(shared);
  if (layers.addresses.size === 0) return;
  for (const service of [...layers.services.changes().values()]) {
    for (const { name, address, ports, protocol } of service ? namedAddresses(service) : []) {
      const shared = layers.addresses.known.get(name);
      if (!shared || values(shared) === values({ address, ports, protocol })) continue;
      const changed = { ...shared, address, ports, protocol };
      layers.addresses.set(name, changed);
      spread(changed);
    }
  }
};

/** The names with one left out, or called otherwise. */
const without = (names: readonly string[], name: string, next: string | undefined): string[] =>
  names.flatMap((one) => (one !== name ? [one] : next === undefined ? [] : [next]));

/** What was deleted is detached, what has a new name is called by it; an address goes with the last farm that had it. */
const detach = (layers: Layers, before: ServicesView, reread: (service: Service) => void): void => {
  for (const [name, policy] of layers.policies.changes()) {
    if (policy) continue;
    for (const service of [...layers.services.values()]) {
      if (!service.policies?.includes(name)) continue;
      reread({ ...service, policies: without(service.policies, name, layers.policies.renamed.get(name)) });
    }
    for (const address of [...layers.addresses.values()]) {
      if (!address.policies.includes(name)) continue;
      layers.addresses.set(address.name, {
        ...address,
        policies: without(address.policies, name, layers.policies.renamed.get(name)),
      });
    }
  }
  for (const [name, address] of layers.addresses.changes()) {
    if (address) continue;
    for (const [service, index] of [...usersOf(name, layers.services)]) {
      const next = layers.addresses.renamed.get(name);
      const addresses = service.addresses.flatMap((one, at) =>
        at !== index ? [one] : next === undefined ? [] : [{ ...one, name: next }],
      );
      reread({ ...service, addresses });
    }
  }
  if (layers.addresses.size === 0) return;
  for (const name of layers.services.changes().keys()) {
    const old = before.services.get(name);
    for (const { name: address } of old ? namedAddresses(old) : []) {
      if (!layers.addresses.known.get(address) || layers.addresses.changes().has(address)) continue;
      if (usersOf(address, layers.services).next().done) layers.addresses.delete(address);
    }
  }
};

/** The index after the change, and how to take it back; undefined and a problem for each overlap. */
export const reindex = (
  overlaps: Overlaps,
  before: ReadonlyMap<string, Service>,
  changes: ServicesChange['services'],
): { readonly undo: () => void; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const added: Service[] = [];
  const removed = [...changes.keys()].flatMap((name) => before.get(name) ?? []);
  for (const { name, addresses } of removed) overlaps.remove(name, addresses);
  for (const service of changes.values()) {
    if (!service) continue;
    const found = overlaps.find(service.name, service.addresses);
    if (found) {
      const message = `'${service.name}' overlaps '${found.owner}': both serve ${overlapText(found)}`;
      problems.push({ path: `farms['${service.name}']`, message });
    } else {
      overlaps.add(service.name, service.addresses);
      added.push(service);
    }
  }
  const undo = (): void => {
    for (const { name, addresses } of added) overlaps.remove(name, addresses);
    for (const { name, addresses } of removed) overlaps.add(name, addresses);
  };
  return { undo, problems };
};

export const overlapsOf = (services: Iterable<Service>): Overlaps => {
  const overlaps = createOverlaps();
  for (const { name, addresses } of services) overlaps.add(name, addresses);
  return overlaps;
};

/** A service that a change elsewhere has changed: its endpoints are worked out anew by reading it. */
const rereader =
  (layers: Layers, scope: Scope) =>
  (service: Service): void => {
    const kind = farmKind(scope);
    const place: Place = { parent: { key: 'farms' }, key: service.name, entry: true };
    const again = kind.read({}, place, service.name, service);
    if (again) layers.services.set(service.name, again);
  };

/** `body`: farms, addresses and policies; each entry is added, or changes what it names and leaves the rest as it is. */
export const mergeRequest = (view: ServicesView, body: JsonObject): MergeResult => {
  const problems = createProblems();
  const layers: Layers = {
    services: overlay(view.services),
    addresses: overlay(view.addresses, (name) => promoted(name, layers.services)),
    policies: overlay(view.policies),
  };
  const notes: string[] = [];
  const scope: Scope = {
    problems,
    request: true,
    shared: layers.addresses.known,
    policies: layers.policies.known,
    notes,
  };
  for (const key of Object.keys(body)) {
    if (topLevel.includes(key)) continue;
    problems.report(
      { key },
      `unknown attribute: only ${topLevel.join(', ')} stand here`,
      'unknown-attribute',
    );
  }
  const placed = (key: string) => ({ problems, place: { key } });
  if (body.policies !== undefined) {
    readInto(body.policies, placed('policies'), scope, policyKind(scope), layers.policies);
  }
  if (body.addresses !== undefined) {
    readInto(body.addresses, placed('addresses'), scope, addressKind(scope), layers.addresses);
  }
  if (body.farms !== undefined)
    readInto(body.farms, placed('farms'), scope, farmKind(scope), layers.services);
  if (problems.count === 0) {
    const reread = rereader(layers, scope);
    detach(layers, view, reread);
    shareAddresses(layers, reread);
  }
  if (problems.count > 0) return { problems: problems.list() };
  const change: ServicesChange = {
    services: layers.services.changes(),
    addresses: layers.addresses.changes(),
    policies: layers.policies.changes(),
  };
  return { change, notes };
};

/** A list of farms, one of their parts, and what those consist of. */
const deletionDepth = 3;

/** The same body as a wish to delete: what it names, or of a farm the parts that it names. */
export const asDeletion = (value: unknown, depth = deletionDepth): unknown => {
  if (!Array.isArray(value) || depth === 0) return value;
  return value.map((entry: unknown) => {
    if (!isObject(entry)) return entry;
    const { name, data, client } = entry;
    if (data !== undefined) return { data, action: 'delete' };
    if (client !== undefined) return { client, action: 'delete' };
    const parts = ['backends', 'addresses', 'policies', 'sessions', 'elements'].filter(
      (key) => entry[key] !== undefined,
    );
    if (parts.length === 0) return { name, action: 'delete' };
    return { name, ...Object.fromEntries(parts.map((key) => [key, asDeletion(entry[key], depth - 1)])) };
  });
};
