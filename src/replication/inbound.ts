/**
 * The receiving half of a peer's session: applies its frames to the replica and says which rows the kernel must learn.
 *
 * Invariants:
 * - Nothing of a group is taken from a peer whose epoch is older than one we know of, nor from two peers in one epoch. Only the word of a
 *   new owner (hello, role) tells of an epoch: entries in one that was not announced are passed over.
 * - A group is complete when a decisive digest of its owner was equal, or a snapshot begun after it has brought all that it showed to be missing.
 * - While a snapshot runs, every row that the peer mentions is stamped; what is unstamped at its end (in the buckets asked
 *   for, and not of a newer epoch) is gone at the origin and is dropped here.
 */

import { bucketBitmap, bucketCount, hasBucket } from '../model/buckets.js';
import type { EntryColumns } from '../model/columns.js';
import type {
  DeltaFrame,
  DigestFrame,
  NumberedFrame,
  Position,
  SnapshotBeginFrame,
  SnapshotChunkFrame,
  SnapshotEndFrame,
  SyncFrame,
} from '../wire/frames.js';
import { differingBuckets, digestOf } from './digest.js';
import type { GroupBook } from './groups.js';
import { heldMarks, mark } from './marks.js';
import { completes, type RemoteGroup, type RunningSnapshot, remoteGroup } from './remote-group.js';
import type { Replica } from './replica.js';
import { rowState } from './table.js';

/** An owner sends a refresh when less than half of a life is left in what it knows; one who knows less than this may have missed it. */
const freshShare = 5 / 8;
/** A lifetime that differs by less is the time under way. */
const sameLifeMs = 1_000;

/** How far a peer's stream has come. `gap`: not all before it did, so the stream cannot go on from here; only digests tell what is missing. */
export interface HeldPosition extends Position {
  readonly gap: boolean;
}

/** Numbers snapshots over all sessions of a replica, as stamps are shared. */
export interface StampSource {
  next: number;
}

/** Why such a connection is closed. */
export const backwards =
  'its stream goes back to what it sent before: a restored copy of the machine, or recorded frames. Restart its agent';

export class Inbound {
  position: HeldPosition | undefined;
  receivedEntries = 0;
  staleFrames = 0;
  fullEntries = 0;
  /** The peer's newest sequence, as its last ping said. */
  peerHead = 0;

  readonly #replica: Replica;
  readonly #groups: GroupBook;
  readonly #peer: string;
  readonly #stamps: StampSource;
  readonly #remote = new Map<number, RemoteGroup>();
  /** Epochs, by group, in which the peer says that it is active and which do not count. */
  readonly #refused = new Map<number, number>();
  #session = '';
  /** The stream went on where it had been left. */
  #resumed = false;
  #snapshot: RunningSnapshot | undefined;
  #lastFrame = 0;

  constructor(
    replica: Replica,
    groups: GroupBook,
    peer: string,
    stamps: StampSource,
    position: HeldPosition | undefined,
  ) {
    this.#replica = replica;
    this.#groups = groups;
    this.#peer = peer;
    this.#stamps = stamps;
    this.position = position;
  }

  /** Groups the peer is active in, with whether we hold all of them. */
  activeGroups(): { group: number; complete: boolean; differing: number | undefined }[] {
    return [...this.#remote]
      .filter(([group, one]) => one.active && this.#owns(group, one.epoch))
      .map(([group, { complete, differing }]) => ({ group, complete, differing }));
  }

  /** Where the stream may go on after a break: we have all that was before. */
  get resume(): Position | undefined {
    if (!this.position || this.position.gap) return undefined;
    return { session: this.position.session, sequence: this.position.sequence };
  }

  /** Groups that the peer says it is active in, in an epoch that does not count. */
  refusedGroups(): { group: number; epoch: number }[] {
    // Accepted once, and somebody else has named a newer one since.
    const replaced = [...this.#remote].filter(
      ([group, { active, epoch }]) => active && !this.#owns(group, epoch),
    );
    return [
      ...[...this.#refused].map(([group, epoch]) => ({ group, epoch })),
      ...replaced.map(([group, { epoch }]) => ({ group, epoch })),
    ].filter(({ group }, at, all) => all.findIndex((one) => one.group === group) === at);
  }

  #owns(group: number, epoch: number): boolean {
    return this.#groups.isOrigin(this.#groups.names[group]!, epoch, this.#peer);
  }

  get behind(): number {
    return Math.max(0, this.peerHead - (this.position?.sequence ?? 0));
  }

  onHello(session: string, active: readonly { group: string; epoch: number }[]): void {
    this.#session = session;
    for (const { group, epoch } of active) this.onRole(group, epoch, true);
  }

  onRole(name: string, epoch: number, active: boolean): void {
    const group = this.#groups.indexOf(name);
    if (group < 0) return;
    // Its owner ends a snapshot without a word when it loses the group.
    if (this.#snapshot?.group === group) this.#snapshot = undefined;
    this.#refused.delete(group);
    if (!active) {
      const known = this.#remote.get(group);
      if (known) known.active = false;
      this.#closeGap();
      return;
    }
    const continued = this.#groups.isOrigin(name, epoch, this.#peer);
    if (this.#groups.admit(name, epoch, this.#peer) !== 'accepted') {
      this.#refused.set(group, epoch);
      return;
    }
    this.#remote.set(group, remoteGroup(epoch, continued));
  }

  /** This process of the peer had sent more than that already. */
  goesBack(sequence: number): boolean {
    return (
      this.position !== undefined &&
      this.position.session === this.#session &&
      sequence < this.position.sequence
    );
  }

  onStart(sequence: number, resumed = false): void {
    this.#resumed = resumed;
    this.position = { session: this.#session, sequence, gap: !resumed };
    this.#closeGap();
    this.peerHead = Math.max(this.peerHead, sequence);
  }

  onPing(head: number, sequence: number): void {
    this.peerHead = head;
    this.#advance(sequence);
  }

  /** False: the number is not the next one, so a frame was lost or repeated. */
  inOrder(frame: Pick<NumberedFrame, 'frame'>): boolean {
    if (frame.frame !== this.#lastFrame + 1) return false;
    this.#lastFrame = frame.frame;
    return true;
  }

  /** Rows whose kernel copy must follow. */
  onDelta(frame: DeltaFrame, nowMs: number): number[] {
    const rows: number[] = [];
    if (!this.#admitted(frame)) return rows;
    const replica = this.#replica;
    const { upserts, deletions, epoch, lastSequence } = frame;
    const stamp = this.#stampFor(frame.group);
    for (let at = 0; at < upserts.client.length; at++) {
      this.#keep(replica.applyUpsert(upserts, at, epoch, lastSequence, nowMs), stamp, rows);
    }
    for (let at = 0; at < deletions.client.length; at++) {
      const row = replica.applyDeletion(deletions, at, epoch, lastSequence, nowMs);
      if (row >= 0) rows.push(row);
    }
    this.receivedEntries += upserts.client.length + deletions.client.length;
    this.#advance(lastSequence);
    return rows;
  }

  onSnapshotBegin(frame: SnapshotBeginFrame): void {
    if (!this.#admitted(frame)) return;
    const group = this.#groups.indexOf(frame.group);
    const { epoch, buckets } = frame;
    this.#snapshot = { group, epoch, buckets, stamp: this.#stamps.next++, overtaken: false };
  }

  onSnapshotChunk(frame: SnapshotChunkFrame, nowMs: number): number[] {
    const rows: number[] = [];
    if (!this.#admitted(frame)) return rows;
    const stamp = this.#stampFor(frame.group);
    const { entries, epoch } = frame;
    const sequence = this.position?.sequence ?? 0;
    for (let at = 0; at < entries.client.length; at++) {
      const known = this.#isKnown(entries, at, nowMs);
      const row = this.#replica.applyUpsert(entries, at, epoch, sequence, nowMs);
      // The kernel has it as it is: told so that it is not taken out at the end.
      if (known && row >= 0) this.#replica.table.stamp[row] = stamp;
      else this.#keep(row, stamp, rows);
    }
    this.receivedEntries += entries.client.length;
    return rows;
  }

  onSnapshotEnd(frame: SnapshotEndFrame, nowMs: number): number[] {
    const rows: number[] = [];
    const snapshot = this.#snapshot;
    if (!snapshot || !this.#admitted(frame) || snapshot.group !== this.#groups.indexOf(frame.group))
      return rows;
    this.#snapshot = undefined;
    const { table } = this.#replica;
    for (let row = 0; row < table.used; row++) {
      if (table.group[row] !== snapshot.group || table.state[row] !== rowState.live) continue;
      if (table.stamp[row] === snapshot.stamp || table.epoch[row]! > snapshot.epoch) continue;
      const bucket = table.bucket[row]!;
      if (!hasBucket(snapshot.buckets, bucket)) continue;
      this.#replica.dropReceived(row, snapshot.epoch, this.position?.sequence ?? 0, nowMs);
      rows.push(row);
    }
    const remote = this.#remote.get(snapshot.group);
    if (remote && completes(remote, snapshot)) this.#closeGap();
    return rows;
  }

  /** Compares with our content; the answer, if one is due. */
  onDigest(frame: DigestFrame, nowMs: number): SyncFrame | undefined {
    if (!this.#admitted(frame)) return undefined;
    const group = this.#groups.indexOf(frame.group);
    const remote = this.#remote.get(group);
    if (!remote) return undefined;
    const different = differingBuckets(digestOf(this.#replica, group, nowMs), frame);
    remote.differing = different.length;
    const answer = {
      kind: 'resync' as const,
      group: frame.group,
      epoch: frame.epoch,
      sequence: frame.sequence,
    };
    if (frame.decisive) {
      // Digests tell nothing of lifetimes.
      const known = this.#resumed && remote.continued;
      remote.continued = false;
      const wanted = known ? different : [...new Set([...different, ...this.#aging(group, nowMs)])];
      remote.suspects = new Set();
      remote.complete = wanted.length === 0;
      remote.wanted = new Set(wanted);
      if (this.#snapshot?.group === group) this.#snapshot.overtaken = true;
      if (!remote.complete && this.position) this.position = { ...this.position, gap: true };
      this.#closeGap();
      const buckets = wanted.length > 0 ? bucketBitmap(wanted) : undefined;
      return { ...answer, buckets };
    }
    // A snapshot on its way will change what was just compared.
    if (remote.wanted.size > 0 || this.#snapshot?.group === group) return undefined;
    const confirmed = different.filter((bucket) => remote.suspects.has(bucket));
    remote.suspects = new Set(different);
    if (confirmed.length === 0) return undefined;
    return { ...answer, buckets: bucketBitmap(confirmed) };
  }

  /**
   * Buckets with entries that the owner may have refreshed since we last heard of them: our own of earlier epochs, too, as whoever hears
   * a digest does not own the group any more.
   */
  #aging(group: number, nowMs: number): Set<number> {
    const { used, group: groups, bucket, expiresAtMs, ttlMs } = this.#replica.table;
    const buckets = new Set<number>();
    for (let row = 0; row < used && buckets.size < bucketCount; row++) {
      if (groups[row] !== group || !this.#replica.isLive(row, nowMs)) continue;
      if (expiresAtMs[row]! - nowMs < ttlMs[row]! * freshShare) buckets.add(bucket[row]!);
    }
    return buckets;
  }

  /** The kernel holds this entry already, with about this lifetime. */
  #isKnown(entries: EntryColumns, at: number, nowMs: number): boolean {
    const { table } = this.#replica;
    const row = table.find(entries.client[at]!, entries.address[at]!, entries.protocolPort[at]!);
    if (row < 0 || !this.#replica.isLive(row, nowMs) || !(table.marks[row]! & mark.inKernel)) return false;
    if (table.marks[row]! & heldMarks) return false;
    if (table.backend[row] !== entries.backend[at] || table.backendPort[row] !== entries.backendPort[at])
      return false;
    const driftMs = table.expiresAtMs[row]! - nowMs - entries.remainingMs[at]!;
    return table.ttlMs[row] === entries.ttlMs[at] && Math.abs(driftMs) < sameLifeMs;
  }

  #keep(row: number, stamp: number, rows: number[]): void {
    if (row >= 0) {
      this.#replica.table.stamp[row] = stamp;
      rows.push(row);
    } else if (row === -2) this.fullEntries++;
  }

  #stampFor(group: string): number {
    const snapshot = this.#snapshot;
    return snapshot && snapshot.group === this.#groups.indexOf(group) ? snapshot.stamp : 0;
  }

  #admitted(frame: { readonly group: string; readonly epoch: number }): boolean {
    if (this.#groups.isOrigin(frame.group, frame.epoch, this.#peer)) return true;
    this.staleFrames++;
    return false;
  }

  /** Every group of the peer is whole. */
  #closeGap(): void {
    if (!this.position?.gap || this.activeGroups().some(({ complete }) => !complete)) return;
    this.position = { ...this.position, gap: false };
  }

  #advance(sequence: number): void {
    if (!this.position || sequence <= this.position.sequence) return;
    this.position = { session: this.#session, sequence, gap: this.position.gap };
    this.peerHead = Math.max(this.peerHead, sequence);
  }
}
