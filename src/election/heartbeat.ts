/** The regular word to every peer: roles, epochs, readiness, what was given back. */

import { repeatRelease } from './asking.js';
import { ownEligibility } from './claim.js';
import { penaltyOf } from './health.js';
import { inMaintenance } from './maintenance.js';
import { type Body, messageLimits } from './messages.js';
import { allPathsAlive, notePeerTold, togetherMs } from './peers.js';
import type { Turn } from './turn.js';
import { type ElectionState, type PeerState, witnessName } from './types.js';

/**
 * Heartbeats between two greetings of the witness (which answers), and between two full words to a peer that is told enough by asks and
 * answers. News never wait for them.
 */
const fullEvery = 8;

/** One line for a heartbeat: what keeps this node from owning a group. */
const ownReason = (turn: Turn): string => {
  for (const name in turn.state.groups) {
    const { level, reason } = ownEligibility(turn, turn.state.groups[name]!);
    if (level !== 'ready') return reason;
  }
  return turn.state.health[0]?.text ?? '';
};

/**
 * While every path works they take turns, so that two paths cost no more than one; a path that has fallen silent, and
 * news, make a heartbeat go over all of them.
 */
const heartbeatPath = (turn: Turn, peer: PeerState): number | undefined => {
  const { state, config } = turn;
  if (state.hasNews || !peer.alive || !allPathsAlive(turn, peer)) return undefined;
  return state.heartbeats % config.paths;
};

/** When the first peer must hear from this node again. An ask or an answer to it is a sign of life as good as a heartbeat. */
export const heartbeatDueMs = (turn: Turn): number => {
  const { state, nowMs } = turn;
  if (state.hasNews) return nowMs;
  let dueMs = state.fullMs;
  for (const name in state.peers) dueMs = Math.min(dueMs, state.peers[name]!.tellMs);
  return dueMs;
};

/** Tells every peer how this node is, when it is time to. */
export const heartbeat = (turn: Turn): void => {
  const { state, config, nowMs } = turn;
  const soonMs = nowMs + togetherMs(config.timing.heartbeatMs);
  if (soonMs < heartbeatDueMs(turn)) return;
  const isFull = state.hasNews || soonMs >= state.fullMs;
  if (isFull) state.fullMs = nowMs + fullEvery * config.timing.heartbeatMs;
  const groups = config.groups.map(({ name }) => {
    const group = state.groups[name]!;
    repeatRelease(turn, group);
    return {
      group: name,
      role: group.role,
      eligible: ownEligibility(turn, group).level,
      epoch: group.epoch,
      releasedAsk: group.released ? group.voided : 0,
      penalty: penaltyOf(state, name),
      maintenance: inMaintenance(state, name),
    };
  });
  // A witness that has heard this process before answers its first ask at once, which a takeover then need not wait for.
  if (config.witness === 'arbiter' && soonMs >= state.greetMs) {
    state.greetMs = nowMs + fullEvery * config.timing.heartbeatMs;
    turn.effects.push({ type: 'send', to: witnessName, path: undefined, body: { type: 'hello' } });
  }
  const reason = ownReason(turn);
  const { wall } = state;
  const wallS = wall ? Math.round(wall.seconds + (nowMs - wall.atMs) / 1000) : 0;
  for (const name in state.peers) {
    if (!isFull && soonMs < state.peers[name]!.tellMs) continue;
    notePeerTold(turn, name);
    const path = heartbeatPath(turn, state.peers[name]!);
    for (let from = 0; from === 0 || from < groups.length; from += messageLimits.groups) {
      turn.effects.push({
        type: 'send',
        to: name,
        path,
        // The stamps differ by path and are filled in where the datagram is sealed (`stampHeartbeat`).
        body: {
          type: 'heartbeat',
          sentUs: Math.round(nowMs * 1000),
          echoUs: 0,
          echoHeldUs: 0,
          ready: state.readiness.ready,
          position: state.readiness.position,
          reason,
          groups: groups.slice(from, from + messageLimits.groups),
          ...(config.file && { file: config.file }),
          ...(wallS > 0 && { wallS }),
        },
      });
    }
  }
  state.hasNews = false;
  state.heartbeats += 1;
};

/** Adds to a heartbeat what the peer needs to measure the round trip on this path. */
export const stampHeartbeat = (
  state: ElectionState,
  to: string,
  path: number,
  body: Body,
  nowMs: number,
): Body => {
  const stamp = state.peers[to]?.stamps[path];
  if (body.type !== 'heartbeat' || !stamp || stamp.sentUs === 0) return body;
  const echoHeldUs = Math.max(0, Math.round((nowMs - stamp.atMs) * 1000));
  return { ...body, sentUs: Math.round(nowMs * 1000), echoUs: stamp.sentUs, echoHeldUs };
};
