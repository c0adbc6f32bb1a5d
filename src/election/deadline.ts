/** When the machine must be woken next, if nothing else happens before. */

import { coordinationOf } from './drivers.js';
import { heartbeatDueMs } from './heartbeat.js';
import { ordersDueMs } from './orders.js';
import { peerDeadAtMs } from './peers.js';
import { type Turn, voterConfig } from './turn.js';
import type { GroupState } from './types.js';
import { voterLockedMs } from './voter.js';

const askAgainMs = 10;

const groupDeadlineMs = (turn: Turn, group: GroupState): number => {
  const { config, state, nowMs } = turn;
  const { timing } = config;
  // A kernel write is under way: its end is an event.
  if (group.pending !== undefined) return Number.POSITIVE_INFINITY;
  switch (group.role) {
    case 'init':
      return Math.max(
        nowMs + 1,
        state.startedMs + Math.max(config.lockMs(timing.leaseMs), 2 * timing.deadMs),
      );
    case 'standby': {
      if (group.claim) return group.askedMs + askAgainMs;
      const self = { node: config.node, session: config.session };
      const locked = voterLockedMs(state.voter, voterConfig(config), group.name, self, nowMs);
      const later = [
        nowMs + locked,
        group.claimAfterMs,
        group.ownerlessMs + config.lockMs(timing.leaseMs),
        state.unreadyMs + timing.syncWaitMs,
      ].filter((at) => at > nowMs);
      return Math.min(...later, Number.POSITIVE_INFINITY);
    }
    case 'active': {
      const ask = group.askedMs + (group.asked > group.voided ? askAgainMs : timing.renewMs);
      const handover = group.handover ? nowMs + askAgainMs : Number.POSITIVE_INFINITY;
      return Math.min(ask, group.heldUntilMs, group.announceMs, handover);
    }
    case 'draining':
      return group.drainUntilMs;
  }
};

export const deadlineMs = (turn: Turn): number => {
  const { state } = turn;
  if (state.stopped) return Number.POSITIVE_INFINITY;
  let soonest = Math.min(state.started ? heartbeatDueMs(turn) : Number.POSITIVE_INFINITY, ordersDueMs(turn));
  if (state.started) soonest = Math.min(soonest, coordinationOf(turn.config).dueMs(turn));
  for (const name in state.peers) {
    const peer = state.peers[name]!;
    if (peer.alive) soonest = Math.min(soonest, peerDeadAtMs(turn, peer));
  }
  for (const name in state.groups) soonest = Math.min(soonest, groupDeadlineMs(turn, state.groups[name]!));
  return soonest;
};
