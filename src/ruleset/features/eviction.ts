/** Persistence maps of services with `persist-full: evict`: who gives way when there is no room for newcomers. */

import type { Service } from '../../model/service.js';
import type { ElementBytes, SetSpec, TableName } from '../../netlink/nft/ast.js';
import { readHostNumber } from './bytes.js';
import { families } from './families.js';
import { isGeneral } from './general.js';
import { persistenceIn, stickyMap } from './general-layout.js';

export const evicts = (service: Service): boolean =>
  service.persistFull === 'evict' &&
  service.persistence.length > 0 &&
  service.state === 'up' &&
  isGeneral(service);

export interface CrowdedMap {
  readonly table: TableName;
  readonly set: SetSpec;
  /** Numbers of the services whose entries give way; those of others stay. */
  readonly services: ReadonlySet<number>;
}

/** The maps that these services write to, each once. */
export const mapsOf = (services: Iterable<Service>, idOf: (name: string) => number): CrowdedMap[] => {
  const found = new Map<string, { table: TableName; set: SetSpec; services: Set<number> }>();
  for (const service of services) {
    for (const family of families) {
      const persistence = persistenceIn(service, family);
      if (persistence.length === 0 || !service.addresses.some(({ address }) => family.has(address))) continue;
      for (const keepsPort of [false, true]) {
        const set = stickyMap(persistence, keepsPort, family);
        const key = `${family.table.family} ${set.name}`;
        const known = found.get(key) ?? { table: family.table, set, services: new Set<number>() };
        known.services.add(idOf(service.name));
        found.set(key, known);
      }
    }
  }
  return [...found.values()];
};

/** How full a map may be before somebody has to go, and how full it is then: newcomers come in between two looks. */
const highest = 15 / 16;
const lowest = 7 / 8;

/** How many have to give way. */
export const excessOf = (entries: number, capacity: number): number =>
  entries > Math.floor(capacity * highest) ? entries - Math.floor(capacity * lowest) : 0;

/** The `count` entries of these services that expire soonest. */
export const soonest = (
  elements: readonly ElementBytes[],
  services: ReadonlySet<number>,
  count: number,
): ElementBytes[] =>
  elements
    .filter(({ key }) => services.has(readHostNumber(key, key.length - 4)))
    .sort((a, b) => (a.expiresMs ?? 0) - (b.expiresMs ?? 0))
    .slice(0, count);
