/** Words that rules of several features are made of. */

import type { HashField } from '../../model/service.js';
import type { Field, Key, Statement, TableName } from '../../netlink/nft/ast.js';
import type { Contribution, Structure } from '../feature.js';
import { rule } from '../rules.js';
import type { FamilyShape } from './families.js';

export const fields = (...names: readonly Field[]): Key => names.map((field) => ({ kind: 'field', field }));

/** What tells clients apart, as the packet has it. */
export const packetFields = (names: readonly HashField[], family: FamilyShape): Field[] => {
  const byName: Readonly<Record<HashField, Field>> = {
    srcip: family.source,
    dstip: family.destination,
    srcport: 'th sport',
    dstport: 'th dport',
    srcmac: 'ether saddr',
    dstmac: 'ether daddr',
  };
  return names.map((name) => byName[name]);
};

export const jumpTo = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'jump', chain } });
export const goTo = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'goto', chain } });
export const returns: Statement = { kind: 'verdict', verdict: { kind: 'return' } };
export const newConnection: Statement = { kind: 'ct-state', states: ['new'] };
export const translated: Statement = { kind: 'ct-status', statuses: ['dnat'] };

/** Behind the last use of a service's number, where the packet may leave with it and a queueing discipline would read it. */
export const forgetNumber: Statement = {
  kind: 'write',
  field: 'meta priority',
  value: { type: 'classid', bytes: new Uint8Array(4) },
};

/** Makes rules of one shared chain; all begin with `first`. */
export const stationsIn =
  (
    table: TableName,
    chain: Extract<Structure, { kind: 'station' }>['chain'],
    ...first: readonly Statement[]
  ) =>
  (order: number, purpose: string, ...statements: readonly (Statement | undefined)[]): Structure => ({
    kind: 'station',
    table,
    chain,
    order,
    rule: rule(chain.name, purpose, ...first, ...statements),
  });

/** Several contributions as one; undefined when there is nothing in them. */
export const together = (...parts: readonly (Contribution | undefined)[]): Contribution | undefined => {
  const given = parts.filter((part) => part !== undefined);
  if (given.length === 0) return undefined;
  return {
    structure: given.flatMap(({ structure }) => structure),
    elements: given.flatMap(({ elements }) => elements),
  };
};
