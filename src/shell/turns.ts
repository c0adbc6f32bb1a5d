/**
 * A thread's own waiting, for one that wakes up a hundred times a second and should cost next to nothing: one ppoll(2) for its raw
 * descriptors, its timers and everything Node waits for. Node's sockets and timers cost more than the work that they bring, and a timer
 * that was cancelled still wakes.
 *
 * Each turn runs as an immediate of Node's loop, and waits with Node's own epoll descriptor among those of its thread. So what Node has
 * to do (messages of other threads, its sockets, promises) is done at once between two turns. Node's own timers may be late by
 * `longestMs`, and its clock stands still during a turn: whoever runs here takes the timers offered here.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { RelevoError } from '../errors.js';
import type { Timers } from '../ports.js';
import * as libc from './libc.js';
import { openStream } from './streams.js';

export interface Turns {
  readonly timers: Timers;
  /** Calls `readable` once a turn as long as there is something to read. The returned function ends it; it closes nothing. */
  watch(fd: number, readable: () => void): () => void;
  /** Lets Node wait by itself again, so that the thread can end. */
  stop(): void;
}

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

const POLLIN = 1;
const pollfdBytes = 8;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
/** Longest wait: how late a timer of Node's may be. */
const longestMs = 50;

/** The epoll descriptor that has `watched` among its own (`tfd` in /proc/self/fdinfo, proc(5)). */
const epollOf = (watched: number): number | undefined => {
  const line = new RegExp(`^tfd: +${watched} `, 'm');
  for (const name of readdirSync('/proc/self/fdinfo')) {
    try {
      if (line.test(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))) return Number(name);
    } catch {
      // Closed meanwhile by another thread.
    }
  }
  return undefined;
};

/** Node's epoll descriptor of this thread, found by a descriptor that Node is made to watch. */
const createLoopFinder = (): { find(): number | undefined; close(): void } => {
  const marker = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const { fd, stream } = openStream(marker, new Uint8Array(8), () => {});
  libc.close(marker);
  stream.on('error', () => {});
  return { find: () => epollOf(fd), close: () => stream.destroy() };
};

export const createTurns = (): Turns => {
  const finder = createLoopFinder();
  const watches = new Map<number, () => void>();
  const timers = new Set<Timer>();
  let loopFd: number | undefined;
  let rounds = 0;
  let stopped = false;
  let descriptors = new Uint8Array(0);
  let view = new DataView(descriptors.buffer);
  let current: (() => void)[] | undefined;
  // struct timespec
  const words = new BigInt64Array(2);
  const waitBytes = new Uint8Array(words.buffer);
  const wait = new DataView(words.buffer);

  /** The array for ppoll(2), made anew after a change of the watches only. */
  const arrange = (): (() => void)[] => {
    const fds = [loopFd!, ...watches.keys()];
    descriptors = new Uint8Array(pollfdBytes * fds.length);
    view = new DataView(descriptors.buffer);
    for (const [index, fd] of fds.entries()) {
      view.setInt32(index * pollfdBytes, fd, true);
      view.setInt16(index * pollfdBytes + 4, POLLIN, true);
    }
    current = [() => {}, ...watches.values()];
    return current;
  };

  const runTimers = (): void => {
    if (timers.size === 0) return;
    const nowMs = performance.now();
    for (const timer of timers) {
      if (timer.atMs > nowMs || !timers.delete(timer)) continue;
      timer.action();
    }
  };

  const poll = (): void => {
    const readers = current ?? arrange();
    let waitMs = longestMs;
    if (timers.size > 0) {
      const nowMs = performance.now();
      for (const { atMs } of timers) waitMs = Math.min(waitMs, atMs - nowMs);
    }
    // A hair later than asked for, so that the timer is due when the wait is over.
    wait.setUint32(8, Math.max(0, Math.ceil(waitMs * 1e6)), true);
    if (libc.ppoll(descriptors, readers.length, waitBytes, null) <= 0) return;
    const ready = view;
    for (const [index, readable] of readers.entries()) {
      // Whoever was called before may have changed the watches.
      if (ready.getInt16(index * pollfdBytes + 6, true) !== 0 && !stopped) readable();
    }
  };

  const turn = (): void => {
    if (stopped) return;
    // Node takes a descriptor into its epoll set in the round after the one in which it was opened.
    if (loopFd === undefined) loopFd = finder.find();
    if (loopFd !== undefined) poll();
    else if (++rounds > 100)
      throw new RelevoError('internal', 'Node has no epoll descriptor that can be found');
    runTimers();
    setImmediate(turn);
  };
  setImmediate(turn);

  return {
    timers: {
      after(ms, action) {
        const timer = { atMs: performance.now() + ms, action };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    watch(fd, readable) {
      const entry = (): void => {
        if (watches.get(fd) === entry) readable();
      };
      watches.set(fd, entry);
      current = undefined;
      return () => {
        if (watches.get(fd) !== entry) return;
        watches.delete(fd);
        current = undefined;
      };
    },
    stop() {
      stopped = true;
      timers.clear();
      finder.close();
    },
  };
};
