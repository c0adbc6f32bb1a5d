/** Requests of nftlb's clients, and restarts, at random: most of them make sense. For fast-check. */

import fc from 'fast-check';
import { anyFarm, anyPolicy, type Json, policyNames } from './any-document.js';

const farms = [1, 2, 3, 4];
const farmNames = farms.map((number) => `s${number}`);
const anyName = fc.constantFrom(...farmNames, 'unknown');
const anyBackend = fc.constantFrom('b1', 'b2', 'b3', 'b4', 'none');
const policies = fc
  .subarray([...policyNames])
  .chain((some) =>
    some.length === 0 ? fc.constant<Json[]>([]) : fc.tuple(...some.map((one) => anyPolicy(one))),
  );
const some = fc
  .subarray(farms, { minLength: 1, maxLength: 3 })
  .chain((numbers) => fc.tuple(...numbers.map(anyFarm)));

export type Step =
  | { readonly kind: 'request'; readonly method: string; readonly url: string; readonly body?: unknown }
  | { readonly kind: 'restart'; readonly hand: readonly string[] };

const request = (method: string, url: string, body?: unknown): Step => ({
  kind: 'request',
  method,
  url,
  body,
});

const state = fc.constantFrom('up', 'down', 'off');
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(some, policies)
      .map(([list, lists]) =>
        request('PUT', '/farms', { farms: list, ...(lists.length > 0 && { policies: lists }) }),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyName, anyBackend, state)
      .map(([name, backend, one]) =>
        request('PUT', '/farms', { farms: [{ name, backends: [{ name: backend, state: one }] }] }),
      ),
  },
  { weight: 2, arbitrary: anyName.map((name) => request('DELETE', `/farms/${name}`)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/farms', '/policies', '/addresses').map((url) => request('DELETE', url)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyName, anyBackend)
      .map(([name, one]) => request('DELETE', `/farms/${name}/backends/${one}`)),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...policyNames)
      .chain(anyPolicy)
      .map((policy) => request('PATCH', `/policies/${String(policy.name)}`, { policies: [policy] })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...policyNames).map((name) => request('DELETE', `/policies/${name}/elements`)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyName, fc.constantFrom('start', 'stop', 'reload', 'delete', 'flush'))
      .map(([name, action]) => request('POST', '/farms', { farms: [{ name, action }] })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyName, fc.constantFrom('s9', 's2'))
      .map(([name, newname]) => request('POST', '/farms', { farms: [{ name, newname }] })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyName, fc.jsonValue())
      .map(([name, value]) => request('POST', '/farms', { farms: [{ name, backends: value }] })),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => request('POST', '/farms', value)) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        [],
        [],
        [],
        ['delete', 'table', 'ip', 'relevo'],
        ['flush', 'ruleset'],
        ['flush', 'chain', 'ip', 'relevo', 'identify'],
      )
      .map((hand): Step => ({ kind: 'restart', hand })),
  },
);

/** A full house to begin with. */
export const anyBeginning = fc
  .tuple(fc.tuple(...policyNames.map((name) => anyPolicy(name))), fc.tuple(...farms.map(anyFarm)))
  .map(([lists, list]) => request('PUT', '/farms', { farms: list, policies: lists }));
