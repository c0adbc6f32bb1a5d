/**
 * What all threads of this process commit to nf_tables, counted in memory that they share: so that a thread can tell from the generation
 * whether anybody else has committed meanwhile. Counting never waits; who wants to know waits for those who count.
 */

import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/** Threads started later find the memory under this name. */
const memoryName = 'relevo: own commits';
/** Words of the memory. */
const begun = 0;
const ended = 1;
const raised = 2;
const unclear = 3;

export interface CommitCount {
  /** Commits that have raised the generation by one. */
  readonly raised: number;
  /** Commits of which nobody knows whether they have. */
  readonly unclear: number;
}

export interface OwnCommits {
  begin(): void;
  /** By how much the generation grew; undefined: perhaps. */
  end(generations: 0 | 1 | undefined): void;
  /** The count, and what `read` found, at a moment at which nobody was committing; undefined when there was none within a few ms. */
  settled<T>(read: () => T): { readonly count: CommitCount; readonly found: T } | undefined;
}

const tries = 8;
/** A commit of another thread takes some 50 µs, but it may wait for one of somebody else. */
const patienceMs = 2;

export const createOwnCommits = (memory: SharedArrayBuffer): OwnCommits => {
  const words = new Int32Array(memory);
  return {
    begin: () => void Atomics.add(words, begun, 1),
    end(generations) {
      if (generations === undefined) Atomics.add(words, unclear, 1);
      else Atomics.add(words, raised, generations);
      Atomics.add(words, ended, 1);
      Atomics.notify(words, ended);
    },
    settled(read) {
      for (let at = 0; at < tries; at++) {
        const before = Atomics.load(words, ended);
        if (Atomics.load(words, begun) !== before) {
          Atomics.wait(words, ended, before, patienceMs);
          continue;
        }
        const found = read();
        const count = { raised: Atomics.load(words, raised), unclear: Atomics.load(words, unclear) };
        if (Atomics.load(words, begun) === before) return { count, found };
      }
      return undefined;
    },
  };
};

const sharedMemory = (): SharedArrayBuffer => {
  const known = getEnvironmentData(memoryName);
  if (known instanceof SharedArrayBuffer) return known;
  // A thread whose starter counts nothing counts for itself; a count that misses something proves nothing, which is the safe side.
  const memory = new SharedArrayBuffer(16);
  setEnvironmentData(memoryName, memory);
  return memory;
};

/** The counts of this process. */
export const ownCommits = createOwnCommits(sharedMemory());
