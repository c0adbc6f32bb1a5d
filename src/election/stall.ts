/**
 * A node that slept (its thread was not scheduled, a call waited, the machine was held) cannot tell the silence of others from its own: what
 * they said meanwhile still waits in its sockets, and if the whole machine slept they said nothing either. So after a sleep nobody
 * is judged before the node has listened for as long again, at most the time after which silence counts (`deadMs`).
 * That costs no takeover: a dead owner's grants bind the voters for longer (`voter.ts`).
 */

/** Lateness up to here is ordinary scheduling. */
const ordinaryMs = 15;

/** How long the node has slept, if it was to be woken at `dueMs`; 0 for what is no sleep. */
export const sleptMs = (dueMs: number, nowMs: number): number =>
  nowMs - dueMs > ordinaryMs ? nowMs - dueMs : 0;

/** Until when nobody is judged after such a sleep. */
export const deafUntilMs = (slept: number, deadMs: number, nowMs: number): number =>
  nowMs + Math.min(slept, deadMs);
