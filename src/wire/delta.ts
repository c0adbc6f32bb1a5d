/**
 * Delta frames by hand, byte for byte what the generated code writes: at thousands of frames of one entry a second the generated code's
 * objects cost more than their content. Whatever is not just as we write it (another order, fields of a newer peer) is left to that code.
 */

import {
  createEntryColumns,
  createKeyColumns,
  type EntryColumns,
  type KeyColumns,
} from '../model/columns.js';
import type { DeltaFrame } from './frames.js';

/** Fields of Entries in their order, of which the first three are those of Keys (proto/relevo/v1/sync.proto). */
const columns = [
  { name: 'client', fixed: true },
  { name: 'address', fixed: true },
  { name: 'protocolPort', fixed: false },
  { name: 'backend', fixed: true },
  { name: 'backendPort', fixed: false },
  { name: 'ttlMs', fixed: false },
  { name: 'remainingMs', fixed: false },
] as const;
const keyColumns = 3;

const column = (of: KeyColumns, index: number): number[] =>
  (of as EntryColumns)[columns[index]!.name] as number[];

/** Field number and wire type in one byte: 0 varint, 2 with a length. */
const tag = (field: number, wireType: 0 | 2): number => (field << 3) | wireType;
const deltaTag = tag(8, 2);

const textEncoder = new TextEncoder();
/** Names repeat: the last one's bytes. */
let name = { text: '', bytes: new Uint8Array(0) };

/** Remembers a group's name, so that frames about it can be read here. */
export const rememberGroup = (text: string): void => {
  if (name.text !== text) name = { text, bytes: textEncoder.encode(text) };
};

let out = new Uint8Array(4096);
let at = 0;

const varintBytes = (value: number): number => {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
};

const writeVarint = (value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
};

const writeNumber = (field: number, value: number): void => {
  if (value === 0) return;
  out[at++] = tag(field, 0);
  writeVarint(value);
};

const columnBytes = (values: readonly number[], fixed: boolean): number => {
  if (fixed) return values.length * 4;
  let bytes = 0;
  for (let index = 0; index < values.length; index++) bytes += varintBytes(values[index]!);
  return bytes;
};

const writeColumns = (field: number, of: KeyColumns, count: number): void => {
  if (of.client.length === 0) return;
  let length = 0;
  for (let index = 0; index < count; index++) {
    const bytes = columnBytes(column(of, index), columns[index]!.fixed);
    length += 1 + varintBytes(bytes) + bytes;
  }
  out[at++] = tag(field, 2);
  writeVarint(length);
  for (let index = 0; index < count; index++) {
    const values = column(of, index);
    const { fixed } = columns[index]!;
    out[at++] = tag(index + 1, 2);
    writeVarint(columnBytes(values, fixed));
    for (let entry = 0; entry < values.length; entry++) {
      const value = values[entry]!;
      if (!fixed) writeVarint(value);
      else {
        out[at++] = value;
        out[at++] = value >>> 8;
        out[at++] = value >>> 16;
        out[at++] = value >>> 24;
      }
    }
  }
};

/** A varint of up to 2^53 takes 8 bytes, one of a column 5. */
const boundBytes = (frame: DeltaFrame): number =>
  128 + name.bytes.length + 32 * frame.upserts.client.length + 16 * frame.deletions.client.length;

export const encodeDelta = (frame: DeltaFrame): Uint8Array => {
  rememberGroup(frame.group);
  const bound = boundBytes(frame);
  if (out.length < bound) out = new Uint8Array(bound);
  // Behind room for the frame's own tag and length, which are known at the end.
  const start = 6;
  at = start;
  writeNumber(1, frame.frame);
  if (name.bytes.length > 0) {
    out[at++] = tag(2, 2);
    writeVarint(name.bytes.length);
    out.set(name.bytes, at);
    at += name.bytes.length;
  }
  writeNumber(3, frame.epoch);
  writeNumber(4, frame.firstSequence);
  writeNumber(5, frame.lastSequence);
  writeColumns(6, frame.upserts, columns.length);
  writeColumns(7, frame.deletions, keyColumns);
  const end = at;
  const from = start - 1 - varintBytes(end - start);
  at = from;
  out[at++] = deltaTag;
  writeVarint(end - start);
  return out.slice(from, end);
};

/** What ends reading here, and leaves the frame to the generated code. */
const unusual = -1;

/** Reads a varint of `bytes` at `at` and moves behind it. */
const readVarint = (bytes: Uint8Array, end: number): number => {
  let value = 0;
  let weight = 1;
  for (let count = 0; count < 8 && at < end; count++) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : unusual;
    weight *= 0x80;
  }
  return unusual;
};

/** A length, and whether so much follows. */
const readLength = (bytes: Uint8Array, end: number): number => {
  const length = readVarint(bytes, end);
  return length > end - at ? unusual : length;
};

const readColumn = (bytes: Uint8Array, end: number, fixed: boolean, into: number[]): boolean => {
  if (fixed && (end - at) % 4 !== 0) return false;
  while (at < end) {
    if (fixed) {
      into.push((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0);
      at += 4;
    } else {
      const value = readVarint(bytes, end);
      if (value < 0 || value > 0xffff_ffff) return false;
      into.push(value);
    }
  }
  return true;
};

const readColumns = (bytes: Uint8Array, end: number, into: KeyColumns, count: number): boolean => {
  for (let index = 0; index < count; index++) {
    if (bytes[at++] !== tag(index + 1, 2)) return false;
    const length = readLength(bytes, end);
    if (length < 0 || !readColumn(bytes, at + length, columns[index]!.fixed, column(into, index)))
      return false;
  }
  return at === end;
};

const isName = (bytes: Uint8Array, length: number): boolean => {
  if (length !== name.bytes.length) return false;
  for (let index = 0; index < length; index++) if (bytes[at + index] !== name.bytes[index]) return false;
  return true;
};

/** Undefined: not a delta frame as we write it. What its numbers mean is for the caller to judge. */
export const readDelta = (bytes: Uint8Array): DeltaFrame | undefined => {
  if (bytes[0] !== deltaTag) return undefined;
  at = 1;
  const end = bytes.length;
  if (readLength(bytes, end) !== end - at) return undefined;
  let [frame, epoch, firstSequence, lastSequence] = [0, 0, 0, 0];
  let named = false;
  const upserts = createEntryColumns();
  const deletions = createKeyColumns();
  let previous = 0;
  while (at < end) {
    const byte = bytes[at++]!;
    if (byte <= previous) return undefined;
    previous = byte;
    if ((byte & 7) === 0) {
      const value = readVarint(bytes, end);
      if (value < 0) return undefined;
      if (byte === tag(1, 0)) frame = value;
      else if (byte === tag(3, 0)) epoch = value;
      else if (byte === tag(4, 0)) firstSequence = value;
      else if (byte === tag(5, 0)) lastSequence = value;
      else return undefined;
      continue;
    }
    const length = readLength(bytes, end);
    if (length < 0) return undefined;
    if (byte === tag(2, 2)) {
      if (!isName(bytes, length)) return undefined;
      named = true;
      at += length;
    } else if (byte === tag(6, 2)) {
      if (!readColumns(bytes, at + length, upserts, columns.length)) return undefined;
    } else if (byte === tag(7, 2)) {
      if (!readColumns(bytes, at + length, deletions, keyColumns)) return undefined;
    } else return undefined;
  }
  const group = named ? name.text : '';
  return { kind: 'delta', frame, group, epoch, firstSequence, lastSequence, upserts, deletions };
};
