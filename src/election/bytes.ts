/** Reading and writing the fixed fields of an election datagram; a read past the end throws `Malformed`. */

/** The bytes do not form what their type promises; `what` names the field. */
export class Malformed extends Error {
  readonly what: string;
  constructor(what: string) {
    super(what);
    this.what = what;
  }
}

const high = 0x1_0000_0000;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Names of clusters, nodes and groups: one fixed field of this many bytes, padded with zeros. */
export const nameBytes = 32;

const isNameChar = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x2d && code <= 0x39 && code !== 0x2f) ||
  code === 0x5f ||
  code === 0x40;

/** Letters, digits and `. _ - @`, 1 to 32 of them: what fits the wire. */
export const isWireName = (name: string): boolean => {
  if (name.length < 1 || name.length > nameBytes) return false;
  for (let index = 0; index < name.length; index++) {
    if (!isNameChar(name.charCodeAt(index))) return false;
  }
  return true;
};

export interface Writer {
  readonly bytes: Uint8Array;
  readonly length: number;
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  /** A whole number below 2^53. */
  u64(value: number): void;
  name(value: string): void;
  /** UTF-8 with a 16-bit length, cut to `limitBytes`. */
  text(value: string, limitBytes: number): void;
}

export const createWriter = (capacityBytes: number): Writer => {
  const bytes = new Uint8Array(capacityBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  return {
    bytes,
    get length() {
      return at;
    },
    u8(value) {
      view.setUint8(at, value);
      at += 1;
    },
    u16(value) {
      view.setUint16(at, value);
      at += 2;
    },
    u32(value) {
      view.setUint32(at, value);
      at += 4;
    },
    u64(value) {
      view.setUint32(at, Math.floor(value / high));
      view.setUint32(at + 4, value % high);
      at += 8;
    },
    name(value) {
      for (let index = 0; index < value.length && index < nameBytes; index++) {
        bytes[at + index] = value.charCodeAt(index);
      }
      at += nameBytes;
    },
    text(value, limitBytes) {
      const room = new Uint8Array(limitBytes);
      const { written } = encoder.encodeInto(value, room);
      view.setUint16(at, written);
      bytes.set(room.subarray(0, written), at + 2);
      at += 2 + written;
    },
  };
};

export interface Reader {
  readonly remaining: number;
  u8(what: string): number;
  u16(what: string): number;
  u32(what: string): number;
  u64(what: string): number;
  name(what: string, optional?: boolean): string;
  text(what: string, limitBytes: number): string;
}

export const createReader = (bytes: Uint8Array, start: number, end: number): Reader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const take = (size: number, what: string): number => {
    if (at + size > end) throw new Malformed(what);
    const from = at;
    at += size;
    return from;
  };
  return {
    get remaining() {
      return end - at;
    },
    u8: (what) => view.getUint8(take(1, what)),
    u16: (what) => view.getUint16(take(2, what)),
    u32: (what) => view.getUint32(take(4, what)),
    u64(what) {
      const from = take(8, what);
      const top = view.getUint32(from);
      if (top >= 0x20_0000) throw new Malformed(what);
      return top * high + view.getUint32(from + 4);
    },
    name(what, optional = false) {
      const from = take(nameBytes, what);
      let name = '';
      let index = 0;
      for (; index < nameBytes; index++) {
        const code = bytes[from + index]!;
        if (code === 0) break;
        if (!isNameChar(code)) throw new Malformed(what);
        name += String.fromCharCode(code);
      }
      for (; index < nameBytes; index++) if (bytes[from + index] !== 0) throw new Malformed(what);
      if (name === '' && !optional) throw new Malformed(what);
      return name;
    },
    text(what, limitBytes) {
      const from = take(2, what);
      const size = view.getUint16(from);
      if (size > limitBytes) throw new Malformed(what);
      const textAt = take(size, what);
      return decoder.decode(bytes.subarray(textAt, textAt + size));
    },
  };
};
