/** Turns what a zod schema refuses into problems with a path and a remedy, and renders a list of them. */

import type { z } from 'zod';
import type { Problem } from '../model/service.js';

/** `groups[0].addresses[1].interface`; the document itself is `(document)`. */
export const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  ) || '(document)';

/** zod's names of types, as somebody who writes a file knows them. */
const typeNames: Readonly<Record<string, string>> = {
  object: 'a map of attributes (name: value)',
  record: 'a map of attributes (name: value)',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
};

/** Says it in words where the schema has none of its own: zod's begin like these. */
const wordsFor = (issue: z.core.$ZodIssue): string | undefined => {
  if (!/^(Invalid input|Too small|Too big): expected /.test(issue.message)) return undefined;
  if (issue.code === 'invalid_type') {
    const [, received = ''] = /received (\w+)/.exec(issue.message) ?? [];
    if (received === 'undefined') return 'is missing';
    const wanted = typeNames[issue.expected] ?? issue.expected;
    return received === issue.expected || (issue.expected === 'int' && received === 'number')
      ? `must be ${wanted}`
      : `must be ${wanted}, not ${typeNames[received] ?? received}`;
  }
  if (issue.code === 'too_small') {
    if (issue.origin !== 'number') return 'must not be empty';
    return issue.inclusive === false
      ? `must be more than ${issue.minimum}`
      : `must be at least ${issue.minimum}`;
  }
  if (issue.code === 'too_big' && issue.origin === 'number') return `must be at most ${issue.maximum}`;
  return undefined;
};

const messageOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') {
    return `unknown attribute ${issue.keys.map((key) => `'${key}'`).join(', ')}: remove it or correct its spelling`;
  }
  return wordsFor(issue) ?? issue.message;
};

export const problemsFromZod = (error: z.ZodError): Problem[] =>
  error.issues.map((issue) => ({ path: formatPath(issue.path), message: messageOf(issue) }));

/** One line a problem, for a terminal or a log. */
export const formatProblems = (problems: readonly Problem[]): string =>
  problems.map(({ path, message }) => `${path}: ${message}`).join('\n');
