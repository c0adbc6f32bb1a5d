/**
 * The fixed binary layout of an election datagram: seal one, open one.
 *
 * header (128 bytes)                                              then
 *   0 u16 magic 'RV'    8 u64 session of the sender                the body of the type
 *   2 u8  version      16 u64 counter, grows within a session      32 bytes HMAC-SHA256 over all before it
 *   3 u8  type         24 u64 receiver's session as last heard
 *   4 u8  path         32 cluster, 64 sender, 96 receiver: names of 32 bytes, zero-padded
 *   5 u8  highest version that the sender speaks (`wire-version.ts`)
 *   6 u16 length of the whole datagram
 *
 * Bytes between the fields of a body and the HMAC are of a later version, and passed over.
 *
 * Times never travel as wall-clock time; numbers are whole and below 2^53.
 */

import { limits } from '../limits.js';
import { Malformed, Reader, Writer } from './bytes.js';
import { pick, readBody, types, writeBody } from './datagram-body.js';
import type { Body, Header, Mac } from './messages.js';
import { bodyTrailer, wireVersions } from './wire-version.js';

const magic = 0x5256;
const headerBytes = 128;
const macBytes = 32;

/** Datagrams are built here and copied out: thirty a second and receiver should leave little to collect. */
const scratch = new Writer(limits.heartbeatBytes);

/** The sealed datagram. Names must be wire names (`isWireName`), checked where the configuration is read. */
export const encodeDatagram = (
  header: Header,
  body: Body,
  mac: Mac,
  version: number = wireVersions.min,
): Uint8Array => {
  const writer = scratch;
  writer.length = 0;
  writer.u16(magic);
  writer.u8(version);
  writer.u8(types.indexOf(body.type));
  writer.u8(header.path);
  writer.u8(wireVersions.max);
  writer.u16(0);
  writer.u64(header.session);
  writer.u64(header.counter);
  writer.u64(header.toSession);
  writer.name(header.cluster);
  writer.name(header.from);
  writer.name(header.to);
  writeBody(writer, body);
  writer.bytes.set(bodyTrailer, writer.length);
  writer.length += bodyTrailer.length;
  const signed = writer.bytes.subarray(0, writer.length);
  const total = signed.length + macBytes;
  signed[6] = total >> 8;
  signed[7] = total & 0xff;
  writer.bytes.set(mac(signed), signed.length);
  return writer.bytes.slice(0, total);
};

export type WireRefusal =
  | 'oversized'
  | 'truncated'
  | 'not-relevo'
  | 'other-version'
  | 'foreign-cluster'
  | 'forged'
  | 'malformed';

export type Decoded =
  | {
      readonly ok: true;
      readonly header: Header;
      readonly body: Body;
      /** The highest version that the sender speaks. */
      readonly speaks: number;
    }
  | { readonly ok: false; readonly code: WireRefusal; readonly detail: string };

const refuse = (code: WireRefusal, detail: string): Decoded => ({ ok: false, code, detail });

/** Equal in a time that does not depend on where they differ. */
const equalBytes = (left: Uint8Array, right: Uint8Array): boolean => {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= left[index]! ^ right[index]!;
  return difference === 0;
};

/** Opens one datagram. Nothing but size, version and cluster is looked at before the MAC has been checked. */
export const decodeDatagram = (bytes: Uint8Array, cluster: string, mac: Mac): Decoded => {
  if (bytes.length > limits.heartbeatBytes) return refuse('oversized', `${bytes.length} bytes`);
  if (bytes.length < headerBytes + macBytes) return refuse('truncated', `${bytes.length} bytes`);
  try {
    const reader = new Reader(bytes, 0, bytes.length - macBytes);
    if (reader.u16('magic') !== magic) return refuse('not-relevo', 'no relevo datagram');
    const version = reader.u8('version');
    if (version < wireVersions.min || version > wireVersions.max) {
      const { min, max } = wireVersions;
      const known = min === max ? `not ${min}` : `not ${min} to ${max}`;
      return refuse('other-version', `version ${version}, ${known}: upgrade the older side`);
    }
    const typeNumber = reader.u8('type');
    const path = reader.u8('path');
    const speaks = Math.max(version, reader.u8('spoken version'));
    const length = reader.u16('length');
    if (length !== bytes.length) return refuse('truncated', `${bytes.length} of ${length} bytes`);
    const session = reader.u64('session');
    const counter = reader.u64('counter');
    const toSession = reader.u64('receiver session');
    const claimed = reader.name('cluster');
    const from = reader.name('sender');
    const to = reader.name('receiver');
    if (claimed !== cluster)
      return refuse('foreign-cluster', `${from} of cluster ${claimed}, not ${cluster}`);
    if (!equalBytes(mac(bytes.subarray(0, length - macBytes)), bytes.subarray(length - macBytes))) {
      return refuse('forged', `says it is ${from}; another key, or altered on the way`);
    }
    const body = readBody(pick(types, typeNumber, 'type'), reader);
    return { ok: true, header: { cluster, from, to, path, session, counter, toSession }, body, speaks };
  } catch (thrown) {
    if (thrown instanceof Malformed) return refuse('malformed', `bad ${thrown.what}`);
    throw thrown;
  }
};
