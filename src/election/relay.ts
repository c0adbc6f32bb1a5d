/**
 * A partial mesh: two nodes that do not hear each other are heard through a third. Whoever lacks a peer's direct word sends its datagrams
 * to another node as well; that one hands them on as they are, sealed, once, and only when they came from their author's own address.
 * For the machine that is one more path: what it hears there counts as any datagram, late by a hop. Rights are the seal's, not the way's.
 */

/** The number of the relayed path; direct ones come before it (at most four). */
export const relayPath = 7;

export interface Relay {
  /** A peer's datagram has come on a direct path. */
  heardDirectly(peer: string, nowMs: number): void;
  /** A peer's datagram has come through another node. */
  heardThrough(peer: string, through: string, nowMs: number): void;
  /** To which node a copy for the peer goes now; undefined while the peer is heard and seems to hear. */
  helperFor(peer: string, nowMs: number): string | undefined;
}

const never = Number.NEGATIVE_INFINITY;

/** `silentMs`: silence after which a direct path is not relied on, short of what makes a peer dead. */
export const createRelay = (peers: readonly string[], silentMs: number): Relay => {
  const directMs = new Map<string, number>();
  const relayed = new Map<string, { readonly through: string; readonly atMs: number }>();
  let turns = 0;
  const isNear = (peer: string, nowMs: number): boolean => nowMs - (directMs.get(peer) ?? never) < silentMs;
  return {
    heardDirectly: (peer, nowMs) => void directMs.set(peer, nowMs),
    heardThrough: (peer, through, nowMs) => void relayed.set(peer, { through, atMs: nowMs }),
    helperFor(peer, nowMs) {
      const last = relayed.get(peer);
      // It speaks through another one: it does not hear this node, whatever this node hears.
      const isMissed = last !== undefined && nowMs - last.atMs < 2 * silentMs;
      if (isNear(peer, nowMs) && !isMissed) return undefined;
      if (isMissed && isNear(last.through, nowMs)) return last.through;
      const helpers = peers.filter((name) => name !== peer && isNear(name, nowMs));
      // Nobody is known to reach it: the others are tried by turns.
      turns += 1;
      return helpers[turns % helpers.length];
    },
  };
};
