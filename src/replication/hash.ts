/**
 * MurmurHash3 x86_32 over 32-bit words. It is part of the protocol (digests must agree between nodes), and with a random
 * seed it places rows in the table, where a sender of chosen client addresses must not be able to make rows collide.
 */

const mix = (hash: number, word: number): number => {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
};

const finish = (hash: number, bytes: number): number => {
  let h = hash ^ bytes;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

export const hashKey = (client: number, address: number, protocolPort: number, seed = 0): number =>
  finish(mix(mix(mix(seed, client), address), protocolPort), 12);

export const hashEntry = (
  client: number,
  address: number,
  protocolPort: number,
  backend: number,
  backendPort: number,
): number => finish(mix(mix(mix(mix(mix(0, client), address), protocolPort), backend), backendPort), 20);

/** Of 256, by the top byte of the key's hash. */
export const bucketOf = (client: number, address: number, protocolPort: number): number =>
  hashKey(client, address, protocolPort) >>> 24;
