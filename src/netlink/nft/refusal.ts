/** Which part of an operation the kernel means, and when "no such thing" (ENOENT) means that the kernel lacks the feature. */

import { eachAttribute, readString, viewOf } from '../attributes.js';
import type { Operation } from './ast.js';

/** Expressions that refer to nothing by name: not found is their kind itself. `flow_offload` needs a flowtable, which is refused first. */
const namesNothing = new Set([
  'connlimit',
  'dup',
  'fib',
  'flow_offload',
  'fwd',
  'hash',
  'limit',
  'log',
  'masq',
  'nat',
  'notrack',
  'numgen',
  'queue',
  'reject',
  'synproxy',
]);

const ENOENT = 2;
const NFTA_EXPR_NAME = 1;

/** Name of the expression (NFTA_LIST_ELEM) that starts at `offset`, the place that an acknowledgement points to. */
export const expressionAt = (bytes: Uint8Array, offset: number): string | undefined => {
  const view = viewOf(bytes);
  if (offset + 4 > bytes.length) return undefined;
  const end = offset + view.getUint16(offset, true);
  if (end > bytes.length) return undefined;
  let name: string | undefined;
  eachAttribute(view, offset + 4, end, (type, from, to) => {
    if (type === NFTA_EXPR_NAME) name = readString(bytes, from, to);
  });
  return name;
};

/**
 * Whether this errno on this operation says that the kernel was built without it. Unknown types of objects and of flowtables are refused
 * without pointing at an attribute (nf_tables_newobj, nf_tables_newflowtable), and so is a helper that is not there.
 */
export const lacksFeature = (
  operation: Operation,
  errno: number,
  place: { readonly offset?: number; readonly expression?: string | undefined },
): boolean => {
  if (errno !== ENOENT) return false;
  if (place.expression !== undefined) return namesNothing.has(place.expression);
  return (operation.op === 'add-object' || operation.op === 'add-flowtable') && place.offset === undefined;
};
