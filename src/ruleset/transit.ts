/**
 * Which slots of a service without connection tracking are handled without any memory of flows, and which are in transit: a slot that has
 * changed hands has flows that its owner does not know. While a service is in transit, the flows in such slots are remembered; a packet that
 * opens none and belongs to none that is known goes to the slot's former owner, by the layout from before.
 *
 * A transit has two bounds: the time after which a silent flow counts as ended anyway (then every other one is remembered), and the end of the
 * last flow that is remembered elsewhere than at its slot's owner. Pure; `app/transits.ts` holds the states and looks for such flows.
 */

import type { HashField } from '../model/service.js';

/** Who has which slot. */
export interface Layout {
  /** What is hashed. */
  readonly hashed: readonly HashField[];
  /** Backend numbers, one per slot; empty: nobody serves. */
  readonly owners: readonly number[];
}

/** What the rules have to know of a service that is in transit. */
export interface Transit {
  /** Where a flow is that nobody remembers; undefined: there are no such flows. */
  readonly former?: Layout;
  /** Every slot is in transit, not only those that have changed hands since `former`. */
  readonly whole: boolean;
}

/** What a service comes to at one moment, in one family. */
export interface Choice {
  readonly layout: Layout;
  /** Its kind can do without memory at all. */
  readonly isMemoryless: boolean;
  /** Every backend that has not failed can be reached. */
  readonly isComplete: boolean;
}

export interface TransitState {
  readonly choice: Choice;
  readonly transit?: Transit;
  /** Since when the layout is as it is, by the engine's clock. */
  readonly sinceMs: number;
}

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at]);

export const sameLayout = (a: Layout, b: Layout): boolean =>
  sameList(a.hashed, b.hashed) && sameList(a.owners, b.owners);

/** For each slot of `now`: all hashes that fall into it had the same owner before. */
export const keptSlots = (before: Layout, now: Layout): readonly boolean[] => {
  const [old, slots] = [before.owners.length, now.owners.length];
  if (old === 0 || !sameList(before.hashed, now.hashed)) return now.owners.map(() => false);
  return now.owners.map((owner, slot) => {
    const last = Math.ceil(((slot + 1) * old) / slots) - 1;
    for (let one = Math.floor((slot * old) / slots); one <= last; one++) {
      if (before.owners[one] !== owner) return false;
    }
    return true;
  });
};

const remembersNothing = ({ choice, transit }: TransitState): boolean =>
  choice.isMemoryless && transit === undefined;

/** The state behind a change. `before`: undefined for a service that is new here. */
export const nextState = (before: TransitState | undefined, choice: Choice, nowMs: number): TransitState => {
  if (!before) {
    // Who cannot be reached may be found in a moment: until then nothing relies on the layout.
    const isSettled = choice.isComplete || !choice.isMemoryless;
    return { choice, sinceMs: nowMs, ...(!isSettled && { transit: { whole: true } }) };
  }
  const isSame = sameLayout(before.choice.layout, choice.layout);
  if (isSame && before.choice.isMemoryless === choice.isMemoryless) return { ...before, choice };
  if (remembersNothing(before)) {
    const former = before.choice.layout;
    const moved = { ...(former.owners.length > 0 && { former }), whole: false };
    // Nobody served: there are no flows.
    return { choice, sinceMs: nowMs, ...(former.owners.length > 0 && { transit: moved }) };
  }
  // What slots that have moved before hold is remembered; what the others hold is where the layout from before says.
  const { former } = before.transit ?? {};
  if (!choice.isMemoryless && !former) return { choice, sinceMs: nowMs };
  return { choice, sinceMs: nowMs, transit: { ...(former && { former }), whole: true } };
};

/** How long a flow may be silent before it counts as ended; how long one that cannot be reached at the start is waited for. */
export interface TransitTiming {
  readonly silentMs: number;
  readonly completeMs: number;
}

/** The state once it is known how many flows are remembered elsewhere than at their slot's owner. */
export const lookedAt = (
  state: TransitState,
  strays: number,
  nowMs: number,
  { silentMs, completeMs }: TransitTiming,
): TransitState => {
  const { choice, sinceMs, transit } = state;
  if (!transit) {
    // Another node had them in transit.
    return choice.isMemoryless && strays > 0
      ? { choice, sinceMs: nowMs, transit: { former: choice.layout, whole: true } }
      : state;
  }
  const waitMs = transit.former ? silentMs : choice.isComplete ? 0 : completeMs;
  const isOver = nowMs - sinceMs >= waitMs && (strays === 0 || !choice.isMemoryless);
  return isOver ? { choice, sinceMs } : state;
};
