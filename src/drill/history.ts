/** What the probes of a drill record while it runs; judged afterwards. All times are milliseconds of the machine's monotonic clock. */

import type { Milestone } from './milestones.js';

/** Datagrams or connection attempts at a steady pace. Entry n of every list is about attempt n. */
export interface ProbeHistory {
  readonly intervalMs: number;
  readonly sentMs: readonly number[];
  /** When the answer came; null: never, or refused. */
  readonly answeredMs: readonly (number | null)[];
  /** Longest time by which the probe itself was late: what is shorter than this may be the machine's noise. */
  readonly longestStallMs: number;
  /** What it was aimed at, in turns: attempt n at entry n modulo their number. Absent: at one thing. */
  readonly targets?: readonly string[];
}

export interface StreamHistory {
  readonly seed: number;
  readonly sentBytes: number;
  readonly answeredBytes: number;
  /** Set when it broke: error code, or `wrong byte at N`. */
  readonly error: string | null;
  /** Longest time without an answer while one was due. */
  readonly longestGapMs: number;
}

/** Persistent clients by address: the backend that answered; null when none did. */
export type BackendAnswers = Readonly<Record<string, string | null>>;

/**
 * One ARP request of the observer and every answer to it. A node answers as soon as it is asked: `sentMs` is the time of the
 * answer, `atMs` only when the observer got round to reading it.
 */
export interface ArpRequest {
  readonly address: string;
  readonly sentMs: number;
  readonly answers: readonly { readonly mac: string; readonly atMs: number }[];
}

/** What a node said of itself while the drill ran. */
export interface ToldEvent {
  readonly node: string;
  readonly atMs: number;
  readonly message: string;
}

/** Which of the clients that a service had banned it still refuses, and how many connections it grants to one that wants more than it may. */
export interface LimitAnswers {
  readonly refused: Readonly<Record<string, boolean>>;
  /** A client that nobody has banned. */
  readonly freeServed: boolean;
  readonly granted: number;
}

export interface LimitHistory {
  /** What the limit allows. */
  readonly allowed: number;
  readonly before: LimitAnswers;
  readonly after: LimitAnswers;
}

/** Kinds of probe. */
export type Probed = 'connects' | 'datagrams' | 'streams' | 'persistence' | 'owners' | 'limits';

export interface DrillHistory {
  readonly udp: ProbeHistory;
  readonly connect: ProbeHistory;
  readonly streams: readonly StreamHistory[];
  readonly before: BackendAnswers;
  readonly after: BackendAnswers;
  readonly arp: readonly ArpRequest[];
  readonly injectedMs: number;
  readonly healedMs: number;
  /** From the end of healing to the end of probing everything should be quiet. */
  readonly settledMs: number;
  /** In the order of time, over all nodes; what a killed program had to tell died with it. */
  readonly events: readonly ToldEvent[];
  /** Bans and limits of connections; absent: not probed. */
  readonly limits?: LimitHistory;
  /** When the takeover was detected, decided, and in force; absent or empty: no decisions could be read. */
  readonly milestones?: readonly Milestone[];
  /** What there is none of in what was drilled; absent: everything was probed. */
  readonly unprobed?: readonly Probed[];
  /** Why the lab was not whole again in time; null when it was. */
  readonly notHealed: string | null;
  /** As the nodes count them; undefined when the owner does not count. */
  readonly takeovers: number | undefined;
}
