/**
 * The election of one node: `init → standby ⇄ active → draining → standby`, per group. A step takes an event, brings the
 * state up to it, and then lets every group do what is due; effects are performed by the caller, in order.
 *
 * `nowMs` must be read after the event has arrived, on a monotonic clock. Kernel writes of one group are performed one
 * after the other, and their end is reported by a `kernel` event after they have taken effect.
 * Why it is safe: `asking.ts`. Who grants: `voter.ts`.
 */

import { advanceActive, advanceDraining, endClaim, endClose, endRenew } from './active.js';
import { abandonClaim, advanceInit, advanceStandby, endArm } from './claim.js';
import { deadlineMs } from './deadline.js';
import { coordinationOf } from './drivers.js';
import { hearEtcd } from './etcd.js';
import { createEtcdState } from './etcd-state.js';
import { heartbeat } from './heartbeat.js';
import { onMessage } from './inbox.js';
import { hearKeepalived } from './keepalived.js';
import { createKeepalivedState } from './keepalived-state.js';
import { roles } from './messages.js';
import { orderHandover, orderMaintenance, repeatOrders } from './orders.js';
import { activePeer, createPeer, watchPeers } from './peers.js';
import { deafUntilMs } from './stall.js';
import { beginTurn, type Turn } from './turn.js';
import type { ElectionConfig, ElectionEvent, ElectionState, GroupState, Step } from './types.js';
import { createVoter } from './voter.js';

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
  releaseAgainMs: 0,
  releasedTo: '',
  closeReason: '',
  closeReleases: false,
  handover: undefined,
  drainUntilMs: 0,
  announcements: 0,
  announceMs: 0,
  preemptMs: 0,
  healthierMs: 0,
  maintenanceMs: 0,
});

export const createElection = (config: ElectionConfig, nowMs: number): ElectionState => {
  const peers = config.nodes.filter((name) => name !== config.node);
  const { coordination } = config;
  const names = config.groups.map(({ name }) => name);
  return {
    startedMs: nowMs,
    started: false,
    stopping: false,
    stopped: false,
    stopMs: 0,
    voter: createVoter(nowMs),
    readiness: { ready: false, reasons: ['starting'], position: '' },
    unreadyMs: nowMs,
    health: [],
    maintenance: [],
    wall: undefined,
    orders: {},
    foreignOrders: {},
    lastForeign: 0,
    links: {},
    linkUpMs: {},
    gatewayMs: Number.NEGATIVE_INFINITY,
    fullMs: nowMs,
    hasNews: true,
    heartbeats: 0,
    deafUntilMs: nowMs,
    greetMs: nowMs,
    offers: 0,
    witnessHeardMs: Number.NEGATIVE_INFINITY,
    etcd: coordination?.driver === 'etcd' ? createEtcdState(coordination, names, nowMs) : undefined,
    keepalived: coordination?.driver === 'keepalived' ? createKeepalivedState(nowMs) : undefined,
    peers: Object.fromEntries(peers.map((name) => [name, createPeer(name, nowMs)])),
    groups: Object.fromEntries(config.groups.map(({ name }) => [name, createGroup(name, nowMs)])),
  };
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
      state.maintenance = event.maintenance ?? [];
      for (const name in event.epochs) {
        const group = state.groups[name];
        if (group) group.epoch = Math.max(group.epoch, event.epochs[name]!);
      }
      return;
    case 'timer':
      return;
    case 'stalled':
      state.deafUntilMs = deafUntilMs(event.sleptMs, turn.config.timing.deadMs, turn.nowMs);
      return;
    case 'message':
      onMessage(turn, event);
      return;
    case 'kernel':
      onKernel(turn, event);
      return;
    case 'link':
      state.hasNews ||= state.links[event.name] !== event.usable;
      if (event.usable && state.links[event.name] !== true) {
        state.linkUpMs = { ...state.linkUpMs, [event.name]: turn.nowMs };
      }
      state.links = { ...state.links, [event.name]: event.usable };
      return;
    case 'readiness':
      state.hasNews ||= event.readiness.ready !== state.readiness.ready;
      if (!event.readiness.ready && state.readiness.ready) state.unreadyMs = turn.nowMs;
      state.readiness = event.readiness;
      return;
    case 'health':
      state.hasNews = true;
      state.health = event.reasons;
      return;
    case 'wall':
      state.wall = { seconds: event.seconds, minute: event.minute, atMs: turn.nowMs };
      return;
    case 'gateway':
      state.gatewayMs = event.untilMs;
      return;
    case 'etcd':
      hearEtcd(turn, event.id, event.answer);
      return;
    case 'vrrp':
    case 'vrrp-source':
      hearKeepalived(turn, event);
      return;
    case 'handover':
      orderHandover(turn, event);
      return;
    case 'maintenance':
      orderMaintenance(turn, event);
      return;
    case 'stop':
      state.stopping = true;
      state.stopMs = turn.nowMs;
      state.hasNews = true;
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

/** A successor may need this node's vote, for as long as it is seeking one. */
const needsVote = (turn: Turn, group: GroupState): boolean => {
  const { state, config, nowMs } = turn;
  if (!group.released || nowMs >= state.stopMs + config.lockMs(config.timing.leaseMs)) return false;
  if (activePeer(turn, group.name)) return false;
  return Object.values(state.peers).some(
    (peer) => peer.alive && (peer.groups[group.name]?.eligible ?? 'no') !== 'no',
  );
};

/** What a change of role makes possible is done in the same turn, not with the next event. */
const settle = (turn: Turn, group: GroupState): void => {
  for (let count = 0; count < roles.length; count++) {
    const before = group.role;
    advance(turn, group);
    if (group.role === before) return;
  }
};

const finishStop = (turn: Turn): void => {
  const { state } = turn;
  if (!state.stopping || state.stopped) return;
  for (const name in state.groups) {
    const group = state.groups[name]!;
    if (group.claim && group.pending === undefined) abandonClaim(turn, group, 0, 'stopping');
    const isDone = group.role === 'standby' || (group.role === 'init' && (group.clean || !state.started));
    if (!isDone || group.pending !== undefined || group.claim) return;
    if (needsVote(turn, group)) return;
  }
  if (coordinationOf(turn.config).isBusy(turn)) return;
  state.stopped = true;
  turn.effects.push({ type: 'stopped' });
};

/** The machine's only entry. The state handed in is used up: go on with the one returned. */
export const step = (
  config: ElectionConfig,
  state: ElectionState,
  event: ElectionEvent,
  nowMs: number,
): Step => {
  const turn = beginTurn(config, state, nowMs);
  onEvent(turn, event);
  watchPeers(turn);
  repeatOrders(turn);
  if (turn.state.started) {
    for (const name in turn.state.groups) settle(turn, turn.state.groups[name]!);
    coordinationOf(config).tick(turn);
    heartbeat(turn);
  }
  finishStop(turn);
  return { state: turn.state, effects: turn.effects, deadlineMs: deadlineMs(turn) };
};
