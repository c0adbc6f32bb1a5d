/** A map that is looked at through the changes of one request. */

import type { Lookup, Store } from './reading.js';

export interface Overlay<T> extends Store<T> {
  readonly size: number;
  /** With the changes. */
  values(): Generator<T>;
  changes(): ReadonlyMap<string, T | undefined>;
  /** Looks names up, and does nothing else. */
  readonly known: Lookup<T>;
  /** New names by old ones. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** `otherwise`: what a name may stand for that is not in the map. */
export const overlay = <T>(
  base: ReadonlyMap<string, T>,
  otherwise: (name: string) => T | undefined = () => undefined,
): Overlay<T> => {
  const changed = new Map<string, T | undefined>();
  const renamed = new Map<string, string>();
  const known = (name: string): T | undefined => (changed.has(name) ? changed.get(name) : base.get(name));
  function* values(): Generator<T> {
    for (const [name, value] of base) if (!changed.has(name)) yield value;
    for (const value of changed.values()) if (value !== undefined) yield value;
  }
  return {
    get size() {
      return base.size + changed.size;
    },
    get: (name) => known(name) ?? otherwise(name),
    set: (name, entry) => void changed.set(name, entry),
    delete: (name) => void changed.set(name, undefined),
    rename(name, next, entry) {
      changed.set(name, undefined);
      changed.set(next, entry);
      renamed.set(name, next);
    },
    values,
    changes: () => changed,
    known: { get: known },
    renamed,
  };
};
