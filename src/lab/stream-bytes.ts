/** Pseudo-random bytes from a seed: both ends of a stream make the same ones, so that each can check what arrives. */

/** The next `length` bytes of the sequence (Marsaglia's xorshift32, one byte a step). */
export interface ByteSource {
  take(length: number): Uint8Array;
}

export const createByteSource = (seed: number): ByteSource => {
  // Zero is the one state that xorshift never leaves.
  let state = seed >>> 0 || 0x9e3779b9;
  return {
    take(length) {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index += 1) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        bytes[index] = state >>> 11;
      }
      return bytes;
    },
  };
};

/** Index of the first byte that is not the expected one, or -1. */
export const firstDifference = (received: Uint8Array, expected: Uint8Array): number => {
  for (let index = 0; index < received.length; index += 1) {
    if (received[index] !== expected[index]) return index;
  }
  return -1;
};

/** The two directions of a stream carry different bytes, so that an echo is not taken for an answer. */
export const answerSeed = (seed: number): number => (seed ^ 0x5bd1e995) >>> 0;
