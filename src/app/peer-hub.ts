/** The sessions with all peers: gives them frames, time and room to send, and carries out what they answer. */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import type { Clock, Log, PeerLink, PeerLinkListener } from '../ports.js';
import type { ServiceCosts } from '../replication/costs.js';
import { isCostly } from '../replication/flood.js';
import type { GroupBook } from '../replication/groups.js';
import type { StampSource } from '../replication/inbound.js';
import type { Replica } from '../replication/replica.js';
import {
  PeerSession,
  type SessionConfig,
  type SessionEffect,
  type SessionEvent,
} from '../replication/session.js';
import { decodeFrame } from '../wire/decode.js';
import { encodeFrame } from '../wire/encode.js';
import type { AsideFrame, DocumentMessage } from '../wire/frames.js';
import { LinkComplaints } from './link-complaints.js';
import { bytesOf, createPeerRecord, noteSession, type PeerRecord, sentEntries } from './peer-record.js';

export interface PeerHubOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly session: Omit<SessionConfig, 'peer'>;
  readonly peers: readonly string[];
  /** Writes rows to the kernel, then calls `done`. */
  readonly write: (rows: readonly number[], done: () => void) => void;
  readonly documents: DocumentPeers;
  readonly onAside?: (peer: string, frame: AsideFrame) => void;
  /** The same of general entries. */
  readonly writeGeneral?: (rows: readonly number[], done: () => void) => void;
  /** Told of every frame that is sent, and of its bytes. */
  readonly costs?: Pick<ServiceCosts, 'take'>;
  /** Completeness, roles or connections may have changed. */
  readonly onProgress: () => void;
}

/** Whoever replicates the services document over the same links. */
export interface DocumentPeers {
  /** `capable`: the peer's software does, too. */
  onPeer(peer: string, connected: boolean, capable: boolean): void;
  onMessage(peer: string, message: DocumentMessage): void;
}

/** Acks gather this long at high rates: each costs as much as a frame. The lag shown by `sync status` may be more by as much, never less. */
const ackPauseMs = 5;
/** Codes of a close that no operator has to act upon: the peer's own word, or silence. */
const passing = new Set(['', 'silent']);
/** A tick comes every 200 ms: one this late says that the process stood. */
const lateMs = 1_000;
/** What answers a peer (pongs, acks, roles) may wait beside the entries before it counts as one that does not read. */
const unreadBytes = 2 * limits.syncBufferedBytes;
/** Of the services document and what is said about it, for one peer. */
const messageBytes = limits.documentBytes + 16 * limits.syncBufferedBytes;
const smallFrame = new Set(['delta', 'snapshot-chunk', 'ack', 'pong']);

export class PeerHub implements PeerLinkListener {
  readonly records: ReadonlyMap<string, PeerRecord>;
  readonly complaints: LinkComplaints;
  badFrames = 0;

  readonly #options: PeerHubOptions;
  readonly #stamps: StampSource = { next: 1 };
  #pumpPlanned = false;
  #acksPlanned = false;
  #acknowledgedAtMs = 0;
  #tickedAtMs: number | undefined;

  constructor(options: PeerHubOptions) {
    this.#options = options;
    this.complaints = new LinkComplaints(options.clock, options.log);
    const nowMs = options.clock.nowMs();
    this.records = new Map(
      options.peers.map((name) => [name, createPeerRecord(name, options.groups.names.length, nowMs)]),
    );
  }

  onOpen(link: PeerLink): void {
    const record = this.records.get(link.peer);
    if (!record) {
      link.close('not a configured peer');
      return;
    }
    if (record.session) this.#drop(record);
    const { session, replica, groups, clock } = this.#options;
    record.link = link;
    record.connectedAtMs = clock.nowMs();
    record.ackDue = 0;
    record.generalAckDue = 0;
    record.session = new PeerSession(
      { ...session, peer: link.peer, endedSessions: record.endedSessions },
      replica,
      groups,
      this.#stamps,
      record.position,
      record.generalPosition,
    );
    this.#step(record, { kind: 'open' });
  }

  onFrame(link: PeerLink, bytes: Uint8Array): void {
    const record = this.records.get(link.peer);
    if (!record || record.link !== link) return;
    record.bytesReceived += bytes.length;
    const nowMs = this.#options.clock.nowMs();
    const flood = record.gate.refusal(bytes.length, nowMs);
    if (flood !== undefined) {
      this.#refuse(record, 'rate', flood);
      return;
    }
    try {
      const frame = decodeFrame(bytes);
      const toll = isCostly(frame) ? record.gate.costlyRefusal(nowMs) : undefined;
      if (toll !== undefined) this.#refuse(record, 'rate', toll);
      else this.#step(record, { kind: 'frame', frame });
      if (!smallFrame.has(frame.kind)) this.#options.onProgress();
    } catch (thrown) {
      this.badFrames++;
      this.#refuse(record, 'frame', errorFrom(thrown).message);
    }
    // An ack opens the window, a resync asks for a snapshot.
    this.pumpSoon();
  }

  /** It speaks, and does not read: what waits for it is let go. */
  #giveUp(record: PeerRecord): void {
    const detail = `peer ${record.name}: does not read what it is sent: look at its load and at the sync network`;
    this.complaints.say(record.name, detail);
    record.lastError = detail;
    record.messages = [];
    record.messageBytes = 0;
    record.link?.close(detail, true);
  }

  #refuse(record: PeerRecord, code: string, detail: string): void {
    this.#perform(record, { kind: 'close', code, detail: `peer ${record.name}: ${detail}` });
  }

  onDrain(): void {
    this.pumpSoon();
  }

  onClose(link: PeerLink, reason: string): void {
    const record = this.records.get(link.peer);
    if (!record || record.link !== link) return;
    this.#drop(record);
    record.lastError = reason;
    this.#options.log.warn(
      { peer: link.peer, remote: link.remote, reason },
      `peer ${link.peer} disconnected: ${reason}`,
    );
    this.#options.onProgress();
  }

  onFailure(peer: string | undefined, message: string, refused: boolean): void {
    const record = peer === undefined ? undefined : this.records.get(peer);
    if (record) record.lastError = message;
    if (refused) this.complaints.refuse(peer ?? 'a stranger', message);
    else this.complaints.say(peer ?? 'a stranger', message);
  }

  /** Sends what there is to send, at the end of this turn of the event loop: one frame for all that gathers until then. */
  pumpSoon(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    setImmediate(() => {
      this.#pumpPlanned = false;
      for (const record of this.records.values()) this.#pump(record);
    });
  }

  /** This node's role in a group changed. */
  announceRole(group: number): void {
    for (const record of this.records.values()) this.#step(record, { kind: 'role', group });
    this.pumpSoon();
  }

  requestDigests(): void {
    for (const { session } of this.records.values()) {
      session?.outbound.requestDigests(true);
      session?.general?.outbound.requestDigests(true);
    }
    this.pumpSoon();
  }

  tick(): void {
    const nowMs = this.#options.clock.nowMs();
    // Silence is judged after what arrived meanwhile has been read, at the next tick.
    const stood = this.#tickedAtMs !== undefined && nowMs - this.#tickedAtMs > lateMs;
    this.#tickedAtMs = stood ? undefined : nowMs;
    for (const record of this.records.values()) {
      if (!stood) this.#step(record, { kind: 'tick' });
      record.rates.take(record.bytesSent, record.bytesReceived, sentEntries(record), nowMs);
    }
    this.pumpSoon();
  }

  #pump(record: PeerRecord): void {
    const { link, session } = record;
    if (!link || session?.state !== 'streaming') return;
    this.#pumpMessages(record, link);
    if (!session.hasWork) return;
    const roomBytes = Math.min(limits.syncTurnBytes, limits.syncBufferedBytes - link.bufferedBytes);
    if (roomBytes <= 0) return;
    const before = record.bytesSent;
    this.#step(record, { kind: 'pump', roomBytes });
    // The socket takes it between turns, and the peer works on it while the next part is made.
    if (record.bytesSent > before) this.pumpSoon();
  }

  /** About the services document: in order, and as the socket takes it. */
  sendMessage(peer: string, message: DocumentMessage): void {
    const record = this.records.get(peer);
    if (record?.session?.state !== 'streaming') return;
    record.messages.push(message);
    record.messageBytes += bytesOf(message);
    if (record.messageBytes > messageBytes) this.#giveUp(record);
    this.pumpSoon();
  }

  /** At once, past what waits: round trips are measured with it. False: not connected. */
  sendAside(peer: string, frame: AsideFrame): boolean {
    const record = this.records.get(peer);
    if (record?.session?.state !== 'streaming') return false;
    if ((record.link?.bufferedBytes ?? 0) > limits.syncBufferedBytes) return false;
    this.#perform(record, { kind: 'send', frame });
    return true;
  }

  #pumpMessages(record: PeerRecord, link: PeerLink): void {
    let sent = 0;
    // A quarter of the room: entries go on between the pieces of a large document.
    while (sent < record.messages.length && link.bufferedBytes < limits.syncBufferedBytes / 4) {
      const message = record.messages[sent++]!;
      record.messageBytes -= bytesOf(message);
      this.#perform(record, { kind: 'send', frame: { kind: 'document', message } });
    }
    if (sent > 0) record.messages.splice(0, sent);
  }

  #step(record: PeerRecord, event: SessionEvent): void {
    const { session } = record;
    if (!session) return;
    for (const effect of session.step(event, this.#options.clock.nowMs())) this.#perform(record, effect);
  }

  #perform(record: PeerRecord, effect: SessionEffect): void {
    const { link, session } = record;
    switch (effect.kind) {
      case 'send': {
        const bytes = encodeFrame(effect.frame);
        record.bytesSent += bytes.length;
        this.#options.costs?.take(effect.frame, bytes.length);
        link?.send(bytes);
        if (link && link.bufferedBytes > unreadBytes) this.#giveUp(record);
        return;
      }
      case 'write':
        if (effect.general) {
          this.#options.writeGeneral?.(effect.rows, () => this.#applied(record, session, effect.frame, true));
        } else this.#options.write(effect.rows, () => this.#applied(record, session, effect.frame, false));
        return;
      case 'streaming':
        this.complaints.settled(record.name);
        noteSession(record);
        this.#options.documents.onPeer(record.name, true, effect.document);
        return;
      case 'document':
        this.#options.documents.onMessage(record.name, effect.message);
        return;
      case 'aside':
        this.#options.onAside?.(record.name, effect.frame);
        return;
      case 'note':
        this.complaints.refuse(record.name, effect.message);
        return;
      case 'close':
        if (effect.code)
          link?.send(encodeFrame({ kind: 'refuse', code: effect.code, detail: effect.detail }));
        record.lastError = effect.detail;
        if (passing.has(effect.code)) this.complaints.say(record.name, effect.detail);
        else this.complaints.refuse(record.name, effect.detail);
        link?.close(effect.detail, effect.code === 'rate');
        return;
    }
  }

  /** One Ack for all frames that batches brought into the kernel lately: at high rates an Ack for each would cost as much as they do. */
  #applied(record: PeerRecord, session: PeerSession | undefined, frame: number, general: boolean): void {
    if (record.session !== session) return;
    if (general) record.generalAckDue = Math.max(record.generalAckDue, frame);
    else record.ackDue = Math.max(record.ackDue, frame);
    if (this.#acksPlanned) return;
    this.#acksPlanned = true;
    const waitMs = this.#acknowledgedAtMs + ackPauseMs - this.#options.clock.nowMs();
    if (waitMs <= 0) queueMicrotask(() => this.#acknowledge());
    else setTimeout(() => this.#acknowledge(), waitMs);
  }

  #acknowledge(): void {
    this.#acksPlanned = false;
    this.#acknowledgedAtMs = this.#options.clock.nowMs();
    for (const due of this.records.values()) {
      if (due.ackDue > 0) this.#step(due, { kind: 'applied', frame: due.ackDue });
      if (due.generalAckDue > 0)
        this.#step(due, { kind: 'applied', frame: due.generalAckDue, general: true });
      due.ackDue = 0;
      due.generalAckDue = 0;
    }
  }

  #drop(record: PeerRecord): void {
    const { session } = record;
    if (session) {
      record.position = session.inbound.position;
      record.generalPosition = session.general?.inbound.position;
      record.lostIncomplete = session.incompleteGroups().length > 0;
      for (const outbound of [session.outbound, session.general?.outbound]) {
        record.sentEntries += outbound?.sentEntries ?? 0;
        record.ackedEntries += outbound?.ackedEntries ?? 0;
        record.lostEntries += outbound?.unconfirmed ?? 0;
      }
      if (session.outbound.started) record.acked = session.outbound.acked;
      if (session.general?.outbound.started) record.generalAcked = session.general.outbound.acked;
    }
    if (session) this.#options.documents.onPeer(record.name, false, false);
    record.messages = [];
    record.messageBytes = 0;
    record.session = undefined;
    record.link = undefined;
    record.connectedAtMs = undefined;
    record.lostAtMs = this.#options.clock.nowMs();
  }
}
