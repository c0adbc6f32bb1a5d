/** Frames to bytes. */

import { asideMessage } from './aside.js';
import { encodeAck, encodeChunk, encodeDelta } from './delta.js';
import { documentBody } from './document.js';
import type { SyncFrame } from './frames.js';
import { relevo } from './gen/sync.js';
import { generalMessage } from './general.js';
import { resyncMessage } from './judge.js';

const { Frame } = relevo.v1;
const noBuckets = new Uint8Array(0);

const messageOf = (
  frame: Exclude<SyncFrame, { kind: 'unknown' | 'delta' | 'ack' | 'snapshot-chunk' }>,
): relevo.v1.Frame.$Properties => {
  switch (frame.kind) {
    case 'hello': {
      const { kind, maps, active, resume, generalResume, ...fields } = frame;
      return {
        hello: {
          ...fields,
          maps: [...maps],
          active: [...active],
          resume: resume ?? null,
          ...(generalResume && { generalResume }),
        },
      };
    }
    case 'refuse':
      return { refuse: { code: frame.code, detail: frame.detail } };
    case 'role':
      return { role: { group: frame.group, epoch: frame.epoch, active: frame.active } };
    case 'start':
      return { start: { resumed: frame.resumed, sequence: frame.sequence } };
    case 'snapshot-begin':
      return {
        snapshotBegin: {
          frame: frame.frame,
          group: frame.group,
          epoch: frame.epoch,
          sequence: frame.sequence,
          buckets: frame.buckets ?? noBuckets,
          expected: frame.expected,
        },
      };
    case 'snapshot-end':
      return { snapshotEnd: { frame: frame.frame, group: frame.group, epoch: frame.epoch } };
    case 'digest':
      return {
        digest: {
          group: frame.group,
          epoch: frame.epoch,
          sequence: frame.sequence,
          decisive: frame.decisive,
          sums: Array.from(frame.sums),
          counts: Array.from(frame.counts),
        },
      };
    case 'resync':
      return { resync: resyncMessage(frame) };
    case 'ping':
      return { ping: { token: frame.token, head: frame.head, sequence: frame.sequence } };
    case 'document':
      return { document: documentBody(frame.message) };
    case 'events':
    case 'verify':
    case 'counters':
      return asideMessage(frame);
    case 'pong':
      return { pong: { token: frame.token } };
    case 'general':
      return { general: generalMessage(frame.body) };
  }
};

/** A frame must not exceed limits.syncFrameBytes; limits.syncFrameEntries and the names' limits see to that. */
export const encodeFrame = (frame: Exclude<SyncFrame, { kind: 'unknown' }>): Uint8Array => {
  if (frame.kind === 'delta') return encodeDelta(frame);
  if (frame.kind === 'ack') return encodeAck(frame);
  if (frame.kind === 'snapshot-chunk') return encodeChunk(frame);
  return Frame.encode(messageOf(frame)).finish();
};
