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

const messageOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') {
    return `unknown attribute ${issue.keys.map((key) => `'${key}'`).join(', ')}: remove it or correct its spelling`;
  }
  return issue.message;
};

export const problemsFromZod = (error: z.ZodError): Problem[] =>
  error.issues.map((issue) => ({ path: formatPath(issue.path), message: messageOf(issue) }));

/** One line a problem, for a terminal or a log. */
export const formatProblems = (problems: readonly Problem[]): string =>
  problems.map(({ path, message }) => `${path}: ${message}`).join('\n');
