import test from 'ava';
import {
  acceptRelease,
  answerAsk,
  createVoter,
  lockMsFor,
  type VoterState,
  voterHolder,
  voterLockedMs,
} from '../../src/election/voter.js';

const config = { leaseMs: 100, lockMs: lockMsFor };
const lock = lockMsFor(100);
const a = { node: 'a', session: 1 };
const aAgain = { node: 'a', session: 2 };
const b = { node: 'b', session: 3 };

/** A voter whose wait after its start is over at time 0. */
const seasoned = createVoter(-1_000);

const ask = (
  voter: VoterState,
  who: typeof a,
  number: number,
  nowMs: number,
  epoch = number,
  leaseMs = 100,
) => answerAsk(voter, config, who, { group: 'g', ask: number, epoch, leaseMs }, nowMs);
const release = (voter: VoterState, who: typeof a, number: number, nowMs: number, to = '') =>
  acceptRelease(voter, who, { group: 'g', ask: number, to, reserveMs: 100 }, nowMs);

test('the lock is two leases on the slowest clock seen by the fastest, and a few jiffies', (t) => {
  t.true(lock > (200 * 1.01) / 0.99);
  t.true(lock < 200 * 1.03 + 15);
});

test('a voter that has just started grants nothing for a lock', (t) => {
  const fresh = createVoter(0);
  t.like(ask(fresh, a, 1, lock - 1).answer, { verdict: 'just-started', waitMs: 1 });
  t.is(ask(fresh, a, 1, lock + 1).answer.verdict, 'granted');
});

test('one grantee at a time, until a lock after its last grant', (t) => {
  let { voter, answer } = ask(seasoned, a, 1, 0);
  t.is(answer.verdict, 'granted');
  ({ voter, answer } = ask(voter, a, 2, 50));
  t.is(answer.verdict, 'granted');
  t.like(ask(voter, b, 1, 50 + lock - 1, 9).answer, { verdict: 'held-by-other', holder: 'a', waitMs: 1 });
  t.is(ask(voter, b, 1, 50 + lock, 9).answer.verdict, 'granted');
  t.is(voterHolder(voter, 'g', 50), 'a');
  t.true(Math.abs(voterLockedMs(voter, config, 'g', b, 50) - lock) < 1e-6);
  t.is(voterLockedMs(voter, config, 'g', a, 50), 0);
});

test('a restarted process is a stranger to its own grants', (t) => {
  const { voter } = ask(seasoned, a, 1, 0);
  t.is(ask(voter, aAgain, 1, 1, 2).answer.verdict, 'held-by-other');
});

test('a release frees at once, and only what it names', (t) => {
  const { voter } = ask(seasoned, a, 5, 0);
  const early = release(voter, a, 4, 1);
  t.false(early.freed, 'ask 5 was granted after that release was made');
  t.is(ask(early.voter, b, 1, 2, 9).answer.verdict, 'held-by-other');
  const { voter: free, freed } = release(early.voter, a, 5, 3);
  t.true(freed);
  t.is(ask(free, b, 1, 4, 9).answer.verdict, 'granted');
});

test('a late copy of a released ask does not bind again; a release by another process does nothing', (t) => {
  const { voter } = ask(seasoned, a, 5, 0);
  t.false(release(voter, aAgain, 5, 1).freed);
  t.false(release(voter, b, 5, 1).freed);
  const free = release(voter, a, 5, 1).voter;
  t.is(ask(free, a, 5, 2).answer.verdict, 'released');
  t.is(ask(free, a, 6, 2).answer.verdict, 'granted');
});

test('a handover reserves the vote for its target, for a while', (t) => {
  const free = release(ask(seasoned, a, 1, 0).voter, a, 1, 10, 'b').voter;
  t.like(ask(free, a, 2, 20, 3).answer, { verdict: 'reserved', holder: 'b' });
  t.is(ask(free, b, 1, 20, 3).answer.verdict, 'granted');
  t.is(ask(free, a, 2, 111, 3).answer.verdict, 'granted');
});

test('epochs only grow', (t) => {
  const free = release(ask(seasoned, a, 1, 0, 7).voter, a, 1, 1).voter;
  t.like(ask(free, b, 1, 2, 7).answer, { verdict: 'epoch-too-low', epoch: 7 });
  t.is(ask(free, b, 1, 2, 8).answer.verdict, 'granted');
});

test('an owner’s asks teach a restarted voter the epoch while it may not vote', (t) => {
  const { voter } = ask(createVoter(0), a, 4, 10, 7);
  t.like(ask(voter, b, 1, lock + 1, 7).answer, { verdict: 'epoch-too-low', epoch: 7 });
  t.is(ask(voter, a, 9, lock + 1, 7).answer.verdict, 'granted');
});

test('a lease longer than the voter knows how to wait out is refused', (t) => {
  t.is(ask(seasoned, a, 1, 0, 1, 101).answer.verdict, 'lease-too-long');
});
