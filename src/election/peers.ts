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
  toldMs: never,
  stamps: [],
  ready: false,
  position: '',
  reason: 'not heard yet',
  groups: {},
});

const lastHeardMs = (peer: PeerState): number => {
  let last = never;
  for (const heard of peer.heardMs) if (heard > last) last = heard;
  return last;
};

/** When silence makes the peer count as dead. */
export const peerDeadAtMs = (turn: Turn, peer: PeerState): number =>
  Math.max(lastHeardMs(peer) + turn.config.timing.deadMs, turn.state.deafUntilMs);

const withAt = <T>(list: readonly T[], index: number, value: T, filler: T): T[] => {
  const copy = [...list];
  while (copy.length < index) copy.push(filler);
  copy[index] = value;
  return copy;
};

const putPeer = (turn: Turn, peer: PeerState): void => {
  turn.state.peers = { ...turn.state.peers, [peer.name]: peer };
};

/** Any authentic datagram shows that the peer lives; a new session starts with a clean page. */
export const hearPeer = (turn: Turn, from: string, session: number, path: number): PeerState | undefined => {
  const { nowMs } = turn;
  const known = turn.state.peers[from];
  if (!known) return undefined;
  const base =
    known.session === session
      ? known
      : { ...createPeer(from, nowMs), alive: known.alive, sinceMs: known.sinceMs, toldMs: known.toldMs };
  const peer: PeerState = {
    ...base,
    session,
    alive: true,
    sinceMs: base.alive ? base.sinceMs : nowMs,
    heardMs: withAt(base.heardMs, path, nowMs, never),
  };
  putPeer(turn, peer);
  // It may not know who is active: asks and answers alone would show it that this node lives, and it would claim.
  if (!known.alive || known.session !== session) turn.state.hasNews = true;
  if (!known.alive) {
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
  const groups: Record<string, PeerGroup> = {};
  for (const { group, role, eligible, epoch } of body.groups) groups[group] = { role, eligible, epoch };
  const rttMs =
    body.echoUs > 0
      ? withAt(peer.rttMs, path, Math.max(0, nowMs - (body.echoUs + body.echoHeldUs) / 1000), Number.NaN)
      : peer.rttMs;
  const stamp = { sentUs: body.sentUs, atMs: nowMs };
  putPeer(turn, {
    ...peer,
    rttMs,
    stamps: withAt(peer.stamps, path, stamp, { sentUs: 0, atMs: 0 }),
    ready: body.ready,
    position: body.position,
    reason: body.reason,
    groups,
  });
};

/** A change of role that came in another message than a heartbeat. */
export const notePeerGroup = (
  turn: Turn,
  peer: PeerState,
  group: string,
  change: Partial<PeerGroup>,
): void => {
  const known = peer.groups[group] ?? { role: 'init', eligible: 'no', epoch: 0 };
  putPeer(turn, { ...peer, groups: { ...peer.groups, [group]: { ...known, ...change } } });
};

/** Something goes out to the peer, if it is one: a heartbeat would say little more, and waits. */
export const notePeerTold = (turn: Turn, name: string): void => {
  const peer = turn.state.peers[name];
  if (peer) putPeer(turn, { ...peer, toldMs: turn.nowMs });
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
    putPeer(turn, { ...peer, alive: false, sinceMs: turn.nowMs, reason });
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

/** Does the second candidate go before the first? Readiness, then preference, then order of the configuration. */
export const goesBefore = (
  turn: Turn,
  preferred: string | undefined,
  first: { readonly node: string; readonly eligible: Eligibility },
  second: { readonly node: string; readonly eligible: Eligibility },
): boolean => {
  const readiness = eligibilityRank[second.eligible] - eligibilityRank[first.eligible];
  if (readiness !== 0) return readiness > 0;
  if (second.node === preferred) return true;
  if (first.node === preferred) return false;
  return turn.config.nodes.indexOf(second.node) < turn.config.nodes.indexOf(first.node);
};
