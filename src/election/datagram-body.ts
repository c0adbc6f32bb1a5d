/** The bodies of election datagrams, by type: fields are only added, at the end (`wire-version.ts`). */

import { Malformed, type Reader, type Writer } from './bytes.js';
import {
  type Body,
  eligibilities,
  type HeartbeatGroup,
  messageLimits,
  refusals,
  roles,
  verbs,
} from './messages.js';

export const types = [
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

export const writeBody = (writer: Writer, body: Body): void => {
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

export const pick = <T>(list: readonly T[], index: number, what: string): T => {
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
  return {
    type: 'heartbeat',
    sentUs,
    echoUs,
    echoHeldUs,
    ready,
    position,
    reason,
    groups: told,
    file,
    wallS,
  };
};

export const readBody = (type: Body['type'], reader: Reader): Body => {
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
