/**
 * The owner's side of a planned handover: offer → the target arms and asks → close the guard → release and grant →
 * the target opens. Every step is an ordinary ask, grant or release, so the safety rule of `asking.ts` covers it.
 */

import { releaseAll } from './asking.js';
import { coordinationOf } from './drivers.js';
import { mayFailBack } from './failback.js';
import { healthMargin, healthPace, penaltyOf } from './health.js';
import { inMaintenance } from './maintenance.js';
import type { Body } from './messages.js';
import { settleOrder } from './order-results.js';
import { eligibilityRank, preferenceRank } from './peers.js';
import { setRole, type Turn, voterConfig, writeKernel } from './turn.js';
import type { ElectionGroup, GroupState } from './types.js';
import { answerAsk } from './voter.js';

const offerAgainMs = 10;
/** The preferred node must have been ready for this long before it gets its group back, and is asked this seldom. */
export const preemptAfterMs = 1_000;
const preemptAgainMs = 5_000;

export const endHandover = (turn: Turn, group: GroupState, ok: boolean, reason: string): void => {
  const { handover } = group;
  if (!handover) return;
  group.handover = undefined;
  group.preemptMs = turn.nowMs + preemptAgainMs;
  group.healthierMs = group.preemptMs;
  settleOrder(turn, handover.id, ok, turn.nowMs - handover.startedMs, reason);
};

/** The best living peer that may take the group, or why there is none. */
const chooseTarget = (
  turn: Turn,
  group: GroupState,
  wanted: string | undefined,
): { to: string | undefined; reason: string } => {
  let best: string | undefined;
  let bestRank = 0;
  let bestPenalty = 0;
  const refused: string[] = [];
  for (const name of turn.config.nodes) {
    const peer = turn.state.peers[name];
    if (!peer || (wanted !== undefined && name !== wanted)) continue;
    const { eligible = 'no', penalty = 0 } = peer.groups[group.name] ?? {};
    const rank = eligibilityRank[eligible];
    if (peer.alive && rank > 0 && (rank > bestRank || (rank === bestRank && penalty < bestPenalty))) {
      best = name;
      bestRank = rank;
      bestPenalty = penalty;
    }
    if (!peer.alive || rank === 0)
      refused.push(`${name}: ${peer.alive ? peer.reason || 'not eligible' : 'not heard'}`);
  }
  if (best !== undefined) return { to: best, reason: '' };
  if (wanted === turn.config.node) return { to: undefined, reason: `${wanted} is active already` };
  return { to: undefined, reason: refused.join('; ') || `no other node${wanted ? ` called ${wanted}` : ''}` };
};

const sendOffer = (turn: Turn, group: GroupState): void => {
  const { to, offer } = group.handover!;
  group.handover = { ...group.handover!, offeredMs: turn.nowMs };
  const body = { type: 'offer', group: group.name, epoch: group.tenure, offer } as const;
  turn.effects.push({ type: 'send', to, path: undefined, body });
};

/** Begins a handover; the result comes as an effect, at once if there is nothing to begin. */
export const startHandover = (
  turn: Turn,
  group: GroupState,
  id: number,
  wanted: string | undefined,
): void => {
  const { state, nowMs } = turn;
  const refuse = (reason: string): void => {
    settleOrder(turn, id, false, 0, reason);
  };
  const { fixed } = coordinationOf(turn.config);
  if (fixed !== undefined) {
    refuse(fixed);
    return;
  }
  if (group.role !== 'active') {
    refuse(`this node is ${group.role}, not active (${group.waiting || group.reason})`);
    return;
  }
  if (group.handover) {
    refuse(`already handing over to ${group.handover.to}`);
    return;
  }
  const { to, reason } = chooseTarget(turn, group, wanted);
  if (to === undefined) {
    refuse(reason);
    return;
  }
  state.offers += 1;
  group.handover = {
    id,
    to,
    offer: state.offers,
    phase: 'offered',
    startedMs: nowMs,
    offeredMs: nowMs,
    ask: undefined,
  };
  sendOffer(turn, group);
};

/** The ask that answers our offer is kept until the guard is closed; true when it was that. */
export const keepHandoverAsk = (
  group: GroupState,
  from: string,
  session: number,
  path: number,
  body: Body & { type: 'ask' },
): boolean => {
  const { handover } = group;
  if (!handover || body.offer !== handover.offer || from !== handover.to || handover.phase === 'waiting')
    return false;
  group.handover = { ...handover, ask: { session, path, body } };
  return true;
};

export const declined = (
  turn: Turn,
  group: GroupState,
  from: string,
  offer: number,
  reason: string,
): void => {
  const { handover } = group;
  if (handover?.phase !== 'offered' || handover.offer !== offer || handover.to !== from) return;
  endHandover(turn, group, false, `${from} declines: ${reason}`);
};

/** The guard is closed: give every grant back in favour of the target, and this node's own grant with it. */
export const closeForHandover = (turn: Turn, group: GroupState): void => {
  const { config, state, nowMs } = turn;
  const handover = group.handover!;
  releaseAll(turn, group, handover.to);
  group.handover = { ...handover, phase: 'waiting', ask: undefined };
  group.drainUntilMs = nowMs + config.lockMs(config.timing.leaseMs);
  if (!handover.ask) return;
  const { session, path, body } = handover.ask;
  const result = answerAsk(state.voter, voterConfig(config), { node: handover.to, session }, body, nowMs);
  state.voter = result.voter;
  turn.effects.push({
    type: 'send',
    to: handover.to,
    path,
    body: { type: 'answer', group: group.name, ask: body.ask, session, ...result.answer },
  });
};

/** True when the handover has started a kernel write in this turn. */
export const advanceHandover = (turn: Turn, group: GroupState): boolean => {
  const { handover } = group;
  const { nowMs, config, state } = turn;
  if (!handover) return false;
  if (handover.phase === 'offered') {
    if (handover.ask) {
      const reason = `handover to ${handover.to}`;
      group.handover = { ...handover, phase: 'closing' };
      group.closeReason = reason;
      group.closeReleases = true;
      setRole(turn, group, 'draining', reason);
      writeKernel(turn, group, 'close', reason);
      return true;
    }
    if (nowMs >= handover.startedMs + 2 * config.timing.deadMs) {
      endHandover(turn, group, false, `${handover.to} did not answer the offer`);
    } else if (nowMs >= handover.offeredMs + offerAgainMs) sendOffer(turn, group);
    return false;
  }
  if (handover.phase === 'waiting') {
    const theirs = state.peers[handover.to]?.groups[group.name];
    const isTaken = theirs?.role === 'active' && theirs.epoch > group.tenure;
    if (!isTaken && nowMs < group.drainUntilMs) return false;
    const reason = isTaken ? `handed over to ${handover.to}` : `${handover.to} did not take over`;
    endHandover(turn, group, isTaken, reason);
    setRole(turn, group, 'standby', reason);
    group.ownerlessMs = nowMs;
  }
  return false;
};

/** The group goes back to a node that is preferred to this one, once that has been ready for a while and the failback policy allows it. */
export const failBack = (turn: Turn, group: GroupState, config: ElectionGroup): void => {
  const { state, nowMs } = turn;
  if (group.handover) return;
  if (!mayFailBack(config.failback, state.wall?.minute)) {
    group.preemptMs = nowMs + preemptAfterMs;
    return;
  }
  const ownRank = preferenceRank(config.preferred, turn.config.node);
  const mine = penaltyOf(state, group.name);
  const better = config.preferred.slice(0, ownRank).find((name) => {
    const theirs = state.peers[name]?.alive ? state.peers[name].groups[group.name] : undefined;
    return theirs?.eligible === 'ready' && theirs.penalty < mine + healthMargin;
  });
  if (better === undefined) group.preemptMs = nowMs + preemptAfterMs;
  else if (nowMs >= group.preemptMs) startHandover(turn, group, 0, better);
};

/** An owner that is not well gives the group to a peer that has been healthier, by a margin, for a while. */
export const yieldToHealthier = (turn: Turn, group: GroupState): void => {
  const { state, nowMs } = turn;
  if (group.handover) return;
  const mine = penaltyOf(state, group.name);
  let best: string | undefined;
  let least = mine - healthMargin;
  if (mine >= healthMargin) {
    for (const name in state.peers) {
      const peer = state.peers[name]!;
      const theirs = peer.groups[group.name];
      if (!peer.alive || theirs?.eligible !== 'ready' || theirs.penalty > least) continue;
      best = name;
      least = theirs.penalty - 1;
    }
  }
  const { afterMs, stayMs } = turn.config.health ?? healthPace;
  if (best === undefined) group.healthierMs = Math.max(nowMs + afterMs, group.sinceMs + stayMs);
  else if (nowMs >= group.healthierMs) startHandover(turn, group, 0, best);
};

/** An owner in maintenance hands over as soon as somebody may own the group. */
export const leaveForMaintenance = (turn: Turn, group: GroupState): void => {
  const { state, nowMs } = turn;
  if (group.handover || !inMaintenance(state, group.name) || nowMs < group.maintenanceMs) return;
  group.maintenanceMs = nowMs + preemptAfterMs;
  const { to } = chooseTarget(turn, group, undefined);
  if (to !== undefined) startHandover(turn, group, 0, to);
};
