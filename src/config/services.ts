/** The services document, JSON or YAML in nftlb's terms → services, or every problem in it with its place. */

import { limits } from '../limits.js';
import type { Problem, Service, ServicesDocument } from '../model/service.js';
import { findJsonError } from './json-error.js';
import { createProblems, didYouMean, type Place, type Problems, under } from './place.js';
import { readFarm } from './service-farm.js';
import { isObject, readObjects, readUnsupportedList } from './service-values.js';
import { readYaml } from './yaml.js';

export type ServicesResult =
  | { readonly document: ServicesDocument }
  | { readonly problems: readonly Problem[] };

const root: Place = { key: '' };
const topLevel = ['farms', 'addresses', 'policies'];

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

/** Names and endpoints are unique over the whole document; each problem names both sides. */
const checkUnique = (services: readonly (Service | undefined)[], farms: Place, problems: Problems): void => {
  const indexByName = new Map<string, number>();
  const indexByEndpoint = new Map<string, number>();
  services.forEach((service, index) => {
    if (!service) return;
    const twin = indexByName.get(service.name);
    if (twin !== undefined) {
      problems.report(
        under(under(farms, index), 'name'),
        `'${service.name}' is the name of farms[${twin}] too: names are unique`,
      );
    } else indexByName.set(service.name, index);
    for (const { protocol, address, port } of service.endpoints) {
      const id = `${protocol} ${address} ${port}`;
      const other = indexByEndpoint.get(id);
      if (other === undefined) indexByEndpoint.set(id, index);
      else if (other !== index) {
        problems.report(
          under(farms, index),
          `'${service.name}' overlaps farms[${other}] '${services[other]!.name}': both serve ${protocol} ${address} port ${port}`,
        );
      }
    }
  });
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
  for (const key of Object.keys(value)) {
    if (!topLevel.includes(key)) {
      problems.report(
        under(root, key),
        `unknown attribute${didYouMean(key, topLevel) || ': remove it'}`,
        'unknown-attribute',
      );
    }
  }
  for (const key of ['addresses', 'policies'] as const) {
    if (key in value) readUnsupportedList(value[key], { problems, place: { key } }, `${key} outside farms`);
  }
  const farms: Place = { key: 'farms' };
  const services: (Service | undefined)[] = [];
  if (!('farms' in value)) problems.report(farms, 'is missing: the list of services');
  else {
    readObjects(value.farms, { problems, place: farms }, (object, place, index) => {
      services[index] = readFarm(object, place, problems);
    });
  }
  if (services.length > limits.servicesPerDocument) {
    problems.report(farms, `has ${services.length} services, more than ${limits.servicesPerDocument}`);
  }
  checkUnique(services, farms, problems);
  if (problems.count > 0) return { problems: problems.list() };
  return { document: { services: services.filter((service) => service !== undefined) } };
};
