/**
 * Where packets meet limits: a rule of the guard's chain lets the few that matter into a gate (new connections, resets, packets of no
 * connection), which finds out the service and with it the kind of limits, one chain for all services whose limits are equal. So the
 * number of rules on a packet's way does not grow with services.
 */

import type { Statement } from '../../../netlink/nft/ast.js';
import type { Contribution } from '../../feature.js';
import { fingerprint, rule } from '../../rules.js';
import { guardChain } from '../../stations.js';
import { hostNumber } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { chainOf, jump, leave, noNumber, number, numberFrom, numberMap, setOf } from './parts.js';

export type GateName = 'strict' | 'new' | 'resets' | 'queue';

export interface Gate {
  readonly name: GateName;
  readonly order: number;
  /** Which packets: one rule each. */
  readonly packets: readonly (readonly Statement[])[];
  /** Which of them not. */
  readonly except?: readonly Statement[];
}

/** One rule of a kind's chain. */
export type KindRule = readonly [purpose: string, ...statements: Statement[]];

/** 31 bits that follow from the rules; large, so that no service's number equals it as long as there are fewer than 2^19 services. */
const kindNumber = (name: string): number =>
  (0x8000_0000 |
    (Number.parseInt(fingerprint(name), 16) << 7) |
    (Number.parseInt(fingerprint(`${name} `), 16) & 0x7f)) >>>
  0;

/** Leads packets of the service with number `key` through `rules`, behind one another; what those refer to is there already. */
export const throughGate = (
  gate: Gate,
  family: FamilyShape,
  key: Uint8Array,
  rules: readonly KindRule[],
): Contribution => {
  const { table } = family;
  const kindOf = numberMap(`limits_${gate.name}_kind_of`, 'classid');
  const kinds = { name: `limits_${gate.name}_kinds`, key: ['classid'], data: 'verdict' } as const;
  const chain = `limits_${gate.name}`;
  const kind = `${chain}_${fingerprint(rules)}${fingerprint([...rules].reverse())}`;
  const kindKey = hostNumber(kindNumber(kind));
  return {
    structure: [
      setOf(family, kindOf),
      setOf(family, kinds),
      chainOf(family, kind, ['which service', jump('identify')], ...rules),
      chainOf(
        family,
        chain,
        gate.except && ['not these', ...gate.except, leave],
        ['which service', jump('identify')],
        ['which kind', numberFrom([number], kindOf)],
        ['kind', { kind: 'vmap', key: [number], map: kinds.name }],
        ['no number leaves the node', noNumber],
      ),
      ...gate.packets.map((statements, index) => ({
        kind: 'station' as const,
        table,
        chain: guardChain,
        order: gate.order,
        rule: rule(guardChain.name, `limits: ${gate.name} ${index + 1}`, ...statements, jump(chain)),
      })),
    ],
    elements: [
      { table, set: kinds, element: { key: kindKey, data: { kind: 'jump', chain: kind } } },
      { table, set: kindOf, element: { key, data: kindKey }, activates: true },
    ],
  };
};
