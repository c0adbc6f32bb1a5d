/** The chain of one kind of general service: who is known goes where he went, the others where the scheduler picks. */

import type { HashField } from '../../model/service.js';
import type { DataType, Field, Key, Part, RuleSpec, Statement } from '../../netlink/nft/ast.js';
import type { Chain } from '../chains.js';
import { hashSeed, noBackend } from '../chains.js';
import { fingerprint, rule } from '../rules.js';
import type { FamilyShape } from './families.js';
import { packetKey, picksMap, pinnedMap, portKeepersMap, stickyMap, targetsMap } from './general-layout.js';
import { hintRules } from './hints.js';
import { afterPick, beforePick } from './limits/picking.js';
import { packetFields } from './statements.js';

export interface GeneralKind {
  readonly scheduler: 'random' | 'rr' | 'hash' | 'symhash';
  readonly modulus: number;
  /** hash only. */
  readonly fields: readonly HashField[];
  /** rr only: which counter, because `numgen inc` counts per rule. */
  readonly bank: number;
  readonly persistence: readonly HashField[];
  readonly pinned: boolean;
  /** Group that newcomers are reported to. */
  readonly hintGroup?: number;
  /** Backends that may be full: rules between pick and translation. */
  readonly limited: boolean;
}

export const generalKindName = (kind: GeneralKind): string => {
  const { scheduler, modulus, fields, bank, persistence, pinned, limited, hintGroup } = kind;
  const what =
    scheduler === 'rr'
      ? `rr${String(bank).padStart(2, '0')}`
      : scheduler === 'hash'
        ? `hash_${fields.join('_')}`
        : scheduler;
  return [
    `general_${what}_m${modulus}`,
    ...(persistence.length > 0 ? [`sticky_${persistence.join('_')}`] : []),
    ...(pinned ? ['pinned'] : []),
    ...(limited ? ['limited'] : []),
    ...(hintGroup === undefined ? [] : ['reported']),
  ].join('_');
};

/** Follows from the name; large, so that no service's number equals it. */
export const generalKindNumber = (kind: GeneralKind): number =>
  (0xff00_0000 | Number.parseInt(fingerprint(generalKindName(kind)), 16)) >>> 0;

const field = (name: Field): Part => ({ kind: 'field', field: name });
const number: Key = [field('meta priority')];

/** Which slot: the last part of a key of `picks`. */
const slotPart = ({ scheduler, modulus, fields }: GeneralKind, family: FamilyShape): Part => {
  if (scheduler === 'rr' || scheduler === 'random') {
    return { kind: 'numgen', mode: scheduler === 'rr' ? 'inc' : 'random', modulus };
  }
  if (scheduler === 'symhash') return { kind: 'symhash', fields: [], modulus, seed: 0 };
  return { kind: 'jhash', fields: packetFields(fields, family), modulus, seed: hashSeed };
};

const setNumber = (key: Key, map: string): Statement => ({ kind: 'write', field: 'meta priority', key, map });

export const generalKindChain = (kind: GeneralKind, family: FamilyShape): Chain => {
  const name = generalKindName(kind);
  const { persistence } = kind;
  const dnat = (purpose: string, key: Key, map: string, ...dataTypes: DataType[]): RuleSpec =>
    rule(name, purpose, { kind: 'nat', type: 'dnat', key, map, dataTypes });
  const identify: Statement = { kind: 'verdict', verdict: { kind: 'jump', chain: 'identify' } };
  const pick = setNumber([...number, slotPart(kind, family)], picksMap.name);
  const client = packetKey(persistence, family);
  return {
    name,
    rules: [
      rule(name, 'which service', identify),
      ...(kind.pinned
        ? [rule(name, 'static session', setNumber(client, pinnedMap(persistence, family).name))]
        : []),
      ...(kind.limited ? beforePick(name, kind, family) : []),
      ...(persistence.length > 0
        ? [
            dnat(
              'known client',
              client,
              stickyMap(persistence, false, family).name,
              family.type,
              'inet_service',
            ),
            dnat('known client', client, stickyMap(persistence, true, family).name, family.type),
          ]
        : []),
      ...hintRules(name, kind.hintGroup, 'client'),
      rule(name, 'scheduler', pick),
      ...(kind.limited ? afterPick.rules(name, kind) : []),
      dnat('backend', number, targetsMap(family).name, family.type, 'inet_service'),
      dnat('backend that keeps the port', number, portKeepersMap(family).name, family.type),
      ...noBackend(name),
    ],
  };
};
