/** Bodies of requests → changes of what is in force, or the answer that says what is wrong. */

import type { Wish } from '../../app/services-in-force.js';
import { findJsonError } from '../../config/json-error.js';
import { type MergeResult, mergeRequest } from '../../config/nftlb-merge.js';
import { createProblems, under } from '../../config/place.js';
import { readElementChanges } from '../../config/service-policy.js';
import { isObject, type JsonObject } from '../../config/service-values.js';
import { RelevoError } from '../../errors.js';
import type { ServicesView } from '../../model/change.js';
import type { Problem } from '../../model/service.js';
import type { PolicyDelta, PolicyList } from '../../ruleset/features/lists/elements.js';
import { unknownAttribute } from './answers.js';

/** The value that a body stands for; no body is no request. */
export const parseBody = (text: unknown): JsonObject => {
  if (typeof text !== 'string' || text.trim() === '')
    throw new RelevoError('bad-request', 'there is no body');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const error = findJsonError(text);
    const detail = error ? `: line ${error.line}, column ${error.column}: ${error.message}` : '';
    throw new RelevoError('bad-request', `the body is not JSON${detail}`);
  }
  if (Array.isArray(value) && value.length === 0) return {};
  if (!isObject(value)) {
    throw new RelevoError(
      'bad-request',
      'the body must be an object with a list of farms, addresses or policies',
    );
  }
  return value;
};

/** As many problems as fit one answer. */
const shownProblems = 10;

/** The worst of them decides the status: shape, what is not there, an unknown attribute, a bad value. */
export const errorOf = (problems: readonly Problem[]): RelevoError => {
  const shown = problems
    .slice(0, shownProblems)
    .map(({ path, message, kind }) => (kind === 'unknown' ? message : `${path}: ${message}`));
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more problems`);
  const text = shown.join('; ');
  const has = (kind: Problem['kind']): boolean => problems.some((problem) => problem.kind === kind);
  if (has('invalid')) return new RelevoError('bad-request', text);
  if (has('unknown')) return new RelevoError('not-found', text);
  return new RelevoError('bad-document', text, has('unknown-attribute') ? { status: unknownAttribute } : {});
};

export interface Understood {
  /** What was understood otherwise than it was written. */
  readonly notes: readonly string[];
  /** Names of those that change. */
  readonly farms: readonly string[];
}

/** The change that a body asks for, with what the answer says of it; throws when something is wrong with it. */
export const wishOf = (view: ServicesView, body: JsonObject): Wish<Understood> => {
  const merged: MergeResult = mergeRequest(view, body);
  if ('problems' in merged) throw errorOf(merged.problems);
  return {
    change: merged.change,
    result: { notes: merged.notes, farms: [...merged.change.services.keys()] },
  };
};

/** The same for elements of a policy that is in force. */
export const elementsWish = (list: PolicyList, elements: readonly unknown[]): PolicyDelta => {
  const problems = createProblems();
  const none = new Map();
  const scope = { problems, request: true, shared: none, policies: none, notes: [] };
  const place = under({ parent: { key: 'policies' }, key: list.policy.name, entry: true }, 'elements');
  const delta = readElementChanges(elements, place, scope, list);
  if (problems.count > 0) throw errorOf(problems.list());
  return delta;
};
