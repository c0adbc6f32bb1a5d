/** Merging one list of named objects: entries are added, changed, renamed, started, stopped or deleted, in the order of the request. */

import { isObject } from './service-values.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Refusal {
  /** `unknown`: there is nothing of that name. `invalid`: not the shape that a request has. */
  readonly kind: 'unknown' | 'invalid';
  readonly detail: string;
}

export class Stop extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
  }
}

export const refuse = (kind: Refusal['kind'], detail: string): never => {
  throw new Stop({ kind, detail });
};

/** How a value compares: numbers and text are the same, blanks around it mean nothing. */
export const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value.trim()
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';

const actions = ['start', 'stop', 'reload', 'delete'];

/** The object as `parseServices` wants it: without what only told how to change it. */
const plain = ({ action: _action, newname: _newname, ...rest }: JsonObject): JsonObject => rest;

/** `start` and `stop` are nftlb's other way to say up and down; `reload` changes nothing. */
export const withState = (object: JsonObject, action: unknown): JsonObject => {
  const state = action === 'start' ? { state: 'up' } : action === 'stop' ? { state: 'down' } : {};
  return { ...plain(object), ...state };
};

/** What is neither a list nor a way to change something. */
export const scalarsOf = (object: JsonObject): JsonObject => {
  const { addresses: _a, backends: _b, policies: _p, sessions: _s, ...rest } = object;
  return plain(rest);
};

const nameOf = (value: unknown, what: string): string =>
  textOf(value) || refuse('invalid', `every ${what} needs a name`);

const rename = (byName: ReadonlyMap<string, JsonObject>, from: string, to: string): Map<string, JsonObject> =>
  new Map(
    [...byName].map(([name, object]) => (name === from ? [to, { ...object, name: to }] : [name, object])),
  );

export const mergeList = (
  current: unknown,
  wanted: unknown,
  what: 'farm' | 'backend' | 'address',
  merge: (name: string, old: JsonObject | undefined, change: JsonObject) => JsonObject,
): JsonObject[] => {
  const before = Array.isArray(current) ? current.filter(isObject) : [];
  if (wanted === undefined) return before;
  if (!Array.isArray(wanted)) return refuse('invalid', `the list of ${what} objects must be a list`);
  let byName = new Map<string, JsonObject>(before.map((object) => [textOf(object.name), object]));
  for (const change of wanted as readonly unknown[]) {
    if (!isObject(change)) return refuse('invalid', `every ${what} must be an object`);
    const name = nameOf(change.name, what);
    const old = byName.get(name);
    const { action, newname } = change;
    if (action !== undefined && !actions.includes(textOf(action))) {
      refuse('invalid', `${what} '${name}': action must be one of ${actions.join(', ')}`);
    }
    if (!old && (action === 'delete' || newname !== undefined)) {
      refuse('unknown', `there is no ${what} '${name}'`);
    }
    if (action === 'delete') {
      byName.delete(name);
      continue;
    }
    byName.set(name, { ...plain(merge(name, old, change)), name });
    if (newname === undefined) continue;
    const next = nameOf(newname, what);
    if (next === name) continue;
    if (byName.has(next)) refuse('invalid', `${what} '${name}': the name '${next}' is taken`);
    byName = rename(byName, name, next);
  }
  return [...byName.values()];
};
