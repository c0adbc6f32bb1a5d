/** A change of some services, addresses and policies: what each of them is afterwards; undefined: gone. */

import type { Policy, Service, SharedAddress } from './service.js';

export interface ServicesChange {
  readonly services: ReadonlyMap<string, Service | undefined>;
  readonly addresses: ReadonlyMap<string, SharedAddress | undefined>;
  readonly policies: ReadonlyMap<string, Policy | undefined>;
}

/** What is in force, by name: to look things up without a copy of ten thousand services. */
export interface ServicesView {
  readonly services: ReadonlyMap<string, Service>;
  readonly addresses: ReadonlyMap<string, SharedAddress>;
  readonly policies: ReadonlyMap<string, Policy>;
}

/** Sets or deletes; returns what takes it back. */
export const applyTo = <T>(
  map: Map<string, T>,
  changes: ReadonlyMap<string, T | undefined>,
): (() => void) => {
  const before = [...changes.keys()].map((name) => [name, map.get(name)] as const);
  const write = (name: string, value: T | undefined): void => {
    if (value === undefined) map.delete(name);
    else map.set(name, value);
  };
  for (const [name, value] of changes) write(name, value);
  return () => {
    for (const [name, value] of before) write(name, value);
  };
};
