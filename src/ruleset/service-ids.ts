/**
 * Numbers that stand for services in keys and in a packet's priority. The lower 12 bits are left for the service's backends (`backendNumber`),
 * so one number says both, and none is as small as the priorities that the kernel derives from a packet's type of service.
 */

import type { ServiceIds } from './feature.js';

const shift = 12;
export const mostBackends = 2 ** shift - 1;

export interface ServiceNumbers extends ServiceIds {
  /** Takes over what the kernel shows, before anything is asked for. */
  adopt(service: string, id: number): void;
  release(service: string): void;
  /** Releases all others: what a refused change has taken must not stand in the way of what the kernel shows. */
  keep(services: Iterable<{ readonly name: string }>): void;
}

/** The number of the backend in place `index` of the service with this number. */
export const backendNumber = (service: number, index: number): number => service + index + 1;
/** The service of a backend's number. */
export const serviceNumber = (backend: number): number => ((backend >>> shift) << shift) >>> 0;

export const createServiceIds = (): ServiceNumbers => {
  const idByName = new Map<string, number>();
  const taken = new Set<number>();
  let next = 1;
  const release = (service: string): void => {
    const id = idByName.get(service);
    if (id === undefined) return;
    idByName.delete(service);
    taken.delete(id >>> shift);
  };
  return {
    of(service) {
      const known = idByName.get(service);
      if (known !== undefined) return known;
      while (taken.has(next)) next = (next + 1) % 2 ** (32 - shift) || 1;
      const id = (next << shift) >>> 0;
      taken.add(next);
      next++;
      idByName.set(service, id);
      return id;
    },
    adopt(service, id) {
      const number = id >>> shift;
      if (idByName.has(service) || taken.has(number) || number === 0) return;
      idByName.set(service, id);
      taken.add(number);
    },
    release,
    keep(services) {
      const gone = new Set(idByName.keys());
      for (const { name } of services) gone.delete(name);
      for (const name of gone) release(name);
    },
  };
};
