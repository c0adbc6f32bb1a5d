/** Words that rules of several features are made of. */

import type { Field, Key, Statement } from '../../netlink/nft/ast.js';
import type { Contribution } from '../feature.js';

export const fields = (...names: readonly Field[]): Key => names.map((field) => ({ kind: 'field', field }));

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

/** Several contributions as one; undefined when there is nothing in them. */
export const together = (...parts: readonly (Contribution | undefined)[]): Contribution | undefined => {
  const given = parts.filter((part) => part !== undefined);
  if (given.length === 0) return undefined;
  return {
    structure: given.flatMap(({ structure }) => structure),
    elements: given.flatMap(({ elements }) => elements),
  };
};
