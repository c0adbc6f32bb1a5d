/** What frames of both streams have in common, judged: every field that a peer sends passes here. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import { bucketCount } from '../model/buckets.js';
import type { DigestFrame, ResyncFrame, SnapshotBeginFrame, SnapshotEndFrame, SyncFrame } from './frames.js';
import type { relevo } from './gen/sync.js';

/** What protobufjs makes of a uint64: a number, or an object when the value came from the wire. */
export type Wide = number | { toNumber(): number } | null | undefined;

export const bad: (what: string) => never = (what) => {
  throw new RelevoError('bad-frame', `malformed frame: ${what}`, { what });
};

export const count = (value: Wide, field: string): number => {
  const number = typeof value === 'number' ? value : (value?.toNumber() ?? 0);
  return Number.isSafeInteger(number) ? number : bad(`${field} is beyond 2^53`);
};

export const text = (value: string | null | undefined, field: string): string => {
  const string = value ?? '';
  if (string.length > limits.syncNameChars)
    return bad(`${field} is longer than ${limits.syncNameChars} characters`);
  return string;
};

export const name = (value: string | null | undefined, field: string): string =>
  text(value, field) || bad(`${field} is missing`);

export const bucketSet = (bitmap: Uint8Array | null | undefined): Uint8Array | undefined => {
  if (!bitmap || bitmap.length === 0) return undefined;
  // A copy: a view would keep the whole frame in memory.
  return bitmap.length === bucketCount / 8
    ? Uint8Array.from(bitmap)
    : bad(`buckets is not a bitmap of ${bucketCount} bits`);
};

export const numbered = (body: { frame?: Wide; group?: string | null; epoch?: Wide }) => ({
  frame: count(body.frame, 'frame') || bad('frame number is missing'),
  group: name(body.group, 'group'),
  epoch: count(body.epoch, 'epoch'),
});

export const digest = (body: relevo.v1.Digest.$Properties): DigestFrame => {
  const { sums, counts } = body;
  if (sums?.length !== bucketCount || counts?.length !== bucketCount) {
    return bad(`digest has other than ${bucketCount} buckets`);
  }
  return {
    kind: 'digest',
    group: name(body.group, 'group'),
    epoch: count(body.epoch, 'epoch'),
    sequence: count(body.sequence, 'sequence'),
    decisive: body.decisive ?? false,
    sums: Uint32Array.from(sums),
    counts: Uint32Array.from(counts),
  };
};

export const start = (body: relevo.v1.Start.$Properties): Extract<SyncFrame, { kind: 'start' }> => ({
  kind: 'start',
  resumed: body.resumed ?? false,
  sequence: count(body.sequence, 'sequence'),
});

export const snapshotBegin = (body: relevo.v1.SnapshotBegin.$Properties): SnapshotBeginFrame => ({
  kind: 'snapshot-begin',
  ...numbered(body),
  sequence: count(body.sequence, 'sequence'),
  buckets: bucketSet(body.buckets),
  expected: count(body.expected, 'expected'),
});

export const snapshotEnd = (body: relevo.v1.SnapshotEnd.$Properties): SnapshotEndFrame => ({
  kind: 'snapshot-end',
  ...numbered(body),
});

export const resync = (body: relevo.v1.Resync.$Properties): ResyncFrame => ({
  kind: 'resync',
  group: name(body.group, 'group'),
  buckets: bucketSet(body.buckets),
  epoch: count(body.epoch, 'epoch'),
  sequence: count(body.sequence, 'sequence'),
});

const noBuckets = new Uint8Array(0);

export const resyncMessage = ({
  group,
  buckets,
  epoch,
  sequence,
}: ResyncFrame): relevo.v1.Resync.$Properties => ({
  group,
  buckets: buckets ?? noBuckets,
  epoch,
  sequence,
});
