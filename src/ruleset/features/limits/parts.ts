/** Statements and sets that the rules of limits share. */

import type { DataType, Field, Key, Part, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Placed, Structure } from '../../feature.js';
import { fingerprint, rule } from '../../rules.js';
import type { FamilyShape } from '../families.js';

/** What a service, or one of its backends, has a number in: a packet's priority. */
export const number: Part = { kind: 'field', field: 'meta priority' };
/** The service's number, of a backend's (`service-ids.ts`). */
export const serviceOfNumber: Part = { kind: 'masked', field: 'meta priority', prefixLength: 20 };
export const field = (name: Field): Part => ({ kind: 'field', field: name });

export const jump = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'jump', chain } });
export const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
export const leave: Statement = { kind: 'verdict', verdict: { kind: 'return' } };
export const noNumber: Statement = {
  kind: 'write',
  field: 'meta priority',
  value: { type: 'classid', bytes: new Uint8Array(4) },
};
export const toService: Statement = { kind: 'write', field: 'meta priority', from: serviceOfNumber };
export const numberFrom = (key: Key, map: SetSpec): Statement => ({
  kind: 'write',
  field: 'meta priority',
  key,
  map: map.name,
});
export const isIn = (key: Key, set: SetSpec): Statement => ({ kind: 'lookup', key, set: set.name });
export const isNotIn = (key: Key, set: SetSpec): Statement =>
  ({ ...isIn(key, set), invert: true }) as Statement;
export const isTcp: Statement = {
  kind: 'compare',
  field: 'meta l4proto',
  op: '==',
  value: { type: 'inet_proto', bytes: Uint8Array.of(6) },
};

/** Most clients that one set of packets' making remembers. When it is full, newcomers are not limited and known ones still are. */
const clientsPerSet = 262_144;

/** `client . service number`, filled by packets. */
export const clientSet = (name: string, family: FamilyShape, timeout: boolean): SetSpec => ({
  name,
  key: [family.type, 'classid'],
  flags: timeout ? ['timeout', 'dynamic'] : ['dynamic'],
  size: clientsPerSet,
});
export const client = (family: FamilyShape): Key => [field(family.source), number];

/** Clients that a limit has met, for as long as they stay refused. */
export const bannedSet = (family: FamilyShape): SetSpec => clientSet('banned', family, true);

export type Refusal = 'banned' | 'new' | 'resets' | 'client' | 'service' | 'strict' | 'full';
/** `service number`, each with a counter: packets refused, and why. */
export const refusedSet = (refusal: Refusal): SetSpec => ({
  name: `refused_${refusal}`,
  key: ['classid'],
  statements: [{ kind: 'counter' }],
});

export const setOf = (family: FamilyShape, set: SetSpec, filledBy: 'us' | 'packets' = 'us'): Structure => ({
  kind: 'set',
  table: family.table,
  set,
  filledBy,
});

export const chainOf = (
  family: FamilyShape,
  name: string,
  ...rules: readonly (readonly [purpose: string, ...statements: Statement[]] | undefined)[]
): Structure => ({
  kind: 'chain',
  table: family.table,
  chain: {
    name,
    rules: rules.flatMap((one) => {
      if (!one) return [];
      const [purpose, ...statements] = one;
      return [rule(name, purpose, ...statements)];
    }),
  },
});

/** A counter that outlives every change of the limits beside it. */
export const counterOf = (family: FamilyShape, refusal: Refusal, key: Uint8Array): Placed => ({
  table: family.table,
  set: refusedSet(refusal),
  element: { key, statements: [{ kind: 'counter' }], comment: fingerprint('counter') },
});

/** A map of the set's key to numbers, with no state in it. */
export const numberMap = (name: string, ...key: readonly DataType[]): SetSpec => ({
  name,
  key,
  data: ['classid'],
});
