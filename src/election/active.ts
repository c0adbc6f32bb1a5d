/** An owner: renews its lease, announces, hands over, steps down. */

import { askAll, askFew, askSelf, releaseAll, voidAsks } from './asking.js';
import { abandonClaim, ownEligibility } from './claim.js';
import { coordinationOf } from './drivers.js';
import {
  advanceHandover,
  closeForHandover,
  endHandover,
  failBack,
  leaveForMaintenance,
  preemptAfterMs,
  yieldToHealthier,
} from './handover.js';
import { healthPace } from './health.js';
import { inMaintenance } from './maintenance.js';
import { togetherMs } from './peers.js';
import { groupConfig, setRole, type Turn, writeKernel } from './turn.js';
import type { GroupState } from './types.js';

const askAgainMs = 10;
const retryCloseMs = 5;
const retryClaimMs = 200;
/** Gratuitous ARP after a takeover: a lost one must not leave a neighbour with the old address for long. */
const announceAfterMs = [50, 200, 1000];

/** Starts stepping down: the guard is closed first, everything else follows its confirmation. */
export const stepDown = (turn: Turn, group: GroupState, reason: string, releases: boolean): void => {
  setRole(turn, group, 'draining', reason);
  group.closeReason = reason;
  group.closeReleases = releases;
  group.claim = undefined;
  writeKernel(turn, group, 'close', reason);
};

export const becomeActive = (turn: Turn, group: GroupState): void => {
  const { nowMs, config } = turn;
  const claim = group.claim!;
  const from = claim.offer > 0 ? `handover from ${claim.from}` : 'claimed';
  group.tenure = claim.epoch;
  group.epoch = Math.max(group.epoch, claim.epoch);
  group.claim = undefined;
  group.heldUntilMs = group.pendingMs + config.timing.leaseMs;
  group.announcements = 0;
  group.announceMs = nowMs + announceAfterMs[0]!;
  group.preemptMs = nowMs + preemptAfterMs;
  group.healthierMs = nowMs + (config.health ?? healthPace).stayMs;
  // The write has ended: whatever was asked before counts no more (asking.ts).
  voidAsks(group);
  setRole(turn, group, 'active', `${from}, epoch ${claim.epoch}`);
  turn.effects.push({ type: 'add-addresses', group: group.name }, { type: 'announce', group: group.name });
};

export const endClaim = (turn: Turn, group: GroupState, result: string, detail: string): void => {
  if (!group.claim) return;
  if (result === 'done') becomeActive(turn, group);
  else if (result === 'missing') {
    abandonClaim(turn, group, 0, 'the claim came too late, its lease had run out');
  } else {
    // Neither done nor surely refused: the kernel may hold the address, so nothing is given back before a close.
    group.claimAfterMs = turn.nowMs + retryClaimMs;
    stepDown(turn, group, `cannot open: ${detail}`, true);
  }
};

export const endRenew = (turn: Turn, group: GroupState, result: string, detail: string): void => {
  voidAsks(group);
  if (result === 'done') {
    group.heldUntilMs = group.pendingMs + turn.config.timing.leaseMs;
    return;
  }
  // The grants are kept: if nobody else took over, the same node may claim again at once.
  const reason = result === 'missing' ? 'the lease ran out before it was renewed' : `cannot renew: ${detail}`;
  stepDown(turn, group, reason, result !== 'missing');
};

export const endClose = (turn: Turn, group: GroupState, result: string): void => {
  if (result !== 'done') {
    group.drainUntilMs = turn.nowMs + retryCloseMs;
    return;
  }
  voidAsks(group);
  group.clean = true;
  turn.effects.push({ type: 'remove-addresses', group: group.name });
  if (group.role === 'init') return;
  group.heldUntilMs = 0;
  if (group.handover) {
    closeForHandover(turn, group);
    return;
  }
  if (group.closeReleases) releaseAll(turn, group, '');
  setRole(turn, group, 'standby', group.closeReason);
  group.ownerlessMs = turn.nowMs;
};

const announce = (turn: Turn, group: GroupState): void => {
  if (turn.nowMs < group.announceMs) return;
  const next = announceAfterMs[group.announcements + 1];
  const step =
    next === undefined ? turn.config.timing.announceMs : next - announceAfterMs[group.announcements]!;
  group.announcements += 1;
  group.announceMs = turn.nowMs + step;
  turn.effects.push({ type: 'announce', group: group.name });
};

/** Why the owner must not stay owner; undefined when it may. */
const fault = (turn: Turn, group: GroupState): string | undefined => {
  const { state } = turn;
  // An owner keeps its group when its replica is incomplete: there is nobody it could be copied from.
  const own = ownEligibility(
    { ...turn, state: { ...state, readiness: { ...state.readiness, ready: true } } },
    group,
  );
  if (own.level === 'no') return own.reason;
  const driver = coordinationOf(turn.config).fault(turn, group);
  if (driver !== undefined) return driver;
  for (const name in state.peers) {
    const peer = state.peers[name]!;
    const theirs = peer.groups[group.name];
    if (!peer.alive || theirs?.role !== 'active') continue;
    const isLater = theirs.epoch > group.tenure || (theirs.epoch === group.tenure && name < turn.config.node);
    if (isLater) return `${name} is active with epoch ${theirs.epoch}`;
  }
  return undefined;
};

export const advanceActive = (turn: Turn, group: GroupState): void => {
  const { nowMs, config } = turn;
  const reason = fault(turn, group);
  if (reason !== undefined) {
    endHandover(turn, group, false, reason);
    stepDown(turn, group, reason, true);
    return;
  }
  if (nowMs >= group.heldUntilMs) {
    endHandover(turn, group, false, 'the lease ran out');
    stepDown(turn, group, 'no majority renewed the lease in time', false);
    return;
  }
  announce(turn, group);
  if (coordinationOf(config).fixed === undefined) {
    leaveForMaintenance(turn, group);
    if (!inMaintenance(turn.state, group.name)) {
      yieldToHealthier(turn, group);
      failBack(turn, group, groupConfig(config, group.name));
    }
  }
  if (advanceHandover(turn, group)) return;
  if (group.asked > group.voided) {
    askSelf(turn, group);
    if (coordinationOf(config).mayRenew(turn, group)) {
      writeKernel(turn, group, 'renew', 'renewal');
      return;
    }
    if (nowMs >= group.askedMs + askAgainMs) askAll(turn, group);
  } else if (nowMs + togetherMs(config.timing.renewMs) >= group.askedMs + config.timing.renewMs) {
    askFew(turn, group);
  }
};

/** Stepping down: retry the close until the kernel has confirmed it; wait for the target of a handover. */
export const advanceDraining = (turn: Turn, group: GroupState): void => {
  if (group.handover?.phase === 'waiting') {
    advanceHandover(turn, group);
    return;
  }
  if (turn.nowMs >= group.drainUntilMs) writeKernel(turn, group, 'close', group.closeReason);
};
