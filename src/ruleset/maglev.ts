/**
 * Consistent hashing after Maglev (Eisenbud et al., NSDI 2016, section 3.4), with weights: every backend walks the slots in an order
 * of its own and takes free ones in turn. A backend more or less moves its own share and little else, whatever the others are.
 */

/** Prime, so that every step visits every slot; below what the slot map is declared for. */
export const maglevSlots = 1021;

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

/** The place in `backends` of each slot's owner; `backends` is not empty. */
export const maglevOwners = (backends: readonly MaglevBackend[], slots = maglevSlots): number[] => {
  const owners = new Array<number>(slots).fill(-1);
  const walks = backends.map(({ identity, weight }) => {
    const number = (identity ^ Math.floor(identity / 2 ** 32)) >>> 0;
    return { at: mix(number, 1) % slots, step: (mix(number, 2) % (slots - 1)) + 1, taken: 0, weight };
  });
  for (let filled = 0; filled < slots; filled++) {
    // Whoever is furthest behind its weight; the first of equals.
    let turn = 0;
    for (let index = 1; index < walks.length; index++) {
      const a = walks[index]!;
      const b = walks[turn]!;
      if ((a.taken + 1) * b.weight < (b.taken + 1) * a.weight) turn = index;
    }
    const walk = walks[turn]!;
    while (owners[walk.at] !== -1) walk.at = (walk.at + walk.step) % slots;
    owners[walk.at] = turn;
    walk.taken++;
  }
  return owners;
};
