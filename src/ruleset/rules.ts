/** How rules of ours are written: each with a comment that says what it is for and carries a fingerprint of what it does. */

import type { RuleSpec, Statement } from '../netlink/nft/ast.js';

/** FNV-1a over a value's meaning, six hexadecimal digits: tells an unchanged rule from one that another version wrote. */
export const fingerprint = (value: unknown): string => {
  let hash = 0x811c9dc5;
  const text = JSON.stringify(value);
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return (hash >>> 8).toString(16).padStart(6, '0');
};

/** Statements that are `undefined` are left out. */
export const rule = (
  chain: string,
  purpose: string,
  ...statements: readonly (Statement | undefined)[]
): RuleSpec => {
  const given = statements.filter((statement) => statement !== undefined);
  return { chain, statements: given, comment: `${purpose} #${fingerprint(given)}` };
};
