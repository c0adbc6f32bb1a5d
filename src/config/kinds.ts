/** The three kinds of object at the top of a document or a request. */

import { limits } from '../limits.js';
import type { Policy, Service, SharedAddress } from '../model/service.js';
import type { EntryKind, Scope } from './reading.js';
import { readFarm } from './service-farm.js';
import { readPolicy } from './service-policy.js';
import { readSharedAddress } from './shared-address.js';

export const farmKind = (scope: Scope): EntryKind<Service> => ({
  what: 'farm',
  hasState: true,
  nameChars: limits.serviceNameChars,
  read: (object, place, name, old) => readFarm(object, place, name, old, scope),
  rename: (service, name) => ({ ...service, name }),
});

export const addressKind = (scope: Scope): EntryKind<SharedAddress> => ({
  what: 'address',
  nameChars: limits.addressNameChars,
  read: (object, place, name, old) => readSharedAddress(object, place, name, old, scope),
  rename: (address, name) => ({ ...address, name }),
});

export const policyKind = (scope: Scope): EntryKind<Policy> => ({
  what: 'policy',
  nameChars: limits.serviceNameChars,
  read: (object, place, name, old) => readPolicy(object, place, name, old, scope),
  rename: (policy, name) => ({ ...policy, name }),
  flush: (policy) => ({ ...policy, elements: [] }),
});
