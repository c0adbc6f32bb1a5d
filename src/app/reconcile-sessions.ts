/** What is asked of the services in force: persistence entries in the kernel as sessions, and which of them a request means. */

import { RelevoError } from '../errors.js';
import type { Nft } from '../ports.js';
import { persistEntry } from '../ruleset/layout.js';
import type { Registry } from '../ruleset/registry.js';
import { readPersistence } from './reconcile-kernel.js';
import type { Session, SessionFilter } from './reconcile-types.js';

export const keysOfSessions = async (
  nft: Nft,
  registry: Registry,
  { service: name, backend: backendName, client }: SessionFilter,
): Promise<Uint8Array[]> => {
  const service = registry.get(name);
  if (!service) throw new RelevoError('not-found', `Unknown farm '${name}'`, { service: name });
  const backend = service.backends.find((one) => one.name === backendName);
  if (backendName !== undefined && !backend) {
    throw new RelevoError('not-found', `Unknown backend '${backendName}' in farm '${name}'`, {
      service: name,
    });
  }
  if (service.endpoints.length === 0 || service.persistence.length === 0) return [];
  return (await readPersistence(nft)).flatMap((element) => {
    const entry = persistEntry(element);
    if (!entry || registry.ownerOf(entry) !== service) return [];
    if (client && (client.length !== 1 || client[0] !== entry.client)) return [];
    const isOther =
      backend &&
      (backend.address !== entry.backendAddress || (backend.port ?? entry.port) !== entry.backendPort);
    return isOther ? [] : [element.key];
  });
};

/** Of one service or of all; there may be hundreds of thousands. */
export const sessionsIn = async (nft: Nft, registry: Registry, service?: string): Promise<Session[]> => {
  if (service !== undefined && !registry.get(service)) {
    throw new RelevoError('not-found', `there is no service '${service}'`, { service });
  }
  const found: Session[] = [];
  if (registry.size === 0) return found;
  for (const element of await readPersistence(nft)) {
    const entry = persistEntry(element);
    const owner = entry && registry.ownerOf(entry);
    if (!owner || (service !== undefined && owner.name !== service)) continue;
    const backend = owner.backends.find(
      (one) => one.address === entry.backendAddress && (one.port ?? entry.port) === entry.backendPort,
    );
    if (backend) found.push({ ...entry, service: owner.name, backend: backend.name });
  }
  return found;
};
