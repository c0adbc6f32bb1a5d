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

/** Names seen on the wire in this process, by their 32 bytes' text: most datagrams carry the same few. */
const fieldByName = new Map<string, Uint8Array>();
const knownNames = 256;

const nameField = (name: string): Uint8Array => {
  const known = fieldByName.get(name);
  if (known) return known;
  const field = new Uint8Array(nameBytes);
  for (let index = 0; index < name.length && index < nameBytes; index++)
    field[index] = name.charCodeAt(index);
  if (fieldByName.size < knownNames) fieldByName.set(name, field);
  return field;
};

/** Writes fields one after the other. The buffer is reused: take a copy of what was written (`taken`). */
export class Writer {
  length = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  u8(value: number): void {
    this.bytes[this.length] = value;
    this.length += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.length, value);
    this.length += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.length, value);
    this.length += 4;
  }

  /** A whole number below 2^53. */
  u64(value: number): void {
    this.#view.setUint32(this.length, Math.floor(value / high));
    this.#view.setUint32(this.length + 4, value % high);
    this.length += 8;
  }

  name(value: string): void {
    this.bytes.set(nameField(value), this.length);
    this.length += nameBytes;
  }

  /** UTF-8 with a 16-bit length, cut to `limitBytes`. */
  text(value: string, limitBytes: number): void {
    let written = 0;
    if (value !== '') {
      const from = this.length + 2;
      written = encoder.encodeInto(value, this.bytes.subarray(from, from + limitBytes)).written;
    }
    this.u16(written);
    this.length += written;
  }
}

/** Reads fields one after the other, never past `end`. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  #take(size: number, what: string): number {
    const from = this.#at;
    if (from + size > this.#end) throw new Malformed(what);
    this.#at = from + size;
    return from;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#take(2, what));
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what));
  }

  u64(what: string): number {
    const from = this.#take(8, what);
    const top = this.#view.getUint32(from);
    if (top >= 0x20_0000) throw new Malformed(what);
    return top * high + this.#view.getUint32(from + 4);
  }

  name(what: string, optional = false): string {
    const bytes = this.#bytes;
    const from = this.#take(nameBytes, what);
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
  }

  text(what: string, limitBytes: number): string {
    const size = this.u16(what);
    if (size > limitBytes) throw new Malformed(what);
    const from = this.#take(size, what);
    return size === 0 ? '' : decoder.decode(this.#bytes.subarray(from, from + size));
  }
}
