/** What is known of a peer, over all its connections. */

import type { PeerLink } from '../ports.js';
import { FloodGate } from '../replication/flood.js';
import type { HeldPosition } from '../replication/inbound.js';
import { PeerRates } from '../replication/rate.js';
import type { PeerSession } from '../replication/session.js';
import type { DocumentMessage } from '../wire/frames.js';

export interface PeerRecord {
  readonly name: string;
  link: PeerLink | undefined;
  session: PeerSession | undefined;
  position: HeldPosition | undefined;
  generalPosition: HeldPosition | undefined;
  connectedAtMs: number | undefined;
  lostAtMs: number | undefined;
  /** It went away before we had all of its entries. */
  lostIncomplete: boolean;
  bytesSent: number;
  bytesReceived: number;
  readonly rates: PeerRates;
  readonly gate: FloodGate;
  /** Of earlier connections. */
  sentEntries: number;
  ackedEntries: number;
  /** Sent, and the connection was lost before they were confirmed: they are sent again. */
  lostEntries: number;
  /** Newest changes of ours that it has confirmed, of each stream. */
  acked: number;
  generalAcked: number;
  lastError: string | undefined;
  /** Of the peer's agent, as its hellos said: the one that runs, and those before it, which never come back. */
  peerSession: string | undefined;
  endedSessions: string[];
  /** Of the services document, waiting for room in the socket. */
  messages: DocumentMessage[];
  messageBytes: number;
  /** Newest frame whose rows are in the kernel and whose Ack is due. */
  ackDue: number;
  generalAckDue: number;
}

/** Of this connection and earlier ones, both streams. */
export const sentEntries = ({ session, sentEntries }: PeerRecord): number =>
  sentEntries + (session?.outbound.sentEntries ?? 0) + (session?.general?.outbound.sentEntries ?? 0);

export const createPeerRecord = (name: string, groups: number, nowMs: number): PeerRecord => ({
  name,
  link: undefined,
  session: undefined,
  position: undefined,
  generalPosition: undefined,
  connectedAtMs: undefined,
  lostAtMs: undefined,
  lostIncomplete: false,
  bytesSent: 0,
  bytesReceived: 0,
  rates: new PeerRates(nowMs),
  gate: new FloodGate(groups, nowMs),
  sentEntries: 0,
  ackedEntries: 0,
  lostEntries: 0,
  acked: 0,
  generalAcked: 0,
  lastError: undefined,
  peerSession: undefined,
  endedSessions: [],
  messages: [],
  messageBytes: 0,
  ackDue: 0,
  generalAckDue: 0,
});

const sessionsRemembered = 64;

/** The peer has said hello. */
export const noteSession = (record: PeerRecord): void => {
  const { peerSession } = record.session!;
  if (record.peerSession === peerSession) return;
  if (record.peerSession !== undefined) record.endedSessions.push(record.peerSession);
  if (record.endedSessions.length > sessionsRemembered) record.endedSessions.shift();
  record.peerSession = peerSession;
};

/** About. */
export const bytesOf = (message: DocumentMessage): number => {
  if (message.kind === 'part') return message.text.length;
  return message.kind === 'states' ? message.entries.length * 64 : 256;
};
