/**
 * Versions of the services document: who descends from whom, and which of two wins.
 *
 * Invariants:
 * - An id is made once: a session is random and belongs to one start of an agent, its counter only grows.
 * - `seen` names everything that a version contains: per session the highest counter. So V contains W exactly if V.seen[W's session] ≥
 *   W's counter, and two versions of which neither contains the other were made without knowledge of each other.
 */

/**
 * `apply`, `rollback`, `confirm`, `resolve`: asked for by an operator. `change`: through nftlb's interface, several at once. `merge`: of
 * two such that touch different objects. `revert`: nobody confirmed in time. `import`: found on disk without a version.
 */
export type VersionKind =
  | 'apply'
  | 'change'
  | 'rollback'
  | 'confirm'
  | 'resolve'
  | 'merge'
  | 'revert'
  | 'import';

export type Seen = Readonly<Record<string, number>>;

export interface DocumentVersion {
  /** `<session>.<counter>`. */
  readonly id: string;
  /** One more than the highest it descends from: for people, two versions may share it. */
  readonly number: number;
  readonly author: string;
  /** Wall-clock time of the author, ISO 8601, for people: nothing decides by it. */
  readonly time: string;
  readonly kind: VersionKind;
  readonly reason: string;
  /** Digest of the content: equal exactly if the documents are, states of backends apart. */
  readonly content: string;
  readonly seen: Seen;
  /** Id of what the author had before; empty: nothing. */
  readonly parent: string;
  /** Above 0: it goes back by itself unless confirmed within this time. */
  readonly confirmMs: number;
  /** Of a revert: the id of what was not confirmed. */
  readonly reverts?: string;
}

const partsOf = (id: string): readonly [session: string, counter: number] => {
  const dot = id.lastIndexOf('.');
  return [id.slice(0, dot), Number(id.slice(dot + 1))];
};

export const seenCovers = (seen: Seen, id: string): boolean => {
  const [session, counter] = partsOf(id);
  return (seen[session] ?? 0) >= counter;
};

export const joinSeen = (a: Seen, b: Seen): Seen => {
  const joined: Record<string, number> = { ...a };
  for (const [session, counter] of Object.entries(b)) {
    joined[session] = Math.max(joined[session] ?? 0, counter);
  }
  return joined;
};

export type VersionFacts = Pick<
  DocumentVersion,
  'author' | 'time' | 'kind' | 'reason' | 'content' | 'confirmMs'
>;

/** The next version of this session, behind all of `parents`. */
export const nextVersion = (
  session: string,
  counter: number,
  parents: readonly DocumentVersion[],
  facts: VersionFacts,
): DocumentVersion => ({
  ...facts,
  id: `${session}.${counter}`,
  parent: parents[0]?.id ?? '',
  number: 1 + Math.max(0, ...parents.map(({ number }) => number)),
  seen: joinSeen(
    parents.reduce((seen: Seen, parent) => joinSeen(seen, parent.seen), {}),
    { [session]: counter },
  ),
});

const revertSession = (id: string): string => `revert-${id}`;

/** What every node makes of a version that nobody confirmed: the same on all of them, so that they need not talk to each other. */
export const revertOf = (version: DocumentVersion, content: string): DocumentVersion => {
  const session = revertSession(version.id);
  return {
    id: `${session}.1`,
    number: version.number + 1,
    author: version.author,
    time: version.time,
    kind: 'revert',
    reason: `version ${version.number} was not confirmed in time`,
    content,
    seen: joinSeen(version.seen, { [session]: 1 }),
    parent: version.id,
    confirmMs: 0,
    reverts: version.id,
  };
};

/** `equal`: made apart, with the same content. `yields`: ours is an automatic revert of something that the other side has confirmed. */
export type Relation = 'same' | 'behind' | 'ahead' | 'equal' | 'yields' | 'apart';

/** One is an automatic revert, and the other has all that it has but that. */
const yieldsTo = (one: DocumentVersion, other: DocumentVersion): boolean =>
  one.reverts !== undefined &&
  other.reverts === undefined &&
  Object.entries(one.seen).every(
    ([session, counter]) => session === revertSession(one.reverts!) || (other.seen[session] ?? 0) >= counter,
  );

export const relationOf = (
  ours: DocumentVersion | undefined,
  theirs: DocumentVersion | undefined,
): Relation => {
  if (!ours || !theirs) return ours ? 'ahead' : theirs ? 'behind' : 'same';
  if (ours.id === theirs.id) return 'same';
  if (seenCovers(theirs.seen, ours.id)) return 'behind';
  if (seenCovers(ours.seen, theirs.id)) return 'ahead';
  if (ours.content === theirs.content) return 'equal';
  if (yieldsTo(ours, theirs)) return 'yields';
  return yieldsTo(theirs, ours) ? 'ahead' : 'apart';
};

/** Of two versions with the same content: the same on both sides. */
export const unified = (a: DocumentVersion, b: DocumentVersion): DocumentVersion => {
  const winner = a.number !== b.number ? (a.number > b.number ? a : b) : a.id > b.id ? a : b;
  return { ...winner, seen: joinSeen(a.seen, b.seen) };
};
