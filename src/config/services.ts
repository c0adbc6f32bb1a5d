/** The services document, JSON or YAML in nftlb's terms → services, or every problem in it with its place. */

import { limits } from '../limits.js';
import type { Problem, Service, ServicesDocument } from '../model/service.js';
import { findJsonError } from './json-error.js';
import { addressKind, farmKind, policyKind } from './kinds.js';
import { createOverlaps, overlapText } from './overlaps.js';
import { createProblems, didYouMean, type Place, type Problems, under } from './place.js';
import { type EntryKind, readEntries, type Scope } from './reading.js';
import { isObject, type JsonObject } from './service-values.js';
import { readYaml } from './yaml.js';

export type ServicesResult =
  | { readonly document: ServicesDocument }
  | { readonly problems: readonly Problem[] };

const root: Place = { key: '' };
const topLevel = ['farms', 'addresses', 'policies'];

/** Where a farm stands in the document, by its name as it was written. */
const placesOf = ({ farms }: JsonObject): ReadonlyMap<string, number> => {
  const places = new Map<string, number>();
  if (Array.isArray(farms)) {
    farms.forEach((farm: unknown, index) => {
      const name = isObject(farm) && typeof farm.name !== 'object' ? String(farm.name).trim() : '';
      if (!places.has(name)) places.set(name, index);
    });
  }
  return places;
};

const readJson = (text: string): { value: unknown } | { problems: Problem[] } => {
  try {
    return { value: JSON.parse(text) };
  } catch (thrown) {
    const error = findJsonError(text);
    const message = error
      ? `is not JSON: line ${error.line}, column ${error.column}: ${error.message}`
      : `is not JSON: ${(thrown as Error).message}`;
    return { problems: [{ path: '(document)', message }] };
  }
};

const readValue = (
  text: string,
  format: 'json' | 'yaml' | undefined,
): { value: unknown } | { problems: readonly Problem[] } => {
  if (text.length > limits.documentBytes) {
    return { problems: [{ path: '(document)', message: `is longer than ${limits.documentBytes} bytes` }] };
  }
  if (text.trim() === '')
    return { problems: [{ path: '(document)', message: 'is empty: write { farms: [] } for no services' }] };
  const isJson = format === 'json' || (format === undefined && /^\s*[{[]/.test(text));
  if (isJson) return readJson(text);
  const yaml = readYaml(text);
  return yaml.ok ? { value: yaml.value } : { problems: yaml.problems };
};

/** No two services are reached at the same address, protocol and port; the problem names both. */
const checkOverlaps = (
  services: readonly Service[],
  places: ReadonlyMap<string, number>,
  problems: Problems,
): void => {
  const overlaps = createOverlaps();
  for (const { name, addresses } of services) {
    const found = overlaps.find(name, addresses);
    if (!found) overlaps.add(name, addresses);
    else {
      const other = `farms[${places.get(found.owner)}] '${found.owner}'`;
      problems.report(
        under({ key: 'farms' }, places.get(name) ?? 0),
        `'${name}' overlaps ${other}: both serve ${overlapText(found)}`,
      );
    }
  }
};

const reportUnknownKeys = (value: JsonObject, problems: Problems): void => {
  for (const key of Object.keys(value)) {
    if (topLevel.includes(key)) continue;
    const message = `unknown attribute${didYouMean(key, topLevel) || ': remove it'}`;
    problems.report(under(root, key), message, 'unknown-attribute');
  }
};

const readDocument = (value: JsonObject, problems: Problems): ServicesDocument => {
  const empty: Scope = { problems, request: false, shared: new Map(), policies: new Map(), notes: [] };
  const listOf = <T extends { readonly name: string }>(
    key: 'farms' | 'addresses' | 'policies',
    scope: Scope,
    kindOf: (scope: Scope) => EntryKind<T>,
  ): readonly T[] =>
    key in value
      ? readEntries(value[key], { problems, place: { key } }, scope, { ...kindOf(scope), before: [] })
      : [];
  const policies = listOf('policies', empty, policyKind);
  if (policies.length > limits.policiesPerDocument) {
    const message = `has ${policies.length} policies, more than ${limits.policiesPerDocument}`;
    problems.report({ key: 'policies' }, message);
  }
  const withPolicies: Scope = { ...empty, policies: new Map(policies.map((one) => [one.name, one])) };
  const addresses = listOf('addresses', withPolicies, addressKind);
  const scope: Scope = { ...withPolicies, shared: new Map(addresses.map((one) => [one.name, one])) };
  return {
    services: listOf('farms', scope, farmKind),
    ...(addresses.length > 0 && { addresses }),
    ...(policies.length > 0 && { policies }),
  };
};

/**
 * Text, or a value that has been parsed already. All problems are found in one pass; a document with any of them is refused as a
 * whole.
 */
export const parseServices = (input: unknown, format?: 'json' | 'yaml'): ServicesResult => {
  const read = typeof input === 'string' ? readValue(input, format) : { value: input };
  if ('problems' in read) return read;
  const problems = createProblems();
  const { value } = read;
  if (!isObject(value)) {
    problems.report(root, 'must be an object with a list of farms: { farms: [ … ] }');
    return { problems: problems.list() };
  }
  reportUnknownKeys(value, problems);
  if (!topLevel.some((key) => key in value))
    problems.report({ key: 'farms' }, 'is missing: the list of services');
  const document = readDocument(value, problems);
  const { services } = document;
  if (services.length > limits.servicesPerDocument) {
    problems.report(
      { key: 'farms' },
      `has ${services.length} services, more than ${limits.servicesPerDocument}`,
    );
  }
  checkOverlaps(services, placesOf(value), problems);
  return problems.count > 0 ? { problems: problems.list() } : { document };
};
