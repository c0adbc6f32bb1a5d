/** How a document or a request is read: what is already there, and lists whose entries have names. */

import type { Policy, SharedAddress } from '../model/service.js';
import { type Place, type Problems, under } from './place.js';
import { isObject, type JsonObject, type Reading, readName, readText, show } from './service-values.js';

/** What objects refer to by name, and how values are taken. */
export interface Scope {
  readonly problems: Problems;
  /** A request changes what it names and leaves the rest; a document is all there is. */
  readonly request: boolean;
  readonly shared: ReadonlyMap<string, SharedAddress>;
  readonly policies: ReadonlyMap<string, Policy>;
  /** What was understood otherwise than it was written. */
  readonly notes: string[];
}

/** Values of nftlb's enumerations, the default first. */
export type KnownValues = ReadonlyMap<string, readonly [fallback: string, ...others: string[]]>;

/** In a request, a value that nftlb would not know becomes the default, and the answer says so. */
export const withKnownValues = (
  object: JsonObject,
  known: KnownValues,
  { request, notes }: Scope,
): JsonObject => {
  if (!request) return object;
  let replaced: Record<string, unknown> | undefined;
  for (const [key, values] of known) {
    const value = object[key];
    if (typeof value !== 'string' || value === '' || values.includes(value.trim())) continue;
    notes.push(`Parsing unknown value ${show(value)} in '${key}', using default '${values[0]}'`);
    replaced ??= { ...object };
    replaced[key] = values[0];
  }
  return replaced ?? object;
};

const actions = ['start', 'stop', 'reload', 'delete', 'flush'];

export interface Entries<T extends { readonly name: string }> {
  readonly what: string;
  readonly before: readonly T[];
  readonly nameChars: number;
  /** `object` without `action` and `newname`; undefined after a problem. */
  read(object: JsonObject, at: Place, name: string, old: T | undefined): T | undefined;
  rename(entry: T, name: string): T;
  /** Where an entry may come without a name: the one it then has. */
  nameless?(object: JsonObject, index: number): string | undefined;
}

/** `start` and `stop` are nftlb's other way to say up and down; `reload` changes nothing. */
const withState = (object: JsonObject, action: string | undefined): JsonObject => {
  if (object.action === undefined && object.newname === undefined) return object;
  const { action: _action, newname: _newname, ...rest } = object;
  if (action === 'start') return { ...rest, state: 'up' };
  return action === 'stop' ? { ...rest, state: 'down' } : rest;
};

/** The list after a request (or the list of a document): entries added, changed, renamed, started, stopped or deleted, in order. */
export const readEntries = <T extends { readonly name: string }>(
  value: unknown,
  { problems, place }: Reading,
  scope: Scope,
  { what, before, nameChars, read, rename, nameless }: Entries<T>,
): T[] => {
  const list = [...before];
  if (!Array.isArray(value)) {
    problems.report(place, `must be a list, not ${show(value)}`);
    return list;
  }
  const indexByName = new Map(list.map((entry, index) => [entry.name, index]));
  /** Where the document has each name, also of entries that are wrong. */
  const seen = new Map<string, number>();
  value.forEach((object: unknown, position) => {
    const numbered: Place = { parent: place, key: position };
    if (!isObject(object)) {
      problems.report(numbered, `must be an object, not ${show(object)}`);
      return;
    }
    const given = object.name ?? nameless?.(object, position);
    if (given === undefined) {
      problems.report(under(numbered, 'name'), `is missing: every ${what} needs a name`);
      if (!scope.request) read(object, numbered, '', undefined);
      return;
    }
    const name = readName(given, { problems, place: under(numbered, 'name') }, nameChars);
    if (name === undefined) {
      if (!scope.request) read(object, numbered, '', undefined);
      return;
    }
    const at: Place = scope.request ? { parent: place, key: name, entry: true } : numbered;
    const twin = seen.get(name);
    if (twin !== undefined && !scope.request) {
      problems.report(
        under(at, 'name'),
        `'${name}' is the name of ${String(place.key)}[${twin}] too: names are unique`,
      );
    }
    if (twin === undefined) seen.set(name, position);
    const action = object.action === undefined ? undefined : readText(object.action, { problems, place: at });
    if (action !== undefined && !actions.includes(action)) {
      problems.report(under(at, 'action'), `must be one of ${actions.join(', ')}`, 'invalid');
      return;
    }
    const index = indexByName.get(name);
    const old = index === undefined ? undefined : list[index];
    const isNew = old === undefined;
    if (isNew && (action === 'delete' || object.newname !== undefined)) {
      problems.report(at, `there is no ${what} '${name}'`, 'unknown');
      return;
    }
    if (action === 'delete') {
      list.splice(index!, 1);
      for (const [other, its] of indexByName) if (its > index!) indexByName.set(other, its - 1);
      indexByName.delete(name);
      return;
    }
    const entry = read(withState(object, action), at, name, scope.request ? old : undefined);
    if (!entry) return;
    if (isNew) indexByName.set(name, list.push(entry) - 1);
    else if (scope.request) list[index!] = entry;
    if (object.newname === undefined) return;
    const next = readName(object.newname, { problems, place: under(at, 'newname') }, nameChars);
    if (next === undefined || next === name) return;
    if (indexByName.has(next)) {
      problems.report(under(at, 'newname'), `the name '${next}' is taken`, 'invalid');
      return;
    }
    const position_ = indexByName.get(name)!;
    list[position_] = rename(entry, next);
    indexByName.delete(name);
    indexByName.set(next, position_);
  });
  return list;
};
