/**
 * The election of one node: `init → standby ⇄ active → draining → standby`, per group. A step takes an event, brings the
 * state up to it, and then lets every group do what is due; effects are performed by the caller, in order.
 *
 * `nowMs` must be read after the event has arrived, on a monotonic clock. Kernel writes of one group are performed one
 * after the other, and their end is reported by a `kernel` event after they have taken effect.
 * Why it is safe: `asking.ts`. Who grants: `voter.ts`.
 */

import { advanceActive, advanceDraining, endClaim, endClose, endRenew } from './active.js';
import { countVote, repeatRelease } from './asking.js';
import {
  abandonClaim,
  advanceInit,
  advanceStandby,
  answerOffer,
  endArm,
  noteRefusal,
  ownEligibility,
} from './claim.js';
import { deadlineMs } from './deadline.js';
import { declined, keepHandoverAsk, startHandover } from './handover.js';
import { type Body, messageLimits } from './messages.js';
import { activePeer, createPeer, hearHeartbeat, hearPeer, notePeerGroup, watchPeers } from './peers.js';
import { beginTurn, type Turn, voterConfig } from './turn.js';
import {
  type ElectionConfig,
  type ElectionEvent,
  type ElectionState,
  type GroupState,
  type PeerState,
  type Step,
  witnessName,
} from './types.js';
import { acceptRelease, answerAsk, createVoter } from './voter.js';

const createGroup = (name: string, nowMs: number): GroupState => ({
  name,
  role: 'init',
  reason: 'just started',
  sinceMs: nowMs,
  waiting: 'just started',
  epoch: 0,
  tenure: 0,
  pending: undefined,
  pendingMs: 0,
  clean: false,
  asked: 0,
  askedMs: 0,
  voided: 0,
  votes: {},
  heldUntilMs: 0,
  claim: undefined,
  claimAfterMs: 0,
  ownerlessMs: nowMs,
  released: false,
  releasesLeft: 0,
  releasedTo: '',
  closeReason: '',
  closeReleases: false,
  handover: undefined,
  drainUntilMs: 0,
  announcements: 0,
  announceMs: 0,
  preemptMs: 0,
});

export const createElection = (config: ElectionConfig, nowMs: number): ElectionState => {
  const peers = config.nodes.filter((name) => name !== config.node);
  return {
    startedMs: nowMs,
    started: false,
    stopping: false,
    stopped: false,
    voter: createVoter(nowMs),
    readiness: { ready: false, reasons: ['starting'], position: '' },
    unreadyMs: nowMs,
    faults: [],
    links: {},
    gatewayMs: Number.NEGATIVE_INFINITY,
    heartbeatMs: nowMs,
    offers: 0,
    witnessHeardMs: Number.NEGATIVE_INFINITY,
    peers: Object.fromEntries(peers.map((name) => [name, createPeer(name, nowMs)])),
    groups: Object.fromEntries(config.groups.map(({ name }) => [name, createGroup(name, nowMs)])),
  };
};

const release = (
  turn: Turn,
  from: string,
  session: number,
  body: { group: string; ask: number; to: string },
): void => {
  const { state, config, nowMs } = turn;
  const given = { group: body.group, ask: body.ask, to: body.to, reserveMs: config.timing.leaseMs };
  state.voter = acceptRelease(state.voter, { node: from, session }, given, nowMs).voter;
};

const heardHeartbeat = (
  turn: Turn,
  peer: PeerState,
  path: number,
  body: Body & { type: 'heartbeat' },
): void => {
  hearHeartbeat(turn, peer, path, body);
  for (const entry of body.groups) {
    const group = turn.state.groups[entry.group];
    if (!group) continue;
    group.epoch = Math.max(group.epoch, entry.epoch);
    if (entry.releasedAsk > 0) {
      release(turn, peer.name, peer.session, { group: entry.group, ask: entry.releasedAsk, to: '' });
    }
  }
};

const heardAsk = (
  turn: Turn,
  from: string,
  session: number,
  path: number,
  body: Body & { type: 'ask' },
): void => {
  const group = turn.state.groups[body.group];
  const send = (answer: {
    verdict: 'unknown-group';
    epoch: number;
    waitMs: number;
    holder: string;
  }): void => {
    const reply = { type: 'answer', group: body.group, ask: body.ask, session, ...answer } as const;
    turn.effects.push({ type: 'send', to: from, path, body: reply });
  };
  if (!group) {
    send({ verdict: 'unknown-group', epoch: 0, waitMs: 1000, holder: '' });
    return;
  }
  if (keepHandoverAsk(group, from, session, path, body)) return;
  const { voter, answer } = answerAsk(
    turn.state.voter,
    voterConfig(turn.config),
    { node: from, session },
    body,
    turn.nowMs,
  );
  turn.state.voter = voter;
  const reply = { type: 'answer', group: body.group, ask: body.ask, session, ...answer } as const;
  turn.effects.push({ type: 'send', to: from, path, body: reply });
};

const onMessage = (turn: Turn, event: ElectionEvent & { type: 'message' }): void => {
  const { from, session, path, body } = event;
  const { state, config } = turn;
  const peer = hearPeer(turn, from, session, path);
  if (from === witnessName) state.witnessHeardMs = turn.nowMs;
  else if (!peer) return;
  if (body.type === 'hello') return;
  if (body.type === 'heartbeat') {
    if (peer) heardHeartbeat(turn, peer, path, body);
    return;
  }
  if (body.type === 'ask') {
    heardAsk(turn, from, session, path, body);
    return;
  }
  const group = state.groups[body.group];
  if (!group) return;
  switch (body.type) {
    case 'answer':
      if (body.session !== config.session) return;
      if (body.verdict === 'granted') countVote(group, from, body.ask);
      else noteRefusal(turn, group, from, body);
      return;
    case 'release':
      group.epoch = Math.max(group.epoch, body.epoch);
      release(turn, from, session, body);
      if (peer?.groups[body.group]?.role === 'active')
        notePeerGroup(turn, peer, body.group, { role: 'draining' });
      return;
    case 'offer':
      answerOffer(turn, group, from, body);
      return;
    case 'decline':
      declined(turn, group, from, body.offer, body.reason);
      return;
  }
};

const onKernel = (turn: Turn, event: ElectionEvent & { type: 'kernel' }): void => {
  const group = turn.state.groups[event.group];
  if (group?.pending !== event.op) return;
  group.pending = undefined;
  switch (event.op) {
    case 'arm':
      endArm(turn, group, event.result, event.detail);
      return;
    case 'claim':
      endClaim(turn, group, event.result, event.detail);
      return;
    case 'renew':
      endRenew(turn, group, event.result, event.detail);
      return;
    case 'close':
      endClose(turn, group, event.result);
      return;
  }
};

const onEvent = (turn: Turn, event: ElectionEvent): void => {
  const { state } = turn;
  switch (event.type) {
    case 'start':
      state.started = true;
      state.links = event.links;
      for (const name in event.epochs) {
        const group = state.groups[name];
        if (group) group.epoch = Math.max(group.epoch, event.epochs[name]!);
      }
      return;
    case 'timer':
      return;
    case 'message':
      onMessage(turn, event);
      return;
    case 'kernel':
      onKernel(turn, event);
      return;
    case 'link':
      state.links = { ...state.links, [event.name]: event.usable };
      return;
    case 'readiness':
      if (!event.readiness.ready && state.readiness.ready) state.unreadyMs = turn.nowMs;
      state.readiness = event.readiness;
      return;
    case 'faults':
      state.faults = event.faults;
      return;
    case 'gateway':
      state.gatewayMs = event.untilMs;
      return;
    case 'handover': {
      const group = state.groups[event.group];
      if (group) {
        startHandover(turn, group, event.id, event.to);
        return;
      }
      const reason = `no group called ${event.group}`;
      turn.effects.push({ type: 'handover-result', id: event.id, ok: false, tookMs: 0, reason });
      return;
    }
    case 'stop':
      state.stopping = true;
      state.heartbeatMs = turn.nowMs;
      return;
  }
};

const advance = (turn: Turn, group: GroupState): void => {
  if (activePeer(turn, group.name) || group.role === 'active') group.ownerlessMs = turn.nowMs;
  if (group.pending !== undefined) return;
  switch (group.role) {
    case 'init':
      advanceInit(turn, group);
      return;
    case 'standby':
      advanceStandby(turn, group);
      return;
    case 'active':
      advanceActive(turn, group);
      return;
    case 'draining':
      advanceDraining(turn, group);
      return;
  }
};

/** One line for a heartbeat: what keeps this node from owning a group. */
const ownReason = (turn: Turn): string => {
  for (const name in turn.state.groups) {
    const { level, reason } = ownEligibility(turn, turn.state.groups[name]!);
    if (level !== 'ready') return reason;
  }
  return '';
};

const heartbeat = (turn: Turn): void => {
  const { state, config, nowMs } = turn;
  if (nowMs < state.heartbeatMs) return;
  state.heartbeatMs = nowMs + config.timing.heartbeatMs;
  const groups = config.groups.slice(0, messageLimits.groups).map(({ name }) => {
    const group = state.groups[name]!;
    repeatRelease(turn, group);
    return {
      group: name,
      role: group.role,
      eligible: ownEligibility(turn, group).level,
      epoch: group.epoch,
      releasedAsk: group.released ? group.voided : 0,
    };
  });
  const reason = ownReason(turn);
  for (const name in state.peers) {
    turn.effects.push({
      type: 'send',
      to: name,
      path: undefined,
      // The stamps differ by path and are filled in where the datagram is sealed (`stampHeartbeat`).
      body: {
        type: 'heartbeat',
        sentUs: Math.round(nowMs * 1000),
        echoUs: 0,
        echoHeldUs: 0,
        ready: state.readiness.ready,
        position: state.readiness.position,
        reason,
        groups,
      },
    });
  }
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

const finishStop = (turn: Turn): void => {
  const { state } = turn;
  if (!state.stopping || state.stopped) return;
  for (const name in state.groups) {
    const group = state.groups[name]!;
    if (group.claim && group.pending === undefined) abandonClaim(turn, group, 0, 'stopping');
    const isDone = group.role === 'standby' || (group.role === 'init' && (group.clean || !state.started));
    if (!isDone || group.pending !== undefined || group.claim) return;
  }
  state.stopped = true;
  turn.effects.push({ type: 'stopped' });
};

/** The machine's only entry. */
export const step = (
  config: ElectionConfig,
  state: ElectionState,
  event: ElectionEvent,
  nowMs: number,
): Step => {
  const turn = beginTurn(config, state, nowMs);
  onEvent(turn, event);
  watchPeers(turn);
  if (turn.state.started) {
    for (const name in turn.state.groups) advance(turn, turn.state.groups[name]!);
    heartbeat(turn);
  }
  finishStop(turn);
  return { state: turn.state, effects: turn.effects, deadlineMs: deadlineMs(turn) };
};
