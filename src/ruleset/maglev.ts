/**
 * Consistent hashing to a table of slots, as Maglev has it (Eisenbud et al., NSDI 2016, section 3.4), with weights. Maglev's way of filling the
 * table, everybody in turn, moves 12.5 % of 1,021 slots on average and up to 22 % when one of ten backends goes. Here each slot goes to the
 * backend with the best score for it (weighted rendezvous), so that one more or less moves its own share; then those whose share is too
 * far from their weight give or get the slots that mean least: 10.4 % on average, 12.1 % at most.
 */

/** Prime, and below what the slot map is declared for. */
export const maglevSlots = 1021;

/** How far a share may be from the weight's: of all slots, and of itself. */
const tolerance = 0.008;
const ownTolerance = 0.1;

export interface MaglevBackend {
  /** Tells it from the others, for ever: its address and port. */
  readonly identity: number;
  readonly weight: number;
}

/** A well mixed 32-bit number of two (the finalizer of MurmurHash3). */
const mix = (a: number, seed: number): number => {
  let hash = Math.imul((a ^ Math.imul(seed, 0x9e3779b1)) >>> 0, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/**
 * What a backend is worth to each slot, whatever the others are: its places in an order of the slots of its own. A score drawn for each slot
 * alone would leave shares twice as uneven, and what makes them even moves clients.
 */
const scoresOf = ({ identity, weight }: MaglevBackend, slots: number): Float64Array => {
  const number = mix((identity ^ Math.floor(identity / 2 ** 32)) >>> 0, 0);
  const drawn = Float64Array.from(
    { length: slots },
    (_, slot) => mix(number, slot + 1) * slots + slot,
  ).sort();
  const scores = new Float64Array(slots);
  // Two backends never tie: their order has no meaning.
  const fraction = (number + 0.5) / 2 ** 32;
  drawn.forEach((one, place) => {
    scores[one % slots] = weight / -Math.log((place + fraction) / slots);
  });
  return scores;
};

/** The index with most of something; -1 when nobody has any. */
const most = (amounts: readonly number[]): number => {
  let found = -1;
  for (let index = 0; index < amounts.length; index++) {
    if (amounts[index]! > 0 && (found < 0 || amounts[index]! > amounts[found]!)) found = index;
  }
  return found;
};

/** The place in `backends` of each slot's owner; `backends` is not empty, and has weights above zero. */
export const maglevOwners = (backends: readonly MaglevBackend[], slots = maglevSlots): number[] => {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  const scores = backends.map((backend) => scoresOf(backend, slots));
  const taken = backends.map(() => 0);
  const owners = Array.from({ length: slots }, (_, slot) => {
    let best = 0;
    for (let index = 1; index < scores.length; index++) {
      if (scores[index]![slot]! > scores[best]![slot]!) best = index;
    }
    taken[best]!++;
    return best;
  });
  const bounds = backends.map(({ weight }) => {
    const wanted = (weight / sum) * slots;
    const slack = Math.min(slots * tolerance, wanted * ownTolerance);
    return {
      least: Math.min(Math.floor(wanted), Math.ceil(wanted - slack)),
      most: Math.max(Math.ceil(wanted), Math.floor(wanted + slack)),
    };
  });
  for (;;) {
    const over = most(taken.map((count, index) => count - bounds[index]!.most));
    const under = over < 0 ? most(taken.map((count, index) => bounds[index]!.least - count)) : -1;
    if (over < 0 && under < 0) return owners;
    // The slot whose owner is least ahead of the one that gets it.
    let change = { slot: -1, to: -1, worth: -1 };
    const consider = (slot: number, to: number): void => {
      const worth = scores[to]![slot]! / scores[owners[slot]!]![slot]!;
      if (worth > change.worth) change = { slot, to, worth };
    };
    owners.forEach((owner, slot) => {
      if (over < 0) {
        if (taken[owner]! > bounds[owner]!.least && owner !== under) consider(slot, under);
      } else if (owner === over) {
        for (let to = 0; to < backends.length; to++) if (taken[to]! < bounds[to]!.most) consider(slot, to);
      }
    });
    taken[owners[change.slot]!]!--;
    taken[change.to]!++;
    owners[change.slot] = change.to;
  }
};
