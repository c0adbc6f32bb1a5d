/**
 * Which backend stands in which slot of a service. A pure function of the service, so that every node fills the same slots and a
 * restarted agent finds what it would have written.
 *
 * Invariants: only usable backends of the best rank that has any hold slots; with `hash`, a slot changes hands only when its
 * owner leaves or the backend that comes back stands before its owner in that slot's order of preference.
 */

import type { Backend, Service } from '../model/service.js';
import { apportion, gcd, interleave, reduceWeights } from './apportion.js';
import { targetId } from './ids.js';
import { maglevOwners, maglevSlots } from './maglev.js';
import { ordersOf } from './orders.js';

/** Up to this sum, reduced weights are slots one to one. */
const exactSlots = 64;
const manySlots = 256;
const mostSlots = 1024;

export interface Slots {
  /** M of `numgen … mod M`. */
  readonly modulus: number;
  /** The backend in each slot, as its index in the service; empty when none is usable. */
  readonly owners: readonly number[];
}

export type Fillable = Pick<Service, 'scheduler' | 'backends'>;

/** Shares of newcomers by name of the backend, of any scale; of `leastconn`, as far as they are known. */
export type Shares = ReadonlyMap<string, number>;

const noOwners: readonly number[] = [];

const isUsable = (backend: Backend): boolean => backend.state === 'up';

/**
 * Indexes of the backends of the best rank that has a usable one (ranks may have gaps), in the order of their addresses: the order of
 * the document has no meaning.
 */
const servingRank = (backends: readonly Backend[], addresses: readonly number[]): number[] => {
  let best = Number.POSITIVE_INFINITY;
  for (const backend of backends) {
    if (isUsable(backend) && backend.priority < best) best = backend.priority;
  }
  const rank: number[] = [];
  for (let index = 0; index < backends.length; index++) {
    if (backends[index]!.priority === best) rank.push(index);
  }
  const placeOf = (index: number): number => targetId(addresses[index]!, backends[index]!.port ?? 0);
  for (let at = 1; at < rank.length; at++) {
    if (placeOf(rank[at - 1]!) > placeOf(rank[at]!)) return rank.sort((a, b) => placeOf(a) - placeOf(b));
  }
  return rank;
};

/** More slots where many backends, or one with a tiny weight, would each take a slot that is not theirs by weight. */
const approximateModulus = (weights: readonly number[]): number => {
  const sum = weights.reduce((a, b) => a + b, 0);
  const tiny = weights.some((weight) => weight * manySlots * 2 < sum);
  return tiny || weights.length > exactSlots ? mostSlots : manySlots;
};

const weighted = ({ backends }: Fillable, addresses: readonly number[]): Slots => {
  const usable = servingRank(backends, addresses).filter((index) => isUsable(backends[index]!));
  if (usable.length === 0) return { modulus: 1, owners: noOwners };
  const { weight } = backends[usable[0]!]!;
  if (usable.length <= exactSlots && usable.every((index) => backends[index]!.weight === weight)) {
    return { modulus: usable.length, owners: usable };
  }
  const weights = reduceWeights(usable.map((index) => backends[index]!.weight));
  const sum = weights.reduce((a, b) => a + b, 0);
  const modulus = sum <= exactSlots ? sum : approximateModulus(weights);
  const counts = sum <= exactSlots ? weights : apportion(modulus, weights, true);
  return { modulus, owners: interleave(counts).map((at) => usable[at]!) };
};

/**
 * M stays the same, so that other shares are other elements and no other rules. Shares count once they are known of all usable ones: one that
 * is new has its own by weight until then, and with it all others.
 */
const shared = ({ backends }: Fillable, addresses: readonly number[], shares: Shares | undefined): Slots => {
  const usable = servingRank(backends, addresses).filter((index) => isUsable(backends[index]!));
  const modulus = usable.length > exactSlots ? mostSlots : manySlots;
  if (usable.length === 0) return { modulus, owners: noOwners };
  const weights = reduceWeights(usable.map((index) => backends[index]!.weight));
  const wanted = usable.map((index) => shares?.get(backends[index]!.name));
  const isKnown = wanted.every((share) => share !== undefined) && wanted.some((share) => share! > 0);
  const counts = isKnown ? apportion(modulus, wanted as number[], false) : apportion(modulus, weights, true);
  return { modulus, owners: interleave(counts).map((at) => usable[at]!) };
};

/** Backends that take newcomers: the usable ones of the best rank that has any. */
export const servingBackends = (backends: readonly Backend[]): Backend[] => {
  const usable = backends.filter(isUsable);
  const best = Math.min(...usable.map(({ priority }) => priority));
  return usable.filter(({ priority }) => priority === best);
};

/** Of a rank of a few equal backends; undefined: it is none. */
const equalOrders = (weights: readonly number[]): readonly (readonly number[])[] | undefined =>
  weights.every((weight) => weight === weights[0]) ? ordersOf(weights.length) : undefined;

/** M from all configured backends: it must not move when one of them fails, or every client would. */
const hashModulus = (backends: readonly Backend[]): number => {
  const ranks = new Map<number, number[]>();
  for (const { priority, weight } of backends) {
    const weights = ranks.get(priority);
    if (weights) weights.push(weight);
    else ranks.set(priority, [weight]);
  }
  let common = 1;
  let many = 0;
  let isExact = true;
  for (const weights of ranks.values()) {
    const orders = equalOrders(weights)?.length;
    isExact &&= orders !== undefined;
    const sum = orders ?? reduceWeights(weights).reduce((a, b) => a + b, 0);
    common = (common / gcd(common, sum)) * sum;
    many = Math.max(many, approximateModulus(weights));
    // What matters from here on is only that it is too large.
    if (common > manySlots) common = manySlots + 1;
  }
  if (common > manySlots) return many;
  return isExact ? common : Math.ceil(exactSlots / common) * common;
};

/** A well mixed 32-bit number of two (the finalizer of MurmurHash3). */
const mix = (a: number, b: number): number => {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Weighted rendezvous: each backend has a score of its own for the slot, so that adding one never reorders the others. */
const rendezvous = (
  slot: number,
  candidates: readonly number[],
  backends: readonly Backend[],
  addresses: readonly number[],
): number => {
  let best = candidates[0]!;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const index of candidates) {
    const { port, weight } = backends[index]!;
    const uniform = (mix(addresses[index]! ^ (port ?? 0), slot) + 0.5) / 2 ** 32;
    const score = weight / -Math.log(uniform);
    if (score > bestScore) [best, bestScore] = [index, score];
  }
  return best;
};

/** The slots of one that is not usable, in shares by weight to the others of its rank; ties go to the ones behind it. */
const heirs = (
  rank: readonly number[],
  at: number,
  slots: number,
  backends: readonly Backend[],
): number[] => {
  const others = [...rank.slice(at + 1), ...rank.slice(0, at)];
  const weights = others.map((index) => backends[index]!.weight);
  return interleave(apportion(slots, weights, false)).map((place) => others[place]!);
};

/** Who has which slot while all of a rank are usable, as places in the rank. */
const preferredOwners = (
  scheduler: Service['scheduler'],
  rank: readonly number[],
  modulus: number,
  backends: readonly Backend[],
  addresses: readonly number[],
): number[] => {
  if (scheduler === 'maglev') {
    return maglevOwners(
      rank.map((index) => ({
        identity: targetId(addresses[index]!, backends[index]!.port ?? 0),
        weight: backends[index]!.weight,
      })),
      modulus,
    );
  }
  return interleave(apportion(modulus, reduceWeights(rank.map((index) => backends[index]!.weight)), true));
};

const hashed = ({ scheduler, backends }: Fillable, addresses: readonly number[]): Slots => {
  const modulus = scheduler === 'maglev' ? maglevSlots : hashModulus(backends);
  const rank = servingRank(backends, addresses);
  const usable = rank.filter((index) => isUsable(backends[index]!));
  if (usable.length === 0) return { modulus, owners: noOwners };
  const orders =
    scheduler === 'maglev' ? undefined : equalOrders(rank.map((index) => backends[index]!.weight));
  if (orders && modulus % orders.length === 0) {
    const firsts = orders.map((order) => rank[order.find((at) => isUsable(backends[rank[at]!]!))!]!);
    return {
      modulus,
      owners: Array.from(
        { length: modulus },
        (_, slot) => firsts[Math.floor((slot * orders.length) / modulus)]!,
      ),
    };
  }
  const preferred = preferredOwners(scheduler, rank, modulus, backends, addresses);
  const owners = preferred.map((at) => rank[at]!);
  if (usable.length === rank.length) return { modulus, owners };
  rank.forEach((index, at) => {
    if (isUsable(backends[index]!)) return;
    const orphans = preferred.flatMap((owner, slot) => (owner === at ? [slot] : []));
    const next = heirs(rank, at, orphans.length, backends);
    orphans.forEach((slot, place) => {
      const heir = next[place]!;
      owners[slot] = isUsable(backends[heir]!) ? heir : rendezvous(slot, usable, backends, addresses);
    });
  });
  return { modulus, owners };
};

const byHash: readonly Service['scheduler'][] = ['hash', 'symhash', 'maglev'];

/** `addresses`: of the service's backends as numbers below 2^32, in their order. */
export const fillSlots = (service: Fillable, addresses: readonly number[], shares?: Shares): Slots => {
  if (service.scheduler === 'leastconn') return shared(service, addresses, shares);
  return byHash.includes(service.scheduler) ? hashed(service, addresses) : weighted(service, addresses);
};
