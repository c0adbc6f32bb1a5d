/** Keys and data of elements in register form: each part padded to a multiple of four bytes. */

import { type Ip, ipBytes } from '../../model/address.js';

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Of types that registers hold in host order: classid, mark, integer, iface_index. */
export const hostNumber = (value: number): Uint8Array => {
  const [a, b, c, d] = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
  return littleEndian ? Uint8Array.of(a, b, c, d) : Uint8Array.of(d, c, b, a);
};

export const readHostNumber = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, littleEndian);

/** inet_service. */
export const portBytes = (port: number): Uint8Array => Uint8Array.of(port >> 8, port & 0xff, 0, 0);
export const readPort = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** inet_proto. */
export const protocolBytes = (number: number): Uint8Array => Uint8Array.of(number, 0, 0, 0);

export const addressBytes = (address: Ip): Uint8Array => ipBytes(address);

/** `52:54:00:12:34:56` in eight bytes. */
export const etherBytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(8);
  bytes.set(text.split(':').map((part) => Number.parseInt(part, 16)));
  return bytes;
};

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
