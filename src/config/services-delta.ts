/** A change of some services, addresses and policies as text, in nftlb's terms, and back: what one node tells another. */

import type { ServicesChange, ServicesView } from '../model/change.js';
import type { PolicyElement, Problem } from '../model/service.js';
import { addressKind, farmKind, policyKind } from './kinds.js';
import { createProblems } from './place.js';
import { elementObject, formatSharedAddress, policyObject } from './policies-format.js';
import { type EntryKind, type Lookup, readEntries, type Scope } from './reading.js';
import { type ChangedElements, readChangedElements } from './service-policy.js';
import { isObject } from './service-values.js';
import { formatService } from './services-format.js';

type List = 'farms' | 'addresses' | 'policies';

const present = <T>(map: ReadonlyMap<string, T | undefined>): T[] =>
  [...map.values()].filter((one): one is T & {} => one !== undefined);
const gone = (map: ReadonlyMap<string, unknown>): string[] =>
  [...map].flatMap(([name, one]) => (one === undefined ? [name] : []));

/** Milliseconds that are left of an element's lifetime on this node; undefined: it stays, or nobody knows. */
export type LeftOf = (policy: string, element: PolicyElement) => number | undefined;

const elementObjects = (elements: ChangedElements, leftOf: LeftOf | undefined): object[] =>
  [...elements].flatMap(([policy, changes]) =>
    [...changes].map(([data, element]) =>
      element
        ? { policy, ...elementObject(element, leftOf?.(policy, element)) }
        : { policy, data, action: 'delete' },
    ),
  );

/** `elements`: changed alone, by policy. */
export const changeText = (
  { services, addresses, policies }: ServicesChange,
  elements: ChangedElements = new Map(),
  leftOf?: LeftOf,
): string =>
  JSON.stringify({
    farms: present(services).map((one) => formatService(one, { full: true })),
    addresses: present(addresses).map((one) => formatSharedAddress(one, 0)),
    policies: present(policies).map((one) => policyObject(one, leftOf && ((each) => leftOf(one.name, each)))),
    ...(elements.size > 0 && { elements: elementObjects(elements, leftOf) }),
    gone: { farms: gone(services), addresses: gone(addresses), policies: gone(policies) },
  });

const over = <T>(changes: ReadonlyMap<string, T | undefined>, below: Lookup<T>): Lookup<T> => ({
  get: (name) => (changes.has(name) ? changes.get(name) : below.get(name)),
});

const namesIn = (value: unknown, list: List): string[] => {
  const names: unknown = isObject(value) ? value[list] : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
};

/** `view`: what services may refer to and the text does not say; empty for a whole document. */
export const readChange = (
  text: string,
  view: ServicesView,
):
  | { readonly change: ServicesChange; readonly elements: ChangedElements }
  | { readonly problems: readonly Problem[] } => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { problems: [{ path: '(change)', message: `is not JSON: ${(thrown as Error).message}` }] };
  }
  if (!isObject(value)) return { problems: [{ path: '(change)', message: 'is not an object' }] };
  const body = value;
  const problems = createProblems();
  const listOf = <T extends { readonly name: string }>(
    key: List,
    scope: Scope,
    kindOf: (scope: Scope) => EntryKind<T>,
  ): Map<string, T | undefined> => {
    const read = readEntries(body[key] ?? [], { problems, place: { key } }, scope, {
      ...kindOf(scope),
      before: [],
    });
    const left = namesIn(body.gone, key).map((name) => [name, undefined] as const);
    return new Map<string, T | undefined>([...left, ...read.map((one) => [one.name, one] as const)]);
  };
  const scope: Scope = {
    problems,
    request: false,
    shared: view.addresses,
    policies: view.policies,
    notes: [],
    lifetimes: 'left',
  };
  const policies = listOf('policies', scope, policyKind);
  const withPolicies = { ...scope, policies: over(policies, view.policies) };
  const addresses = listOf('addresses', withPolicies, addressKind);
  const withAll = { ...withPolicies, shared: over(addresses, view.addresses) };
  const services = listOf('farms', withAll, farmKind);
  const elements = readChangedElements(body.elements ?? [], { key: 'elements' }, scope);
  if (problems.count > 0) return { problems: problems.list() };
  return { change: { services, addresses, policies }, elements };
};
