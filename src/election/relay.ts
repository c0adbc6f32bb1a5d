/**
 * A partial mesh: two nodes that do not hear each other are heard through a third. Whoever lacks a peer's direct word sends its datagrams
 * to another node as well; that one hands them on as they are, sealed, once, and only when they came from their author's own address.
 * For the machine that is one more path: what it hears there counts as any datagram, late by a hop. Rights are the seal's, not the way's.
 *
 * The path says why: `lackingPath` when the peer is not heard directly, and only that is answered the same way, on `answeringPath`.
 * Were both one, two nodes would each go on because the other does, long after the gap has closed.
 */

/** Numbers of relayed paths; direct ones come before them (at most four). A helper of an earlier version hands on `lackingPath` alone. */
export const lackingPath = 7;
export const answeringPath = 6;

export const isRelayed = (path: number): boolean => path === lackingPath || path === answeringPath;

/** To whom a copy goes, and what it says of why. */
export interface Help {
  readonly helper: string;
  readonly path: number;
}

export interface Relay {
  /** A peer's datagram has come on a direct path. */
  heardDirectly(peer: string, nowMs: number): void;
  /** A peer's datagram has come through another node, on that relayed path. */
  heardThrough(peer: string, through: string, path: number, nowMs: number): void;
  /** To which node a copy for the peer goes now; undefined while the peer is heard and seems to hear. */
  helpFor(peer: string, nowMs: number): Help | undefined;
}

const never = Number.NEGATIVE_INFINITY;

/** `silentMs`: silence after which a direct path is not relied on, short of what makes a peer dead. */
export const createRelay = (peers: readonly string[], silentMs: number): Relay => {
  const directMs = new Map<string, number>();
  const relayed = new Map<string, { readonly through: string; readonly atMs: number }>();
  /** When a peer last said that it lacks this node's direct word. */
  const lackedMs = new Map<string, number>();
  let turns = 0;
  const isNear = (peer: string, nowMs: number): boolean => nowMs - (directMs.get(peer) ?? never) < silentMs;
  const helperFor = (peer: string, nowMs: number): string | undefined => {
    const last = relayed.get(peer);
    if (last && nowMs - last.atMs < 2 * silentMs && isNear(last.through, nowMs)) return last.through;
    const helpers = peers.filter((name) => name !== peer && isNear(name, nowMs));
    // Nobody is known to reach it: the others are tried by turns.
    turns += 1;
    return helpers[turns % helpers.length];
  };
  return {
    heardDirectly: (peer, nowMs) => void directMs.set(peer, nowMs),
    heardThrough(peer, through, path, nowMs) {
      relayed.set(peer, { through, atMs: nowMs });
      if (path === lackingPath) lackedMs.set(peer, nowMs);
    },
    helpFor(peer, nowMs) {
      const isLacked = nowMs - (lackedMs.get(peer) ?? never) < 2 * silentMs;
      const near = isNear(peer, nowMs);
      if (near && !isLacked) return undefined;
      const helper = helperFor(peer, nowMs);
      return helper === undefined ? undefined : { helper, path: near ? answeringPath : lackingPath };
    },
  };
};
