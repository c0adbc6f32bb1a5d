/** Elements of a policy compared with what the kernel holds: a start, a restart, and the repair after somebody else's hands. */

import type { Policy } from '../../../model/service.js';
import type { ElementBytes } from '../../../netlink/nft/ast.js';
import { keyText } from '../../same-element.js';
import {
  createSteps,
  emptyIndex,
  type Held,
  knownComment,
  knownStep,
  type ListStep,
  type PolicyIndex,
  timedOf,
  wantedOf,
} from './elements.js';

/** What the kernel holds of one policy. */
export interface FoundLists {
  /** By prefix length, of the sets that are there. */
  readonly byLength: ReadonlyMap<number, readonly ElementBytes[]>;
  /** Comment of the policy's element in `knownListsSet`. */
  readonly known: string | undefined;
}

export interface Adoption {
  readonly index: PolicyIndex;
  readonly steps: readonly ListStep[];
}

/**
 * `before`: the index of this process, which knows deadlines. Without one an absent timed element has expired if the kernel was given just
 * these timed elements, and is new otherwise.
 */
export const adoptPolicy = (
  policy: Policy,
  found: FoundLists,
  nowMs: number,
  before?: PolicyIndex,
): Adoption => {
  const index = emptyIndex(policy);
  const steps = createSteps(policy, nowMs);
  const wanted = wantedOf(policy, nowMs);
  const absent: { readonly length: number; readonly key: string; readonly next: Held }[] = [];
  const hold = (length: number, key: string, next: Held): void => {
    let ofLength = index.byLength.get(length);
    if (!ofLength) {
      ofLength = new Map();
      index.byLength.set(length, ofLength);
    }
    ofLength.set(key, next);
  };
  for (const [length, ofLength] of wanted) {
    const there = new Map(found.byLength.get(length)?.map((element) => [keyText(element.key), element]));
    for (const [key, next] of ofLength) {
      const element = there.get(key);
      there.delete(key);
      if (!element) absent.push({ length, key, next });
      else if ((element.timeoutMs ?? 0) !== (next.timeoutMs ?? 0)) {
        steps.change(length, key, next);
        hold(length, key, next);
      } else if (next.timeoutMs === undefined) hold(length, key, next);
      else hold(length, key, { ...next, deadlineMs: nowMs + (element.expiresMs ?? next.timeoutMs) });
    }
    for (const key of there.keys()) steps.remove(length, key);
  }
  // Sets of lengths that are not wanted go with everything in them.
  index.timed = timedOf(wanted);
  const isKnown = found.known === knownComment(index);
  for (const { length, key, next } of absent) {
    const old = before?.byLength.get(length)?.get(key);
    const knows = old !== undefined && old.timeoutMs === next.timeoutMs;
    const expired = next.timeoutMs !== undefined && (knows ? old.deadlineMs <= nowMs : isKnown);
    const kept = knows ? { ...next, deadlineMs: old.deadlineMs } : next;
    hold(length, key, expired ? { ...next, deadlineMs: nowMs } : kept);
    if (!expired) steps.add(length, key, kept);
  }
  return { index, steps: [...steps.finish(), ...(isKnown ? [] : [knownStep(index)])] };
};
