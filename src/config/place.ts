/** Where in a document a value is, spelled out only when there is something to say about it. */

import { limits } from '../limits.js';
import type { Problem } from '../model/service.js';

export interface Place {
  readonly parent?: Place;
  readonly key: string | number;
  /** The key is the name of an entry of a list. */
  readonly entry?: boolean;
}

export const placeText = (place: Place): string => {
  const bracketed = typeof place.key === 'number' || place.entry === true;
  const key = place.entry ? `['${place.key}']` : bracketed ? `[${place.key}]` : String(place.key);
  if (!place.parent) return key;
  const parent = placeText(place.parent);
  return bracketed || parent === '' ? `${parent}${key}` : `${parent}.${key}`;
};

export const under = (parent: Place, key: string | number): Place => ({ parent, key });

export interface Problems {
  report(place: Place, message: string, kind?: Problem['kind']): void;
  readonly count: number;
  /** The first ones, and how many more there are. */
  list(): Problem[];
}

export const createProblems = (): Problems => {
  const listed: Problem[] = [];
  let count = 0;
  return {
    report(place, message, kind) {
      count++;
      if (listed.length < limits.problemsListed)
        listed.push({ path: placeText(place) || '(document)', message, ...(kind && { kind }) });
    },
    get count() {
      return count;
    },
    list: () =>
      count > listed.length
        ? [...listed, { path: '(document)', message: `and ${count - listed.length} more problems` }]
        : listed,
  };
};

/** Edits between two words, up to two; more counts as three. */
const distance = (a: string, b: string): number => {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
};

/** `: did you mean 'x'?`, or nothing when no word is near. */
export const didYouMean = (word: string, words: Iterable<string>): string => {
  let best: string | undefined;
  let bestDistance = Math.min(3, word.length);
  for (const candidate of words) {
    const edits = distance(word.toLowerCase(), candidate);
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best === undefined ? '' : `: did you mean '${best}'?`;
};
