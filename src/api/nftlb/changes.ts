/** Requests that change something: one transaction each. */

import type { ServicesInForce } from '../../app/services-in-force.js';
import { namedAddresses } from '../../config/address-names.js';
import { asDeletion } from '../../config/nftlb-merge.js';
import { isObject, type JsonObject } from '../../config/service-values.js';
import type { ServicesView } from '../../model/change.js';
import type { BackendState } from '../../model/service.js';
import { answering, type Response, responseOf } from './answers.js';
import { elementsWish, errorOf, parseBody, wishOf } from './requests.js';
import { unservedOf } from './unserved.js';

export interface Changes {
  /** POST and PUT: the keys of the body decide what is changed. */
  upsert(body: unknown): Promise<Response>;
  /** A body made by the interface itself: `bodyOf` may look at what is in force, and throw. `answer`: nftlb's words when it fails. */
  perform(answer: string, reason: string, bodyOf: (view: ServicesView) => JsonObject): Promise<Response>;
  /** DELETE of a list: everything, or what the body names. */
  remove(answer: string, list: 'farms' | 'addresses' | 'policies', body: unknown): Promise<Response>;
}

interface StateChange {
  readonly farm: string;
  readonly backend: string;
  readonly state: BackendState;
}

const onlyKeys = (value: unknown, ...keys: string[]): value is JsonObject =>
  isObject(value) && Object.keys(value).length === keys.length && keys.every((key) => key in value);

/** What health checkers send all the time: one state of one backend and nothing else. It writes a line and no document. */
const onlyStateChange = (body: JsonObject): StateChange | undefined => {
  if (!onlyKeys(body, 'farms') || !Array.isArray(body.farms) || body.farms.length !== 1) return undefined;
  const farm: unknown = body.farms[0];
  if (!onlyKeys(farm, 'name', 'backends') || !Array.isArray(farm.backends)) return undefined;
  const backend: unknown = farm.backends[0];
  if (farm.backends.length !== 1 || !onlyKeys(backend, 'name', 'state')) return undefined;
  const { state } = backend;
  if (state !== 'up' && state !== 'down' && state !== 'off' && state !== 'drain') return undefined;
  if (typeof farm.name !== 'string' || typeof backend.name !== 'string') return undefined;
  return { farm: farm.name, backend: backend.name, state };
};

interface ElementsOfPolicy {
  readonly policy: string;
  readonly elements: readonly unknown[];
}

/** What lists of offenders send all the time: elements of one policy and nothing else. */
const onlyElements = (body: JsonObject): ElementsOfPolicy | undefined => {
  if (!onlyKeys(body, 'policies') || !Array.isArray(body.policies) || body.policies.length !== 1)
    return undefined;
  const policy: unknown = body.policies[0];
  if (!onlyKeys(policy, 'name', 'elements') || typeof policy.name !== 'string') return undefined;
  const { name, elements } = policy;
  return Array.isArray(elements) && elements.length > 0 ? { policy: name, elements } : undefined;
};

const deleted = (names: Iterable<string>) => [...names].map((name) => ({ name, action: 'delete' }));

/** The wish to delete a whole list; addresses are also those that are a farm's own. */
const everythingOf = (view: ServicesView, list: 'farms' | 'addresses' | 'policies'): JsonObject => {
  if (list === 'policies') return { policies: deleted(view.policies.keys()) };
  if (list === 'farms') return { farms: deleted(view.services.keys()) };
  const farms = [...view.services.values()].map((service) => ({
    name: service.name,
    addresses: deleted(namedAddresses(service).map(({ name }) => name)),
  }));
  return { farms, addresses: deleted(view.addresses.keys()) };
};

export const createChanges = (services: ServicesInForce): Changes => {
  const change = async (reason: string, bodyOf: (view: ServicesView) => JsonObject): Promise<Response> => {
    const { notes, farms } = await services.change(reason, (view) => wishOf(view, bodyOf(view)), errorOf);
    return responseOf(notes, unservedOf(services, farms));
  };
  /** Costs what it names, where it can. */
  const submit = async (body: JsonObject): Promise<Response> => {
    const one = onlyStateChange(body);
    if (one) {
      await services.setBackendState(one.farm, one.backend, one.state);
      return responseOf([], unservedOf(services, [one.farm]));
    }
    const some = onlyElements(body);
    if (some && (await services.changePolicy(some.policy, (list) => elementsWish(list, some.elements))))
      return responseOf([]);
    return change('a request of the nftlb interface', () => body);
  };
  return {
    upsert: async (text) => submit(parseBody(text)),
    perform: (answer, reason, bodyOf) => answering(answer, () => change(reason, bodyOf)),
    remove: async (answer, list, body) => {
      if (typeof body !== 'string' || body.trim() === '') {
        return answering(answer, () => change(`delete all ${list}`, (view) => everythingOf(view, list)));
      }
      const named = Object.entries(parseBody(body)).map(([key, value]) => [key, asDeletion(value)]);
      return answering(answer, () => submit(Object.fromEntries(named)));
    },
  };
};
