/** Bytes to frames: everything a peer sends is judged here, and refused as `bad-frame` with what is wrong in it. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import { asideFrame } from './aside.js';
import { readAck, readChunk, readDelta, rememberGroup } from './delta.js';
import { decodeDocument } from './document.js';
import { entries, keys } from './entries.js';
import type { DeltaFrame, HelloFrame, Position, SnapshotChunkFrame, SyncFrame } from './frames.js';
import { relevo } from './gen/sync.js';
import { generalBody } from './general.js';
import {
  bad,
  count,
  digest,
  name,
  numbered,
  resync,
  snapshotBegin,
  snapshotEnd,
  start,
  text,
} from './judge.js';

const { Frame } = relevo.v1;
const position = (body: relevo.v1.Position.$Properties, field: string): Position => ({
  session: text(body.session, `${field}.session`),
  sequence: count(body.sequence, `${field}.sequence`),
});

const hello = (body: relevo.v1.Hello.$Properties): HelloFrame => {
  const active = body.active ?? [];
  const maps = body.maps ?? [];
  if (active.length > limits.syncGroups) bad('hello names too many groups');
  if (maps.length > limits.syncGroups) bad('hello names too many maps');
  return {
    kind: 'hello',
    versionMin: body.versionMin ?? 0,
    versionMax: body.versionMax ?? 0,
    software: text(body.software, 'software'),
    cluster: name(body.cluster, 'cluster'),
    node: name(body.node, 'node'),
    session: name(body.session, 'session'),
    maps: maps.map((map) => text(map, 'maps')),
    resume: body.resume ? position(body.resume, 'resume') : undefined,
    active: active.map(({ group, epoch }) => ({
      group: name(group, 'active.group'),
      epoch: count(epoch, 'active.epoch'),
    })),
    ...(body.document ? { document: body.document } : {}),
    ...(body.general && { general: body.general }),
    ...(body.generalResume && { generalResume: position(body.generalResume, 'general_resume') }),
    ...(body.verify ? { verify: body.verify } : {}),
    ...(body.direction ? { direction: body.direction } : {}),
  };
};

const deltaFrame = (delta: relevo.v1.Delta.$Properties): DeltaFrame => {
  const { frame, group, epoch } = numbered(delta);
  return {
    kind: 'delta',
    frame,
    group,
    epoch,
    firstSequence: count(delta.firstSequence, 'first_sequence'),
    lastSequence: count(delta.lastSequence, 'last_sequence'),
    upserts: entries(delta.upserts, 'upserts'),
    deletions: keys(delta.deletions, 'deletions'),
  };
};

const chunkFrame = (chunk: relevo.v1.SnapshotChunk.$Properties): SnapshotChunkFrame => ({
  kind: 'snapshot-chunk',
  ...numbered(chunk),
  entries: entries(chunk.entries, 'entries'),
});

const parse = (bytes: Uint8Array): relevo.v1.Frame.$Properties => {
  try {
    return Frame.decode(bytes);
  } catch (thrown) {
    // protobufjs says where it ran out of bytes or met a wire type that cannot be.
    const what = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RelevoError('bad-frame', `malformed frame: ${what}`, { what, sizeBytes: bytes.length }, thrown);
  }
};

/** Throws RelevoError `bad-frame`: too large, not protobuf, or with a value that no node of ours would send. */
export const decodeFrame = (bytes: Uint8Array): SyncFrame => {
  if (bytes.length > limits.syncFrameBytes) {
    bad(`${bytes.length} bytes, more than ${limits.syncFrameBytes}`);
  }
  const plain = readDelta(bytes);
  if (plain) return deltaFrame(plain);
  const ack = readAck(bytes);
  if (ack) return { kind: 'ack', frame: count(ack.frame, 'frame') };
  const plainChunk = readChunk(bytes);
  if (plainChunk) return chunkFrame(plainChunk);
  const message = parse(bytes);
  if (message.delta) {
    const frame = deltaFrame(message.delta);
    rememberGroup(frame.group);
    return frame;
  }
  if (message.ack) return { kind: 'ack', frame: count(message.ack.frame, 'frame') };
  if (message.snapshotChunk) {
    const chunk = chunkFrame(message.snapshotChunk);
    rememberGroup(chunk.group);
    return chunk;
  }
  if (message.ping) {
    const { ping } = message;
    return {
      kind: 'ping',
      token: count(ping.token, 'token'),
      head: count(ping.head, 'head'),
      sequence: count(ping.sequence, 'sequence'),
    };
  }
  if (message.pong) return { kind: 'pong', token: count(message.pong.token, 'token') };
  return rareFrame(message);
};

const rareFrame = (message: relevo.v1.Frame.$Properties): SyncFrame => {
  if (message.document) {
    const body = decodeDocument(message.document);
    return body ? { kind: 'document', message: body } : { kind: 'unknown' };
  }
  const aside = asideFrame(message);
  if (aside) return aside;
  const { refuse, role } = message;
  if (message.hello) return hello(message.hello);
  if (message.digest) return digest(message.digest);
  if (refuse)
    return { kind: 'refuse', code: text(refuse.code, 'code'), detail: (refuse.detail ?? '').slice(0, 512) };
  if (role) {
    return {
      kind: 'role',
      group: name(role.group, 'group'),
      epoch: count(role.epoch, 'epoch'),
      active: role.active ?? false,
    };
  }
  if (message.start) return start(message.start);
  if (message.snapshotBegin) {
    const frame = snapshotBegin(message.snapshotBegin);
    // The first chunk, too, is then read by hand: the generated code takes 40 ms for it in a process that has just started.
    rememberGroup(frame.group);
    return frame;
  }
  if (message.snapshotEnd) return snapshotEnd(message.snapshotEnd);
  if (message.resync) return resync(message.resync);
  if (message.general) {
    const body = generalBody(message.general);
    if (body) return { kind: 'general', body };
  }
  return { kind: 'unknown' };
};
