/**
 * Asking for grants, counting them, giving them back. This file holds the safety rule of the whole election.
 *
 * Claim: at most one node has an unexpired `held` element for a group at any instant.
 *
 * The asker numbers its asks. An ask is *fresh* while no kernel write of the group has ended after it was made
 * (`ask > voided`), and a claim or renewal is written only with fresh asks granted by a majority. No ask is made
 * while a write is under way, and every write is reported back after it has taken effect. Then, with t the time of the
 * ask and L the lease, both on the node's own clock:
 *   - whatever element the write compares with (`armed` or `held`) was set before t, so it expires before t + L;
 *   - the kernel makes the compare and the set in one batch, so a write that succeeds does so before t + L, however long
 *     the process slept between the grant and the write;
 *   - the element it sets lives L, so **whatever a node does with an ask made at t has ended by t + 2 L**.
 * A voter that grants at g (g ≥ t: the grant answers the ask) is bound until g + 2 L plus the clock margin, longer than
 * anything its grant can have caused. Two majorities share a voter; were two nodes to hold at one instant, that voter
 * would have granted both within this time, which it does not do.
 *
 * Giving back early: the node deletes `held` and `armed`, waits for the kernel's confirmation, voids all its asks
 * (nothing that is still on the way to it can be used any more), and only then tells the voters. The release names the
 * ask up to which it holds, so that one overtaken by a newer ask frees nothing.
 *
 * A voter forgets its grants when it restarts, hence waits a full lock before its first. The margin covers clock rates
 * within 1 % and two jiffies; a machine whose clock stops altogether (a paused virtual machine) is outside the rule.
 *
 * Weaker, named in status: with `ping` or `none` a pair's third vote is not given by anybody. It is assumed: by a
 * challenger that has heard nothing from its peer on any path (and, with `ping`, reaches the gateway), and by an owner
 * as long as it reaches the gateway. Two nodes that both do and do not hear each other then both own the group.
 */

import { allPathsAlive, notePeerTold } from './peers.js';
import { neededVotes, otherVoters, type Turn, voterConfig } from './turn.js';
import type { GroupState, PeerState } from './types.js';
import { acceptRelease, answerAsk } from './voter.js';

const mayAssume = (turn: Turn, group: GroupState): boolean => {
  const { config, state } = turn;
  if (config.witness === 'arbiter' || config.nodes.length !== 2 || config.coordination) return false;
  if (config.witness === 'ping' && turn.nowMs >= state.gatewayMs) return false;
  if (group.role === 'active') return true;
  for (const name in state.peers) if (state.peers[name]!.alive) return false;
  return true;
};

const grant = (group: GroupState, voter: string, ask: number): void => {
  if ((group.votes[voter] ?? 0) < ask) group.votes[voter] = ask;
};

/** Counts a vote that came by datagram. */
export const countVote = (group: GroupState, voter: string, ask: number): void => {
  if (ask <= group.asked) grant(group, voter, ask);
};

/** The epoch this node asks for: that of its tenure, or of its claim. */
const askedEpoch = (group: GroupState): number => group.claim?.epoch ?? group.tenure;

/** This node's own vote on its last ask, under the same rule as everybody's. */
export const askSelf = (turn: Turn, group: GroupState): void => {
  const { config, state, nowMs } = turn;
  if (group.asked === 0 || (group.votes[config.node] ?? 0) >= group.asked) return;
  const ask = {
    group: group.name,
    ask: group.asked,
    epoch: askedEpoch(group),
    leaseMs: config.timing.leaseMs,
  };
  const own = { node: config.node, session: config.session };
  const { voter, answer } = answerAsk(state.voter, voterConfig(config), own, ask, nowMs);
  state.voter = voter;
  if (answer.verdict === 'granted') grant(group, config.node, group.asked);
};

/** One more ask to these voters. Never called while a kernel write of the group is under way. */
const ask = (turn: Turn, group: GroupState, targets: readonly Target[]): void => {
  const { config } = turn;
  group.asked += 1;
  group.askedMs = turn.nowMs;
  group.released = false;
  group.releasesLeft = 0;
  askSelf(turn, group);
  const body = {
    type: 'ask',
    group: group.name,
    ask: group.asked,
    epoch: askedEpoch(group),
    leaseMs: config.timing.leaseMs,
    offer: group.claim?.offer ?? 0,
  } as const;
  for (const { to, path } of targets) {
    notePeerTold(turn, to);
    turn.effects.push({ type: 'send', to, path, body });
  }
};

interface Target {
  readonly to: string;
  readonly path: number | undefined;
}

/** Asks every voter over every path. */
export const askAll = (turn: Turn, group: GroupState): void =>
  ask(
    turn,
    group,
    otherVoters(turn.config).map((to) => ({ to, path: undefined })),
  );

/** The direct path on which the peer was heard last; undefined when it is heard through others only. */
const lastHeardPath = ({ paths }: Turn['config'], { heardMs }: PeerState): number | undefined => {
  let last: number | undefined;
  for (let path = 0; path < paths; path++) {
    if (heardMs[path]! > (last === undefined ? Number.NEGATIVE_INFINITY : heardMs[last]!)) last = path;
  }
  return last;
};

/**
 * Asks just as many voters as a majority needs, living peers first, each over one path, by turns while all
 * of them work, otherwise the one it was last heard on: what an owner does at every renewal. Whoever does not answer is made good for by `askAll` soon after.
 */
export const askFew = (turn: Turn, group: GroupState): void => {
  const { config, state } = turn;
  const living: Target[] = [];
  const others: Target[] = [];
  for (const to of otherVoters(config)) {
    const peer = state.peers[to];
    if (!peer?.alive) others.push({ to, path: undefined });
    else if (allPathsAlive(turn, peer)) living.push({ to, path: group.asked % config.paths });
    else living.push({ to, path: lastHeardPath(config, peer) });
  }
  // With keepalived nobody's vote is needed, and everybody's is to be bound.
  const count = config.coordination?.driver === 'keepalived' ? living.length : neededVotes(config) - 1;
  ask(turn, group, [...living, ...others].slice(0, count));
};

/** True when a majority has granted asks that are all fresh. */
export const hasMajority = (turn: Turn, group: GroupState): boolean => {
  let fresh = 0;
  for (const voter in group.votes) if (group.votes[voter]! > group.voided) fresh += 1;
  if (group.asked > group.voided && mayAssume(turn, group)) fresh += 1;
  return fresh >= neededVotes(turn.config);
};

/** After a kernel write: what was asked before it is worth nothing any more. */
export const voidAsks = (group: GroupState): void => {
  group.voided = group.asked;
};

const sendRelease = (turn: Turn, group: GroupState): void => {
  const body = {
    type: 'release',
    group: group.name,
    ask: group.asked,
    epoch: group.epoch,
    to: group.releasedTo,
  } as const;
  for (const to of otherVoters(turn.config)) turn.effects.push({ type: 'send', to, path: undefined, body });
};

/** Gives back every grant. Only when the kernel holds nothing that came of them, and nothing is under way. */
export const releaseAll = (turn: Turn, group: GroupState, to: string): void => {
  const { config, state, nowMs } = turn;
  voidAsks(group);
  if (group.asked === 0) return;
  group.released = true;
  group.releasedTo = to;
  // A lost one would cost the successor a whole lock, so it is repeated with the next heartbeats.
  group.releasesLeft = 3;
  group.releaseAgainMs = nowMs + config.timing.heartbeatMs / 2;
  const own = { node: config.node, session: config.session };
  const release = { group: group.name, ask: group.asked, to, reserveMs: config.timing.leaseMs };
  state.voter = acceptRelease(state.voter, own, release, nowMs).voter;
  sendRelease(turn, group);
};

export const repeatRelease = (turn: Turn, group: GroupState): void => {
  if (!group.released || group.releasesLeft === 0 || turn.nowMs < group.releaseAgainMs) return;
  group.releasesLeft -= 1;
  sendRelease(turn, group);
};
