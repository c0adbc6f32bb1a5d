/**
 * How fit a node is to own a group: reasons with weights, of which the sum is the node's penalty. Among nodes that are equally ready the
 * one with the smaller penalty goes first, and an owner gives its group to a peer that has been healthier by a margin for a while.
 */

import type { ElectionState } from './types.js';

export interface HealthReason {
  /** Shown as it is, in status, log and heartbeats. */
  readonly text: string;
  /** From `fatalWeight` on, the node must not own what it is about; 0: only shown. */
  readonly weight: number;
  /** Absent: about the whole node. */
  readonly group?: string;
}

export const fatalWeight = 100;
/** Sums of lesser reasons stay below a fatal one. */
export const maxPenalty = 99;
/** A difference below this moves nothing. */
export const healthMargin = 10;
/** A peer must have been the healthier one for so long, and the owner must have owned for so long, before the group moves. */
export const healthPace = { afterMs: 2_000, stayMs: 10_000 } as const;

export const reasonsFor = (state: Pick<ElectionState, 'health'>, group: string): readonly HealthReason[] =>
  state.health.filter((reason) => reason.group === undefined || reason.group === group);

/** Texts of the reasons for which the node must not own the group. */
export const fatalReasons = (state: Pick<ElectionState, 'health'>, group: string): readonly string[] =>
  state.health.length === 0
    ? []
    : reasonsFor(state, group)
        .filter(({ weight }) => weight >= fatalWeight)
        .map(({ text }) => text);

/** 0 (nothing is wrong) to `maxPenalty`. */
export const penaltyOf = (state: Pick<ElectionState, 'health'>, group: string): number => {
  if (state.health.length === 0) return 0;
  let sum = 0;
  for (const { weight } of reasonsFor(state, group)) if (weight < fatalWeight) sum += weight;
  return Math.min(sum, maxPenalty);
};
