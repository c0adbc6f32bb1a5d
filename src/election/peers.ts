/** What is known of the other nodes: who was heard on which path, and what they last said. */

import type { Body, Eligibility } from './messages.js';
import type { Turn } from './turn.js';
import type { PeerGroup, PeerState } from './types.js';

const never = Number.NEGATIVE_INFINITY;

export const createPeer = (name: string, nowMs: number): PeerState => ({
  name,
  session: 0,
  alive: false,
  sinceMs: nowMs,
  heardMs: [],
  rttMs: [],
  tellMs: never,
  stamps: [],
  ready: false,
  position: '',
  reason: 'not heard yet',
  groups: {},
  file: [],
  clockAheadS: undefined,
});

const lastHeardMs = (peer: PeerState): number => {
  let last = never;
  for (const heard of peer.heardMs) if (heard > last) last = heard;
  return last;
};

/** When silence makes the peer count as dead. */
export const peerDeadAtMs = (turn: Turn, peer: PeerState): number =>
  Math.max(lastHeardMs(peer) + turn.config.timing.deadMs, turn.state.deafUntilMs);

const putAt = <T>(list: T[], index: number, value: T, filler: T): void => {
  while (list.length < index) list.push(filler);
  list[index] = value;
};

/** Any authentic datagram shows that the peer lives; a new session starts with a clean page. */
export const hearPeer = (turn: Turn, from: string, session: number, path: number): PeerState | undefined => {
  const { nowMs, state } = turn;
  const known = state.peers[from];
  if (!known) return undefined;
  const { alive: wasAlive, session: former } = known;
  let peer = known;
  if (former !== session) {
    peer = { ...createPeer(from, nowMs), session, sinceMs: known.sinceMs, tellMs: known.tellMs };
    state.peers = { ...state.peers, [from]: peer };
  }
  peer.alive = true;
  if (!wasAlive) peer.sinceMs = nowMs;
  putAt(peer.heardMs, path, nowMs, never);
  // It may not know who is active: asks and answers alone would show it that this node lives, and it would claim.
  if (!wasAlive || former !== session) state.hasNews = true;
  if (!wasAlive) {
    turn.effects.push({
      type: 'report',
      report: { kind: 'peer', peer: from, alive: true, reason: `heard on path ${path}` },
    });
  }
  return peer;
};

export const hearHeartbeat = (
  turn: Turn,
  peer: PeerState,
  path: number,
  body: Body & { type: 'heartbeat' },
): void => {
  const { nowMs } = turn;
  // Many groups come in several heartbeats.
  const groups: Record<string, PeerGroup> = { ...peer.groups };
  for (const { group, role, eligible, epoch, penalty = 0, maintenance = false } of body.groups) {
    groups[group] = { role, eligible, epoch, penalty, maintenance };
  }
  if (body.echoUs > 0) {
    putAt(peer.rttMs, path, Math.max(0, nowMs - (body.echoUs + body.echoHeldUs) / 1000), Number.NaN);
  }
  putAt(peer.stamps, path, { sentUs: body.sentUs, atMs: nowMs }, { sentUs: 0, atMs: 0 });
  peer.ready = body.ready;
  peer.position = body.position;
  peer.reason = body.reason;
  peer.groups = groups;
  peer.file = body.file ?? [];
  const { wall } = turn.state;
  peer.clockAheadS =
    wall && body.wallS ? Math.round(body.wallS - wall.seconds - (nowMs - wall.atMs) / 1000) : undefined;
};

/** A change of role that came in another message than a heartbeat. */
export const notePeerGroup = (peer: PeerState, group: string, change: Partial<PeerGroup>): void => {
  const known = peer.groups[group] ?? {
    role: 'init',
    eligible: 'no',
    epoch: 0,
    penalty: 0,
    maintenance: false,
  };
  peer.groups = { ...peer.groups, [group]: { ...known, ...change } };
};

/** What is due within this part of an interval is done together with what is due now: one waking instead of two. */
export const togetherMs = (intervalMs: number): number => intervalMs / 4;

/**
 * Something goes out to the peer, if it is one: a heartbeat would say little more, and waits. An answer is the next word to an owner that
 * asks as regularly as heartbeats go: its next ask is waited for a little longer, or both would be sent each time.
 */
export const notePeerTold = (turn: Turn, name: string, isAnswer = false): void => {
  const peer = turn.state.peers[name];
  if (!peer) return;
  const { heartbeatMs } = turn.config.timing;
  peer.tellMs = turn.nowMs + heartbeatMs + (isAnswer ? togetherMs(heartbeatMs) : 0);
};

/** Has every path to the peer been heard lately? Datagrams then take turns over them. */
export const allPathsAlive = (turn: Turn, peer: PeerState): boolean => {
  const { paths, timing } = turn.config;
  for (let path = 0; path < paths; path++) {
    if (turn.nowMs - (peer.heardMs[path] ?? never) > paths * timing.deadMs) return false;
  }
  return true;
};

/** Marks peers dead that were silent on every path for too long. */
export const watchPeers = (turn: Turn): void => {
  const { deadMs } = turn.config.timing;
  for (const name in turn.state.peers) {
    const peer = turn.state.peers[name]!;
    if (!peer.alive || turn.nowMs < peerDeadAtMs(turn, peer)) continue;
    const reason = `silent on every path for ${deadMs} ms`;
    peer.alive = false;
    peer.sinceMs = turn.nowMs;
    peer.reason = reason;
    turn.effects.push({ type: 'report', report: { kind: 'peer', peer: name, alive: false, reason } });
  }
};

/** A living peer that owns the group by its own word. */
export const activePeer = (turn: Turn, group: string): PeerState | undefined => {
  for (const name in turn.state.peers) {
    const peer = turn.state.peers[name]!;
    if (peer.alive && peer.groups[group]?.role === 'active') return peer;
  }
  return undefined;
};

export const eligibilityRank: Readonly<Record<Eligibility, number>> = { no: 0, late: 1, ready: 2 };

interface Candidate {
  readonly node: string;
  readonly eligible: Eligibility;
  readonly penalty: number;
}

/** 0 for the node that is preferred to all others; nodes that are not named share the last rank. */
export const preferenceRank = (preferred: readonly string[], node: string): number => {
  const rank = preferred.indexOf(node);
  return rank < 0 ? preferred.length : rank;
};

/** Does the second candidate go before the first? Readiness, then health, then preference, then order of the configuration. */
export const goesBefore = (
  turn: Turn,
  preferred: readonly string[],
  first: Candidate,
  second: Candidate,
): boolean => {
  const readiness = eligibilityRank[second.eligible] - eligibilityRank[first.eligible];
  if (readiness !== 0) return readiness > 0;
  if (second.penalty !== first.penalty) return second.penalty < first.penalty;
  const preference = preferenceRank(preferred, second.node) - preferenceRank(preferred, first.node);
  if (preference !== 0) return preference < 0;
  return turn.config.nodes.indexOf(second.node) < turn.config.nodes.indexOf(first.node);
};
