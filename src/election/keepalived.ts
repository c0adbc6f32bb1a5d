/**
 * The keepalived driver: a foreign VRRP daemon says by its notify FIFO who is MASTER, and this node follows.
 *
 * What is left of the safety rule: asks still go to every peer and bind its vote, a node's own vote must be free, and an owner that is heard
 * is waited for. So two nodes of which one hears the other never own a group at once. Two that do not hear each other at all are both
 * owners when keepalived says MASTER to both.
 */

import type { Coordination } from './coordination.js';
import type { KeepalivedEvent } from './keepalived-state.js';
import type { Turn } from './turn.js';
import type { GroupState } from './types.js';

export const hearKeepalived = (turn: Turn, event: KeepalivedEvent): void => {
  const state = turn.state.keepalived;
  if (!state) return;
  if (event.type === 'vrrp') {
    state.states = { ...state.states, [event.group]: event.state };
    return;
  }
  if (event.text !== '') {
    // Its last words count no more: one that died as MASTER may have been followed by another elsewhere.
    state.states = {};
    if (state.trouble === '') state.troubleMs = turn.nowMs;
  }
  state.trouble = event.text;
};

const why = (turn: Turn, group: GroupState): string | undefined => {
  const state = turn.state.keepalived;
  const said = state?.states[group.name];
  if (said === 'MASTER') return undefined;
  if (said !== undefined) return `keepalived says ${said}`;
  return state?.trouble || 'keepalived has said nothing of this group';
};

/** This node's own vote on a fresh ask: not bound to anybody who was heard. */
const ownVote = (turn: Turn, group: GroupState): boolean =>
  (group.votes[turn.config.node] ?? 0) > group.voided && why(turn, group) === undefined;

export const keepalivedCoordination: Coordination = {
  blocker: why,
  begin: () => undefined,
  mayClaim: (turn, group) => (ownVote(turn, group) ? 'yes' : 'no'),
  mayRenew: ownVote,
  fault: why,
  fixed: 'keepalived decides who owns a group: change its priorities, or stop it on this node',
  tick: () => undefined,
  dueMs: () => Number.POSITIVE_INFINITY,
  isBusy: () => false,
  problems(turn) {
    const state = turn.state.keepalived;
    if (!state || state.trouble === '' || turn.nowMs < state.troubleMs + 1_000) return [];
    return [
      `${state.trouble}: this node owns nothing until keepalived speaks; start it with the notify_fifo of node.yaml`,
    ];
  },
};
