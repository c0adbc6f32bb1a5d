/** What is wrong with peers and strangers on the links: said once in a while in the log, and remembered for `relevo status`. */

import type { Clock, Log } from '../ports.js';

/** The same complaint about the same peer is repeated this seldom. */
const repeatMs = 10_000;
/** Whoever was refused tries again every few seconds: after this time it has given up. */
const shownMs = 60_000;
/** Strangers choose what is complained about: the memory of it is bounded. */
const remembered = 1_000;
const shown = 16;

interface Refused {
  readonly about: string;
  readonly message: string;
  readonly atMs: number;
}

export class LinkComplaints {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #saidAtMs = new Map<string, number>();
  readonly #refused = new Map<string, Refused>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  say(about: string, message: string): void {
    const nowMs = this.#clock.nowMs();
    const key = keyOf(about, message);
    const saidAtMs = this.#saidAtMs.get(key);
    if (saidAtMs !== undefined && nowMs - saidAtMs < repeatMs) return;
    if (this.#saidAtMs.size > remembered) this.#saidAtMs.clear();
    this.#saidAtMs.set(key, nowMs);
    this.#log.warn({ peer: about }, message);
  }

  /** It was refused, or refuses us, and stays so until an operator acts. */
  refuse(about: string, message: string): void {
    const key = keyOf(about, message);
    this.#refused.delete(key);
    this.#refused.set(key, { about, message, atMs: this.#clock.nowMs() });
    // The oldest first: a map keeps the order of insertion.
    for (const old of this.#refused.keys()) {
      if (this.#refused.size <= shown) break;
      this.#refused.delete(old);
    }
    this.say(about, message);
  }

  /** A link stands: what was wrong before is no more. */
  settled(about: string): void {
    for (const [key, refused] of this.#refused) if (refused.about === about) this.#refused.delete(key);
  }

  /** Those of the last minute, with the remedy. */
  problems(): string[] {
    const sinceMs = this.#clock.nowMs() - shownMs;
    return [...this.#refused.values()].flatMap(({ message, atMs }) => (atMs < sinceMs ? [] : [message]));
  }
}

/** Without port numbers, which differ with every attempt. */
const keyOf = (about: string, message: string): string => `${about} ${message.replace(/:\d+/g, '')}`;
