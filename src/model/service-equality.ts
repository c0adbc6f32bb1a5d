/** Whether two services mean the same: decides what a new document changes. */

import type { Service } from './service.js';

/** Plain data, compared deeply; an attribute that is absent equals one that is undefined. */
export const sameMeaning = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!sameMeaning(a[index], b[index])) return false;
    return true;
  }
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  for (const name in left) if (!sameMeaning(left[name], right[name])) return false;
  for (const name in right) if (left[name] === undefined && right[name] !== undefined) return false;
  return true;
};

export const sameService = (a: Service, b: Service): boolean => sameMeaning(a, b);
