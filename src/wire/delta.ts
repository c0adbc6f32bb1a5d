/**
 * Deltas, chunks of snapshots and acks by hand, byte for byte what the generated code writes: at thousands of frames of one entry a second the
 * generated code's objects cost more than their content. Whatever is not just as we write it (another order, fields of a newer peer) is left
 * to that code.
 */

import {
  createEntryColumns,
  createKeyColumns,
  type EntryColumns,
  type KeyColumns,
} from '../model/columns.js';
import type { DeltaFrame, SnapshotChunkFrame, SyncFrame } from './frames.js';

type AckFrame = Extract<SyncFrame, { kind: 'ack' }>;

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
const chunkTag = tag(6, 2);
const deltaTag = tag(8, 2);
const ackTag = tag(9, 2);

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

/** Values of columns have 32 bits: integer arithmetic, a third of the time. */
const columnBytes = (values: readonly number[], fixed: boolean): number => {
  if (fixed) return values.length * 4;
  let bytes = values.length;
  for (let index = 0; index < values.length; index++) {
    for (let rest = values[index]! >>> 7; rest > 0; rest >>>= 7) bytes++;
  }
  return bytes;
};

const writeColumn = (values: readonly number[], fixed: boolean): void => {
  const bytes = out;
  let to = at;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (fixed) {
      bytes[to++] = value;
      bytes[to++] = value >>> 8;
      bytes[to++] = value >>> 16;
      bytes[to++] = value >>> 24;
    } else {
      let rest = value >>> 0;
      for (; rest >= 0x80; rest >>>= 7) bytes[to++] = (rest & 0x7f) | 0x80;
      bytes[to++] = rest;
    }
  }
  at = to;
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
    writeColumn(values, fixed);
  }
};

/** A varint of up to 2^53 takes 8 bytes, one of a column 5. */
const boundBytes = (entries: number, keys: number): number =>
  128 + name.bytes.length + 32 * entries + 16 * keys;

/** Room for the frame's own tag and length, which are known at the end. */
const headBytes = 6;

const beginFrame = (bound: number): void => {
  if (out.length < bound) out = new Uint8Array(bound);
  at = headBytes;
};

const endFrame = (frameTag: number): Uint8Array => {
  const end = at;
  const from = headBytes - 1 - varintBytes(end - headBytes);
  at = from;
  out[at++] = frameTag;
  writeVarint(end - headBytes);
  return out.slice(from, end);
};

const writeName = (): void => {
  if (name.bytes.length === 0) return;
  out[at++] = tag(2, 2);
  writeVarint(name.bytes.length);
  out.set(name.bytes, at);
  at += name.bytes.length;
};

export const encodeDelta = (frame: DeltaFrame): Uint8Array => {
  rememberGroup(frame.group);
  beginFrame(boundBytes(frame.upserts.client.length, frame.deletions.client.length));
  writeNumber(1, frame.frame);
  writeName();
  writeNumber(3, frame.epoch);
  writeNumber(4, frame.firstSequence);
  writeNumber(5, frame.lastSequence);
  writeColumns(6, frame.upserts, columns.length);
  writeColumns(7, frame.deletions, keyColumns);
  return endFrame(deltaTag);
};

export const encodeChunk = (frame: SnapshotChunkFrame): Uint8Array => {
  rememberGroup(frame.group);
  beginFrame(boundBytes(frame.entries.client.length, 0));
  writeNumber(1, frame.frame);
  writeName();
  writeNumber(3, frame.epoch);
  writeColumns(4, frame.entries, columns.length);
  return endFrame(chunkTag);
};

export const encodeAck = (frame: AckFrame): Uint8Array => {
  beginFrame(boundBytes(0, 0));
  writeNumber(1, frame.frame);
  return endFrame(ackTag);
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

/** `into` is empty; room for `count` values is made at once, as growing would copy them again and again. */
const readFixed = (bytes: Uint8Array, end: number, into: number[]): boolean => {
  if ((end - at) % 4 !== 0) return false;
  const count = (end - at) / 4;
  into.length = count;
  let from = at;
  for (let index = 0; index < count; index++, from += 4) {
    into[index] =
      (bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)) >>> 0;
  }
  at = from;
  return true;
};

const readVarints = (bytes: Uint8Array, end: number, into: number[], count: number): boolean => {
  into.length = count;
  let index = 0;
  for (; at < end; index++) {
    const first = bytes[at]!;
    if (first < 0x80) {
      at++;
      into[index] = first;
      continue;
    }
    const value = readVarint(bytes, end);
    if (value < 0 || value > 0xffff_ffff) return false;
    into[index] = value;
  }
  // Columns of different lengths are for the caller to refuse: no holes.
  into.length = index;
  return true;
};

const readColumns = (bytes: Uint8Array, end: number, into: KeyColumns, count: number): boolean => {
  for (let index = 0; index < count; index++) {
    if (bytes[at++] !== tag(index + 1, 2)) return false;
    const length = readLength(bytes, end);
    if (length < 0) return false;
    const [to, values] = [at + length, column(into, index)];
    const read = columns[index]!.fixed
      ? readFixed(bytes, to, values)
      : readVarints(bytes, to, values, into.client.length);
    if (!read) return false;
  }
  return at === end;
};

const isName = (bytes: Uint8Array, length: number): boolean => {
  if (length !== name.bytes.length) return false;
  for (let index = 0; index < length; index++) if (bytes[at + index] !== name.bytes[index]) return false;
  return true;
};

/** What frames of entries have in common, as far as it has been read; `columns` says which field is what. */
interface Body {
  frame: number;
  epoch: number;
  firstSequence: number;
  lastSequence: number;
  group: string;
  readonly upserts: EntryColumns;
  readonly deletions: KeyColumns;
}

/** False: not as we write it. `entriesField`: where the entries are; keys are in field 7 of a delta only. */
const readBody = (bytes: Uint8Array, entriesField: 4 | 6, body: Body): boolean => {
  const end = bytes.length;
  at = 1;
  if (readLength(bytes, end) !== end - at) return false;
  let previous = 0;
  while (at < end) {
    const byte = bytes[at++]!;
    if (byte <= previous) return false;
    previous = byte;
    if ((byte & 7) === 0) {
      const value = readVarint(bytes, end);
      if (value < 0) return false;
      if (byte === tag(1, 0)) body.frame = value;
      else if (byte === tag(3, 0)) body.epoch = value;
      else if (entriesField === 4) return false;
      else if (byte === tag(4, 0)) body.firstSequence = value;
      else if (byte === tag(5, 0)) body.lastSequence = value;
      else return false;
      continue;
    }
    const length = readLength(bytes, end);
    if (length < 0) return false;
    if (byte === tag(2, 2)) {
      if (!isName(bytes, length)) return false;
      body.group = name.text;
      at += length;
    } else if (byte === tag(entriesField, 2)) {
      if (!readColumns(bytes, at + length, body.upserts, columns.length)) return false;
    } else if (byte === tag(7, 2) && entriesField === 6) {
      if (!readColumns(bytes, at + length, body.deletions, keyColumns)) return false;
    } else return false;
  }
  return true;
};

const emptyBody = (): Body => ({
  ...{ frame: 0, epoch: 0, firstSequence: 0, lastSequence: 0, group: '' },
  ...{ upserts: createEntryColumns(), deletions: createKeyColumns() },
});

/** Undefined: not a delta frame as we write it. What its numbers mean is for the caller to judge. */
export const readDelta = (bytes: Uint8Array): DeltaFrame | undefined => {
  if (bytes[0] !== deltaTag) return undefined;
  const body = emptyBody();
  return readBody(bytes, 6, body) ? { kind: 'delta', ...body } : undefined;
};

/** The same for a chunk. */
export const readChunk = (bytes: Uint8Array): SnapshotChunkFrame | undefined => {
  if (bytes[0] !== chunkTag) return undefined;
  const body = emptyBody();
  if (!readBody(bytes, 4, body)) return undefined;
  const { frame, group, epoch, upserts } = body;
  return { kind: 'snapshot-chunk', frame, group, epoch, entries: upserts };
};

/** The same for an ack. */
export const readAck = (bytes: Uint8Array): AckFrame | undefined => {
  if (bytes[0] !== ackTag || bytes[1] !== bytes.length - 2 || bytes[2] !== tag(1, 0)) return undefined;
  at = 3;
  const frame = readVarint(bytes, bytes.length);
  return frame < 0 || at !== bytes.length ? undefined : { kind: 'ack', frame };
};
