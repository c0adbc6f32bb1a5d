/**
 * How much a peer may send before it counts as broken. The bounds are above all that a node of ours sends at its fastest; a peer that
 * passes them would take this thread's time from the other peers. Kept over all connections of a peer: a new one is no new start.
 */

import { limits } from '../limits.js';
import type { VerifyMessage } from '../wire/frames.js';

/** Tokens that come back with time. */
class Allowance {
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, most: number, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    this.#most = most;
    this.#left = most;
    this.#atMs = nowMs;
  }

  /** False: there are not as many. */
  take(tokens: number, nowMs: number): boolean {
    const left = Math.min(this.#most, this.#left + Math.max(0, nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    this.#left = left;
    if (tokens > left) return false;
    this.#left -= tokens;
    return true;
  }
}

const remedy = 'it is broken, or no relevo: look at its log, restart its agent';

export class FloodGate {
  readonly #frames: Allowance;
  readonly #bytes: Allowance;
  readonly #costly: Allowance;

  /** `groups`: digests and snapshots come per group. */
  constructor(groups: number, nowMs: number) {
    this.#frames = new Allowance(limits.syncFramesPerSecond, limits.syncFrameBurst, nowMs);
    this.#bytes = new Allowance(limits.syncBytesPerSecond, limits.syncByteBurst, nowMs);
    const each = Math.max(1, groups);
    this.#costly = new Allowance(each * limits.syncCostlyPerSecond, each * limits.syncCostlyBurst, nowMs);
  }

  /** Before a frame is looked at: why it is too much, or undefined. */
  refusal(bytes: number, nowMs: number): string | undefined {
    if (!this.#frames.take(1, nowMs))
      return `sends more than ${limits.syncFramesPerSecond} frames a second: ${remedy}`;
    if (this.#bytes.take(bytes, nowMs)) return undefined;
    return `sends more than ${limits.syncBytesPerSecond} bytes a second: ${remedy}`;
  }

  /** The same of frames that are answered with a look at every entry. */
  costlyRefusal(nowMs: number): string | undefined {
    if (this.#costly.take(1, nowMs)) return undefined;
    return `sends more digests, roles and requests than any change of the cluster explains: ${remedy}`;
  }
}

/** Of either stream; each makes this node hash or walk its entries. */
const costly = new Set(['digest', 'resync', 'snapshot-begin', 'snapshot-end', 'role']);

export const isCostly = (frame: {
  readonly kind: string;
  readonly body?: { readonly kind: string };
  /** Of Verify: a question is answered with all that the kernel holds. */
  readonly message?: object;
}): boolean => {
  if (frame.kind === 'verify') return (frame.message as VerifyMessage).question;
  return costly.has(frame.kind === 'general' && frame.body ? frame.body.kind : frame.kind);
};
