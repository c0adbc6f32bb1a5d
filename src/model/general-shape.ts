/**
 * What a general entry is about, in bytes that mean the same on every node: kind, family, which fields tell clients apart, then their
 * values without padding. No number of a node is in it; the service travels by name beside it.
 *
 *   1 byte kind · 1 byte family (4 or 6) · 1 byte count of fields · 1 byte for each field · the values
 */

import { ipFromBytes } from './address.js';
import { bytesOfText } from './general-columns.js';
import type { HashField } from './service.js';

/**
 * `sticky`: persistence of a service with connection tracking. `client`, `flow`: persistence and flows of one without. `ban`: a client
 * that a limit has met.
 */
export type EntryKind = 'sticky' | 'client' | 'flow' | 'ban';

export interface EntryShape {
  readonly kind: EntryKind;
  readonly family: 4 | 6;
  readonly fields: readonly HashField[];
}

const kinds: readonly EntryKind[] = ['sticky', 'client', 'flow', 'ban'];
const fieldNames: readonly HashField[] = ['srcip', 'dstip', 'srcport', 'dstport', 'srcmac', 'dstmac'];
export const flowFields: readonly HashField[] = ['srcip', 'dstip', 'srcport', 'dstport'];
export const banFields: readonly HashField[] = ['srcip'];
const headBytes = 3;

/** On the wire and in `key` columns. */
export const fieldBytes = (field: HashField, family: 4 | 6): number => {
  if (field === 'srcip' || field === 'dstip') return family === 4 ? 4 : 16;
  return field === 'srcmac' || field === 'dstmac' ? 6 : 2;
};
/** In the kernel's registers: padded to a multiple of four. */
export const registerBytes = (field: HashField, family: 4 | 6): number =>
  (fieldBytes(field, family) + 3) & ~3;

export const shapeText = ({ kind, family, fields }: EntryShape): string =>
  String.fromCharCode(
    kinds.indexOf(kind) + 1,
    family,
    fields.length,
    ...fields.map((field) => fieldNames.indexOf(field) + 1),
  );

const same = (one: readonly HashField[], other: readonly HashField[]): boolean =>
  one.length === other.length && one.every((field, at) => field === other[at]);
export const sameFields = same;

const shapeByText = new Map<string, EntryShape>();
/** Kinds, families and orders of fields: far fewer than this unless somebody makes them up. */
const shapesKept = 4096;

const parseShape = (head: string): EntryShape | undefined => {
  const kind = kinds[head.charCodeAt(0) - 1];
  const family = head.charCodeAt(1);
  const fields = Array.from(head.slice(headBytes), (char) => fieldNames[char.charCodeAt(0) - 1]);
  if (!kind || (family !== 4 && family !== 6) || fields.length === 0) return undefined;
  if (fields.includes(undefined) || new Set(fields).size < fields.length) return undefined;
  const known = fields as HashField[];
  if (kind === 'flow' && !same(known, flowFields)) return undefined;
  if (kind === 'ban' && !same(known, banFields)) return undefined;
  return { kind, family, fields: known };
};

/** How many characters of a key are its shape. */
export const headLength = (key: string): number => headBytes + (key.charCodeAt(2) || 0);

/** Undefined: no such kind, family or field, a field twice, or too short. */
export const shapeOf = (key: string): EntryShape | undefined => {
  if (key.length < headBytes) return undefined;
  const length = headLength(key);
  if (key.length < length) return undefined;
  const head = key.slice(0, length);
  let shape = shapeByText.get(head);
  if (!shape) {
    shape = parseShape(head);
    if (!shape) return undefined;
    if (shapeByText.size >= shapesKept) shapeByText.clear();
    shapeByText.set(head, shape);
  }
  return shape;
};

/** What is wrong with a key from outside; undefined: nothing. */
export const keyProblem = (key: string): string | undefined => {
  const shape = shapeOf(key);
  if (!shape) return 'an entry of a kind or of fields that there are not';
  let length = headLength(key);
  for (const field of shape.fields) length += fieldBytes(field, shape.family);
  return key.length === length
    ? undefined
    : `an entry whose key has ${key.length} bytes instead of ${length}`;
};

/** The same for the backend of an entry with this key, which is sound. */
export const backendProblem = (key: string, backend: string, port: number): string | undefined => {
  const { kind, family } = shapeOf(key)!;
  const length = kind === 'ban' ? 0 : family === 4 ? 4 : 16;
  if (backend.length !== length) return `a backend address of ${backend.length} bytes instead of ${length}`;
  return port > 0xffff || (kind === 'ban' && port !== 0) ? 'a backend port out of range' : undefined;
};

/** The values of a key as registers have them. */
export const registersOf = (key: string): Uint8Array => {
  const { fields, family } = shapeOf(key)!;
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + registerBytes(field, family), 0));
  let from = headLength(key);
  let to = 0;
  for (const field of fields) {
    const length = fieldBytes(field, family);
    for (let at = 0; at < length; at++) bytes[to + at] = key.charCodeAt(from + at);
    from += length;
    to += registerBytes(field, family);
  }
  return bytes;
};

/** A key of this shape from registers; undefined when there are too few. */
export const keyFromRegisters = (shape: EntryShape, bytes: Uint8Array, from: number): string | undefined => {
  let text = shapeText(shape);
  let at = from;
  for (const field of shape.fields) {
    const length = fieldBytes(field, shape.family);
    if (at + length > bytes.length) return undefined;
    for (let index = 0; index < length; index++) text += String.fromCharCode(bytes[at + index]!);
    at += registerBytes(field, shape.family);
  }
  return text;
};

const valueText = (field: HashField, bytes: Uint8Array): string => {
  if (field === 'srcip' || field === 'dstip') return ipFromBytes(bytes, 0, bytes.length);
  if (field === 'srcport' || field === 'dstport') return String((bytes[0]! << 8) | bytes[1]!);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
};

/** The values of a key for people. */
export const valuesOf = (key: string): string[] => {
  const { fields, family } = shapeOf(key)!;
  let at = headLength(key);
  return fields.map((field) => {
    const from = at;
    at += fieldBytes(field, family);
    return valueText(field, bytesOfText(key.slice(from, at)));
  });
};
