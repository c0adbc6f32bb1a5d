/**
 * What a peer was not sent and has not yet shown that it has: after a start without a position, an overflow, a takeover. Only the answer to a
 * digest that left since then counts, and the snapshot that this answer asked for; one that was under way before proves nothing.
 */

import type { GroupBook } from './groups.js';

interface Gap {
  readonly epoch: number;
  readonly sequence: number;
}

export class Proofs {
  /** Newest sequence confirmed before the last gap. */
  ackedBefore = 0;

  readonly #groups: GroupBook;
  readonly #gaps = new Map<number, Gap>();

  constructor(groups: GroupBook) {
    this.#groups = groups;
  }

  /** `sequence`: that of the oldest digest which tells what is missing. */
  gap(groups: readonly number[], sequence: number, ackedBefore: number): void {
    this.ackedBefore = ackedBefore;
    for (const group of groups) this.#gaps.set(group, { epoch: this.#groups.epochOf(group), sequence });
  }

  /** In this group, or in any of ours. */
  isMissing(group?: number): boolean {
    for (const one of this.#gaps.keys()) {
      if (this.#groups.isActive(one) && (group === undefined || group === one)) return true;
    }
    return false;
  }

  /** Whether an answer to the digest of this epoch and sequence counts; an older peer does not say which it answers. */
  counts(group: number, epoch: number, sequence: number): boolean {
    const gap = this.#gaps.get(group);
    return epoch === 0 || gap === undefined || (epoch === gap.epoch && sequence >= gap.sequence);
  }

  close(group: number): void {
    this.#gaps.delete(group);
  }
}
