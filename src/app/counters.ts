/** Reads what services have carried: one dump for each set of counters, however many services there are. */

import { errorFrom } from '../errors.js';
import type { Service } from '../model/service.js';
import type { TableName } from '../netlink/nft/ast.js';
import type { Nft } from '../ports.js';
import type { EngineContext } from '../ruleset/context.js';
import type { ServiceIds } from '../ruleset/feature.js';
import { createTally, type Dump, type ServiceTraffic } from '../ruleset/features/counter-totals.js';
import { isCounted } from '../ruleset/features/counters.js';
import { type TrafficElement, trafficElements } from '../ruleset/features/traffic-elements.js';
import { createQueue } from './serial-queue.js';

export interface CounterPorts {
  readonly nft: Pick<Nft, 'dumpElements'>;
  /** In force. */
  services(): Iterable<Service>;
  readonly ids: ServiceIds;
}

export interface Counters {
  /** Of every counted service, since the kernel has counted it. Never less than at the last call, as long as the service is there. */
  read(): Promise<ServiceTraffic[]>;
}

export const createCounters = (
  { nft, services, ids }: CounterPorts,
  context: Pick<EngineContext, 'counters'>,
): Counters => {
  const queue = createQueue();
  const tally = createTally();
  /** By what they follow from: a service that has changed is another object. */
  const known = new WeakMap<Service, TrafficElement[]>();

  const elementsOf = (service: Service): TrafficElement[] => {
    let elements = known.get(service);
    if (!elements) {
      elements = trafficElements(service, ids);
      known.set(service, elements);
    }
    return elements;
  };

  const dump = async (table: TableName, set: string): Promise<Dump> => {
    try {
      return { table, set, elements: await nft.dumpElements(table, set) };
    } catch (thrown) {
      const error = errorFrom(thrown);
      // Somebody deleted the table, and it is not back yet.
      if (error.code !== 'kernel-missing') throw error;
      return { table, set, elements: [] };
    }
  };

  return {
    read: () =>
      queue(async () => {
        const elements: TrafficElement[] = [];
        for (const service of services()) {
          if (isCounted(service, context)) for (const one of elementsOf(service)) elements.push(one);
        }
        const sets = new Map(
          elements.map(({ table, set }) => [`${table.family} ${set.name}`, { table, set }]),
        );
        const dumps: Dump[] = [];
        for (const { table, set } of sets.values()) dumps.push(await dump(table, set.name));
        return tally.take(elements, dumps);
      }),
  };
};
