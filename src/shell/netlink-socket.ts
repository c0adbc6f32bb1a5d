/**
 * One netlink socket. libuv polls and reads it as it would a pipe, and we send by plain sendto(2): a message costs 4 µs, a question that the
 * kernel answers within sendto 2 µs (the npm package `netlink` took 12 µs for either), which counts at thousands of sessions a second.
 */

import { threadId } from 'node:worker_threads';
import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { createShortTimer, openStream } from './descriptors.js';
import * as libc from './libc.js';

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export interface NetlinkSocketOptions {
  readonly protocol: number;
  /** Largest message that is read whole. */
  readonly messageBytes: number;
  /** What the kernel may queue for us before it reports ENOBUFS. A limit, not an allocation. */
  readonly receiveBytes?: number;
  /** Largest batch in one sendmsg(2). */
  readonly sendBytes?: number;
  /** Multicast groups to join. */
  readonly groups?: readonly number[];
  /** `message` keeps nothing of the bytes it is given: they are not copied for it. */
  readonly transient?: boolean;
  /** When messages come at shorter intervals than this, they are looked for once in it instead of one wake-up for each. */
  readonly gatherMs?: number;
}

export interface NetlinkSocket {
  /** Netlink port id: how the kernel names the author of a change. */
  readonly port: number;
  /** Hands bytes to the kernel by one sendmsg(2), in which it does the work; `failed` hears of a refusal to take them. */
  send(bytes: Uint8Array, failed: (error: RelevoError) => void): void;
  /** As `send`; what the kernel has answered within sendmsg(2) is handed on before this returns. */
  ask(bytes: Uint8Array, failed: (error: RelevoError) => void): void;
  /** Looks for drops now; done by itself whenever messages come. */
  checkLoss(): void;
  close(): void;
}

export interface NetlinkEvents {
  message(bytes: Uint8Array): void;
  /** Something the kernel had for us is gone: its queue was full, or a message larger than `messageBytes`. */
  lost(error: RelevoError): void;
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
/** Index into what SO_MEMINFO fills (linux/sock_diag.h). */
const SK_MEMINFO_DROPS = 8;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const EADDRINUSE = 98;
/** sizeof(struct sockaddr_nl) */
const addressBytes = 12;
/** Messages handed on before other events get their turn. */
const messagesPerTurn = 32;

/** libc's sockets bind to the process id, libnl's to it + a counter << 22 from 0 on: counters from 32 on are ours. */
const firstCounter = 32;
const counters = 1024 - firstCounter;
const processBits = 0x3fffff;
// Worker threads load this file anew and would count from the same number.
let nextCounter = (threadId * 61) % counters;

/** True for the port id of any socket of this process, whichever thread opened it. */
export const isOwnPort = (port: number): boolean =>
  (port & processBits) === (process.pid & processBits) && port >>> 22 >= firstCounter;

const addressOf = (port: number): Uint8Array => {
  const address = new Uint8Array(addressBytes);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(4, port, true);
  return address;
};
const kernelAddress = addressOf(0);

const refused = (what: string): RelevoError => errnoError(libc.lastErrno(), what);

const set = (fd: number, level: number, option: number, value: number): boolean =>
  libc.setsockopt(fd, level, option, new Uint8Array(Int32Array.of(value).buffer), 4) === 0;

/** Buffers past net.core.*mem_max (CAP_NET_ADMIN), short acknowledgements with reasons, groups. */
const tune = (fd: number, options: NetlinkSocketOptions): void => {
  set(fd, SOL_SOCKET, SO_RCVBUFFORCE, options.receiveBytes ?? 8 * 1024 * 1024);
  if (options.sendBytes !== undefined) set(fd, SOL_SOCKET, SO_SNDBUFFORCE, options.sendBytes);
  // Without CAP_ACK an error carries the whole refused message, 60 KB of elements perhaps, and does not fit the buffer.
  set(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  set(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  // An overrun makes poll(2) say POLLERR and read(2) fail, which ends a stream of libuv's: we read the counter of drops instead.
  set(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1);
  for (const group of options.groups ?? []) {
    if (!set(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)) throw refused('joining a netlink group');
  }
};

/** Bound to a port of ours. */
const bind = (fd: number): number => {
  for (let tries = 0; tries < counters; tries++) {
    const counter = firstCounter + nextCounter;
    nextCounter = (nextCounter + 1) % counters;
    const port = ((counter << 22) | (process.pid & processBits)) >>> 0;
    if (libc.bind(fd, addressOf(port), addressBytes) === 0) return port;
    if (libc.lastErrno() !== EADDRINUSE) throw refused('opening a netlink socket');
  }
  throw new RelevoError('internal', 'no free netlink port: are sockets left open?');
};

const open = (options: NetlinkSocketOptions): { fd: number; port: number } => {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, options.protocol);
  if (fd < 0) throw refused('opening a netlink socket');
  try {
    const port = bind(fd);
    tune(fd, options);
    return { fd, port };
  } catch (thrown) {
    libc.close(fd);
    throw thrown;
  }
};

const memory = new Uint32Array(16);
const memoryBytes = new Uint8Array(memory.buffer);
const memoryLength = new Uint32Array(1);

/** Messages the kernel could not queue for this socket since it was opened. */
const dropsOf = (fd: number): number => {
  memoryLength[0] = memory.byteLength;
  const got = libc.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memoryBytes, memoryLength) === 0;
  return got ? (memory[SK_MEMINFO_DROPS] ?? 0) : 0;
};

export const openNetlinkSocket = (options: NetlinkSocketOptions, events: NetlinkEvents): NetlinkSocket => {
  const opened = open(options);
  const { port } = opened;
  const gatherMs = options.gatherMs ?? 0;
  const buffer = new Uint8Array(options.messageBytes);
  let closed = false;
  let draining = false;
  let drops = 0;

  const checkDrops = (): void => {
    if (closed) return;
    const now = dropsOf(fd);
    if (now === drops) return;
    const lost = (now - drops) >>> 0;
    drops = now;
    const what = `the kernel dropped ${lost} netlink messages for us: read again`;
    events.lost(new RelevoError('kernel-overrun', what, { lost }));
  };

  /** A message that cannot be read is one that is lost; anything else is a defect of ours and must be seen. */
  const handOn = (length: number): void => {
    if (closed) return;
    if (length > buffer.length) {
      const facts = { bytes: length, read: buffer.length };
      const what = 'a netlink message did not fit the read buffer';
      events.lost(new RelevoError('kernel-overrun', what, facts));
      return;
    }
    try {
      events.message(options.transient ? buffer.subarray(0, length) : buffer.slice(0, length));
    } catch (thrown) {
      if (!(thrown instanceof RelevoError)) throw thrown;
      events.lost(thrown);
    }
  };

  /** Hands on what there is, after a message of `length` that is in the buffer already. Returns the number of messages. */
  const drain = (length: number): number => {
    // A listener has asked something: the loop that called it goes on with the answer, when the buffer is free again.
    if (draining) return 0;
    draining = true;
    let count = 0;
    try {
      for (let next = length; count < messagesPerTurn; count++) {
        if (next === 0) next = libc.recv(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC);
        if (next <= 0 || closed) break;
        handOn(next);
        next = 0;
      }
    } finally {
      draining = false;
    }
    // Where something was dropped the queue was full, and is read in turns of many messages.
    if (count > 1) checkDrops();
    return count;
  };

  let readAtMs = 0;
  const timer =
    gatherMs === 0
      ? undefined
      : createShortTimer(() => {
          if (closed) return;
          if (drain(0) > 0) timer?.start(gatherMs);
          else stream.resume();
        });
  const { fd, stream } = openStream(opened.fd, buffer, (length) => {
    // A message that fills the buffer to its last byte cannot be told from one that was cut.
    drain(length === buffer.length ? length + 1 : length);
    if (!timer || closed || stream.isPaused()) return;
    const nowMs = performance.now();
    if (nowMs - readAtMs < gatherMs) {
      stream.pause();
      timer.start(gatherMs);
    }
    readAtMs = nowMs;
  });
  stream.on('error', (error) => {
    if (closed) return;
    closed = true;
    const { errno } = error as NodeJS.ErrnoException;
    events.lost(errnoError(Math.abs(errno ?? EAGAIN), 'reading a netlink socket'));
  });

  const send = (bytes: Uint8Array, failed: (error: RelevoError) => void): boolean => {
    if (closed) {
      failed(new RelevoError('not-ready', 'the netlink socket is closed'));
      return false;
    }
    if (libc.sendto(fd, bytes, bytes.length, 0, kernelAddress, addressBytes) >= 0) return true;
    const error = refused(`a netlink message of ${bytes.length} bytes`);
    queueMicrotask(() => {
      if (!closed) failed(error);
    });
    return false;
  };

  return {
    port,
    send,
    ask(bytes, failed) {
      if (send(bytes, failed)) drain(0);
    },
    checkLoss: checkDrops,
    close() {
      if (closed) return;
      closed = true;
      timer?.close();
      stream.destroy();
    },
  };
};
