/**
 * Services without connection tracking, in ingress: dsr (the frame goes to the backend's MAC address, the packet stays as it is) and
 * stlsdnat (address and port rewritten, and rewritten back).
 */

import { protocolNumber, type Service } from '../../model/service.js';
import type { ElementBytes, SetSpec } from '../../netlink/nft/ast.js';
import {
  type Contribution,
  type FeatureContext,
  ingressTable,
  type Placed,
  type ServiceFeature,
} from '../feature.js';
import { keyText } from '../same-element.js';
import { backendNumber } from '../service-ids.js';
import type { Transit } from '../transit.js';
import { addressBytes, etherBytes, hostNumber, joined, portBytes, protocolBytes } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { clientBytes } from './general.js';
import { hintGroupOf } from './hints.js';
import { identityIngress, protocolsOf } from './identity.js';
import { directElement } from './stateless/answers.js';
import {
  entriesByPort,
  isServable,
  type Reached,
  stablePlaces,
  statelessMode,
  statelessShortcomings,
} from './stateless/backends.js';
import { choose, type StatelessChoice } from './stateless/choice.js';
import type { StatelessKind } from './stateless/kind.js';
import * as maps from './stateless/layout.js';
import { statelessLimits } from './stateless/limits.js';
import { sparedWay } from './stateless/spared.js';
import { type StatelessShape, statelessStructure } from './stateless/structure.js';

/** Elements of table `netdev relevo_ingress`, gathered. */
const createGathering = () => {
  const elements = new Map<string, Placed>();
  const table = ingressTable;
  return {
    elements: () => [...elements.values()],
    /** The first one with a key counts. */
    put(set: SetSpec, element: ElementBytes, activates = false): void {
      const key = `${set.name} ${keyText(element.key)}`;
      if (!elements.has(key)) elements.set(key, { table, set, element, ...(activates && { activates }) });
    },
  };
};
type Gathering = ReturnType<typeof createGathering>;

/** Addresses and ports of a stlsdnat service that replies may have to get back. */
const putEntries = (
  { put }: Gathering,
  service: Service,
  family: FamilyShape,
  { ids }: FeatureContext,
  { inherits, isClear }: { readonly inherits: boolean; readonly isClear: boolean },
): void => {
  const id = ids.of(service.name);
  const byPort = entriesByPort(service);
  const addresses = service.addresses.filter(({ address }) => family.has(address));
  const names = service.addresses.flatMap(({ address, ports }) =>
    byPort ? ports.map(({ first }) => `${address} ${first}`) : [address],
  );
  const places = stablePlaces(names);
  const tcp = protocolBytes(protocolNumber.tcp);
  const putInherited = (protocol: Uint8Array, port: number, entry: Uint8Array): void => {
    for (const backend of service.backends) {
      if (!inherits || !family.has(backend.address)) continue;
      const key = joined(addressBytes(backend.address), protocol, portBytes(backend.port ?? port));
      put(maps.inheritedMap(family), { key, data: entry });
      if (!isClear || protocol[0] !== tcp[0]) continue;
      put(maps.answersMap(family), { key, data: entry });
      put(maps.sparedMap(family), directElement(key, family));
    }
  };
  for (const one of addresses) {
    const address = addressBytes(one.address);
    const protocols = protocolsOf(one).map((protocol) => protocolBytes(protocolNumber[protocol]));
    const numberOf = (name: string): Uint8Array => hostNumber(backendNumber(id, places.get(name)!));
    if (!byPort) {
      const entry = numberOf(one.address);
      put(maps.entryHostsMap(family), { key: joined(hostNumber(id), address), data: entry });
      put(maps.entryAddressMap(family), { key: entry, data: address });
    }
    for (const { first, last } of one.ports) {
      const entry = numberOf(byPort ? `${one.address} ${first}` : one.address);
      if (byPort) {
        put(maps.entryAddressMap(family), { key: entry, data: address });
        put(maps.entryPortMap, { key: entry, data: portBytes(first).subarray(0, 2) });
      }
      for (const protocol of protocols) {
        const port = portBytes(first);
        if (byPort) {
          const key = joined(hostNumber(id), address, protocol, port);
          put(maps.entryPortsMap(family), { key, data: entry });
        }
        if (first === last) putInherited(protocol, first, entry);
      }
    }
  }
};

/** Interfaces that frames leave by: those towards backends, and others by name. */
const outsOf = (
  context: FeatureContext,
  ways: Iterable<Reached>,
  names: Iterable<string>,
): StatelessShape['outs'] => {
  const known = new Map<string, StatelessShape['outs'][number]>();
  for (const { device, deviceEtherAddress } of ways) {
    if (!known.has(device.name)) known.set(device.name, { device, etherAddress: deviceEtherAddress });
  }
  for (const name of names) {
    const link = context.link?.(name);
    if (link && !known.has(name)) {
      known.set(name, { device: { name, index: link.index }, etherAddress: link.etherAddress });
    }
  }
  return [...known.values()].sort(({ device: a }, { device: b }) => (a.name < b.name ? -1 : 1));
};

/** With more fields of persistence the layout from before does not fit into a chain's name (NFT_CHAIN_MAXNAMELEN). */
const mostFields = 2;

/** What the service's chains have to know of flows that nobody remembers. `fields`: of persistence. */
const memoryOf = (
  { isMemoryless }: StatelessChoice,
  transit: Transit | undefined,
  fields: number,
): Partial<Pick<StatelessKind, 'memory'>> => {
  if (transit?.former && fields <= mostFields) {
    const { hashed, owners } = transit.former;
    return { memory: { hashed, modulus: owners.length } };
  }
  if (transit) return { memory: 'settling' };
  return isMemoryless ? { memory: 'spared' } : {};
};

const inFamily = (
  family: FamilyShape,
  service: Service,
  context: FeatureContext,
): Contribution | undefined => {
  const mode = statelessMode(service);
  const known = identityIngress(service, family, context.ids);
  if (!mode || !known) return undefined;
  const { ids, devices, floating } = context;
  const id = ids.of(service.name);
  const number = hostNumber(id);
  const gathering = createGathering();
  const { elements, put } = gathering;

  const choice = choose(service, family, context);
  const { backends, ways, slots, layout, isMemoryless } = choice;
  const numberOf = (backend: (typeof backends)[number]): Uint8Array => hostNumber(choice.numberOf(backend));
  const transit = context.transit?.(service.name, family.bytes === 4 ? 4 : 6);
  const { persistence, persistTtlMs, staticSessions = [] } = service;
  const hintGroup = hintGroupOf(context, service, 'flow');
  const kind: StatelessKind = {
    mode,
    byPort: entriesByPort(service),
    persistence,
    persistTtlMs: persistence.length > 0 ? persistTtlMs : 0,
    ...(hintGroup !== undefined && { hintGroup }),
    hashed: layout.hashed,
    modulus: slots.modulus,
    pinned: staticSessions.length > 0 && persistence.length > 0,
    ...memoryOf(choice, transit, persistence.length),
  };
  const translates = mode === 'stlsdnat';
  // Where nothing is remembered, an answer may have to be told by its sender: its client may have been silent for long.
  const isClear = translates && isMemoryless;
  const inherits = translates && (floating.length > 0 || isClear);
  const watched = new Set(devices);
  if (translates) for (const { device } of ways.values()) watched.add(device.name);
  const common = statelessStructure(
    {
      kind,
      ...(isMemoryless && { memoryless: { hashed: layout.hashed, modulus: slots.modulus } }),
      inherits,
      rejectsInIngress: context.supports('reject in ingress'),
      outs: outsOf(context, ways.values(), translates ? devices : []),
      watched: [...watched],
    },
    family,
  );
  if (translates) putEntries(gathering, service, family, context, { inherits, isClear });

  for (const [backend, way] of ways) {
    const key = numberOf(backend);
    put(maps.macsMap, { key, data: etherBytes(way.etherAddress).subarray(0, 6) });
    put(maps.interfacesMap, { key, data: hostNumber(way.device.index) });
    if (!translates) continue;
    put(maps.addressesMap(family), { key, data: addressBytes(backend.address) });
    if (backend.port !== undefined) put(maps.portsMap, { key, data: portBytes(backend.port).subarray(0, 2) });
  }
  const numbers = new Map<number, Uint8Array>();
  const slotElements = (set: SetSpec, owners: readonly number[]): Placed[] =>
    owners.map((owner, slot) => {
      const data = numbers.get(owner) ?? hostNumber(owner);
      numbers.set(owner, data);
      return { table: ingressTable, set, element: { key: joined(number, hostNumber(slot)), data } };
    });
  const former = typeof kind.memory === 'object' ? transit?.former?.owners : undefined;
  if (kind.pinned) {
    for (const { client, backend } of staticSessions) {
      const owner = backends.find(({ name }) => name === backend);
      if (!owner) continue;
      const key = joined(number, clientBytes(service, client));
      put(maps.pinnedMap(persistence, family), { key, data: numberOf(owner) });
    }
  }
  put(maps.kindOfMap(family), { key: number, data: common.kindNumber }, true);
  const spared = sparedWay(service, family, choice, transit, devices);
  for (const { set, element, activates } of spared?.elements ?? []) put(set, element, activates);
  const limited = statelessLimits(service, family, number, context);
  return {
    structure: [
      ...known.structure,
      ...common.structure,
      ...(spared?.structure ?? []),
      ...(limited?.structure ?? []),
    ],
    elements: [
      ...elements(),
      ...slotElements(maps.picksMap(family), layout.owners),
      ...slotElements(maps.formerMap(family), former ?? []),
      ...(spared?.slots ?? []),
      ...common.elements,
      ...(limited?.elements ?? []),
      ...known.elements,
    ],
  };
};

export const stateless: ServiceFeature = {
  name: 'stateless',
  contribute(service, context) {
    if (!statelessMode(service) || !isServable(service)) return undefined;
    const parts = families.flatMap((family) => inFamily(family, service, context) ?? []);
    if (parts.length < 2) return parts[0];
    return {
      structure: parts.flatMap(({ structure }) => structure),
      elements: parts.flatMap(({ elements }) => elements),
    };
  },
  shortcomings: statelessShortcomings,
};
