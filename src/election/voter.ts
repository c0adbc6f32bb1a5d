/**
 * One voter: grants a group to one process at a time. Nodes and witnesses run the same code.
 *
 * Invariants
 *  1. After a grant at time g, nobody else gets one before g + lockMs, unless the grantee has given it back.
 *  2. A voter that has just started behaves as if it had given a grant to a stranger at that moment: its memory is gone.
 *  3. A grantee is a process (node and session), not a machine: a restarted agent is a stranger to its former grants.
 *  4. A release counts only for the asks it names: one that was overtaken by a later ask of the same process frees nothing.
 */

import type { RefusalReason } from './messages.js';

export interface VoterConfig {
  /** Longest kernel lease an asker may use: what invariant 2 waits out. */
  readonly leaseMs: number;
  /** Time for which a grant binds the voter, from the asker's lease. */
  readonly lockMs: (leaseMs: number) => number;
}

export interface Grantee {
  readonly node: string;
  readonly session: number;
}

interface Vote extends Grantee {
  readonly ask: number;
  readonly atMs: number;
  readonly untilMs: number;
}

interface GroupVotes {
  readonly vote: Vote | undefined;
  /** The last asks given back, so that a late copy of one does not bind this voter again. */
  readonly released: (Grantee & { readonly ask: number }) | undefined;
  readonly reserved: { readonly node: string; readonly untilMs: number } | undefined;
  readonly epoch: number;
  readonly epochOf: string;
}

export interface VoterState {
  readonly startedMs: number;
  readonly groups: Readonly<Record<string, GroupVotes>>;
}

export interface Ask {
  readonly group: string;
  readonly ask: number;
  readonly epoch: number;
  readonly leaseMs: number;
}

export interface Answer {
  readonly verdict: RefusalReason;
  readonly epoch: number;
  readonly waitMs: number;
  readonly holder: string;
}

/** How far clocks may differ: each runs within 1 % of true time, so two of them within 1.01 / 0.99. */
const clockRatio = 1.01 / 0.99;
/** A kernel timeout may last two jiffies longer than asked for (arm and hold, 4 ms each at HZ 250), and a commit is not instant. */
const kernelSlackMs = 10;

/** The wait that makes a voter safe: two leases on the slowest clock, measured by the fastest. */
export const lockMsFor = (leaseMs: number): number => 2 * leaseMs * clockRatio + kernelSlackMs;

export const createVoter = (startedMs: number): VoterState => ({ startedMs, groups: {} });

const nothing: GroupVotes = {
  vote: undefined,
  released: undefined,
  reserved: undefined,
  epoch: 0,
  epochOf: '',
};

const isSame = (left: Grantee, right: Grantee): boolean =>
  left.node === right.node && left.session === right.session;

/** Time until this voter may grant the group to somebody else than its grantee. */
export const voterLockedMs = (
  voter: VoterState,
  config: VoterConfig,
  group: string,
  asker: Grantee,
  nowMs: number,
): number => {
  const starting = voter.startedMs + config.lockMs(config.leaseMs) - nowMs;
  const { vote } = voter.groups[group] ?? nothing;
  const locked = vote && !isSame(vote, asker) ? vote.untilMs - nowMs : 0;
  return Math.max(0, starting, locked);
};

/** Who has this voter's grant now, if anybody. */
export const voterHolder = (voter: VoterState, group: string, nowMs: number): string => {
  const vote = voter.groups[group]?.vote;
  return vote && nowMs < vote.untilMs ? vote.node : '';
};

const judge = (
  voter: VoterState,
  config: VoterConfig,
  from: Grantee,
  ask: Ask,
  nowMs: number,
): Answer | undefined => {
  const votes = voter.groups[ask.group] ?? nothing;
  const refuse = (verdict: RefusalReason, waitMs: number, holder = ''): Answer => ({
    verdict,
    epoch: votes.epoch,
    waitMs,
    holder,
  });
  if (ask.leaseMs > config.leaseMs) return refuse('lease-too-long', 1000);
  const starting = voter.startedMs + config.lockMs(config.leaseMs) - nowMs;
  if (starting > 0) return refuse('just-started', starting);
  const { vote, released, reserved } = votes;
  if (released && isSame(released, from) && ask.ask <= released.ask) return refuse('released', 0);
  const own = vote && isSame(vote, from);
  if (vote && !own && nowMs < vote.untilMs) return refuse('held-by-other', vote.untilMs - nowMs, vote.node);
  if (reserved && reserved.node !== from.node && nowMs < reserved.untilMs) {
    return refuse('reserved', reserved.untilMs - nowMs, reserved.node);
  }
  if (ask.epoch < votes.epoch || (ask.epoch === votes.epoch && votes.epochOf !== from.node)) {
    return refuse('epoch-too-low', 0);
  }
  return undefined;
};

/**
 * Grants or refuses one ask. `nowMs` must have been read after the ask arrived: the lock counts from it.
 */
export const answerAsk = (
  voter: VoterState,
  config: VoterConfig,
  from: Grantee,
  ask: Ask,
  nowMs: number,
): { voter: VoterState; answer: Answer } => {
  const votes = voter.groups[ask.group] ?? nothing;
  const put = (changed: Partial<GroupVotes>): VoterState => ({
    ...voter,
    groups: { ...voter.groups, [ask.group]: { ...votes, ...changed } },
  });
  const refusal = judge(voter, config, from, ask, nowMs);
  if (refusal) {
    // What an owner says while this voter may not vote yet is how it learns the epoch that its restart made it forget.
    const learns = refusal.verdict === 'just-started' && ask.epoch > votes.epoch;
    return {
      voter: learns ? put({ epoch: ask.epoch, epochOf: from.node }) : voter,
      answer: refusal,
    };
  }
  const untilMs = Math.max(nowMs + config.lockMs(ask.leaseMs), votes.vote?.untilMs ?? 0);
  const vote = {
    node: from.node,
    session: from.session,
    ask: Math.max(ask.ask, votes.vote && isSame(votes.vote, from) ? votes.vote.ask : 0),
    atMs: nowMs,
    untilMs,
  };
  return {
    voter: put({ vote, reserved: undefined, epoch: ask.epoch, epochOf: from.node }),
    answer: { verdict: 'granted', epoch: ask.epoch, waitMs: 0, holder: from.node },
  };
};

/** Takes back the grants a process no longer uses; `to` names who may follow first, for one lease. */
export const acceptRelease = (
  voter: VoterState,
  from: Grantee,
  release: { readonly group: string; readonly ask: number; readonly to: string; readonly reserveMs: number },
  nowMs: number,
): { voter: VoterState; freed: boolean } => {
  const votes = voter.groups[release.group] ?? nothing;
  const { vote } = votes;
  const known = votes.released && isSame(votes.released, from) && votes.released.ask >= release.ask;
  if (known && !(vote && isSame(vote, from) && vote.ask <= release.ask)) return { voter, freed: false };
  const frees = vote !== undefined && isSame(vote, from) && vote.ask <= release.ask;
  const reserved =
    frees && release.to !== '' ? { node: release.to, untilMs: nowMs + release.reserveMs } : votes.reserved;
  return {
    voter: {
      ...voter,
      groups: {
        ...voter.groups,
        [release.group]: {
          ...votes,
          vote: frees ? undefined : vote,
          released: { node: from.node, session: from.session, ask: release.ask },
          reserved,
        },
      },
    },
    freed: frees,
  };
};
