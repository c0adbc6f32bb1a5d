/**
 * This node's session with etcd: its lease, kept alive, and a look at all keys with every renewal. There is no watch that could stand
 * before a renewal; every call is on its own and has an end.
 *
 * `validUntilMs` holds: the lease lives in etcd until then, on this node's clock. It counts from the moment the renewal was SENT, less 2 %
 * for clock rates. A renewal alone does not prove it: a leader that has been replaced and has not noticed answers renewals, too. So
 * it counts when the read before it and the read after it, which take a quorum, were answered in one raft term, the first by the
 * same member: then the leader that renewed was the leader still.
 */

import {
  type EtcdAnswer,
  type EtcdCall,
  type EtcdConfig,
  type EtcdGroup,
  type EtcdState,
  epochKey,
  groupKey,
  identityKey,
  parseHolder,
} from './etcd-state.js';
import type { Turn } from './turn.js';

/** Two clocks within 1 % of true time, and a little for what is in between. */
const clockMargin = 0.98;
const retryMs = 100;
/** A key that is in the way is looked at this often. */
const urgentMs = 200;
/** The caller answers every call by its deadline; one that has died does not. */
const graceMs = 250;

export const etcdOf = (turn: Turn): { config: EtcdConfig; etcd: EtcdState } | undefined => {
  const { coordination } = turn.config;
  const { etcd } = turn.state;
  return coordination?.driver === 'etcd' && etcd ? { config: coordination, etcd } : undefined;
};

export const emitCall = (turn: Turn, etcd: EtcdState, call: EtcdCall): number => {
  etcd.lastCall += 1;
  const id = etcd.lastCall;
  const key = 'key' in call ? call.key : '';
  etcd.calls = { ...etcd.calls, [id]: { op: call.op, key, sentMs: turn.nowMs } };
  turn.effects.push({ type: 'etcd', id, call });
  return id;
};

const noLease = (etcd: EtcdState): void => {
  etcd.lease = '';
  etcd.kept = undefined;
  etcd.validUntilMs = Number.NEGATIVE_INFINITY;
  // Keys go with the lease they hang on.
  for (const name in etcd.groups) etcd.groups[name]!.mode = undefined;
};

const failed = (turn: Turn, etcd: EtcdState, text: string): void => {
  if (etcd.trouble === '') etcd.troubleMs = turn.nowMs;
  etcd.trouble = text;
};

/**
 * Another etcd than before? What it says is worth nothing, neither for this node nor against it: an owner's lease lives on in the etcd that
 * granted it, until it ends there.
 */
const checkCluster = (etcd: EtcdState, cluster: string): boolean => {
  if (etcd.cluster === '' || etcd.cluster === cluster) return true;
  etcd.refused = `etcd answers as cluster ${cluster}, where this node knows ${etcd.cluster}: point coordination.endpoints at the right one; if etcd was made anew on purpose, stop every agent, remove etcd-cluster.json from their stateDir, and start them again`;
  return false;
};

const hearIdentity = (turn: Turn, config: EtcdConfig, etcd: EtcdState, value: string | undefined): void => {
  if (value === config.identity) {
    etcd.refused = '';
    etcd.isOurs = true;
    return;
  }
  etcd.isOurs = false;
  if (value === undefined) {
    etcd.sessionCall = emitCall(turn, etcd, {
      op: 'put',
      key: identityKey,
      value: config.identity,
      lease: '',
      expect: 0,
    });
    return;
  }
  etcd.refused = `the keys in etcd belong to another cluster of this name (identity ${value.slice(0, 40)}, this one is ${config.identity}): give one of them another name, or the secret that belongs to it`;
  noLease(etcd);
};

export const isMine = (turn: Turn, holder: { node: string; session: number } | undefined): boolean =>
  holder?.node === turn.config.node && holder.session === turn.config.session;

/** What a read or a failed comparison says of a group's key. Never a reason to take up the `lone` right: see `etcd.ts`. */
export const learnKey = (
  turn: Turn,
  group: EtcdGroup,
  rev: number,
  key: { readonly value: string; readonly rev: number } | undefined,
): void => {
  if (rev < group.seenRev) return;
  group.seenRev = rev;
  const holder = key && parseHolder(key.value);
  group.known = { rev: key?.rev ?? 0, holder };
  if (!isMine(turn, holder)) group.mode = undefined;
  else if (holder!.mode === 'fast' && group.mode === 'lone') group.mode = 'fast';
};

/** A claim must be of a higher epoch than any before it. */
export const learnEpoch = (
  turn: Turn,
  name: string,
  own: EtcdGroup,
  key: { readonly value: string; readonly rev: number } | undefined,
): void => {
  const group = turn.state.groups[name]!;
  own.epoch = Math.max(own.epoch, own.known?.holder?.epoch ?? 0, Number(key?.value) || 0);
  group.epoch = Math.max(group.epoch, own.epoch);
  own.epochRev = Math.max(own.epochRev, key?.rev ?? 0);
};

const hearRead = (turn: Turn, etcd: EtcdState, answer: EtcdAnswer & { ok: true }): void => {
  const keys = new Map((answer.keys ?? []).map((key) => [key.key, key]));
  const { kept } = etcd;
  if (kept && kept.term === answer.term) {
    etcd.validUntilMs = Math.max(etcd.validUntilMs, kept.sentMs + kept.ttlMs * clockMargin);
  }
  etcd.kept = undefined;
  etcd.lastRead = { via: answer.via, term: answer.term };
  for (const name in etcd.groups) {
    const group = etcd.groups[name]!;
    // What is under way will know better.
    if (group.call === 0) learnKey(turn, group, answer.rev, keys.get(groupKey(name)));
    learnEpoch(turn, name, group, keys.get(epochKey(name)));
  }
};

/** The end of a call of the session's own round. */
const hearSession = (
  turn: Turn,
  config: EtcdConfig,
  etcd: EtcdState,
  call: { readonly op: string; readonly sentMs: number },
  answer: EtcdAnswer & { ok: true },
): void => {
  const { nowMs } = turn;
  if (call.op === 'grant') {
    etcd.lease = answer.lease ?? '';
    etcd.validUntilMs = call.sentMs + (answer.ttlMs ?? 0) * clockMargin;
    etcd.nextMs = nowMs;
    return;
  }
  if (call.op === 'keep') {
    if ((answer.ttlMs ?? 0) <= 0) {
      noLease(etcd);
      etcd.nextMs = nowMs;
      return;
    }
    const before = etcd.lastRead;
    if (before && before.via === answer.via && before.term === answer.term) {
      etcd.kept = { sentMs: call.sentMs, term: answer.term, ttlMs: answer.ttlMs! };
    }
    etcd.sessionCall = emitCall(turn, etcd, { op: 'read' });
    return;
  }
  if (call.op === 'put') {
    // The identity was written, or somebody was quicker: a read tells.
    etcd.nextMs = nowMs;
    return;
  }
  hearRead(turn, etcd, answer);
  const identity = answer.keys?.find(({ key }) => key === identityKey);
  etcd.nextMs = etcd.isOurs && etcd.lease !== '' ? nowMs + config.keepMs : nowMs;
  hearIdentity(turn, config, etcd, identity?.value);
  if (!etcd.isOurs) {
    if (etcd.sessionCall === 0) etcd.nextMs = nowMs + 1_000;
    return;
  }
  if (etcd.cluster === '') {
    etcd.cluster = answer.cluster;
    turn.effects.push({ type: 'etcd-cluster', cluster: answer.cluster });
  }
};

/** Takes in an answer. `answer` of the result: what it is worth; undefined for one that nobody waits for. */
export const hearAnswer = (
  turn: Turn,
  config: EtcdConfig,
  etcd: EtcdState,
  id: number,
  answer: EtcdAnswer,
): EtcdAnswer | undefined => {
  const call = etcd.calls[id];
  if (!call) return undefined;
  const { [id]: _, ...others } = etcd.calls;
  etcd.calls = others;
  const own = id === etcd.sessionCall;
  if (own) etcd.sessionCall = 0;
  const isForeign = answer.ok && !checkCluster(etcd, answer.cluster);
  if (!answer.ok || isForeign) {
    const text = answer.ok ? 'another etcd answers' : answer.text;
    failed(turn, etcd, text);
    if (own) {
      etcd.kept = undefined;
      etcd.lastRead = undefined;
      etcd.nextMs = turn.nowMs + retryMs;
    }
    return { ok: false, text };
  }
  etcd.trouble = '';
  etcd.okMs = turn.nowMs;
  const tookMs = turn.nowMs - call.sentMs;
  etcd.tookMs = Math.max(tookMs, etcd.tookMs * 0.8);
  if (own) hearSession(turn, config, etcd, call, answer);
  return answer;
};

/** Ends calls that nobody answers any more; gives their numbers. */
export const overdueCalls = (turn: Turn, config: EtcdConfig, etcd: EtcdState): number[] =>
  Object.keys(etcd.calls)
    .map(Number)
    .filter((id) => turn.nowMs >= etcd.calls[id]!.sentMs + config.callMs + graceMs);

/** The round: a read until this etcd is known, a lease, then renewals each with a read. `isUrgent`: a key is in the way. */
export const advanceSession = (turn: Turn, config: EtcdConfig, etcd: EtcdState, isUrgent: boolean): void => {
  if (isUrgent && etcd.sessionCall === 0) {
    etcd.nextMs = Math.min(etcd.nextMs, Math.max(turn.nowMs, etcd.okMs + Math.min(urgentMs, config.keepMs)));
  }
  if (etcd.sessionCall !== 0 || turn.nowMs < etcd.nextMs) return;
  if (!etcd.isOurs || (etcd.lease !== '' && !etcd.lastRead)) {
    etcd.sessionCall = emitCall(turn, etcd, { op: 'read' });
  } else if (etcd.lease === '') {
    etcd.sessionCall = emitCall(turn, etcd, { op: 'grant', ttlMs: config.ttlMs });
  } else etcd.sessionCall = emitCall(turn, etcd, { op: 'keep', lease: etcd.lease });
};

export const sessionDueMs = (turn: Turn, config: EtcdConfig, etcd: EtcdState): number => {
  let dueMs = etcd.sessionCall === 0 ? etcd.nextMs : Number.POSITIVE_INFINITY;
  for (const id in etcd.calls) dueMs = Math.min(dueMs, etcd.calls[id]!.sentMs + config.callMs + graceMs);
  return Math.max(turn.nowMs + 1, dueMs);
};
