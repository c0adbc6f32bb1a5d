/** Expressions with a state, as elements of sets and counter objects carry them. What relevo does not write is passed over. */

import { eachAttribute, type Received, readString, readU32Be, readU64Be } from '../attributes.js';
import type { Counted, NamedCounter, StatefulStatement } from './ast.js';
import { limitUnitSeconds, objectTypeNumber } from './numbers.js';

export interface ReadStatements {
  readonly statements: readonly StatefulStatement[];
  /** Of the counter among them. */
  readonly counter?: Counted;
}

type Limit = Extract<StatefulStatement, { readonly kind: 'limit' }>;
const unitBySeconds = new Map<number, Limit['unit']>(
  Object.entries(limitUnitSeconds).map(([unit, seconds]) => [seconds, unit as Limit['unit']]),
);

const readCounted = ({ view }: Received, from: number, to: number): Counted => {
  const counted = { packets: 0, bytes: 0 };
  eachAttribute(view, from, to, (type, start, end) => {
    if (type === 1) counted.bytes = readU64Be(view, start, end);
    if (type === 2) counted.packets = readU64Be(view, start, end);
  });
  return counted;
};

const readLimit = ({ view }: Received, from: number, to: number): Limit | undefined => {
  let rate = 0;
  let seconds = 0;
  let burst = 0;
  let packets = true;
  let over = false as boolean;
  eachAttribute(view, from, to, (type, start, end) => {
    if (type === 1) rate = readU64Be(view, start, end);
    if (type === 2) seconds = readU64Be(view, start, end);
    if (type === 3) burst = readU32Be(view, start, end);
    if (type === 4) packets = readU32Be(view, start, end) === 0;
    if (type === 5) over = (readU32Be(view, start, end) & 1) !== 0;
  });
  const unit = unitBySeconds.get(seconds);
  return unit && packets ? { kind: 'limit', rate, unit, burst, ...(over && { over }) } : undefined;
};

const readConnectionCount = ({ view }: Received, from: number, to: number): StatefulStatement => {
  let count = 0;
  let over = false as boolean;
  eachAttribute(view, from, to, (type, start, end) => {
    if (type === 1) count = readU32Be(view, start, end);
    if (type === 2) over = (readU32Be(view, start, end) & 1) !== 0;
  });
  return { kind: 'ct-count', count, ...(over && { over }) };
};

/** One expression: NFTA_SET_ELEM_EXPR, or an entry of a list. */
export const readStateful = (received: Received, from: number, to: number): ReadStatements => {
  let name = '';
  let data: readonly [number, number] = [to, to];
  eachAttribute(received.view, from, to, (type, start, end) => {
    if (type === 1) name = readString(received.bytes, start, end);
    if (type === 2) data = [start, end];
  });
  if (name === 'counter')
    return { statements: [{ kind: 'counter' }], counter: readCounted(received, ...data) };
  if (name === 'connlimit') return { statements: [readConnectionCount(received, ...data)] };
  const limit = name === 'limit' ? readLimit(received, ...data) : undefined;
  return { statements: limit ? [limit] : [] };
};

/** NFTA_SET_ELEM_EXPRESSIONS */
export const readStatefulList = (received: Received, from: number, to: number): ReadStatements => {
  const statements: StatefulStatement[] = [];
  let counter: Counted | undefined;
  eachAttribute(received.view, from, to, (_, start, end) => {
    const one = readStateful(received, start, end);
    statements.push(...one.statements);
    counter = one.counter ?? counter;
  });
  return { statements, ...(counter && { counter }) };
};

/** NFT_MSG_NEWOBJ: a named counter and its table; undefined for objects of another type. */
export const readNamedCounter = (
  received: Received,
  from: number,
  to: number,
): (NamedCounter & { readonly table: string }) | undefined => {
  let table = '';
  let name = '';
  let type = 0;
  let data: readonly [number, number] = [to, to];
  const nfgenBytes = 4;
  eachAttribute(received.view, from + nfgenBytes, to, (attribute, start, end) => {
    if (attribute === 1) table = readString(received.bytes, start, end);
    if (attribute === 2) name = readString(received.bytes, start, end);
    if (attribute === 3) type = readU32Be(received.view, start, end);
    if (attribute === 4) data = [start, end];
  });
  if (type !== objectTypeNumber.counter) return undefined;
  return { table, name, ...readCounted(received, ...data) };
};
