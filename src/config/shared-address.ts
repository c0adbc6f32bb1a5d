/** Addresses of their own: shared by farms through their name, with policies, verdict and logs of their own. */

import type { Policy, RateLimit, SharedAddress } from '../model/service.js';
import { type Place, under } from './place.js';
import { type Scope, withKnownValues } from './reading.js';
import { type AddressDraft, addressValues, reached, reachedAttributes } from './service-address.js';
import { logAttributes, readVerdict, type Verdict } from './service-limits.js';
import { readPolicyLinks } from './service-sessions.js';
import { type JsonObject, type Reading, readAttributes } from './service-values.js';

interface Draft extends AddressDraft {
  readonly scope: Scope;
  verdict?: readonly Verdict[] | undefined;
  points: readonly never[];
  prefix?: string | undefined;
  rate?: RateLimit | undefined;
  policies: readonly Policy['name'][];
}

type Attribute = (value: unknown, draft: Draft, reading: Reading) => void;

const attributes = new Map<string, Attribute>(
  Object.entries({
    ...reachedAttributes,
    verdict: readVerdict,
    'log-prefix': logAttributes['log-prefix'],
    'log-rtlimit': logAttributes['log-rtlimit'],
    policies(value, draft, reading) {
      draft.policies = readPolicyLinks(value, reading, draft.scope, draft.policies);
    },
  } as Record<string, Attribute>),
);

export const readSharedAddress = (
  object: JsonObject,
  place: Place,
  name: string,
  old: SharedAddress | undefined,
  scope: Scope,
): SharedAddress | undefined => {
  const { problems } = scope;
  const before = problems.count;
  const draft: Draft = {
    ...old,
    scope,
    name,
    points: [],
    ...(old?.logPrefix !== undefined && { prefix: old.logPrefix }),
    ...(old?.logRate && { rate: old.logRate }),
    policies: old?.policies ?? [],
  };
  readAttributes(withKnownValues(object, addressValues, scope), attributes, draft, { problems, place });
  const { address, ports, protocol = 'tcp', verdict, prefix, rate, policies } = draft;
  for (const [key, known, what] of [
    ['ip-addr', address, 'the address that clients reach'],
    ['ports', ports, 'such as 80, 80,443 or 5060-5090; empty for every port'],
  ] as const) {
    if (known === undefined && !(key in object)) problems.report(under(place, key), `is missing: ${what}`);
  }
  if (problems.count > before || !address || !ports) return undefined;
  return {
    name,
    ...reached(address, ports, protocol),
    ...(verdict && { verdict }),
    ...(prefix !== undefined && { logPrefix: prefix }),
    ...(rate && { logRate: rate }),
    policies,
  };
};
