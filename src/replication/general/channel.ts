/**
 * The second stream of a peer's session: general entries, with the same sender and receiver as the first and names instead of numbers
 * on the wire. It is silent until both sides have said that they speak it.
 */

import { limits } from '../../limits.js';
import { createKeyColumns } from '../../model/columns.js';
import type { GeneralBody, GeneralFrame, Position, SyncFrame } from '../../wire/frames.js';
import type { GroupBook } from '../groups.js';
import { backwards, type HeldPosition, Inbound, type StampSource } from '../inbound.js';
import { type FlowLimits, Outbound } from '../outbound.js';
import type { Replica } from '../replica.js';
import type { GeneralBook } from './book.js';

/** Highest version of general frames that this node speaks. */
export const generalVersion = 1;

export interface GeneralParts {
  readonly replica: Replica;
  readonly book: GeneralBook;
  readonly flow: FlowLimits;
}

/** What a frame led to. */
export interface GeneralResult {
  readonly answer?: GeneralFrame;
  /** Rows to write; then the frame of this number is acknowledged. */
  readonly write?: { readonly rows: readonly number[]; readonly frame: number };
  /** The connection is to be closed, and this is why. */
  readonly problem?: string;
}

const wrapped = (body: GeneralBody): GeneralFrame => ({ kind: 'general', body });

export class GeneralChannel {
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  /** Both sides speak it. */
  open = false;

  readonly #parts: GeneralParts;
  readonly #groups: GroupBook;
  /** Entries are taken from peers. */
  readonly #takes: boolean;

  constructor(
    parts: GeneralParts,
    groups: GroupBook,
    peer: string,
    stamps: StampSource,
    position: HeldPosition | undefined,
    takes: boolean,
  ) {
    this.#takes = takes;
    this.#parts = parts;
    this.#groups = groups;
    this.outbound = new Outbound(parts.replica, groups, parts.flow);
    this.inbound = new Inbound(parts.replica, groups, peer, stamps, position);
  }

  /** The peer's hello named a version. `sends`: entries go to this peer; otherwise there is nothing to begin. */
  start(
    hello: {
      readonly session: string;
      readonly active: readonly { group: string; epoch: number }[];
      readonly generalResume?: Position;
    },
    session: string,
    sends: boolean,
  ): GeneralFrame[] {
    this.open = true;
    this.inbound.onHello(hello.session, hello.active);
    return sends ? [wrapped(this.outbound.start(hello.generalResume, session) as GeneralBody)] : [];
  }

  pump(nowMs: number, roomBytes: number): GeneralFrame[] {
    return this.outbound.pump(nowMs, roomBytes).map((frame) => wrapped(this.#named(frame)));
  }

  progress(): GeneralFrame {
    const { head, told } = this.outbound;
    return wrapped({ kind: 'progress', head, sequence: told });
  }

  acknowledge(frame: number): GeneralFrame {
    return wrapped({ kind: 'ack', frame });
  }

  onFrame(body: GeneralBody, nowMs: number): GeneralResult {
    if (!this.open) return { problem: 'a general frame without a version of it in its hello' };
    switch (body.kind) {
      case 'delta':
      case 'snapshot-begin':
      case 'snapshot-chunk':
      case 'snapshot-end':
        return this.#onNumbered(body, nowMs);
      case 'ack':
        this.outbound.onAck(body.frame, nowMs);
        return {};
      case 'start':
        if (!this.#takes) return {};
        if (this.inbound.goesBack(body.sequence)) return { problem: backwards };
        this.inbound.onStart(body.sequence, body.resumed);
        return {};
      case 'digest': {
        const answer = this.#takes ? this.inbound.onDigest(body, nowMs) : undefined;
        return answer ? { answer: wrapped(answer as GeneralBody) } : {};
      }
      case 'resync': {
        const group = this.#groups.indexOf(body.group);
        if (group >= 0) this.outbound.onResync(group, body);
        return {};
      }
      case 'progress':
        this.inbound.onPing(body.head, body.sequence);
        return {};
    }
  }

  #onNumbered(body: Extract<GeneralBody, { frame: number; group: string }>, nowMs: number): GeneralResult {
    const { frame } = body;
    if (!this.inbound.inOrder(body)) {
      return { problem: `general frame ${frame} is out of order: a repeated or forged frame` };
    }
    if (!this.#takes) return { write: { rows: [], frame } };
    const { book } = this.#parts;
    const group = this.#groups.indexOf(body.group);
    if (body.kind === 'snapshot-begin') {
      this.inbound.onSnapshotBegin(body);
      return { write: { rows: [], frame } };
    }
    if (body.kind === 'snapshot-end') {
      return { write: { rows: this.inbound.onSnapshotEnd(body, nowMs), frame } };
    }
    // Of a group that is not in our configuration: passed over, as in the first stream.
    if (group < 0) return { write: { rows: [], frame } };
    if (book.names > limits.generalNames) {
      return { problem: `more than ${limits.generalNames} names of services and backends` };
    }
    if (body.kind === 'snapshot-chunk') {
      const entries = book.entryColumns(body.entries, group);
      return { write: { rows: this.inbound.onSnapshotChunk({ ...body, entries }, nowMs), frame } };
    }
    if (this.inbound.goesBack(body.lastSequence)) return { problem: backwards };
    const upserts = book.entryColumns(body.upserts, group);
    const deletions = createKeyColumns();
    book.keyColumns(body.deletions, group, deletions);
    return { write: { rows: this.inbound.onDelta({ ...body, upserts, deletions }, nowMs), frame } };
  }

  /** A frame of the first stream's kind, with what its numbers stand for. */
  #named(frame: SyncFrame): GeneralBody {
    const { book } = this.#parts;
    if (frame.kind === 'delta') {
      const { upserts, deletions } = frame;
      return { ...frame, upserts: book.generalEntries(upserts), deletions: book.generalKeys(deletions) };
    }
    if (frame.kind === 'snapshot-chunk') return { ...frame, entries: book.generalEntries(frame.entries) };
    return frame as GeneralBody;
  }
}
