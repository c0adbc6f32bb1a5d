/** How a document or a request is read: what is already there, and lists whose entries have names. */

import type { Policy, SharedAddress } from '../model/service.js';
import { type Place, type Problems, under } from './place.js';
import { isObject, type JsonObject, type Reading, readName, readText, show } from './service-values.js';

export interface Lookup<T> {
  get(name: string): T | undefined;
}

/** What objects refer to by name, and how values are taken. */
export interface Scope {
  readonly problems: Problems;
  /** A request changes what it names and leaves the rest; a document is all there is. */
  readonly request: boolean;
  readonly shared: Lookup<SharedAddress>;
  readonly policies: Lookup<Policy>;
  /** What was understood otherwise than it was written. */
  readonly notes: string[];
  /** `left`: from another node, whose elements say how much of their lifetime is left. */
  readonly lifetimes?: 'left';
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

/** Entries by name. A list has one of its own; a request at ten thousand farms changes what is in force. */
export interface Store<T> {
  get(name: string): T | undefined;
  set(name: string, entry: T): void;
  delete(name: string): void;
  /** `entry` has the name `next` already. */
  rename(name: string, next: string, entry: T): void;
}

export interface EntryKind<T extends { readonly name: string }> {
  readonly what: string;
  readonly nameChars: number;
  /** Farms and backends. */
  readonly hasState?: true;
  /** Links: a name says everything. */
  readonly nameIsEnough?: true;
  /** `object` without `action` and `newname`; undefined after a problem. */
  read(object: JsonObject, at: Place, name: string, old: T | undefined): T | undefined;
  rename(entry: T, name: string): T;
  /** `action: flush`. */
  flush?(entry: T): T;
  /** Where an entry may come without a name: what stands for it. */
  nameless?(object: JsonObject, index: number): string | undefined;
}

/** `start` and `stop` are nftlb's other way to say up and down; `reload` changes nothing. */
const withState = <T extends { readonly name: string }>(
  object: JsonObject,
  action: string | undefined,
  name: string,
  { what, hasState }: EntryKind<T>,
  { notes }: Scope,
): JsonObject => {
  if (object.action === undefined && object.newname === undefined) return object;
  const { action: _action, newname: _newname, ...rest } = object;
  if (action !== 'start' && action !== 'stop') return rest;
  if (hasState) return { ...rest, state: action === 'start' ? 'up' : 'down' };
  notes.push(`'${action}' changes nothing of ${what} '${name}', which has no state`);
  return rest;
};

/** Nothing is said of the entry but what to do with it. */
const isOnlyAction = (object: JsonObject): boolean =>
  object.action !== undefined && Object.keys(object).every((key) => key === 'action' || key === 'name');

const renameEntry = <T extends { readonly name: string }>(
  entry: T,
  newname: unknown,
  { problems, place }: Reading,
  kind: EntryKind<T>,
  store: Store<T>,
): void => {
  const next = readName(newname, { problems, place: under(place, 'newname') }, kind.nameChars);
  if (next === undefined || next === entry.name) return;
  if (store.get(next)) problems.report(under(place, 'newname'), `the name '${next}' is taken`, 'invalid');
  else store.rename(entry.name, next, kind.rename(entry, next));
};

/** Undefined after a problem. */
const actionOf = ({ action }: JsonObject, { problems, place }: Reading): string | undefined => {
  const text = action === undefined ? '' : readText(action, { problems, place });
  if (text === undefined || text === '' || actions.includes(text)) return text;
  problems.report(under(place, 'action'), `must be one of ${actions.join(', ')}`, 'invalid');
  return undefined;
};

const changeEntry = <T extends { readonly name: string }>(
  object: JsonObject,
  name: string,
  reading: Reading,
  scope: Scope,
  kind: EntryKind<T>,
  store: Store<T>,
): void => {
  const { problems, place } = reading;
  const action = actionOf(object, reading);
  if (action === undefined) return;
  const old = store.get(name);
  const needsOld =
    action === 'delete' ||
    object.newname !== undefined ||
    (scope.request && !kind.nameIsEnough && isOnlyAction(object));
  if (!old && needsOld) {
    problems.report(place, `Unknown ${kind.what} '${name}'`, 'unknown');
  } else if (action === 'delete') store.delete(name);
  else {
    const known = scope.request && old && action === 'flush' && kind.flush ? kind.flush(old) : old;
    const entry = kind.read(
      withState(object, action, name, kind, scope),
      place,
      name,
      scope.request ? known : undefined,
    );
    if (!entry) return;
    if (scope.request || !old) store.set(name, entry);
    if (object.newname !== undefined) renameEntry(entry, object.newname, reading, kind, store);
  }
};

/** Entries added, changed, renamed, started, stopped or deleted, in the order of the list. */
export const readInto = <T extends { readonly name: string }>(
  value: unknown,
  { problems, place }: Reading,
  scope: Scope,
  kind: EntryKind<T>,
  store: Store<T>,
): void => {
  const misshaped = scope.request ? 'invalid' : undefined;
  if (!Array.isArray(value)) {
    problems.report(place, `must be a list, not ${show(value)}`, misshaped);
    return;
  }
  /** Where the document has each name, also of entries that are wrong. */
  const seen = new Map<string, number>();
  for (const [position, object] of (value as readonly unknown[]).entries()) {
    const numbered: Place = { parent: place, key: position };
    if (!isObject(object)) {
      problems.report(numbered, `must be an object, not ${show(object)}`, misshaped);
      continue;
    }
    const given = object.name ?? kind.nameless?.(object, position);
    if (given === undefined) {
      problems.report(under(numbered, 'name'), `is missing: every ${kind.what} needs a name`, misshaped);
    }
    const name =
      given === undefined
        ? undefined
        : readName(given, { problems, place: under(numbered, 'name') }, kind.nameChars);
    if (name === undefined) {
      // Whatever else is wrong with it is told, too.
      if (!scope.request) kind.read(object, numbered, '', undefined);
      continue;
    }
    const at: Place = scope.request ? { parent: place, key: name, entry: true } : numbered;
    if (!scope.request) {
      const twin = seen.get(name);
      if (twin === undefined) seen.set(name, position);
      else {
        const other = `${String(place.key)}[${twin}]`;
        problems.report(under(at, 'name'), `'${name}' is the name of ${other} too: names are unique`);
      }
    }
    changeEntry(object, name, { problems, place: at }, scope, kind, store);
  }
};

const listStore = <T extends { readonly name: string }>(before: readonly T[]) => {
  let byName = new Map(before.map((entry) => [entry.name, entry]));
  const store: Store<T> = {
    get: (name) => byName.get(name),
    set: (name, entry) => void byName.set(name, entry),
    delete: (name) => void byName.delete(name),
    rename(name, next, entry) {
      byName = new Map([...byName].map(([key, one]) => (key === name ? [next, entry] : [key, one])));
    },
  };
  return { store, list: (): T[] => [...byName.values()] };
};

/** The list after a request, or the list of a document. */
export const readEntries = <T extends { readonly name: string }>(
  value: unknown,
  reading: Reading,
  scope: Scope,
  kind: EntryKind<T> & { readonly before: readonly T[] },
): T[] => {
  const { store, list } = listStore(kind.before);
  readInto(value, reading, scope, kind, store);
  return list();
};
