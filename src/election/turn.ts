/** One turn of the machine: the state, which it changes in place, the effects gathered so far, and the time. */

import type { Role } from './messages.js';
import {
  type Effect,
  type ElectionConfig,
  type ElectionGroup,
  type ElectionState,
  type GroupState,
  type KernelOp,
  witnessName,
} from './types.js';
import type { VoterConfig } from './voter.js';

export interface Turn {
  readonly config: ElectionConfig;
  readonly state: ElectionState;
  readonly effects: Effect[];
  readonly nowMs: number;
}

/** The state handed in is used up: thirty times a second, copies were most of what a turn costs. */
export const beginTurn = (config: ElectionConfig, state: ElectionState, nowMs: number): Turn => ({
  config,
  state,
  effects: [],
  nowMs,
});

export const groupConfig = (config: ElectionConfig, name: string): ElectionGroup =>
  config.groups.find((group) => group.name === name)!;

export const voterConfig = (config: ElectionConfig): VoterConfig => ({
  leaseMs: config.timing.leaseMs,
  lockMs: config.lockMs,
});

/** Voters that answer by datagram, this node aside. */
export const otherVoters = (config: ElectionConfig): readonly string[] => {
  const peers = config.nodes.filter((name) => name !== config.node);
  return config.witness === 'arbiter' ? [...peers, witnessName] : peers;
};

/** How many grants a claim or a renewal needs. A pair without an arbiter counts an assumed third vote (see `asking.ts`). */
export const neededVotes = (config: ElectionConfig): number => {
  if (config.coordination?.driver === 'keepalived') return 1;
  const third = config.witness === 'arbiter' || config.nodes.length === 2 ? 1 : 0;
  return Math.floor((config.nodes.length + third) / 2) + 1;
};

export const setRole = (turn: Turn, group: GroupState, role: Role, reason: string): void => {
  const from = group.role;
  group.reason = reason;
  if (from === role) return;
  group.role = role;
  group.sinceMs = turn.nowMs;
  group.waiting = '';
  // Peers learn of it now, not with the next heartbeat.
  turn.state.hasNews = true;
  turn.effects.push({
    type: 'report',
    report: {
      kind: 'role',
      group: group.name,
      from,
      to: role,
      epoch: role === 'active' ? group.tenure : group.epoch,
      reason,
    },
  });
};

export const writeKernel = (turn: Turn, group: GroupState, op: KernelOp, reason: string): void => {
  group.pending = op;
  group.pendingMs = turn.nowMs;
  turn.effects.push({ type: 'kernel', op, group: group.name, reason });
};
