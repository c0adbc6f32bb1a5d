/**
 * Descriptors of kinds that Node does not know (netlink sockets, timers), polled and read by libuv as if they were pipes: 4 µs for a message,
 * and nothing waits in a thread. For sockets of other programs' traffic there is `readiness.ts`, which never reads.
 */

import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { errnoError } from '../netlink/message.js';
import * as libc from './libc.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

export interface FileStream {
  readonly fd: number;
  readonly stream: Socket;
}

/**
 * Opens a second descriptor of the file that `fd` is open on; `read` is told how many bytes one read(2) from it brought into `buffer`.
 *
 * Node looks at a descriptor's kind when it is given one: it gets an unconnected unix socket, whose number becomes that of the other file
 * before libuv first polls it.
 */
export const openStream = (fd: number, buffer: Uint8Array, read: (length: number) => void): FileStream => {
  const number = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (number < 0) throw errnoError(libc.lastErrno(), 'opening a socket');
  // @types/node knows `onread` for connections only.
  const settings: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
    fd: number,
    readable: true,
    writable: false,
    onread: {
      buffer,
      callback(length) {
        read(length);
        return true;
      },
    },
  };
  const stream = new Socket(settings);
  libc.dup3(fd, number, SOCK_CLOEXEC);
  return { fd: number, stream };
};

export interface ShortTimer {
  /** Calls back once, so many milliseconds from now; instead of what was planned before. */
  start(delayMs: number): void;
  close(): void;
}

const CLOCK_MONOTONIC = 1;
const TFD_CLOEXEC = 0o2000000;
const TFD_NONBLOCK = 0o4000;

/** One number of 8 bytes; libuv reads again, in vain, what filled its buffer. */
const timerReadBytes = 16;

/** A timer of fractions of a millisecond (timerfd_create(2)); Node's own have whole ones. */
export const createShortTimer = (expired: () => void): ShortTimer => {
  const opened = libc.timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (opened < 0) throw errnoError(libc.lastErrno(), 'creating a timer');
  let opening: FileStream;
  try {
    opening = openStream(opened, new Uint8Array(timerReadBytes), expired);
  } finally {
    libc.close(opened);
  }
  const { fd, stream } = opening;
  stream.on('error', () => {});
  // struct itimerspec: interval, then value, in seconds and nanoseconds.
  const words = new BigInt64Array(4);
  const bytes = new Uint8Array(words.buffer);
  const view = new DataView(words.buffer);
  return {
    start(delayMs) {
      view.setUint32(24, delayMs * 1e6, true);
      libc.timerfd_settime(fd, 0, bytes, null);
    },
    close: () => stream.destroy(),
  };
};
