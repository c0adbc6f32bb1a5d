/** Policies: lists of client networks, shared by the farms and addresses that name them. */

import { limits } from '../limits.js';
import { isIpv6 } from '../model/address.js';
import type { Policy, PolicyElement } from '../model/service.js';
import { networkText, parseNetwork, parseNetworks } from './networks.js';
import { type Place, under } from './place.js';
import { type KnownValues, type Scope, withKnownValues } from './reading.js';
import { longestTtlSeconds } from './service-limits.js';
import {
  isObject,
  type JsonObject,
  type Reading,
  readAttributes,
  readChoice,
  readFlag,
  readInteger,
  readLogPrefix,
  readText,
  show,
} from './service-values.js';

interface Draft {
  family?: Policy['family'];
  type?: Policy['type'] | undefined;
  global?: boolean;
  route?: string | undefined;
  timeoutMs?: number | undefined;
  logPrefix?: string | undefined;
  readonly scope: Scope;
  elements: readonly PolicyElement[];
}

const types = ['blacklist', 'whitelist'] as const;
const families = ['ipv4', 'ipv6'] as const;
const routes = ['in', 'out'] as const;
export const policyValues: KnownValues = new Map<string, readonly [string, ...string[]]>([
  ['type', types],
  ['family', families],
  ['route', routes],
]);

const readTimeout = (value: unknown, reading: Reading): number | undefined => {
  const seconds = readInteger(value === '' ? 0 : value, reading, 0, longestTtlSeconds);
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
};

const elementKeys = ['data', 'time', 'timeout', 'counter-packets', 'counter-bytes', 'action'];

/** Most elements are a network and nothing else: what can be said of them needs no places. */
const plainNetwork = (entry: unknown): PolicyElement | undefined => {
  if (typeof entry !== 'object' || entry === null) return undefined;
  for (const key in entry) if (key !== 'data') return undefined;
  const { data } = entry as { readonly data?: unknown };
  return typeof data === 'string' ? parseNetwork(data) : undefined;
};

const readElement = (
  entry: unknown,
  place: Place,
  { problems, lifetimes }: Scope,
  more: readonly string[] = [],
): { readonly elements: readonly PolicyElement[]; readonly remove: boolean } | undefined => {
  const object = typeof entry === 'string' ? { data: entry } : entry;
  if (!isObject(object)) {
    problems.report(place, `must be an object, not ${show(entry)}`);
    return undefined;
  }
  for (const key in object) {
    if (more.includes(key)) continue;
    if (!elementKeys.includes(key))
      problems.report(under(place, key), 'unknown attribute: remove it', 'unknown-attribute');
  }
  const text = readText(object.data ?? '', { problems, place: under(place, 'data') });
  if (text === undefined) return undefined;
  const networks = parseNetworks(text);
  if (!networks) {
    const message = `must be an address, a network such as 10.2.0.0/16 or 2001:db8::/32, or a range of addresses, not ${show(text)}`;
    problems.report(under(place, 'data'), message);
    return undefined;
  }
  // `time` is what is left, counted as packets are: sent back, it must not become a lifetime of the element's own.
  const timeoutMs =
    object.timeout === undefined
      ? undefined
      : readTimeout(object.timeout, { problems, place: under(place, 'timeout') });
  const isLeft = lifetimes === 'left' && object.time !== undefined;
  const leftMs = isLeft ? Number(object.time) * 1000 : Number.NaN;
  const times = { ...(timeoutMs !== undefined && { timeoutMs }), ...(leftMs >= 0 && { leftMs }) };
  return {
    elements: networks.map((network) => ({ ...network, ...times })),
    remove: object.action === 'delete',
  };
};

const reportSize = (size: number, place: Place, { problems }: Scope): void => {
  if (size > limits.policyElements)
    problems.report(place, `has ${size} elements, more than ${limits.policyElements}`);
};

const familyMessage = ({ address }: Pick<PolicyElement, 'address'>, family: Policy['family']): string =>
  `${address} is not of the policy's family, which is ${family}: make a policy for each family`;

/** A request adds elements, or takes those away that say `action: delete`. */
export const readElements = (
  value: unknown,
  { problems, place }: Reading,
  scope: Scope,
  before: readonly PolicyElement[],
): readonly PolicyElement[] => {
  if (!Array.isArray(value)) {
    problems.report(place, `must be a list, not ${show(value)}`);
    return before;
  }
  if (value.length === 0) return before;
  const byText = new Map(before.map((element) => [networkText(element), element]));
  for (let index = 0; index < value.length; index++) {
    const plain = plainNetwork(value[index]);
    if (plain) {
      byText.set(networkText(plain), plain);
      continue;
    }
    const read = readElement(value[index], { parent: place, key: index }, scope);
    for (const element of read?.elements ?? []) {
      if (read?.remove) byText.delete(networkText(element));
      else byText.set(networkText(element), element);
    }
  }
  reportSize(byText.size, place, scope);
  return [...byText.values()];
};

/** A few elements of a policy that is in force, more or less; the last word on an element counts. */
export interface ElementChanges {
  readonly added: readonly PolicyElement[];
  readonly removed: readonly PolicyElement[];
}

/** `elements` of a request for a policy that has `size` of them; problems are reported. */
export const readElementChanges = (
  value: readonly unknown[],
  place: Place,
  scope: Scope,
  {
    policy,
    size,
    has,
  }: { policy: Pick<Policy, 'family'>; size: number; has(element: PolicyElement): boolean },
): ElementChanges => {
  const added = new Map<string, PolicyElement>();
  const removed = new Map<string, PolicyElement>();
  for (const [index, entry] of value.entries()) {
    const at: Place = { parent: place, key: index };
    const read = readElement(entry, at, scope);
    if (!read) continue;
    const { elements, remove } = read;
    const isOther = elements[0] && isIpv6(elements[0].address) !== (policy.family === 'ipv6');
    if (!remove && isOther) scope.problems.report(at, familyMessage(elements[0]!, policy.family));
    for (const element of elements) {
      const text = networkText(element);
      (remove ? removed : added).set(text, element);
      (remove ? added : removed).delete(text);
    }
  }
  let after = size;
  for (const element of added.values()) if (!has(element)) after++;
  for (const element of removed.values()) if (has(element)) after--;
  reportSize(after, place, scope);
  return { added: [...added.values()], removed: [...removed.values()] };
};

/** By policy, then by the element's text; undefined: off the list. */
export type ChangedElements = ReadonlyMap<string, ReadonlyMap<string, PolicyElement | undefined>>;

/** Elements that were changed alone, each with the name of its policy: what one node tells another. */
export const readChangedElements = (value: unknown, place: Place, scope: Scope): ChangedElements => {
  const found = new Map<string, Map<string, PolicyElement | undefined>>();
  if (!Array.isArray(value)) {
    scope.problems.report(place, `must be a list, not ${show(value)}`);
    return found;
  }
  for (const [index, entry] of value.entries()) {
    const at: Place = { parent: place, key: index };
    const read = readElement(entry, at, scope, ['policy']);
    const policy = isObject(entry)
      ? readText(entry.policy, { problems: scope.problems, place: at })
      : undefined;
    if (!read || policy === undefined) continue;
    let ofPolicy = found.get(policy);
    if (!ofPolicy) {
      ofPolicy = new Map();
      found.set(policy, ofPolicy);
    }
    for (const element of read.elements)
      ofPolicy.set(networkText(element), read.remove ? undefined : element);
  }
  return found;
};

type Attribute = (value: unknown, draft: Draft, reading: Reading) => void;

const attributes = new Map<string, Attribute>(
  Object.entries({
    name: () => undefined,
    family(value, draft, reading) {
      const family = readChoice(value, reading, families);
      if (family) draft.family = family;
    },
    type(value, draft, reading) {
      draft.type = readChoice(value, reading, types);
    },
    global(value, draft, reading) {
      draft.global = readFlag(value, reading);
    },
    route(value, draft, reading) {
      draft.route = readChoice(value, reading, routes);
    },
    timeout(value, draft, reading) {
      draft.timeoutMs = readTimeout(value, reading);
    },
    'log-prefix'(value, draft, reading) {
      draft.logPrefix = readLogPrefix(value, reading);
    },
    // Computed.
    used: (value, _draft, reading) => void readText(value, reading),
    elements(value, draft, reading) {
      draft.elements = readElements(value, reading, draft.scope, draft.elements);
    },
  } satisfies Record<string, Attribute>),
);

export const readPolicy = (
  object: JsonObject,
  place: Place,
  name: string,
  old: Policy | undefined,
  scope: Scope,
): Policy | undefined => {
  const { problems } = scope;
  const before = problems.count;
  const draft: Draft = { ...old, scope, elements: old?.elements ?? [] };
  readAttributes(withKnownValues(object, policyValues, scope), attributes, draft, { problems, place });
  const [first] = draft.elements;
  const family = draft.family ?? (first && isIpv6(first.address) ? 'ipv6' : 'ipv4');
  draft.elements.forEach(({ address }, index) => {
    if (isIpv6(address) === (family === 'ipv6')) return;
    problems.report(under(under(place, 'elements'), index), familyMessage({ address }, family));
  });
  if (problems.count > before) return undefined;
  const { route, timeoutMs, logPrefix } = draft;
  return {
    name,
    family,
    type: draft.type ?? 'blacklist',
    ...(draft.global && { global: true }),
    ...(route !== undefined && route !== 'in' && { route }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(logPrefix !== undefined && { logPrefix }),
    elements: draft.elements,
  };
};
