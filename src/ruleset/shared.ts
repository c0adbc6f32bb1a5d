/** What services have in common is made once for all of them: rules and their fingerprints would otherwise be most of a large document's load. */

import type { FamilyShape } from './features/families.js';

/** Combinations of what services differ in that are remembered at a time. */
const mostShared = 4_096;

/** `make` must depend on nothing but what it is given; what it returns is not to be changed. `given`: plain data, compared as JSON. */
export const shared = <Given, Made>(
  make: (given: Given, family: FamilyShape) => Made,
): ((given: Given, family: FamilyShape) => Made) => {
  const known = new Map<string, Made>();
  return (given, family) => {
    const key = `${family.bytes} ${JSON.stringify(given)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= mostShared) known.clear();
    const made = make(given, family);
    known.set(key, made);
    return made;
  };
};
