/** Elements of a policy compared with what the kernel holds: a start, a restart, and the repair after somebody else's hands. */

import type { Policy } from '../../../model/service.js';
import type { ElementBytes } from '../../../netlink/nft/ast.js';
import { keyText } from '../../same-element.js';
import {
  type Adoption,
  createSteps,
  indexOf,
  knownComment,
  knownStep,
  type PolicyIndex,
} from './elements.js';

/** What the kernel holds of one policy. */
export interface FoundLists {
  /** By prefix length, of the sets that are there. */
  readonly byLength: ReadonlyMap<number, readonly ElementBytes[]>;
  /** Comment of the policy's element in `knownListsSet`. */
  readonly known: string | undefined;
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
  const index = indexOf(policy, nowMs);
  const steps = createSteps(policy, nowMs);
  const isKnown = found.known === (index.timed === 0 ? undefined : knownComment(index));
  for (const [length, ofLength] of index.byLength) {
    const there = new Map(found.byLength.get(length)?.map((element) => [keyText(element.key), element]));
    for (const [key, next] of ofLength) {
      const element = there.get(key);
      there.delete(key);
      if (element && (element.timeoutMs ?? 0) !== (next.timeoutMs ?? 0)) steps.change(length, key, next);
      else if (next.timeoutMs === undefined) {
        if (!element) steps.add(length, key, next);
      } else if (element) {
        ofLength.set(key, { ...next, deadlineMs: nowMs + (element.expiresMs ?? next.timeoutMs) });
      } else {
        const old = before?.byLength.get(length)?.get(key);
        const knows = old !== undefined && old.timeoutMs === next.timeoutMs;
        const deadlineMs = knows ? old.deadlineMs : isKnown ? nowMs : next.deadlineMs;
        const kept = { ...next, deadlineMs };
        ofLength.set(key, kept);
        if (deadlineMs > nowMs) steps.add(length, key, kept);
      }
    }
    for (const key of there.keys()) steps.remove(length, key);
  }
  // Sets of lengths that nobody wants go with everything in them.
  return { index, steps: [...steps.finish(), ...(isKnown ? [] : [knownStep(index)])] };
};
