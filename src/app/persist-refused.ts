/** Newcomers that maps of persistence had no room for, by service: counted by the kernel's rules, and served all the same. */

import { errorFrom } from '../errors.js';
import type { ElementBytes, SetSpec, TableName } from '../netlink/nft/ast.js';
import { featureTables } from '../ruleset/feature.js';
import { readHostNumber } from '../ruleset/features/bytes.js';
import { generalPersistRefusedSet } from '../ruleset/features/general-layout.js';
import { endpointId } from '../ruleset/ids.js';
import { persistRefusedSet, serviceTable } from '../ruleset/layout.js';
import { isPlain } from '../ruleset/plain.js';
import { endpointAt } from '../ruleset/session-maps.js';
import type { SessionSources } from './reconcile-sessions.js';

/** Packets that began a connection, since the kernel has counted; without the services of which there are none. */
export const persistRefusedIn = async (
  { nft, registry, ids, hasSet }: SessionSources,
  name?: string,
): Promise<ReadonlyMap<string, number>> => {
  const byEndpoint = new Map<number, string>();
  const byNumber = new Map<number, string>();
  const one = name === undefined ? undefined : registry.get(name);
  for (const service of one ? [one] : name === undefined ? registry.services() : []) {
    if (service.persistence.length === 0) continue;
    if (isPlain(service)) {
      for (const endpoint of service.endpoints) byEndpoint.set(endpointId(endpoint), service.name);
    } else byNumber.set(ids.of(service.name), service.name);
  }
  const refused = new Map<string, number>();
  const add = (service: string | undefined, packets: number | undefined): void => {
    if (service !== undefined && packets) refused.set(service, (refused.get(service) ?? 0) + packets);
  };
  const dump = async (table: TableName, { name: set }: SetSpec): Promise<readonly ElementBytes[]> => {
    try {
      return await nft.dumpElements(table, set);
    } catch (thrown) {
      // Somebody deleted the table, and it is not back yet.
      if (errorFrom(thrown).code === 'kernel-missing') return [];
      throw thrown;
    }
  };
  if (byEndpoint.size > 0) {
    for (const element of await dump(serviceTable, persistRefusedSet)) {
      const endpoint = endpointAt(element, 0);
      if (endpoint !== undefined) add(byEndpoint.get(endpoint), element.counter?.packets);
    }
  }
  if (byNumber.size > 0) {
    for (const table of featureTables) {
      if (!hasSet(table, generalPersistRefusedSet.name)) continue;
      for (const { key, counter } of await dump(table, generalPersistRefusedSet)) {
        add(byNumber.get(readHostNumber(key, 0)), counter?.packets);
      }
    }
  }
  return refused;
};
