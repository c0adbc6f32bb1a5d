/** Sets and their elements as netlink bytes, with the user data from which stock nft prints their declaration. */

import { limits } from '../../limits.js';
import { ByteWriter } from '../attributes.js';
import type { DataType, ElementBytes, ElementList, SetSpec } from './ast.js';
import { commentUserdata } from './encode-rule.js';
import { writeVerdict } from './expressions.js';
import { statefulList } from './expressions-effects.js';
import { typeShape, typesBytes, typesNumber, wordsOf } from './fields.js';
import { NFT_DATA_VERDICT, NFT_SET_ELEM_INTERVAL_END, setFlag } from './numbers.js';

/** libnftnl's user data: type and length in one byte each. */
const userdata = (writer: ByteWriter, type: number, body: () => void): void => {
  writer.u8(type);
  writer.u8(0);
  const start = writer.length;
  body();
  writer.bytes[start - 1] = writer.length - start;
};
const userdataU32 = (writer: ByteWriter, type: number, value: number): void =>
  userdata(writer, type, () => writer.u32(value));

/** nft's enum expr_types, and for each data type a stand-in expression of that type for `typeof`. */
const EXPR_VERDICT = 1;
const EXPR_CONCAT = 13;
const EXPR_PAYLOAD = 7;
const EXPR_META = 9;
const EXPR_NUMGEN = 23;
const standIn: Readonly<Record<Exclude<DataType, 'integer'>, readonly [number, ...number[]]>> = {
  ipv4_addr: [EXPR_PAYLOAD, 12, 12], // ip daddr
  ipv6_addr: [EXPR_PAYLOAD, 13, 8], // ip6 daddr
  inet_proto: [EXPR_META, 16], // meta l4proto
  nf_proto: [EXPR_META, 15], // meta nfproto
  inet_service: [EXPR_PAYLOAD, 11, 2], // th dport
  ether_type: [EXPR_META, 1], // meta protocol
  ether_addr: [EXPR_PAYLOAD, 17, 1], // ether daddr
  ether_pair: [EXPR_PAYLOAD, 0, 0, 1, 0, 96], // @ll,0,96
  mark: [EXPR_META, 3], // meta mark
  classid: [EXPR_META, 2], // meta priority
  iface_index: [EXPR_META, 4], // meta iif
  ifname: [EXPR_META, 6], // meta iifname
};

const typeofPart = (writer: ByteWriter, type: DataType, modulus: number): void => {
  const [kind, ...numbers] = type === 'integer' ? [EXPR_NUMGEN, 0, modulus, 0] : standIn[type];
  userdataU32(writer, 0, kind);
  userdata(writer, 1, () => {
    for (const [index, number] of numbers.entries()) userdataU32(writer, index, number);
  });
};

const typeofExpression = (writer: ByteWriter, types: readonly DataType[], modulus: number): void => {
  if (types.length === 1) {
    typeofPart(writer, types[0]!, modulus);
    return;
  }
  userdataU32(writer, 0, EXPR_CONCAT);
  userdata(writer, 1, () => {
    for (const [index, type] of types.entries()) {
      userdata(writer, index, () => typeofPart(writer, type, modulus));
    }
  });
};

/** A concatenation has no byte order of its own (0). */
const byteorder = (types: readonly DataType[]): number =>
  types.length === 1 ? typeShape[types[0]!].byteorder : 0;

/** These have no name that `type` takes: such a declaration must be `typeof`. */
const isNameless = (type: DataType): boolean => type === 'integer' || type === 'ether_pair';
export const needsTypeof = (set: SetSpec): boolean =>
  set.key.some(isNameless) || (Array.isArray(set.data) && set.data.some(isNameless));

const setUserdata = (set: SetSpec): Uint8Array => {
  const writer = new ByteWriter(256);
  const modulus = set.modulus ?? 1;
  userdataU32(writer, 0, byteorder(set.key));
  if (Array.isArray(set.data)) userdataU32(writer, 1, byteorder(set.data));
  if (set.data === 'verdict') userdataU32(writer, 1, 0);
  if (needsTypeof(set)) {
    userdata(writer, 3, () => typeofExpression(writer, set.key, modulus));
    if (Array.isArray(set.data)) {
      const { data } = set;
      userdata(writer, 4, () => typeofExpression(writer, data, modulus));
    } else if (set.data === 'verdict') {
      userdata(writer, 4, () => {
        userdataU32(writer, 0, EXPR_VERDICT);
        userdata(writer, 1, () => {});
      });
    }
  }
  if (set.data !== undefined) userdataU32(writer, 6, 0);
  if (set.comment !== undefined) writer.raw(commentUserdata(7, set.comment));
  return writer.finish();
};

/** Attributes for expressions, of sets and of elements. */
const setStatements = { one: 17, list: 18 };
const elementStatements = { one: 7, list: 11 };

const isConcatInterval = (set: SetSpec): boolean =>
  set.flags?.includes('interval') === true && set.key.length > 1;

/** Attributes of NFT_MSG_NEWSET behind table and name. `id` is unique in its batch. */
export const writeSet = (writer: ByteWriter, set: SetSpec, id: number): void => {
  let flags = 0;
  for (const flag of set.flags ?? []) flags |= setFlag[flag];
  if (set.timeoutMs !== undefined) flags |= setFlag.timeout;
  if (set.data !== undefined) flags |= setFlag.map;
  if (isConcatInterval(set)) flags |= setFlag.concat;
  const { statements = [] } = set;
  if (statements.length > 1) flags |= setFlag.expressions;
  writer.attributeU32Be(3, flags);
  writer.attributeU32Be(4, typesNumber(set.key));
  writer.attributeU32Be(5, typesBytes(set.key));
  if (set.data === 'verdict') {
    writer.attributeU32Be(6, NFT_DATA_VERDICT);
    writer.attributeU32Be(7, 0);
  } else if (set.data !== undefined) {
    writer.attributeU32Be(6, typesNumber(set.data));
    writer.attributeU32Be(7, typesBytes(set.data));
  }
  writer.attributeU32Be(10, id);
  if (set.size !== undefined || isConcatInterval(set)) {
    const description = writer.begin(9);
    if (set.size !== undefined) writer.attributeU32Be(1, set.size);
    if (isConcatInterval(set)) {
      const concat = writer.begin(2);
      for (const type of set.key) {
        const field = writer.begin(1);
        writer.attributeU32Be(1, wordsOf(typeShape[type].bytes) * 4);
        writer.end(field);
      }
      writer.end(concat);
    }
    writer.end(description);
  }
  if (set.timeoutMs !== undefined) writer.attributeU64Be(11, set.timeoutMs);
  writer.attributeBytes(13, setUserdata(set));
  statefulList(writer, statements, setStatements);
};

const NESTED = 0x8000;
const ELEM = 1 | NESTED;
const KEY = 1 | NESTED;
const DATA = 2 | NESTED;
const DATA_VALUE = 1;

/** The key one above, big-endian; undefined when there is none. */
const successor = (bytes: Uint8Array): Uint8Array | undefined => {
  const next = bytes.slice();
  for (let index = next.length - 1; index >= 0; index--) {
    next[index] = (next[index]! + 1) & 0xff;
    if (next[index] !== 0) return next;
  }
  return undefined;
};

/** KEY or DATA with one value: written flat, because a batch has hundreds of thousands of them. */
const writeValue = (writer: ByteWriter, type: number, bytes: Uint8Array, length: number): void => {
  const padded = (length + 3) & ~3;
  writer.u16(8 + padded);
  writer.u16(type);
  writer.u16(4 + length);
  writer.u16(DATA_VALUE);
  writer.raw(bytes.length === length ? bytes : bytes.subarray(0, length));
  writer.pad();
};

const writeElement = (
  writer: ByteWriter,
  element: ElementBytes,
  keyBytes: number,
  dataBytes: number,
  concatInterval: boolean,
): void => {
  const start = writer.length;
  writer.u16(0);
  writer.u16(ELEM);
  writeValue(writer, KEY, element.key, keyBytes);
  const { data } = element;
  if (data instanceof Uint8Array) writeValue(writer, DATA, data, dataBytes);
  else if (data !== undefined) writeVerdict(writer, 2, data);
  if (element.timeoutMs !== undefined) {
    writer.attributeU64Be(4, element.timeoutMs);
    if (element.expiresMs !== undefined && element.expiresMs < element.timeoutMs) {
      // Zero would mean "expired": the kernel refuses it, and a lifetime that ran out on the way is still one tick.
      writer.attributeU64Be(5, Math.max(1, Math.ceil(element.expiresMs)));
    }
  }
  if (element.comment !== undefined) writer.attributeBytes(6, commentUserdata(0, element.comment));
  if (element.statements) statefulList(writer, element.statements, elementStatements, element.counter);
  if (concatInterval) writeValue(writer, 10 | NESTED, element.keyEnd ?? element.key, keyBytes);
  writer.end(start);
};

/** A single-key interval is two elements: the first address in, and the first one out again (libnftables' own form). */
const writeIntervalEnd = (writer: ByteWriter, element: ElementBytes, keyBytes: number): void => {
  const after = successor((element.keyEnd ?? element.key).subarray(0, keyBytes));
  if (!after) return;
  const start = writer.length;
  writer.u16(0);
  writer.u16(ELEM);
  writer.attributeU32Be(3, NFT_SET_ELEM_INTERVAL_END);
  writeValue(writer, KEY, after, keyBytes);
  writer.end(start);
};

type Packed = NonNullable<ElementList['packed']>;

const packedBytes = ({ keyBytes, dataBytes, timeoutMs, expiresMs }: Packed): number =>
  12 + keyBytes + (dataBytes > 0 ? 8 + dataBytes : 0) + (timeoutMs ? 12 : 0) + (expiresMs ? 12 : 0);

/** What the elements of a packed list take, with the headers of their messages: to make room once. */
export const packedListBytes = (packed: Packed, length: number): number => {
  const bytes = packedBytes(packed) * length;
  return bytes + (1 + Math.ceil(bytes / limits.elementListBytes)) * 128;
};

const put16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
};

/** Header of an attribute of `length` bytes, itself included. */
const putHeader = (bytes: Uint8Array, at: number, length: number, type: number): void => {
  put16(bytes, at, length);
  put16(bytes, at + 2, type);
};

/** A 64-bit attribute, big-endian, whose value fits 32 bits; where there was zero before. */
const putShortU64 = (bytes: Uint8Array, at: number, type: number, value: number): void => {
  putHeader(bytes, at, 12, type);
  bytes[at + 8] = value >>> 24;
  bytes[at + 9] = value >>> 16;
  bytes[at + 10] = value >>> 8;
  bytes[at + 11] = value;
};

/** An element of a packed list: every one has the same attributes, only the values differ. */
const writePacked = (writer: ByteWriter, packed: Packed, index: number): void => {
  const { keyBytes, dataBytes, timeoutMs, expiresMs } = packed;
  const size = packedBytes(packed);
  writer.reserve(size);
  const { bytes } = writer;
  const source = packed.bytes;
  let from = index * (keyBytes + dataBytes);
  let at = writer.length;
  putHeader(bytes, at, size, ELEM);
  putHeader(bytes, at + 4, 8 + keyBytes, KEY);
  putHeader(bytes, at + 8, 4 + keyBytes, DATA_VALUE);
  at += 12;
  for (let left = keyBytes; left > 0; left--) bytes[at++] = source[from++]!;
  if (dataBytes > 0) {
    putHeader(bytes, at, 8 + dataBytes, DATA);
    putHeader(bytes, at + 4, 4 + dataBytes, DATA_VALUE);
    at += 8;
    for (let left = dataBytes; left > 0; left--) bytes[at++] = source[from++]!;
  }
  if (timeoutMs) {
    putShortU64(bytes, at, 4, timeoutMs[index]!);
    at += 12;
  }
  if (expiresMs) putShortU64(bytes, at, 5, expiresMs[index]!);
  writer.length += size;
};

/** Writes elements from index `first` until the list attribute is full, or up to `end`; returns the index of the first one left. */
export const writeElements = (
  writer: ByteWriter,
  set: SetSpec,
  elements: ElementList,
  first: number,
  end = elements.length,
): number => {
  const keyBytes = typesBytes(set.key);
  const dataBytes = Array.isArray(set.data) ? typesBytes(set.data) : 0;
  const interval = set.flags?.includes('interval') === true;
  const concatInterval = interval && set.key.length > 1;
  const list = writer.begin(3);
  const fullAt = list + limits.elementListBytes;
  let index = first;
  const { packed } = elements;
  while (packed && !interval && index < end && writer.length < fullAt) {
    writePacked(writer, packed, index++);
  }
  while (index < end && writer.length < fullAt) {
    const element = elements.at(index++)!;
    writeElement(writer, element, keyBytes, dataBytes, concatInterval);
    if (interval && !concatInterval) writeIntervalEnd(writer, element, keyBytes);
  }
  writer.end(list);
  return index;
};

/** What one element (no lifetime, no comment, no chain name) takes of `limits.batchBytes`: for callers that split. */
export const elementBatchBytes = (set: SetSpec): number => {
  const padded = (bytes: number): number => (bytes + 3) & ~3;
  const data = Array.isArray(set.data) ? 8 + padded(typesBytes(set.data)) : 0;
  return 4 + 8 + padded(typesBytes(set.key)) + data;
};
