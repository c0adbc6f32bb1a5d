/** Elements compared by what they say. */

import type { ElementBytes } from '../netlink/nft/ast.js';

/** Latin-1 text of a key: what a Map can look up. */
export const keyText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

export const sameData = (a: ElementBytes['data'], b: ElementBytes['data']): boolean => {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    if (a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
    return true;
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array || !a || !b) return a === b;
  return a.kind === b.kind && ('chain' in a ? a.chain : '') === ('chain' in b ? b.chain : '');
};

/** Data, full lifetime, and the comment that stands for the element's own statements. */
export const sameElement = (a: ElementBytes, b: ElementBytes): boolean =>
  sameData(a.data, b.data) &&
  (a.timeoutMs ?? 0) === (b.timeoutMs ?? 0) &&
  (a.comment ?? '') === (b.comment ?? '');
