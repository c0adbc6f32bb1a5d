/** Which frames are lost, by a seed: an nft match. nft's own random numbers cannot be seeded, so a counter runs over a fixed pattern. Pure. */

/** Prime, so that the pattern does not beat with the pace of probes or heartbeats. */
const period = 499;

/** Marsaglia's xorshift32. */
const createRandom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

/** Of `period` frames in a row so many percent match, the same ones for the same seed. */
export const lossPattern = (percent: number, seed: number): string => {
  const random = createRandom(seed * 2_654_435_761);
  const lost = new Set<number>();
  while (lost.size < Math.round((period * percent) / 100)) lost.add(random(period));
  const numbers = [...lost].sort((one, other) => one - other);
  return `numgen inc mod ${period} { ${numbers.join(', ')} }`;
};
