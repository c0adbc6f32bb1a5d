/**
 * Netlink attributes as bytes: one growing writer without an allocation per attribute, and readers that never run past their end.
 * Netlink is in host order, which is little-endian on every machine relevo runs on; `…Be` is for nf_tables' own integers.
 */

import { RelevoError } from '../errors.js';

/** linux/netlink.h */
export const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;

export const align4 = (length: number): number => (length + 3) & ~3;

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('latin1');

export class ByteWriter {
  bytes: Uint8Array;
  length = 0;
  #view: DataView;

  constructor(initialBytes = 4096) {
    this.bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes; new room is zero. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** What has been written; shares memory with the writer. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.#view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u16Be(value: number): void {
    this.reserve(2);
    this.#view.setUint16(this.length, value, false);
    this.length += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  u32Be(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, false);
    this.length += 4;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    // A loop beats TypedArray.set for the few bytes of a key: no call into the runtime.
    if (bytes.length <= 32) {
      let at = this.length;
      const target = this.bytes;
      for (let index = 0; index < bytes.length; index++) target[at++] = bytes[index]!;
    } else {
      this.bytes.set(bytes, this.length);
    }
    this.length += bytes.length;
  }

  setU16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  pad(): void {
    const padded = align4(this.length);
    this.reserve(padded - this.length);
    while (this.length < padded) this.bytes[this.length++] = 0;
  }

  /** Opens a nested attribute; give the result to `end`. */
  begin(type: number): number {
    const start = this.length;
    this.u16(0);
    this.u16(type | NLA_F_NESTED);
    return start;
  }

  end(start: number): void {
    const length = this.length - start;
    if (length > 0xffff) {
      throw new RelevoError(
        'internal',
        `netlink attribute of ${length} bytes does not fit its 16-bit length`,
      );
    }
    this.#view.setUint16(start, length, true);
  }

  attributeU8(type: number, value: number): void {
    this.u16(5);
    this.u16(type);
    this.u8(value);
    this.pad();
  }

  attributeU16Be(type: number, value: number): void {
    this.u16(6);
    this.u16(type);
    this.u16Be(value);
    this.pad();
  }

  attributeU32(type: number, value: number): void {
    this.u16(8);
    this.u16(type);
    this.u32(value);
  }

  attributeU32Be(type: number, value: number): void {
    this.u16(8);
    this.u16(type);
    this.u32Be(value);
  }

  attributeU64Be(type: number, value: number): void {
    this.u16(12);
    this.u16(type);
    this.u32Be(Math.floor(value / 0x1_0000_0000));
    this.u32Be(value % 0x1_0000_0000);
  }

  attributeBytes(type: number, value: Uint8Array): void {
    this.u16(4 + value.length);
    this.u16(type);
    this.raw(value);
    this.pad();
  }

  /** With the terminating zero the kernel expects. */
  attributeString(type: number, value: string): void {
    const bytes = textEncoder.encode(value);
    this.u16(5 + bytes.length);
    this.u16(type);
    this.raw(bytes);
    this.u8(0);
    this.pad();
  }
}

/** A received message: the view for numbers, the bytes for text and values. */
export interface Received {
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Text up to the first zero. */
export const readString = (bytes: Uint8Array, from: number, to: number): string => {
  let end = from;
  while (end < to && bytes[end] !== 0) end++;
  return textDecoder.decode(bytes.subarray(from, end));
};

export const lyingLength = (length: number, at: number, to: number): RelevoError =>
  new RelevoError('bad-frame', `netlink attribute of ${length} bytes at ${at} runs past ${to}`);

/** `visit` gets the type without its flags and the range of the payload. Throws `bad-frame` on a length that lies. */
export const eachAttribute = (
  view: DataView,
  from: number,
  to: number,
  visit: (type: number, from: number, to: number) => void,
): void => {
  let at = from;
  while (at + 4 <= to) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > to) throw lyingLength(length, at, to);
    visit(view.getUint16(at + 2, true) & NLA_TYPE_MASK, at + 4, at + length);
    at += align4(length);
  }
};

const short = (from: number, to: number): RelevoError =>
  new RelevoError('bad-frame', `netlink attribute with ${to - from} bytes is too short for its type`);

export const readU32 = (view: DataView, from: number, to: number): number => {
  if (to - from < 4) throw short(from, to);
  return view.getUint32(from, true);
};

export const readU32Be = (view: DataView, from: number, to: number): number => {
  if (to - from < 4) throw short(from, to);
  return view.getUint32(from, false);
};

/** Exact up to 2^53. */
export const readU64Be = (view: DataView, from: number, to: number): number => {
  if (to - from < 8) throw short(from, to);
  return view.getUint32(from, false) * 0x1_0000_0000 + view.getUint32(from + 4, false);
};
