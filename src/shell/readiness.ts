/**
 * Tells when raw file descriptors become readable, which Node offers for its own kinds of sockets only. One poll(2) for all of a
 * thread's descriptors waits in libuv's pool, so it takes one of the pool's four threads however many there are.
 */

import { close, eventfd, pollInPool, readFd, writeFd } from './libc.js';

const POLLIN = 1;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
/** Node joins the pool's threads when the process ends: a forgotten watch holds up the exit for this long. */
const pollMs = 500;
const pollfdBytes = 8;

interface Watch {
  readonly fd: number;
  readonly readable: () => void;
}

const watches = new Set<Watch>();
let wakeFd = -1;
let polling = false;
/** Descriptors to close when the running poll has let go of them: until then their numbers must not become other files'. */
let retired: number[] = [];

const wake = (): void => {
  if (wakeFd >= 0) writeFd(wakeFd, new Uint8Array(BigUint64Array.of(1n).buffer), 8);
};

const stopIfIdle = (): boolean => {
  if (watches.size > 0) return false;
  if (wakeFd >= 0) close(wakeFd);
  wakeFd = -1;
  return true;
};

const poll = (): void => {
  if (polling || stopIfIdle()) return;
  if (wakeFd < 0) wakeFd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const current = [...watches];
  const descriptors = new Uint8Array(pollfdBytes * (current.length + 1));
  const view = new DataView(descriptors.buffer);
  for (const [index, fd] of [wakeFd, ...current.map((watch) => watch.fd)].entries()) {
    view.setInt32(index * pollfdBytes, fd, true);
    view.setInt16(index * pollfdBytes + 4, POLLIN, true);
  }
  polling = true;
  pollInPool(descriptors, current.length + 1, pollMs, () => {
    polling = false;
    for (const fd of retired) close(fd);
    retired = [];
    if (view.getInt16(6, true) !== 0) readFd(wakeFd, new Uint8Array(8), 8);
    for (const [index, watch] of current.entries()) {
      const ready = view.getInt16((index + 1) * pollfdBytes + 6, true) !== 0;
      if (ready && watches.has(watch)) watch.readable();
    }
    poll();
  });
};

/**
 * Calls `readable` as long as there is something to read (level-triggered). The returned function ends it and closes the
 * descriptor as soon as that is safe.
 */
export const watchReadable = (fd: number, readable: () => void): (() => void) => {
  const watch = { fd, readable };
  watches.add(watch);
  wake();
  poll();
  return () => {
    if (!watches.delete(watch)) return;
    if (!polling) {
      close(fd);
      stopIfIdle();
      return;
    }
    retired.push(fd);
    wake();
  };
};
