/** A standby: whether it may claim the group and why not, and the three steps of a claim (arm, ask, open). */

import { askAll, askSelf, hasMajority, releaseAll, voidAsks } from './asking.js';
import { differsText } from './cluster-file.js';
import { coordinationOf } from './drivers.js';
import { fatalReasons, penaltyOf } from './health.js';
import { inMaintenance, maintenanceText } from './maintenance.js';
import type { Body, Eligibility } from './messages.js';
import { activePeer, goesBefore } from './peers.js';
import {
  groupConfig,
  neededVotes,
  otherVoters,
  setRole,
  type Turn,
  voterConfig,
  writeKernel,
} from './turn.js';
import type { GroupState } from './types.js';
import { voterHolder, voterLockedMs } from './voter.js';

/** An unanswered ask is repeated after this long: a lost datagram must not cost a takeover. */
const askAgainMs = 10;

/** A link that came back needs a moment: neighbours must be found again, and it may flap. Others go first until then. */
const linkSettleMs = 1_000;

const settlingLink = (turn: Turn, group: GroupState): string | undefined =>
  groupConfig(turn.config, group.name).trackLinks.find(
    (link) => turn.nowMs < (turn.state.linkUpMs[link] ?? Number.NEGATIVE_INFINITY) + linkSettleMs,
  );

/** May this node own the group at all, by what it knows of itself? */
export const ownEligibility = (turn: Turn, group: GroupState): { level: Eligibility; reason: string } => {
  const { state, config, nowMs } = turn;
  if (state.stopping) return { level: 'no', reason: 'stopping' };
  if (group.role === 'init') return { level: 'no', reason: 'just started' };
  for (const link of groupConfig(config, group.name).trackLinks) {
    const usable = state.links[link];
    if (usable === undefined) return { level: 'no', reason: `there is no interface ${link} on this node` };
    if (!usable) return { level: 'no', reason: `link ${link} is down` };
  }
  const fatal = fatalReasons(state, group.name);
  if (fatal.length > 0) return { level: 'no', reason: fatal.join('; ') };
  // An owner hands over first.
  if (group.role !== 'active' && inMaintenance(state, group.name)) {
    return { level: 'no', reason: maintenanceText(state, group.name) };
  }
  const settling = settlingLink(turn, group);
  if (state.readiness.ready) {
    const differs = differsText(turn);
    if (differs !== undefined) return { level: 'late', reason: differs };
    return settling === undefined
      ? { level: 'ready', reason: '' }
      : { level: 'late', reason: `link ${settling} is up again only now` };
  }
  const why = state.readiness.reasons.join('; ') || 'no reason given';
  if (nowMs < state.unreadyMs + config.timing.syncWaitMs) return { level: 'no', reason: `not ready: ${why}` };
  return {
    level: 'late',
    reason: `not ready, but the wait of ${config.timing.syncWaitMs} ms is over: ${why}`,
  };
};

/** Why a standby does not claim now; undefined when it may. */
const blocker = (turn: Turn, group: GroupState): string | undefined => {
  const { config, state, nowMs } = turn;
  const own = ownEligibility(turn, group);
  if (own.level === 'no') return own.reason;
  const owner = activePeer(turn, group.name);
  if (owner) return `${owner.name} is active`;
  const self = { node: config.node, session: config.session };
  if (voterLockedMs(state.voter, voterConfig(config), group.name, self, nowMs) > 0) {
    const holder = voterHolder(state.voter, group.name, nowMs);
    return holder ? `this node's vote is bound to ${holder}` : 'this node has just started to vote';
  }
  const driver = coordinationOf(config).blocker(turn, group, false);
  if (driver !== undefined) return driver;
  if (nowMs < group.claimAfterMs) return group.waiting || 'waits after a failed claim';
  const unfinished = voterHolder(state.voter, group.name, nowMs) === config.node && !group.released;
  if (unfinished || nowMs >= group.ownerlessMs + config.lockMs(config.timing.leaseMs)) return undefined;
  const { preferred } = groupConfig(config, group.name);
  for (const name in state.peers) {
    const peer = state.peers[name]!;
    const { eligible = 'no', penalty = 0 } = peer.groups[group.name] ?? {};
    if (!peer.alive || eligible === 'no') continue;
    const first = { node: config.node, eligible: own.level, penalty: penaltyOf(state, group.name) };
    if (goesBefore(turn, preferred, first, { node: name, eligible, penalty })) return `${name} goes first`;
  }
  return undefined;
};

const startClaim = (turn: Turn, group: GroupState, offer: number, from: string): void => {
  group.claim = { phase: 'arming', epoch: group.epoch + 1, armedMs: 0, offer, from, refusals: {} };
  group.waiting = '';
  coordinationOf(turn.config).begin(turn, group);
  writeKernel(turn, group, 'arm', offer > 0 ? `handover from ${from}` : `claim of epoch ${group.epoch + 1}`);
};

/** Gives a claim up and the grants back, so that another node need not wait for them. */
export const abandonClaim = (turn: Turn, group: GroupState, waitMs: number, reason: string): void => {
  const epoch = group.claim?.epoch ?? group.epoch;
  group.claim = undefined;
  releaseAll(turn, group, '');
  group.claimAfterMs = turn.nowMs + waitMs;
  if (group.waiting !== reason) {
    turn.effects.push({ type: 'report', report: { kind: 'claim-failed', group: group.name, epoch, reason } });
  }
  group.waiting = reason;
};

/** Two nodes that were refused by each other must not come back at the same time. */
const backOffMs = (turn: Turn): number => {
  const { nodes, node, timing } = turn.config;
  return timing.renewMs * (1 + 2 * Math.max(0, nodes.indexOf(node)));
};

const refusalTexts = (group: GroupState): string => {
  const texts = Object.entries(group.claim?.refusals ?? {}).map(([voter, { text }]) => `${voter}: ${text}`);
  return texts.join('; ') || 'nobody answered';
};

const advanceAsking = (turn: Turn, group: GroupState): void => {
  const claim = group.claim!;
  const { config, nowMs } = turn;
  const own = ownEligibility(turn, group);
  if (own.level === 'no') {
    abandonClaim(turn, group, 0, own.reason);
    return;
  }
  askSelf(turn, group);
  const may = coordinationOf(config).mayClaim(turn, group);
  if (may === 'yes') {
    group.claim = { ...claim, phase: 'opening' };
    // Used up, whatever comes of it: the answer to this write may be lost.
    group.epoch = Math.max(group.epoch, claim.epoch);
    writeKernel(turn, group, 'claim', `granted by ${voters(group)}`);
    return;
  }
  // What is left of `armed` must be enough for the last step; otherwise start again with a fresh one.
  if (nowMs >= claim.armedMs + config.timing.leaseMs * 0.75) {
    const why = hasMajority(turn, group)
      ? 'the majority was there, the answer of etcd was not'
      : `no majority (${refusalTexts(group)})`;
    abandonClaim(turn, group, backOffMs(turn), why);
    return;
  }
  if (claim.offer === 0 && may === 'no') {
    const waits = Object.values(claim.refusals).map(({ untilMs }) => untilMs);
    const open = otherVoters(config).length + 1 - waits.length;
    if (waits.length > 0 && open < neededVotes(config)) {
      const soonest = Math.max(0, Math.min(...waits) - nowMs);
      abandonClaim(turn, group, soonest + backOffMs(turn), `refused (${refusalTexts(group)})`);
      return;
    }
  }
  if (nowMs >= group.askedMs + askAgainMs) askAll(turn, group);
};

/** Whose grants are fresh, for the log. */
export const voters = (group: GroupState): string =>
  Object.keys(group.votes)
    .filter((voter) => group.votes[voter]! > group.voided)
    .join(', ');

export const advanceStandby = (turn: Turn, group: GroupState): void => {
  if (group.claim) {
    if (group.claim.phase === 'asking') advanceAsking(turn, group);
    return;
  }
  const reason = blocker(turn, group);
  if (reason === undefined) {
    startClaim(turn, group, 0, '');
    return;
  }
  if (reason !== group.waiting) {
    group.waiting = reason;
    turn.effects.push({ type: 'report', report: { kind: 'waiting', group: group.name, reason } });
  }
};

/** The end of `arm`; `active.ts` has the end of `claim`. */
export const endArm = (turn: Turn, group: GroupState, result: string, detail: string): void => {
  voidAsks(group);
  if (!group.claim) return;
  if (result !== 'done') {
    abandonClaim(turn, group, 200, `cannot arm: ${detail}`);
    return;
  }
  group.claim = { ...group.claim, phase: 'asking', armedMs: turn.nowMs };
  askAll(turn, group);
};

/** A voter said no. */
export const noteRefusal = (
  turn: Turn,
  group: GroupState,
  from: string,
  body: Body & { type: 'answer' },
): void => {
  group.epoch = Math.max(group.epoch, body.epoch);
  const { claim } = group;
  if (claim?.phase !== 'asking' || body.ask <= group.voided) return;
  if (body.verdict === 'epoch-too-low' || body.verdict === 'released') {
    if (body.epoch >= claim.epoch) {
      group.claim = { ...claim, epoch: body.epoch + 1 };
      askAll(turn, group);
    }
    return;
  }
  const text = body.holder ? `${body.verdict} (${body.holder})` : body.verdict;
  const untilMs = turn.nowMs + body.waitMs;
  group.claim = { ...claim, refusals: { ...claim.refusals, [from]: { text, untilMs } } };
};

/** An owner offers the group: arm and ask, or say why not. */
export const answerOffer = (
  turn: Turn,
  group: GroupState,
  from: string,
  body: Body & { type: 'offer' },
): void => {
  if (group.claim?.offer === body.offer && group.claim.from === from) return;
  group.epoch = Math.max(group.epoch, body.epoch);
  const own = ownEligibility(turn, group);
  const busy = group.role !== 'standby' || group.pending !== undefined || group.claim !== undefined;
  const driver = own.level === 'no' ? undefined : coordinationOf(turn.config).blocker(turn, group, true);
  if (own.level !== 'no' && !busy && driver === undefined) {
    startClaim(turn, group, body.offer, from);
    return;
  }
  const reason = own.level === 'no' ? own.reason : (driver ?? `is ${group.role} and busy`);
  turn.effects.push({
    type: 'send',
    to: from,
    path: undefined,
    body: { type: 'decline', group: group.name, offer: body.offer, reason },
  });
};

/** After start: nothing of a former process is left in the kernel, and the wait of a voter is over. */
export const advanceInit = (turn: Turn, group: GroupState): void => {
  const { config, state, nowMs } = turn;
  if (!state.started) return;
  if (!group.clean) {
    if (nowMs < group.drainUntilMs) return;
    writeKernel(turn, group, 'close', 'nothing of a former process may stay');
    return;
  }
  const { leaseMs, deadMs } = config.timing;
  if (nowMs < state.startedMs + Math.max(config.lockMs(leaseMs), 2 * deadMs)) return;
  setRole(turn, group, 'standby', 'started');
  group.ownerlessMs = nowMs;
};
