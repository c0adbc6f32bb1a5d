/** Many elements of a list in one buffer: an object each would cost more than the kernel. */

import type { ElementBytes, ElementList } from '../../../netlink/nft/ast.js';

/** A key as text, and the lifetime of what has one: full, and left. */
export interface ListElement {
  readonly key: string;
  readonly timeoutMs?: number;
  readonly expiresMs?: number;
}

const bytesOf = (key: string): Uint8Array => {
  const bytes = new Uint8Array(key.length);
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at);
  return bytes;
};

const asElement = ({ key, ...lifetime }: ListElement): ElementBytes => ({ key: bytesOf(key), ...lifetime });

/** What `ElementList.packed` can say of a lifetime. */
const longestPackedMs = 2 ** 32 - 1;

type KeyList = ElementList & Required<Pick<ElementList, 'packed'>>;

/** Elements that stay, by their keys alone. */
export const keyList = (keys: readonly string[]): KeyList => {
  const keyBytes = keys[0]?.length ?? 0;
  const bytes = new Uint8Array(keys.length * keyBytes);
  let to = 0;
  for (const key of keys) for (let at = 0; at < keyBytes; at++) bytes[to++] = key.charCodeAt(at);
  return {
    length: keys.length,
    packed: { bytes, keyBytes, dataBytes: 0 },
    at(index) {
      const key = keys[index];
      return key === undefined ? undefined : asElement({ key });
    },
    *[Symbol.iterator]() {
      for (const key of keys) yield asElement({ key });
    },
  };
};

/** Keys of one length. Lists of elements that stay are packed; so are those whose elements all have a lifetime that fits. */
export const elementList = (elements: readonly ListElement[]): ElementList => {
  const keys = (): KeyList => keyList(elements.map(({ key }) => key));
  if (elements.every(({ timeoutMs }) => timeoutMs === undefined)) return keys();
  if (!elements.every(({ timeoutMs = Infinity }) => timeoutMs <= longestPackedMs)) {
    return elements.map(asElement);
  }
  const { length, packed } = keys();
  return {
    length,
    packed: {
      ...packed,
      timeoutMs: Uint32Array.from(elements, ({ timeoutMs = 0 }) => timeoutMs),
      expiresMs: Uint32Array.from(elements, ({ timeoutMs = 0, expiresMs = timeoutMs }) => expiresMs),
    },
    at(index) {
      const one = elements[index];
      return one && asElement(one);
    },
    *[Symbol.iterator]() {
      for (const one of elements) yield asElement(one);
    },
  };
};
