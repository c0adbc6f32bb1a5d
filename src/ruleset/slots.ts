/**
 * Which backend stands in which slot of a service. A pure function of the service, so that every node fills the same slots and a
 * restarted agent finds what it would have written.
 *
 * Invariants: only usable backends of the best rank that has any hold slots; with `hash`, a slot changes hands only when its
 * owner leaves or the backend that comes back stands before its owner in that slot's order of preference.
 */

import type { Backend, Service } from '../model/service.js';
import { apportion, gcd, interleave, reduceWeights } from './apportion.js';
import { addressNumber } from './ids.js';

/** Up to this sum, reduced weights are slots one to one. */
const exactSlots = 64;
const manySlots = 256;
const mostSlots = 1024;

export interface Slots {
  /** M of `numgen … mod M`. */
  readonly modulus: number;
  /** The backend of each slot; empty when none is usable. */
  readonly owners: readonly Backend[];
}

const byAddress = (a: Backend, b: Backend): number =>
  addressNumber(a.address) - addressNumber(b.address) || (a.port ?? 0) - (b.port ?? 0);

const isUsable = (backend: Backend): boolean => backend.state === 'up';

/** Backends of the best rank that has a usable one; ranks may have gaps. */
const servingRank = (backends: readonly Backend[]): Backend[] => {
  let best = Number.POSITIVE_INFINITY;
  for (const backend of backends) {
    if (isUsable(backend) && backend.priority < best) best = backend.priority;
  }
  return backends.filter((backend) => backend.priority === best).sort(byAddress);
};

/** More slots where many backends, or one with a tiny weight, would each take a slot that is not theirs by weight. */
const approximateModulus = (weights: readonly number[]): number => {
  const sum = weights.reduce((a, b) => a + b, 0);
  const tiny = weights.some((weight) => weight * manySlots * 2 < sum);
  return tiny || weights.length > exactSlots ? mostSlots : manySlots;
};

const weighted = (service: Service): Slots => {
  const usable = servingRank(service.backends).filter(isUsable);
  if (usable.length === 0) return { modulus: 1, owners: [] };
  const weights = reduceWeights(usable.map((backend) => backend.weight));
  const sum = weights.reduce((a, b) => a + b, 0);
  const modulus = sum <= exactSlots ? sum : approximateModulus(weights);
  const counts = sum <= exactSlots ? weights : apportion(modulus, weights, true);
  return { modulus, owners: interleave(counts).map((index) => usable[index]!) };
};

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
  for (const weights of ranks.values()) {
    const sum = reduceWeights(weights).reduce((a, b) => a + b, 0);
    common = (common / gcd(common, sum)) * sum;
    many = Math.max(many, approximateModulus(weights));
    // What matters from here on is only that it is too large.
    if (common > manySlots) common = manySlots + 1;
  }
  if (common > manySlots) return many;
  return Math.ceil(exactSlots / common) * common;
};

/** A well mixed 32-bit number of two (the finalizer of MurmurHash3). */
const mix = (a: number, b: number): number => {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Weighted rendezvous: each backend has a score of its own for the slot, so that adding one never reorders the others. */
const rendezvous = (slot: number, candidates: readonly Backend[]): Backend => {
  let best = candidates[0]!;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const uniform = (mix(addressNumber(candidate.address) ^ (candidate.port ?? 0), slot) + 0.5) / 2 ** 32;
    const score = candidate.weight / -Math.log(uniform);
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
};

/** The slots of one that is not usable, in shares by weight to the others of its rank; ties go to the ones behind it. */
const heirs = (rank: readonly Backend[], index: number, slots: number): Backend[] => {
  const others = [...rank.slice(index + 1), ...rank.slice(0, index)];
  if (others.length === 0) return [];
  const counts = apportion(
    slots,
    others.map((backend) => backend.weight),
    false,
  );
  return interleave(counts).map((at) => others[at]!);
};

const hashed = (service: Service): Slots => {
  const modulus = hashModulus(service.backends);
  const rank = servingRank(service.backends);
  const usable = rank.filter(isUsable);
  if (usable.length === 0) return { modulus, owners: [] };
  const weights = reduceWeights(rank.map((backend) => backend.weight));
  const preferred = interleave(apportion(modulus, weights, true));
  const owners = preferred.map((index) => rank[index]!);
  if (usable.length === rank.length) return { modulus, owners };
  rank.forEach((backend, index) => {
    if (isUsable(backend)) return;
    const orphans = preferred.flatMap((owner, slot) => (owner === index ? [slot] : []));
    const next = heirs(rank, index, orphans.length);
    orphans.forEach((slot, at) => {
      const heir = next[at]!;
      owners[slot] = isUsable(heir) ? heir : rendezvous(slot, usable);
    });
  });
  return { modulus, owners };
};

export const fillSlots = (service: Service): Slots =>
  service.scheduler === 'hash' ? hashed(service) : weighted(service);
