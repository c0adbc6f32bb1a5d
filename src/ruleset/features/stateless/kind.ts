/** Kinds of services without connection tracking: what their chains have to tell apart. Names say what is inside, and are read again. */

import type { HashField } from '../../../model/service.js';
import { fingerprint } from '../../rules.js';
import type { FamilyShape } from '../families.js';
import { suffixOf } from './layout.js';

/** How a service's packets are delivered: what chains have to tell apart behind the choice of a backend. */
export interface Delivery {
  readonly mode: 'dsr' | 'stlsdnat';
  /** stlsdnat: entries are told apart by port, too. */
  readonly byPort: boolean;
  readonly persistence: readonly HashField[];
  readonly persistTtlMs: number;
  /** Group that new flows are reported to. */
  readonly hintGroup?: number;
}

/** The layout of slots from before. */
export interface Former {
  readonly hashed: readonly HashField[];
  readonly modulus: number;
}

export interface StatelessKind extends Delivery {
  readonly hashed: readonly HashField[];
  readonly modulus: number;
  readonly pinned: boolean;
  /** Packets of stable slots do not come here; or where flows are that nobody remembers. */
  readonly memory?: 'spared' | 'settling' | Former;
}

const shortName: Readonly<Record<HashField, string>> = {
  srcip: 'si',
  dstip: 'di',
  srcport: 'sp',
  dstport: 'dp',
  srcmac: 'sm',
  dstmac: 'dm',
};

const ttlText = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

export const deliveryName = (
  { mode, byPort, persistence, persistTtlMs, hintGroup }: Delivery,
  family: FamilyShape,
): string =>
  [
    `${mode}${suffixOf(family)}`,
    ...(byPort ? ['ports'] : []),
    ...(persistence.length > 0 ? ['sticky', ...persistence, ttlText(persistTtlMs)] : []),
    ...(hintGroup === undefined ? [] : ['reported']),
  ].join('_');

const memoryName = (memory: NonNullable<StatelessKind['memory']>): string =>
  typeof memory === 'string'
    ? memory
    : `from_${memory.hashed.map((field) => shortName[field]).join('')}_m${memory.modulus}`;

export const kindName = (kind: StatelessKind, family: FamilyShape): string =>
  [
    deliveryName(kind, family),
    ...(kind.pinned ? ['pinned'] : []),
    'by',
    ...kind.hashed,
    `m${kind.modulus}`,
    ...(kind.memory === undefined ? [] : [memoryName(kind.memory)]),
  ].join('_');

/** Follows from the name. */
export const kindNumber = (kind: StatelessKind, family: FamilyShape): number =>
  Number.parseInt(fingerprint(kindName(kind, family)), 16) + 1;

const fieldNames = Object.keys(shortName) as HashField[];

/** What a kind's name tells of the slots; undefined: it is none. */
export const readKindName = (
  name: string,
): Pick<StatelessKind, 'hashed' | 'modulus' | 'memory'> | undefined => {
  const found = /_by_([a-z_]+)_m(\d+)(?:_(spared|settling)|_from_([a-z]+)_m(\d+))?$/.exec(name);
  if (!found) return undefined;
  const [, hashed = '', modulus, word, short = '', from] = found;
  const former = (short.match(/../g) ?? []).flatMap((one) =>
    fieldNames.filter((field) => shortName[field] === one),
  );
  const memory =
    from === undefined
      ? (word as 'spared' | 'settling' | undefined)
      : { hashed: former, modulus: Number(from) };
  return {
    hashed: hashed.split('_') as HashField[],
    modulus: Number(modulus),
    ...(memory !== undefined && { memory }),
  };
};
