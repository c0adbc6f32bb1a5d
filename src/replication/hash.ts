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

/** Text as words, one for each UTF-16 unit: bytes in the case of keys and addresses. */
export const hashText = (text: string, seed = 0): number => {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = mix(hash, text.charCodeAt(at));
  return finish(hash, text.length * 4);
};

/** What digests are made of: must agree between nodes, so it follows from logical identity and never from numbers of one node. */
export interface RowIdentity {
  bucketOf(client: number, address: number, protocolPort: number): number;
  hashEntry(
    client: number,
    address: number,
    protocolPort: number,
    backend: number,
    backendPort: number,
  ): number;
}

/** Of entries whose columns are what they say: addresses and ports. */
export const wordIdentity: RowIdentity = { bucketOf, hashEntry };
