/** Text → value for YAML (and so JSON), with a syntax error as a problem like any other. */

import { type CST, Parser, parse, YAMLParseError } from 'yaml';
import type { Problem } from '../model/service.js';
import { maxDepth } from './json-error.js';

/**
 * Where the text is nested more than `maxDepth` levels deep. What composes values recurses, and near the end of its stack V8 may end the
 * process instead of throwing; the parser of tokens before it does not recurse.
 */
const tooDeepAt = (text: string): number | undefined => {
  const left: { readonly token: CST.Token; readonly depth: number }[] = [];
  const add = (token: CST.Token | null | undefined, depth: number): void => {
    if (token) left.push({ token, depth });
  };
  for (const token of new Parser().parse(text)) add(token, 0);
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) return token.offset;
    if ('value' in token) add(token.value, depth);
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      add(key, depth + 1);
      add(value, depth + 1);
    }
  }
  return undefined;
};

const problem = (message: string) => ({ ok: false, problems: [{ path: '(document)', message }] }) as const;

export const readYaml = (
  text: string,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] } => {
  try {
    const offset = tooDeepAt(text);
    if (offset !== undefined) {
      const before = text.slice(0, offset);
      const line = before.split('\n').length;
      const column = offset - before.lastIndexOf('\n');
      return problem(
        `nested more than ${maxDepth} levels deep at line ${line}, column ${column}: no document needs that, remove the '[', '{', '-' or indents that are too many`,
      );
    }
    return { ok: true, value: parse(text) };
  } catch (error) {
    if (error instanceof YAMLParseError && error.code === 'MULTIPLE_DOCS')
      return problem("holds several documents ('---' begins one): give each a file of its own");
    return problem(`is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
};
