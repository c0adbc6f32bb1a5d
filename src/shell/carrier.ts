/**
 * Loss of carrier, read from counters in sysfs. `carrier_changes` (net/core/net-sysfs.c) grows by one with every change, at once and not when
 * linkwatch gets round to telling; reading it takes no lock. A dump of links takes the RTNL mutex, which whoever makes or removes
 * interfaces anywhere on the machine holds, for hundreds of milliseconds on a busy one: longer than a lease.
 */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { LinkState } from '../ports.js';

export interface CarrierCounters {
  /** What the kernel has just said of a link. */
  note(state: LinkState): void;
  forget(index: number): void;
  /** Links that were usable when last heard of, and have lost their carrier since. */
  lost(): LinkState[];
  /** False where a link has no counter here: sysfs is not mounted, or shows another network namespace. */
  readonly complete: boolean;
  close(): void;
}

interface Counter {
  readonly fd: number;
  /** As long as it is usable, and was so when the counter stood at `changes`. */
  state: LinkState | undefined;
  changes: number;
}

const folder = '/sys/class/net';

const fileOf = (state: LinkState, file: string): string =>
  readFileSync(`${folder}/${state.name}/${file}`, 'latin1').trim();

/** Undefined unless the interface of that name in sysfs is the same one. */
const openCounter = (state: LinkState): Counter | undefined => {
  try {
    if (fileOf(state, 'ifindex') !== String(state.index) || fileOf(state, 'address') !== state.mac) {
      return undefined;
    }
    return { fd: openSync(`${folder}/${state.name}/carrier_changes`, 'r'), state: undefined, changes: 0 };
  } catch {
    return undefined;
  }
};

/** @param names The links to count for; undefined: all. */
export const createCarrierCounters = (names: readonly string[] | undefined): CarrierCounters => {
  const counters = new Map<number, Counter>();
  const uncounted = new Set<number>();
  const digits = new Uint8Array(16);

  /** Undefined when the interface has gone. */
  const read = ({ fd }: Counter): number | undefined => {
    let changes = 0;
    try {
      const length = readSync(fd, digits, 0, digits.length, 0);
      for (let at = 0; at < length && digits[at]! >= 0x30; at++) changes = changes * 10 + digits[at]! - 0x30;
    } catch {
      return undefined;
    }
    return changes;
  };

  const forget = (index: number): void => {
    uncounted.delete(index);
    const counter = counters.get(index);
    if (!counter) return;
    counters.delete(index);
    closeSync(counter.fd);
  };

  return {
    note(state) {
      if (names && !names.includes(state.name)) return forget(state.index);
      // After a change of name sysfs has moved; a descriptor of the old place still counts.
      const counter = counters.get(state.index) ?? openCounter(state);
      const changes = counter && read(counter);
      if (!counter || changes === undefined) {
        forget(state.index);
        uncounted.add(state.index);
        return;
      }
      counters.set(state.index, counter);
      counter.state = state.usable ? state : undefined;
      counter.changes = changes;
    },
    forget,
    lost() {
      const lost: LinkState[] = [];
      for (const counter of counters.values()) {
        const { state } = counter;
        if (!state) continue;
        const changes = read(counter);
        // Every second change is its return.
        if (changes === undefined || (changes - counter.changes) % 2 === 0) continue;
        counter.state = undefined;
        lost.push(state);
      }
      return lost;
    },
    get complete() {
      return uncounted.size === 0;
    },
    close() {
      for (const index of [...counters.keys()]) forget(index);
    },
  };
};
