/** Which counter of the round-robin bank an endpoint uses: its own as long as there are enough, then the one with the fewest users. */

import type { EndpointId } from './ids.js';
import { type Kind, type KindNumber, kindNumber, kindOf } from './kinds.js';

export const bankSize = 64;

export interface Bank {
  /** The kind with its counter; an endpoint keeps the one it has as long as its kind stays the same. */
  assign(endpoint: EndpointId, kind: Kind): KindNumber;
  /** Takes over what the kernel shows, before anything is assigned. */
  adopt(endpoint: EndpointId, number: KindNumber): void;
  release(endpoint: EndpointId): void;
}

export const createBank = (): Bank => {
  const numberByEndpoint = new Map<EndpointId, KindNumber>();
  const usersByCounter = new Map<KindNumber, number>();
  const count = (number: KindNumber, by: number): void => {
    usersByCounter.set(number, (usersByCounter.get(number) ?? 0) + by);
  };
  const release = (endpoint: EndpointId): void => {
    const number = numberByEndpoint.get(endpoint);
    if (number === undefined) return;
    numberByEndpoint.delete(endpoint);
    count(number, -1);
  };
  const take = (endpoint: EndpointId, number: KindNumber): KindNumber => {
    release(endpoint);
    numberByEndpoint.set(endpoint, number);
    count(number, 1);
    return number;
  };
  return {
    assign(endpoint, kind) {
      if (kind.scheduler !== 'rr') {
        release(endpoint);
        return kindNumber(kind);
      }
      const current = numberByEndpoint.get(endpoint);
      const currentKind = current === undefined ? undefined : kindOf(current);
      if (
        current !== undefined &&
        currentKind?.modulus === kind.modulus &&
        currentKind.persistent === kind.persistent
      ) {
        return current;
      }
      let best = kindNumber({ ...kind, bank: 0 });
      for (let bank = 1; bank < bankSize; bank++) {
        const candidate = kindNumber({ ...kind, bank });
        if ((usersByCounter.get(best) ?? 0) === 0) break;
        if ((usersByCounter.get(candidate) ?? 0) < (usersByCounter.get(best) ?? 0)) best = candidate;
      }
      return take(endpoint, best);
    },
    adopt(endpoint, number) {
      if (kindOf(number)?.scheduler === 'rr') take(endpoint, number);
    },
    release,
  };
};
