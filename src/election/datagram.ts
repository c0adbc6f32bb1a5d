/**
 * The fixed binary layout of an election datagram: seal one, open one.
 *
 * header (128 bytes)                                              then
 *   0 u16 magic 'RV'    8 u64 session of the sender                the body of the type
 *   2 u8  version      16 u64 counter, grows within a session      32 bytes HMAC-SHA256 over all before it
 *   3 u8  type         24 u64 receiver's session as last heard
 *   4 u8  path         32 cluster, 64 sender, 96 receiver: names of 32 bytes, zero-padded
 *   5 u8  zero
 *   6 u16 length of the whole datagram
 *
 * Times never travel as wall-clock time; numbers are whole and below 2^53.
 */

import { limits } from '../limits.js';
import { Malformed, Reader, Writer } from './bytes.js';
import {
  type Body,
  eligibilities,
  type Header,
  type HeartbeatGroup,
  type Mac,
  messageLimits,
  refusals,
  roles,
  verbs,
} from './messages.js';

export const wireVersion = 1;
const magic = 0x5256;
const headerBytes = 128;
const macBytes = 32;

const types = [
  'hello',
  'heartbeat',
  'ask',
  'answer',
  'release',
  'offer',
  'decline',
  'order',
  'order-result',
] as const;

/** What came later than the first release: its nodes ignore it, and a heartbeat may end before it. */
const writeTail = (writer: Writer, body: Body & { type: 'heartbeat' }): void => {
  const file = body.file ?? [];
  writer.u32(body.wallS ?? 0);
  writer.u8(file.length);
  for (const part of file) writer.u32(part);
  for (const { penalty = 0, maintenance = false } of body.groups) {
    writer.u8(penalty);
    writer.u8(maintenance ? 1 : 0);
  }
};

const writeBody = (writer: Writer, body: Body): void => {
  switch (body.type) {
    case 'hello':
      return;
    case 'heartbeat':
      writer.u64(body.sentUs);
      writer.u64(body.echoUs);
      writer.u64(body.echoHeldUs);
      writer.u8(body.ready ? 1 : 0);
      writer.u8(body.groups.length);
      for (const entry of body.groups) {
        writer.name(entry.group);
        writer.u8(roles.indexOf(entry.role));
        writer.u8(eligibilities.indexOf(entry.eligible));
        writer.u64(entry.epoch);
        writer.u32(entry.releasedAsk);
      }
      writer.text(body.position, messageLimits.positionBytes);
      writer.text(body.reason, messageLimits.reasonBytes);
      writeTail(writer, body);
      return;
    case 'ask':
      writer.name(body.group);
      writer.u32(body.ask);
      writer.u64(body.epoch);
      writer.u32(body.leaseMs);
      writer.u32(body.offer);
      return;
    case 'answer':
      writer.name(body.group);
      writer.u32(body.ask);
      writer.u64(body.session);
      writer.u8(refusals.indexOf(body.verdict));
      writer.u64(body.epoch);
      writer.u32(Math.ceil(body.waitMs));
      writer.name(body.holder);
      return;
    case 'release':
      writer.name(body.group);
      writer.u32(body.ask);
      writer.u64(body.epoch);
      writer.name(body.to);
      return;
    case 'offer':
      writer.name(body.group);
      writer.u64(body.epoch);
      writer.u32(body.offer);
      return;
    case 'decline':
      writer.name(body.group);
      writer.u32(body.offer);
      writer.text(body.reason, messageLimits.reasonBytes);
      return;
    case 'order':
      writer.u32(body.id);
      writer.u8(verbs.indexOf(body.verb));
      writer.name(body.group);
      writer.name(body.to);
      return;
    case 'order-result':
      writer.u32(body.id);
      writer.u8(body.ok ? 1 : 0);
      writer.u32(Math.round(body.tookMs));
      writer.text(body.reason, messageLimits.reasonBytes);
      return;
  }
};

const pick = <T>(list: readonly T[], index: number, what: string): T => {
  const value = list[index];
  if (value === undefined) throw new Malformed(what);
  return value;
};

const readTail = (
  reader: Reader,
  count: number,
): { file: number[]; wallS: number; health: { penalty: number; maintenance: boolean }[] } => {
  if (reader.remaining === 0) return { file: [], wallS: 0, health: [] };
  const wallS = reader.u32('wall clock');
  const parts = reader.u8('file parts');
  if (parts > messageLimits.fileParts) throw new Malformed('file parts');
  const file: number[] = [];
  for (let index = 0; index < parts; index++) file.push(reader.u32('file part'));
  const health: { penalty: number; maintenance: boolean }[] = [];
  for (let index = 0; index < count; index++) {
    health.push({ penalty: reader.u8('penalty'), maintenance: (reader.u8('flags') & 1) === 1 });
  }
  return { file, wallS, health };
};

const readHeartbeatGroup = (reader: Reader): HeartbeatGroup => ({
  group: reader.name('group'),
  role: pick(roles, reader.u8('role'), 'role'),
  eligible: pick(eligibilities, reader.u8('eligible'), 'eligible'),
  epoch: reader.u64('epoch'),
  releasedAsk: reader.u32('released ask'),
});

const readHeartbeat = (reader: Reader): Body => {
  const sentUs = reader.u64('sent');
  const echoUs = reader.u64('echo');
  const echoHeldUs = reader.u64('echo held');
  const ready = reader.u8('ready') === 1;
  const count = reader.u8('group count');
  if (count > messageLimits.groups) throw new Malformed('group count');
  const groups: HeartbeatGroup[] = [];
  for (let index = 0; index < count; index++) groups.push(readHeartbeatGroup(reader));
  const position = reader.text('position', messageLimits.positionBytes);
  const reason = reader.text('reason', messageLimits.reasonBytes);
  const { file, wallS, health } = readTail(reader, count);
  const told = groups.map((group, index) => ({
    ...group,
    ...(health[index] ?? { penalty: 0, maintenance: false }),
  }));
  return { type: 'heartbeat', sentUs, echoUs, echoHeldUs, ready, position, reason, groups: told, file, wallS };
};

const readBody = (type: Body['type'], reader: Reader): Body => {
  switch (type) {
    case 'hello':
      return { type };
    case 'heartbeat':
      return readHeartbeat(reader);
    case 'ask':
      return {
        type,
        group: reader.name('group'),
        ask: reader.u32('ask'),
        epoch: reader.u64('epoch'),
        leaseMs: reader.u32('lease'),
        offer: reader.u32('offer'),
      };
    case 'answer':
      return {
        type,
        group: reader.name('group'),
        ask: reader.u32('ask'),
        session: reader.u64('session'),
        verdict: pick(refusals, reader.u8('verdict'), 'verdict'),
        epoch: reader.u64('epoch'),
        waitMs: reader.u32('wait'),
        holder: reader.name('holder', true),
      };
    case 'release':
      return {
        type,
        group: reader.name('group'),
        ask: reader.u32('ask'),
        epoch: reader.u64('epoch'),
        to: reader.name('to', true),
      };
    case 'offer':
      return { type, group: reader.name('group'), epoch: reader.u64('epoch'), offer: reader.u32('offer') };
    case 'decline':
      return {
        type,
        group: reader.name('group'),
        offer: reader.u32('offer'),
        reason: reader.text('reason', messageLimits.reasonBytes),
      };
    case 'order':
      return {
        type,
        id: reader.u32('order'),
        verb: pick(verbs, reader.u8('verb'), 'verb'),
        group: reader.name('group', true),
        to: reader.name('to', true),
      };
    case 'order-result':
      return {
        type,
        id: reader.u32('order'),
        ok: reader.u8('ok') === 1,
        tookMs: reader.u32('took'),
        reason: reader.text('reason', messageLimits.reasonBytes),
      };
  }
};

/** Datagrams are built here and copied out: thirty a second and receiver should leave little to collect. */
const scratch = new Writer(limits.heartbeatBytes);

/** The sealed datagram. Names must be wire names (`isWireName`), checked where the configuration is read. */
export const encodeDatagram = (header: Header, body: Body, mac: Mac): Uint8Array => {
  const writer = scratch;
  writer.length = 0;
  writer.u16(magic);
  writer.u8(wireVersion);
  writer.u8(types.indexOf(body.type));
  writer.u8(header.path);
  writer.u8(0);
  writer.u16(0);
  writer.u64(header.session);
  writer.u64(header.counter);
  writer.u64(header.toSession);
  writer.name(header.cluster);
  writer.name(header.from);
  writer.name(header.to);
  writeBody(writer, body);
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
  | { readonly ok: true; readonly header: Header; readonly body: Body }
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
    if (version !== wireVersion) return refuse('other-version', `version ${version}, not ${wireVersion}`);
    const typeNumber = reader.u8('type');
    const path = reader.u8('path');
    reader.u8('zero');
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
    // A later release may tell more at the end of a heartbeat.
    if (reader.remaining !== 0 && body.type !== 'heartbeat') return refuse('malformed', `${reader.remaining} bytes too many from ${from}`);
    return { ok: true, header: { cluster, from, to, path, session, counter, toSession }, body };
  } catch (thrown) {
    if (thrown instanceof Malformed) return refuse('malformed', `bad ${thrown.what}`);
    throw thrown;
  }
};
