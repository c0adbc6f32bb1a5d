/** Policies: lists of client networks, shared by the farms and addresses that name them. */

import { limits } from '../limits.js';
import { type Ip, ipBytes, ipFromBytes, isIpv6, parseIp } from '../model/address.js';
import type { Policy, PolicyElement } from '../model/service.js';
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

/** The network that the address is in: bits behind the prefix are zero. */
const networkOf = (address: Ip, prefixLength: number): Ip => {
  const bytes = ipBytes(address);
  for (let at = 0; at < bytes.length; at++) {
    const bits = Math.min(8, Math.max(0, prefixLength - at * 8));
    bytes[at]! &= 0xff << (8 - bits);
  }
  return ipFromBytes(bytes, 0, bytes.length);
};

/** `10.0.0.1`, `10.2.0.0/16`; undefined when it is neither. */
export const parseNetwork = (text: string): PolicyElement | undefined => {
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const bits = isIpv6(address) ? 128 : 32;
  if (slash < 0) return { address, prefixLength: bits };
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  return { address: networkOf(address, Number(length)), prefixLength: Number(length) };
};

export const networkText = ({ address, prefixLength }: PolicyElement): string =>
  prefixLength === (isIpv6(address) ? 128 : 32) ? address : `${address}/${prefixLength}`;

const readTimeout = (value: unknown, reading: Reading): number | undefined => {
  const seconds = readInteger(value === '' ? 0 : value, reading, 0, longestTtlSeconds);
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
};

const elementKeys = ['data', 'time', 'timeout', 'counter-packets', 'counter-bytes', 'action'];

const readElement = (
  entry: unknown,
  place: Place,
  { problems, lifetimes }: Scope,
  more: readonly string[] = [],
): { readonly element: PolicyElement; readonly remove: boolean } | undefined => {
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
  const network = parseNetwork(text);
  if (!network) {
    const message = `must be an address or a network such as 10.2.0.0/16 or 2001:db8::/32, not ${show(text)}`;
    problems.report(under(place, 'data'), message);
    return undefined;
  }
  // `time` is what nftlb prints of what is left.
  const key = object.timeout === undefined ? 'time' : 'timeout';
  const timeoutMs =
    object[key] === undefined || (key === 'time' && lifetimes === 'left')
      ? undefined
      : readTimeout(object[key], { problems, place: under(place, key) });
  const leftMs = lifetimes === 'left' && object.time !== undefined ? Number(object.time) * 1000 : NaN;
  return {
    element: {
      ...network,
      ...(timeoutMs !== undefined && key === 'timeout' && { timeoutMs }),
      ...(timeoutMs !== undefined && key === 'time' && lifetimes !== 'left' && { timeoutMs }),
      ...(leftMs >= 0 && { leftMs }),
    },
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
  value.forEach((entry: unknown, index) => {
    const read = readElement(entry, { parent: place, key: index }, scope);
    if (!read) return;
    if (read.remove) byText.delete(networkText(read.element));
    else byText.set(networkText(read.element), read.element);
  });
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
    const { element, remove } = read;
    const text = networkText(element);
    if (!remove && isIpv6(element.address) !== (policy.family === 'ipv6')) {
      scope.problems.report(at, familyMessage(element, policy.family));
    }
    (remove ? removed : added).set(text, element);
    (remove ? added : removed).delete(text);
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
    ofPolicy.set(networkText(read.element), read.remove ? undefined : read.element);
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
