/**
 * The etcd driver. For each group there is one key in etcd, which hangs on the lease of its holder and says by which right that renews.
 *
 * Claim: at most one node holds a group in its kernel at any instant. Every claim, between arming and its write to the kernel, changes the
 * key by compare-and-swap, comparing with the revision known when it was armed, or with absence. With t the time of an ask, whatever
 * comes of it has ended by t + 2 L (`asking.ts`); a claim or renewal is written only if that is before the end of the lease in etcd as this
 * node surely knows it (`etcd-session.ts`). So a key that has run out or was deleted has nothing behind it in any kernel, and creating it
 * needs nobody else. A key that is there is replaced only while it says `fast`, and only by a node that has a majority of votes first:
 *   - a `fast` owner renews with a majority of votes alone, so the voters have waited out what it may hold, and it cannot go on. If it
 *     claims again, it must swap the key, and one of the two swaps fails: a challenger that slept with its votes in hand compares
 *     with the revision of the time it was armed, and every claim since has changed it;
 *   - a `lone` owner renews with the lease in etcd alone; its key is nobody else's until that ends.
 * From `fast` to `lone` is a swap, and counts when it has been confirmed; a read that shows `lone` counts for nothing, since a swap that
 * timed out may come into force later. From `lone` to `fast` counts from the moment it is sent, and is sent only after every renewal
 * of a while had its majority, so that what is in the kernel then stands on votes.
 *
 * Early revocation is what `fast` is for: a majority that sees the owner dead takes its key within the wait of a voter, whatever is
 * left of the owner's lease in etcd. The price: with etcd gone nobody can take a group over; owners stay until their lease ends.
 */

import { hasMajority } from './asking.js';
import type { Coordination } from './coordination.js';
import { etcdProblems } from './etcd-problems.js';
import {
  advanceSession,
  emitCall,
  etcdOf,
  hearAnswer,
  isMine,
  learnEpoch,
  learnKey,
  overdueCalls,
  sessionDueMs,
} from './etcd-session.js';
import {
  type EtcdAnswer,
  type EtcdGroup,
  type EtcdMode,
  type EtcdState,
  epochKey,
  groupKey,
} from './etcd-state.js';
import { activePeer } from './peers.js';
import { neededVotes, type Turn } from './turn.js';
import type { GroupState } from './types.js';

const retryMs = 100;
/** Votes come first; a claim without a majority begins after this long. */
const votesFirstMs = 20;
const askAgainMs = 10;
/** The key of an owner that hands over is left to the target for so long. */
const targetFirstMs = 20;

/** Leases: without a majority for so long an owner turns to its lease in etcd, and with one for so long back to the votes. */
const toLone = 0.4;
const toFast = 8;

/** Has everything that comes of an ask made at `askedMs` ended while the lease in etcd surely lives? */
const covers = (turn: Turn, etcd: EtcdState, askedMs: number): boolean =>
  etcd.isOurs && askedMs + turn.config.lockMs(turn.config.timing.leaseMs) <= etcd.validUntilMs;

const isMajorityHeard = (turn: Turn): boolean => {
  let heard = 1;
  for (const name in turn.state.peers) if (turn.state.peers[name]!.alive) heard += 1;
  return heard >= neededVotes(turn.config);
};

const isFresh = (group: GroupState): boolean => group.asked > group.voided;

const call = (
  turn: Turn,
  etcd: EtcdState,
  own: EtcdGroup,
  group: GroupState,
  expect: number,
  op: EtcdGroup['callOp'],
): void => {
  const { node, session } = turn.config;
  const key = groupKey(group.name);
  own.callOp = op;
  own.callClaim = own.claim;
  own.callHasEpoch = group.claim !== undefined && op !== 'delete';
  if (op === 'delete') {
    own.mode = undefined;
    own.call = emitCall(turn, etcd, { op, key, expect });
    return;
  }
  const epoch = group.claim?.epoch ?? group.tenure;
  const value = JSON.stringify({ node, session, mode: op, epoch });
  const highest = { key: epochKey(group.name), value: String(epoch), expect: own.epochRev };
  const put = { op: 'put', key, value, lease: etcd.lease, expect } as const;
  own.call = emitCall(turn, etcd, group.claim ? { ...put, epoch: highest } : put);
};

/** The end of a put or delete of a group's key. */
const endCall = (turn: Turn, own: EtcdGroup, group: GroupState, answer: EtcdAnswer): void => {
  const { callOp: op } = own;
  const inClaim = group.claim?.phase === 'asking' && own.callClaim === own.claim && op !== 'delete';
  own.call = 0;
  own.againMs = turn.nowMs;
  if (!answer.ok) {
    // It may have been done all the same, or be done later. The next swap finds out.
    own.againMs = turn.nowMs + retryMs;
    return;
  }
  if (answer.swapped) {
    const { node, session } = turn.config;
    const holder =
      op === 'delete' ? undefined : { node, session, mode: op, epoch: group.claim?.epoch ?? group.tenure };
    own.known = { rev: op === 'delete' ? 0 : answer.rev, holder };
    own.seenRev = Math.max(own.seenRev, answer.rev);
    if (op !== 'delete' && own.callHasEpoch) own.epochRev = answer.rev;
    if (op !== 'delete' && (inClaim || group.role === 'active')) own.mode = op;
    if (inClaim) own.acquired = true;
    return;
  }
  const found = (name: string) => answer.keys?.find((one) => one.key === name);
  const key = found(groupKey(group.name));
  learnKey(turn, own, answer.rev, key);
  learnEpoch(turn, group.name, own, found(epochKey(group.name)));
  if (!inClaim || own.acquired) return;
  const isGone = key === undefined || group.claim!.offer > 0;
  // Creating the key is always allowed; replacing another one than was there when this claim was armed is not.
  own.atArm = isGone ? { rev: 0, holder: undefined } : undefined;
  if (key !== undefined) own.againMs = turn.nowMs + askAgainMs;
};

export const hearEtcd = (turn: Turn, id: number, answer: EtcdAnswer): void => {
  const has = etcdOf(turn);
  if (!has) return;
  const worth = hearAnswer(turn, has.config, has.etcd, id, answer);
  for (const name in has.etcd.groups) {
    const own = has.etcd.groups[name]!;
    if (worth && own.call === id) endCall(turn, own, turn.state.groups[name]!, worth);
  }
};

const blocker = (turn: Turn, group: GroupState, offered: boolean): string | undefined => {
  const { etcd } = etcdOf(turn)!;
  if (etcd.refused !== '') return etcd.refused;
  if (!covers(turn, etcd, turn.nowMs + turn.config.timing.leaseMs)) {
    return `no lease in etcd${etcd.trouble === '' ? ' yet' : `: ${etcd.trouble}`}`;
  }
  const { known, call: underWay } = etcd.groups[group.name]!;
  if (!known || underWay !== 0) return 'etcd has not answered yet who holds the key';
  const { holder } = known;
  if (!holder || isMine(turn, holder) || offered) return undefined;
  if (holder.mode === 'lone') return `${holder.node} holds the key in etcd alone, until its lease there ends`;
  if (isMajorityHeard(turn)) return undefined;
  return `${holder.node} holds the key in etcd until its lease there ends: no majority of nodes is heard that may take it earlier`;
};

/** May this node create the key, or keep its own, without a majority? Only when that is not to be had. */
const mayGoAlone = (turn: Turn, own: EtcdGroup, group: GroupState): boolean => {
  if (!own.atArm || (own.atArm.holder && !isMine(turn, own.atArm.holder))) return false;
  const { lockMs, timing } = turn.config;
  return !isMajorityHeard(turn) || turn.nowMs >= group.ownerlessMs + 4 * lockMs(timing.leaseMs);
};

const mayClaim = (turn: Turn, group: GroupState): 'yes' | 'no' | 'wait' => {
  const { etcd } = etcdOf(turn)!;
  const own = etcd.groups[group.name]!;
  const majority = hasMajority(turn, group);
  if (own.call !== 0) return 'wait';
  if (!isFresh(group) || !covers(turn, etcd, group.askedMs) || !own.atArm) return 'no';
  if (own.acquired) {
    if (majority) own.majorityMs = turn.nowMs;
    return own.mode === 'lone' || (own.mode === 'fast' && majority) ? 'yes' : 'no';
  }
  // Somebody has claimed since this claim was armed, and may have failed: the next one is of a higher epoch. What nodes say of epochs
  // is no sign of it: whoever grants this claim repeats its epoch from then on.
  if (own.epoch >= group.claim!.epoch) return 'no';
  const { rev, holder } = own.atArm;
  const alone = !majority && mayGoAlone(turn, own, group);
  if (!majority && !alone) return 'no';
  if (turn.nowMs < own.againMs || (alone && turn.nowMs < group.claim!.armedMs + votesFirstMs)) return 'wait';
  const isTheirs = holder?.mode === 'lone' && !isMine(turn, holder);
  call(turn, etcd, own, group, isTheirs ? 0 : rev, majority ? 'fast' : 'lone');
  return 'wait';
};

const change = (turn: Turn, etcd: EtcdState, own: EtcdGroup, group: GroupState, to: EtcdMode): void => {
  if (own.call !== 0 || turn.nowMs < own.againMs || !own.known) return;
  call(turn, etcd, own, group, own.known.rev, to);
};

const mayRenew = (turn: Turn, group: GroupState): boolean => {
  const { etcd } = etcdOf(turn)!;
  const own = etcd.groups[group.name]!;
  const { nowMs, config } = turn;
  const { leaseMs } = config.timing;
  if (own.mode === undefined || !isFresh(group) || !covers(turn, etcd, group.askedMs)) return false;
  const majority = hasMajority(turn, group);
  if (majority) {
    own.majorityMs = nowMs;
    own.majoritySinceMs ??= nowMs;
  }
  if (own.mode === 'fast') {
    if (!majority && nowMs >= own.majorityMs + toLone * leaseMs) change(turn, etcd, own, group, 'lone');
    return majority;
  }
  // The voters have a moment to answer, so that it is seen when they can again.
  if (!majority && nowMs < group.askedMs + askAgainMs) return false;
  if (!majority) own.majoritySinceMs = undefined;
  else if (own.call === 0 && nowMs >= own.majoritySinceMs! + toFast * leaseMs && nowMs >= own.againMs) {
    change(turn, etcd, own, group, 'fast');
    own.mode = 'fast';
  }
  return true;
};

const fault = (turn: Turn, group: GroupState): string | undefined => {
  const { etcd } = etcdOf(turn)!;
  const own = etcd.groups[group.name]!;
  if (etcd.refused !== '' && !etcd.isOurs) return etcd.refused;
  if (!covers(turn, etcd, turn.nowMs)) {
    return `etcd has not confirmed this node's lease in time${etcd.trouble === '' ? '' : `: ${etcd.trouble}`}`;
  }
  if (own.mode !== undefined) return undefined;
  return `the key in etcd is ${own.known?.holder?.node ?? 'nobody'}'s now`;
};

/** Nothing that came of the key is left in the kernel, and nothing will come of it any more. */
const isIdle = ({ nowMs }: Turn, group: GroupState): boolean => {
  if (group.pending !== undefined || group.claim) return false;
  if (group.role === 'standby') return true;
  if (group.role === 'init') return group.clean;
  // The target swaps the key as it knows it; only one that knows an older one needs it gone.
  const mayBeInTheWay = nowMs >= group.sinceMs + targetFirstMs;
  return group.role === 'draining' && group.handover?.phase === 'waiting' && mayBeInTheWay;
};

const isOurKey = (turn: Turn, own: EtcdGroup): boolean => isMine(turn, own.known?.holder);

export const etcdCoordination: Coordination = {
  blocker,
  begin(turn, group) {
    const own = etcdOf(turn)!.etcd.groups[group.name]!;
    own.claim += 1;
    own.acquired = false;
    own.atArm = own.known;
    own.majoritySinceMs = undefined;
  },
  mayClaim,
  mayRenew,
  fault,
  fixed: undefined,
  tick(turn) {
    const { config, etcd } = etcdOf(turn)!;
    for (const id of overdueCalls(turn, config, etcd))
      hearEtcd(turn, id, { ok: false, text: 'etcd does not answer' });
    let isUrgent = false;
    for (const name in etcd.groups) {
      const own = etcd.groups[name]!;
      const group = turn.state.groups[name]!;
      const idle = isIdle(turn, group);
      if (idle && own.call === 0 && turn.nowMs >= own.againMs && etcd.isOurs && isOurKey(turn, own)) {
        call(turn, etcd, own, group, own.known!.rev, 'delete');
      }
      const isTheirs = own.known?.holder !== undefined && !isOurKey(turn, own);
      isUrgent ||= group.role === 'standby' && isTheirs && !activePeer(turn, name);
    }
    advanceSession(turn, config, etcd, isUrgent);
  },
  dueMs(turn) {
    const { config, etcd } = etcdOf(turn)!;
    let dueMs = sessionDueMs(turn, config, etcd);
    for (const name in etcd.groups) {
      const own = etcd.groups[name]!;
      if (own.againMs > turn.nowMs) dueMs = Math.min(dueMs, own.againMs);
    }
    return dueMs;
  },
  isBusy(turn) {
    const { etcd } = etcdOf(turn)!;
    if (etcd.trouble !== '' || turn.nowMs >= turn.state.stopMs + 300) return false;
    return Object.values(etcd.groups).some((own) => own.call !== 0 || isOurKey(turn, own));
  },
  problems: etcdProblems,
};
