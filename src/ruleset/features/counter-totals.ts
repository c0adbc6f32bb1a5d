/**
 * What counters come to, by service and backend. Kernel counters start from zero when an element or the table is made anew; sums do not: what
 * an element has counted is added once, and stays when the element goes.
 */

import type { Counted, ElementBytes, TableName } from '../../netlink/nft/ast.js';
import { keyText } from '../same-element.js';
import type { Direction, TrafficElement } from './traffic-elements.js';

export type Traffic = Readonly<Record<Direction, Counted>>;

export interface ServiceTraffic extends Traffic {
  readonly service: string;
  /** By name; without the backends that cannot be told apart, and those of services without connection tracking. */
  readonly backends: ReadonlyMap<string, Traffic>;
}

/** One set as it was read. */
export interface Dump {
  readonly table: TableName;
  readonly set: string;
  readonly elements: readonly ElementBytes[];
}

type Sums = { -readonly [K in Direction]: { -readonly [N in keyof Counted]: Counted[N] } };

const zero = (): Sums => ({ in: { packets: 0, bytes: 0 }, out: { packets: 0, bytes: 0 } });

const copy = (sums: Sums): Traffic => ({ in: { ...sums.in }, out: { ...sums.out } });

const add = (sums: Sums, direction: Direction, { packets, bytes }: Counted): void => {
  sums[direction].packets += packets;
  sums[direction].bytes += bytes;
};

/** What has come since `before`; a smaller number than before is a counter that was made anew. */
const since = (before: Counted | undefined, now: Counted): Counted =>
  before && now.packets >= before.packets && now.bytes >= before.bytes
    ? { packets: now.packets - before.packets, bytes: now.bytes - before.bytes }
    : now;

const idOf = (table: TableName, set: string, key: Uint8Array): string =>
  `${table.family} ${set} ${keyText(key)}`;

interface Running {
  readonly sums: Sums;
  readonly backends: Map<string, Sums>;
}

export interface Tally {
  /** `elements`: of every counted service. Returns the sums of these services; the others are forgotten. */
  take(elements: Iterable<TrafficElement>, dumps: Iterable<Dump>): ServiceTraffic[];
}

export const createTally = (): Tally => {
  let seen = new Map<string, Counted>();
  let running = new Map<string, Running>();
  return {
    take(elements, dumps) {
      const found = new Map<string, Counted>();
      for (const { table, set, elements: dumped } of dumps) {
        for (const { key, counter } of dumped) if (counter) found.set(idOf(table, set, key), counter);
      }
      const nextSeen = new Map<string, Counted>();
      const next = new Map<string, Running>();
      for (const { table, set, key, service, backend, direction } of elements) {
        let one = next.get(service);
        if (!one) {
          one = { sums: running.get(service)?.sums ?? zero(), backends: new Map() };
          next.set(service, one);
        }
        // What backends that are gone have carried stays with the service.
        if (backend !== undefined && !one.backends.has(backend)) {
          one.backends.set(backend, running.get(service)?.backends.get(backend) ?? zero());
        }
        const id = idOf(table, set.name, key);
        const now = found.get(id);
        if (!now) continue;
        nextSeen.set(id, now);
        const more = since(seen.get(id), now);
        add(one.sums, direction, more);
        if (backend !== undefined) add(one.backends.get(backend)!, direction, more);
      }
      seen = nextSeen;
      running = next;
      return [...next].map(([service, { sums, backends }]) => ({
        service,
        ...copy(sums),
        backends: new Map([...backends].map(([name, one]) => [name, copy(one)])),
      }));
    },
  };
};
