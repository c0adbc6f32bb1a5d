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
const NFTA_EXPR_DATA = 2;
const NFTA_LOOKUP_SET = 1;

/** Attribute `wanted` within the nested attribute at `offset`: where its value is. */
const attributeWithin = (
  bytes: Uint8Array,
  offset: number,
  wanted: number,
): readonly [from: number, to: number] | undefined => {
  const view = viewOf(bytes);
  if (offset + 4 > bytes.length) return undefined;
  const end = offset + view.getUint16(offset, true);
  if (end > bytes.length) return undefined;
  let found: readonly [number, number] | undefined;
  eachAttribute(view, offset + 4, end, (type, from, to) => {
    if (type === wanted) found = [from, to];
  });
  return found;
};

/** Name of the expression (NFTA_LIST_ELEM) that starts at `offset`, the place that an acknowledgement points to. */
export const expressionAt = (bytes: Uint8Array, offset: number): string | undefined => {
  const name = attributeWithin(bytes, offset, NFTA_EXPR_NAME);
  return name && readString(bytes, ...name);
};

/** Name of the set that the expression at `offset` looks up; undefined for other expressions. */
export const lookedUpAt = (bytes: Uint8Array, offset: number): string | undefined => {
  if (expressionAt(bytes, offset) !== 'lookup') return undefined;
  const data = attributeWithin(bytes, offset, NFTA_EXPR_DATA);
  const set = data && attributeWithin(bytes, data[0] - 4, NFTA_LOOKUP_SET);
  return set && readString(bytes, ...set);
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
