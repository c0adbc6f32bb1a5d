/** Reading the kernel for the rule engine: the table's structure, its static elements, and persistence. */

import type { Endpoint } from '../model/service.js';
import type { FlowPattern } from '../netlink/conntrack.js';
import type { ElementBytes } from '../netlink/nft/ast.js';
import type { Nft, PersistenceIndex } from '../ports.js';
import type { KernelPicture } from '../ruleset/adopt-structure.js';
import { addressText, endpointOf, targetAddress, targetPort } from '../ruleset/ids.js';
import type { DeadPair } from '../ruleset/installed.js';
import {
  isPacketsOwn,
  persistEntry,
  persistMap,
  recorderOf,
  serviceTable,
  staticSets,
} from '../ruleset/layout.js';
import { belongs, isBackendAlive, type Registry } from '../ruleset/registry.js';
import { keyText } from '../ruleset/same-element.js';

/** Everything but persistence: that belongs to packets and peers, and can be large. */
export const readKernel = async (nft: Nft): Promise<KernelPicture> => {
  const table = await nft.readTable(serviceTable);
  const elements = new Map<string, ElementBytes[]>();
  const isStatic = (name: string): boolean =>
    staticSets.some((set) => set.name === name && !isPacketsOwn(name));
  for (const { name } of table?.sets ?? []) {
    if (isStatic(name) || recorderOf(name)) elements.set(name, await nft.dumpElements(serviceTable, name));
  }
  return { table, elements };
};

export const readPersistence = (nft: Nft): Promise<ElementBytes[]> =>
  nft.dumpElements(serviceTable, persistMap.name);

const keysFromIndex = (index: PersistenceIndex, dead: readonly DeadPair[]): Uint8Array[] =>
  dead.flatMap(({ endpoint, target }) => [
    ...index.keysOfBackend(endpointOf(endpoint), addressText(targetAddress(target)), targetPort(target)),
  ]);

const keysFromKernel = async (nft: Nft, dead: readonly DeadPair[]): Promise<Uint8Array[]> => {
  if (dead.length === 0) return [];
  const pairs = new Set(
    dead.map(({ endpoint, target }) => {
      const { address, protocol, port } = endpointOf(endpoint);
      return `${address} ${protocol} ${port} ${addressText(targetAddress(target))} ${targetPort(target)}`;
    }),
  );
  const keys: Uint8Array[] = [];
  for (const element of await readPersistence(nft)) {
    const entry = persistEntry(element);
    if (!entry) continue;
    const { address, protocol, port, backendAddress, backendPort } = entry;
    if (pairs.has(`${address} ${protocol} ${port} ${backendAddress} ${backendPort}`)) keys.push(element.key);
  }
  return keys;
};

/** Keys of the persistence entries that name a dead pair: from the index where it knows the service, else from the kernel. */
export const keysOfDead = async (
  nft: Nft,
  dead: readonly DeadPair[],
  index: PersistenceIndex | undefined,
  isIndexed: (endpoint: Endpoint) => boolean,
): Promise<Iterable<Uint8Array>> => {
  const known = index ? dead.filter(({ endpoint }) => isIndexed(endpointOf(endpoint))) : [];
  const unknown = known.length === 0 ? dead : dead.filter((pair) => !known.includes(pair));
  return [...(index ? keysFromIndex(index, known) : []), ...(await keysFromKernel(nft, unknown))];
};

/** Keys of entries that no client should meet: of a failed or unknown backend, or of no service with persistence. */
export const keysOfStale = (registry: Registry, elements: readonly ElementBytes[]): Uint8Array[] =>
  elements.flatMap((element) => {
    const entry = persistEntry(element);
    const counts =
      entry &&
      belongs(registry, entry) &&
      isBackendAlive(registry, entry, entry.backendAddress, entry.backendPort);
    return counts ? [] : [element.key];
  });

export const uniqueKeys = (keys: Iterable<Uint8Array>): Iterable<Uint8Array> => {
  const byText = new Map<string, Uint8Array>();
  for (const key of keys) byText.set(keyText(key), key);
  return byText.values();
};

/** The connections of clients that a dead backend keeps. */
export const patternOf = ({ endpoint, target }: DeadPair): FlowPattern => {
  const { protocol, address, port } = endpointOf(endpoint);
  return {
    protocol,
    serviceAddress: address,
    servicePort: port,
    backendAddress: addressText(targetAddress(target)),
    backendPort: targetPort(target),
  };
};
