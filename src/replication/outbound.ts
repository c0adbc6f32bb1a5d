/**
 * The sending half of a peer's session: feeds it from the replica's log, answers its resync requests with snapshots.
 *
 * Invariants:
 * - `cursor` is the newest sequence sent. Behind the log's tail (or a forgotten deletion) the queue is dropped: cursor jumps to
 *   the head and a decisive digest of every active group lets the peer ask for what it misses. Memory stays the log's.
 * - A digest leaves only when everything before it has left, and neither it nor a snapshot while the replica is not whole: whatever they do not
 *   mention, the peer forgets.
 * - `told` is what the peer may count as heard: after a gap it moves once the digest has left that tells what is missing.
 * - At most `windowEntries` entries are unacknowledged.
 */

import { bucketsIn, hasBucket } from '../model/buckets.js';
import { createEntryColumns } from '../model/columns.js';
import type { Position, ResyncFrame, SyncFrame } from '../wire/frames.js';
import { type DeltaPart, partOf } from './delta-part.js';
import { digestOf } from './digest.js';
import type { GroupBook } from './groups.js';
import { LagMeter } from './lag.js';
import { Proofs } from './proof.js';
import type { Replica } from './replica.js';
import { rowState } from './table.js';

export interface FlowLimits {
  readonly frameEntries: number;
  readonly windowEntries: number;
}

interface SnapshotTask {
  readonly group: number;
  /** With its end the peer has all that it was not sent. */
  proves: boolean;
  buckets: Uint8Array;
  row: number;
}

interface Unacked {
  readonly frame: number;
  readonly entries: number;
  readonly sequence: number;
  readonly originatedAtMs: number;
  /** With it the peer has all of this group. */
  completes: number | undefined;
}

/** Of an entry on the wire, at most. */
const entryBytes = 32;
/** Queued changes looked at for the oldest that still counts. */
const lookedAt = 4_096;

export class Outbound {
  sentEntries = 0;
  ackedEntries = 0;
  overflows = 0;
  readonly lag = new LagMeter();
  /** By group: how often the peer answered a digest, and in how many buckets it differed last. */
  readonly answers = new Map<number, { readonly answers: number; readonly differing: number }>();

  readonly #replica: Replica;
  readonly #groups: GroupBook;
  readonly #limits: FlowLimits;
  #cursor = 0;
  #acked = 0;
  /** Where the stream stood at the last gap, until its digests have left. */
  #toldBefore: number | undefined;
  readonly #proofs: Proofs;
  #frame = 0;
  #started = false;
  #unacked: Unacked[] = [];
  #unackedEntries = 0;
  #snapshots: SnapshotTask[] = [];
  #snapshotBegun = false;
  /** By group; true: decisive. */
  readonly #digests = new Map<number, boolean>();

  constructor(replica: Replica, groups: GroupBook, limits: FlowLimits) {
    this.#replica = replica;
    this.#groups = groups;
    this.#limits = limits;
    this.#proofs = new Proofs(groups);
  }

  /** Newest sequence there is to send. */
  get head(): number {
    return this.#started ? this.#replica.head : 0;
  }

  /** Entries go to this peer. */
  get started(): boolean {
    return this.#started;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Newest sequence that the peer was sent, or told of by a digest. */
  get told(): number {
    return this.#toldBefore ?? this.#cursor;
  }

  /** The peer lacks what it was not sent, or has not yet shown that it has it: in this group, or in any of ours. */
  hasGap(group?: number): boolean {
    return this.#proofs.isMissing(group);
  }

  /** Newest sequence that the peer confirmed to have in its kernel. */
  get acked(): number {
    return this.hasGap() ? this.#proofs.ackedBefore : this.#acked;
  }

  get unconfirmed(): number {
    return this.#unackedEntries;
  }

  /** Changes that wait to be sent, superseded ones included. */
  get queued(): number {
    return this.#started ? this.#replica.head - this.#cursor : 0;
  }

  oldestUnconfirmedMs(nowMs: number): number {
    const oldest = this.#unacked.find(({ originatedAtMs }) => originatedAtMs > 0);
    return oldest ? nowMs - oldest.originatedAtMs : this.#oldestQueuedMs(nowMs);
  }

  /** Of the changes that wait to be sent, those superseded passed over. */
  #oldestQueuedMs(nowMs: number): number {
    if (!this.#started) return 0;
    const { table, head, tail } = this.#replica;
    const first = Math.max(this.#cursor, tail) + 1;
    for (let sequence = first; sequence <= head && sequence < first + lookedAt; sequence++) {
      const row = this.#replica.rowAt(sequence);
      if (row >= 0 && this.#groups.isActive(table.group[row]!)) return nowMs - table.changedAtMs[row]!;
    }
    return 0;
  }

  get hasWork(): boolean {
    return this.queued > 0 || this.#digests.size > 0 || this.#snapshots.length > 0;
  }

  /** Begins the stream at the peer's position if it is one of ours that we can continue. */
  start(resume: Position | undefined, session: string): SyncFrame {
    const replica = this.#replica;
    const resumed =
      resume !== undefined &&
      resume.session === session &&
      resume.sequence <= replica.head &&
      resume.sequence >= Math.max(replica.tail, replica.purgedThrough);
    this.#cursor = resumed ? resume.sequence : replica.head;
    this.#acked = this.#cursor;
    this.#started = true;
    if (!resumed) this.#gap(this.#groups.activeGroups(), 0);
    this.requestDigests(true);
    this.#toldBefore = undefined;
    return { kind: 'start', resumed, sequence: this.#cursor };
  }

  /** Of every active group. */
  requestDigests(decisive: boolean): void {
    for (const group of this.#groups.activeGroups()) this.requestDigest(group, decisive);
  }

  /** We own the group now: its digest tells what was deleted before that, and until it is answered the peer may hold it. */
  onTakeover(group: number): void {
    if (!this.#started) return;
    this.#gap([group], this.acked);
    this.requestDigest(group, true);
  }

  requestDigest(group: number, decisive: boolean): void {
    if (this.#started) this.#digests.set(group, decisive || this.#digests.get(group) === true);
  }

  onResync(group: number, { buckets, epoch, sequence }: Omit<ResyncFrame, 'kind' | 'group'>): void {
    const answers = (this.answers.get(group)?.answers ?? 0) + 1;
    this.answers.set(group, { answers, differing: buckets ? bucketsIn(buckets) : 0 });
    const counts = this.#proofs.counts(group, epoch, sequence);
    if (buckets && bucketsIn(buckets) > 0) this.#ask(group, buckets, counts);
    else if (counts) this.#proofs.close(group);
  }

  /** A snapshot of these buckets, after those asked for: one task for each group that has not begun. */
  #ask(group: number, buckets: Uint8Array, proves: boolean): void {
    if (!this.#groups.isActive(group)) return;
    const waiting = this.#snapshots.find(
      (task, at) => task.group === group && !(at === 0 && this.#snapshotBegun),
    );
    if (!waiting) {
      this.#snapshots.push({ group, buckets, proves, row: 0 });
      return;
    }
    waiting.buckets = waiting.buckets.map((byte, at) => byte | buckets[at]!);
    waiting.proves ||= proves;
  }

  /** What is under way to the peer was asked for before. */
  #gap(groups: readonly number[], ackedBefore: number): void {
    this.#proofs.gap(groups, this.#cursor, ackedBefore);
    for (const task of this.#snapshots) if (groups.includes(task.group)) task.proves = false;
    for (const frame of this.#unacked) {
      if (frame.completes !== undefined && groups.includes(frame.completes)) frame.completes = undefined;
    }
  }

  onAck(frame: number, nowMs: number): void {
    let confirmed = 0;
    for (const unacked of this.#unacked) {
      if (unacked.frame > frame) break;
      confirmed++;
      this.#unackedEntries -= unacked.entries;
      this.ackedEntries += unacked.entries;
      this.#acked = Math.max(this.#acked, unacked.sequence);
      if (unacked.completes !== undefined) this.#proofs.close(unacked.completes);
      if (unacked.originatedAtMs > 0) this.lag.record(nowMs - unacked.originatedAtMs, unacked.entries);
    }
    this.#unacked.splice(0, confirmed);
  }

  /** What may be sent now, at most about `roomBytes` of it. */
  pump(nowMs: number, roomBytes: number): SyncFrame[] {
    const frames: SyncFrame[] = [];
    if (!this.#started) return frames;
    const replica = this.#replica;
    if (this.#cursor < Math.max(replica.tail, replica.purgedThrough)) this.#overflow();
    let room = Math.floor(roomBytes / entryBytes);
    while (room > 0 && this.#unackedEntries < this.#limits.windowEntries) {
      const before = this.#unackedEntries;
      if (this.#cursor < replica.head) this.#pushDeltas(frames, nowMs);
      else if (!replica.whole) break;
      else if (this.#digests.size > 0) this.#pushDigests(frames, nowMs);
      else if (this.#snapshots.length > 0) this.#pushSnapshot(frames, nowMs);
      else break;
      room -= this.#unackedEntries - before;
    }
    return frames;
  }

  #overflow(): void {
    this.overflows++;
    const { acked } = this;
    this.#toldBefore ??= this.#cursor;
    this.#cursor = this.#replica.head;
    this.#gap(this.#groups.activeGroups(), acked);
    this.requestDigests(true);
  }

  #pushDeltas(frames: SyncFrame[], nowMs: number): void {
    const replica = this.#replica;
    const { table } = replica;
    const first = this.#cursor + 1;
    // One frame for each group that has something in it: as a rule one.
    const parts: DeltaPart[] = [];
    let oldestMs = 0;
    let gathered = 0;
    let sequence = first;
    for (; sequence <= replica.head && gathered < this.#limits.frameEntries; sequence++) {
      const row = replica.rowAt(sequence);
      if (row < 0) continue;
      const group = table.group[row]!;
      if (!this.#groups.isActive(group)) continue;
      const live = table.state[row] === rowState.live;
      if (live && table.expiresAtMs[row]! <= nowMs) continue;
      const part = partOf(parts, group);
      if (live) replica.pushEntry(part.upserts, row, nowMs);
      else replica.pushKey(part.deletions, row);
      if (oldestMs === 0) oldestMs = table.changedAtMs[row]!;
      gathered++;
    }
    this.#cursor = sequence - 1;
    for (let at = 0; at < parts.length; at++) {
      const { group, upserts, deletions } = parts[at]!;
      // Only the last frame of the range moves the peer's position: the connection may break between them.
      const lastSequence = at === parts.length - 1 ? this.#cursor : first - 1;
      frames.push({
        kind: 'delta',
        frame: this.#number(upserts.client.length + deletions.client.length, lastSequence, oldestMs),
        group: this.#groups.names[group]!,
        epoch: this.#groups.epochOf(group),
        firstSequence: first,
        lastSequence,
        upserts,
        deletions,
      });
    }
  }

  #pushDigests(frames: SyncFrame[], nowMs: number): void {
    for (const [group, decisive] of this.#digests) {
      if (!this.#groups.isActive(group)) continue;
      const digest = digestOf(this.#replica, group, nowMs);
      const epoch = this.#groups.epochOf(group);
      const name = this.#groups.names[group]!;
      frames.push({ kind: 'digest', group: name, epoch, sequence: this.#cursor, decisive, ...digest });
    }
    this.#digests.clear();
    this.#toldBefore = undefined;
  }

  #pushSnapshot(frames: SyncFrame[], nowMs: number): void {
    const task = this.#snapshots[0]!;
    const replica = this.#replica;
    const { table } = replica;
    const head = { group: this.#groups.names[task.group]!, epoch: this.#groups.epochOf(task.group) };
    if (!this.#groups.isActive(task.group)) {
      // The new owner of the group will send its own digest.
      this.#snapshots.shift();
      this.#snapshotBegun = false;
      return;
    }
    if (!this.#snapshotBegun) {
      this.#snapshotBegun = true;
      const expected = Math.round((replica.live * bucketsIn(task.buckets)) / 256);
      const { buckets } = task;
      const frame = this.#number(0, this.#cursor, 0);
      frames.push({ kind: 'snapshot-begin', frame, ...head, sequence: this.#cursor, buckets, expected });
    }
    const entries = createEntryColumns();
    while (task.row < table.used && entries.client.length < this.#limits.frameEntries) {
      const row = task.row++;
      if (table.group[row] !== task.group || !replica.isLive(row, nowMs)) continue;
      const bucket = table.bucket[row]!;
      if (hasBucket(task.buckets, bucket)) replica.pushEntry(entries, row, nowMs);
    }
    if (entries.client.length > 0) {
      const frame = this.#number(entries.client.length, this.#cursor, 0);
      frames.push({ kind: 'snapshot-chunk', frame, ...head, entries });
    }
    if (task.row < table.used) return;
    const completes = task.proves ? task.group : undefined;
    frames.push({ kind: 'snapshot-end', frame: this.#number(0, this.#cursor, 0, completes), ...head });
    this.#snapshots.shift();
    this.#snapshotBegun = false;
  }

  /** The next frame's number; its acknowledgement is awaited. */
  #number(entries: number, sequence: number, originatedAtMs: number, completes?: number): number {
    const frame = ++this.#frame;
    this.sentEntries += entries;
    this.#unackedEntries += entries;
    this.#unacked.push({ frame, entries, sequence, originatedAtMs, completes });
    return frame;
  }
}
