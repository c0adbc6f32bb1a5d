/**
 * nftlb's merge: the farms in force and what a request says of some of them → the farms that are wanted. Values are not judged here:
 * the result is a services document for `parseServices`.
 */

import { defaultAddressName } from './address-names.js';
import { addressValues, backendValues, farmValues, withKnownValues } from './nftlb-defaults.js';
import {
  type JsonObject,
  mergeList,
  type Refusal,
  refuse,
  Stop,
  scalarsOf,
  textOf,
  withState,
} from './nftlb-list.js';

export interface Merged {
  readonly farms: readonly JsonObject[];
  /** What was understood otherwise than it was written. */
  readonly notes: readonly string[];
}
export type MergeResult = Merged | { readonly refusal: Refusal };

/** The old form of the first address. */
const oldForm = [
  ['virtual-addr', 'ip-addr'],
  ['virtual-ports', 'ports'],
  ['protocol', 'protocol'],
] as const;

/**
 * `virtual-addr`, `virtual-ports` and `protocol` change the first address, or make one. Whoever sends back what was printed sends
 * both forms: the one that differs from what is in force is what was meant.
 */
const mergeOldForm = (
  farm: string,
  old: JsonObject,
  change: JsonObject,
  addresses: readonly JsonObject[],
): JsonObject[] => {
  const first = addresses[0];
  const said: Record<string, unknown> = {};
  for (const [from, to] of oldForm) {
    const value = change[from];
    if (value !== undefined && textOf(value) !== textOf(old[from])) said[to] = value;
  }
  if (first && Array.isArray(old.addresses)) return [{ ...first, ...said }, ...addresses.slice(1)];
  const address = textOf(change['virtual-addr'] ?? '');
  const ports = textOf(change['virtual-ports'] ?? '');
  if (address === '' && ports === '') return [...addresses];
  const twin = addresses.some(
    (one) => textOf(one['ip-addr']) === address && textOf(one.ports).replaceAll(' ', '') === ports,
  );
  if (twin) return [...addresses];
  return [{ name: defaultAddressName(farm, 0), ...said }, ...addresses];
};

const mergeFarm = (
  name: string,
  old: JsonObject | undefined,
  change: JsonObject,
  notes: string[],
): JsonObject => {
  const known = withKnownValues(change, farmValues, notes);
  const before = old ?? {};
  const listed = mergeList(before.addresses, known.addresses, 'address', (_name, address, wanted) => ({
    ...address,
    ...withKnownValues(wanted, addressValues, notes),
  }));
  const addresses = mergeOldForm(name, before, known, listed);
  const backends = mergeList(before.backends, known.backends, 'backend', (_name, backend, wanted) =>
    withState({ ...backend, ...withKnownValues(wanted, backendValues, notes) }, wanted.action),
  );
  const {
    'virtual-addr': _address,
    'virtual-ports': _ports,
    ...attributes
  } = {
    ...scalarsOf(before),
    ...scalarsOf(known),
  };
  return withState(
    {
      ...attributes,
      name,
      ...(addresses.length > 0 && { addresses }),
      backends,
      ...(known.policies !== undefined && { policies: known.policies }),
      ...(known.sessions !== undefined && { sessions: known.sessions }),
    },
    change.action,
  );
};

const guarded = (work: () => Merged): MergeResult => {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Stop) return { refusal: thrown.refusal };
    throw thrown;
  }
};

/** `wanted` is the list `farms` of a request: each entry is added, or changes what it names and leaves the rest as it is. */
export const mergeFarms = (current: readonly JsonObject[], wanted: unknown): MergeResult =>
  guarded(() => {
    const notes: string[] = [];
    const farms = mergeList(current, wanted, 'farm', (name, old, change) =>
      mergeFarm(name, old, change, notes),
    );
    return { farms, notes };
  });

/** Deletes what is named: farms, or, where an entry names some, its backends and addresses only. */
export const deleteNamed = (current: readonly JsonObject[], wanted: unknown): MergeResult => {
  const inner = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((entry: JsonObject) => ({ name: entry?.name, action: 'delete' })) : list;
  const marked = Array.isArray(wanted)
    ? wanted.map((farm: JsonObject) => {
        const parts = ['backends', 'addresses'].filter((key) => farm?.[key] !== undefined);
        if (parts.length === 0) return { name: farm?.name, action: 'delete' };
        return { name: farm.name, ...Object.fromEntries(parts.map((key) => [key, inner(farm[key])])) };
      })
    : wanted;
  return mergeFarms(current, marked);
};

/** All parts of a farm, or the one that is named. */
export const deletePart = (
  current: readonly JsonObject[],
  farm: string,
  list: 'backends' | 'addresses',
  part: string | undefined,
): MergeResult =>
  guarded(() => {
    const old = current.find(({ name }) => name === farm) ?? refuse('unknown', `there is no farm '${farm}'`);
    const parts = Array.isArray(old[list]) ? (old[list] as JsonObject[]) : [];
    const left = part === undefined ? [] : parts.filter(({ name }) => name !== part);
    if (part !== undefined && left.length === parts.length) {
      refuse('unknown', `farm '${farm}' has nothing named '${part}' in its ${list}`);
    }
    const { 'virtual-addr': _address, 'virtual-ports': _ports, ...rest } = old;
    return { farms: current.map((one) => (one === old ? { ...rest, [list]: left } : one)), notes: [] };
  });

export interface StateChange {
  readonly farm: string;
  readonly backend: string;
  readonly state: 'up' | 'down' | 'off';
}

const onlyKeys = (value: unknown, ...keys: string[]): value is JsonObject =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === keys.length &&
  keys.every((key) => key in value);

/** What health checkers send all the time: one state of one backend and nothing else. It needs no document. */
export const onlyStateChange = (body: unknown): StateChange | undefined => {
  if (!onlyKeys(body, 'farms') || !Array.isArray(body.farms) || body.farms.length !== 1) return undefined;
  const farm: unknown = body.farms[0];
  if (!onlyKeys(farm, 'name', 'backends') || !Array.isArray(farm.backends)) return undefined;
  const backend: unknown = farm.backends[0];
  if (farm.backends.length !== 1 || !onlyKeys(backend, 'name', 'state')) return undefined;
  const { state } = backend;
  if (state !== 'up' && state !== 'down' && state !== 'off') return undefined;
  if (typeof farm.name !== 'string' || typeof backend.name !== 'string') return undefined;
  return { farm: farm.name, backend: backend.name, state };
};
