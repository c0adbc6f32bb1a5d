/**
 * One netlink socket: the only file that knows the npm package `netlink` (its raw socket) and its traps.
 * The package allocates its message buffer for every message it reads, so `messageBytes` is small for events and large for dumps.
 */

import { readdirSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { RawNetlinkSocket } from 'netlink';
import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { getsockname, getsockopt, setsockopt } from './libc.js';

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
}

export interface NetlinkSocket {
  /** Netlink port id: how the kernel names the author of a change. */
  readonly port: number;
  /** Hands bytes to the kernel by one sendmsg(2), in which it does the work; `failed` hears of a refusal to take them. */
  send(bytes: Uint8Array, failed: (error: RelevoError) => void): void;
  /** Looks for drops now; done by itself whenever messages come. */
  checkLoss(): void;
  close(): void;
}

export interface NetlinkEvents {
  message(bytes: Uint8Array): void;
  /** Something the kernel had for us is gone: its queue was full, or a message larger than `messageBytes`. */
  lost(error: RelevoError): void;
}

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_PROTOCOL = 38;
const SOL_NETLINK = 270;
const SO_MEMINFO = 55;
/** Index into what SO_MEMINFO fills (linux/sock_diag.h). */
const SK_MEMINFO_DROPS = 8;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const AF_NETLINK = 16;
const EADDRINUSE = 98;

/** The package binds to process id + counter << 22, libc's sockets to the process id: the upper ten bits from 32 on are ours. */
const firstCounter = 32;
const counters = 1024 - firstCounter;
const processBits = 0x3fffff;
// Worker threads load the package anew and would count from the same number.
let nextCounter = (threadId * 61) % counters;

/** True for the port id of any socket of this process, whichever thread opened it. */
export const isOwnPort = (port: number): boolean =>
  (port & processBits) === (process.pid & processBits) && port >>> 22 >= firstCounter;

const int32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** The package keeps the descriptor to itself: find it by family, port and protocol among our open files. */
const descriptorOf = (port: number, protocol: number): number => {
  const address = new Uint8Array(12);
  const value = new Uint8Array(4);
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    const length = Uint32Array.of(address.length);
    if (getsockname(fd, address, length) !== 0 || length[0] !== 12) continue;
    const view = new DataView(address.buffer);
    if (view.getUint16(0, true) !== AF_NETLINK || view.getUint32(4, true) !== port) continue;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, value, Uint32Array.of(4)) === 0 && value[0] === protocol) {
      return fd;
    }
  }
  throw new RelevoError('internal', 'the netlink socket just opened is not among the open files');
};

/** Options beyond the package's: buffers past net.core.*mem_max (CAP_NET_ADMIN), short acknowledgements with reasons. */
const tune = (fd: number, options: NetlinkSocketOptions): void => {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(options.receiveBytes ?? 8 * 1024 * 1024), 4);
  if (options.sendBytes !== undefined) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, int32(options.sendBytes), 4);
  }
  // Without CAP_ACK an error carries the whole refused message, 60 KB of elements perhaps, and does not fit the buffer.
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, int32(1), 4);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, int32(1), 4);
  // An overrun makes poll(2) say POLLERR, libuv takes that for a broken descriptor, and the package (0.3.0) answers by ending
  // the process (a null string in its error path). So the kernel must not signal overruns; we read its counter instead.
  setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, int32(1), 4);
};

/** Messages the kernel could not queue for this socket since it was opened. */
const dropsOf = (fd: number): number => {
  const memory = new Uint32Array(16);
  const length = Uint32Array.of(memory.byteLength);
  const bytes = new Uint8Array(memory.buffer);
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, bytes, length) === 0 ? (memory[SK_MEMINFO_DROPS] ?? 0) : 0;
};

const errnoOf = (thrown: unknown): number =>
  typeof thrown === 'object' && thrown !== null && 'errno' in thrown ? Math.abs(Number(thrown.errno)) : 0;

const open = (options: NetlinkSocketOptions): { raw: RawNetlinkSocket; port: number } => {
  for (let tries = 0; tries < counters; tries++) {
    const counter = firstCounter + nextCounter;
    nextCounter = (nextCounter + 1) % counters;
    const port = ((counter << 22) | (process.pid & processBits)) >>> 0;
    try {
      const raw = new RawNetlinkSocket(options.protocol, {
        localPort: port,
        messagePeeking: false,
        msgBufferSize: options.messageBytes,
        recvBufferSize: 212_992,
        sendBufferSize: 212_992,
      });
      return { raw, port };
    } catch (thrown) {
      const errno = errnoOf(thrown);
      if (errno !== EADDRINUSE) throw errnoError(errno, 'opening a netlink socket');
    }
  }
  throw new RelevoError('internal', 'no free netlink port: are sockets left open?');
};

export const openNetlinkSocket = (options: NetlinkSocketOptions, events: NetlinkEvents): NetlinkSocket => {
  const { raw, port } = open(options);
  let closed = false;
  let fd: number;
  try {
    fd = descriptorOf(port, options.protocol);
    tune(fd, options);
    for (const group of options.groups ?? []) raw.addMembership(group);
  } catch (thrown) {
    raw.close();
    throw thrown instanceof RelevoError ? thrown : errnoError(errnoOf(thrown), 'joining a netlink group');
  }
  // A throw inside one of the package's callbacks ends the process (Napi::Error, std::terminate): rethrow it in a turn of its own.
  const guarded = (body: () => void): void => {
    if (closed) return;
    try {
      body();
    } catch (thrown) {
      setImmediate(() => {
        // A message that cannot be read is one that is lost; anything else is a defect of ours and must be seen.
        if (!(thrown instanceof RelevoError)) throw thrown;
        if (!closed) events.lost(thrown);
      });
    }
  };
  let drops = 0;
  let checking = false;
  const checkDrops = (): void => {
    checking = false;
    if (closed) return;
    const now = dropsOf(fd);
    if (now === drops) return;
    const lost = (now - drops) >>> 0;
    drops = now;
    events.lost(
      new RelevoError('kernel-overrun', `the kernel dropped ${lost} netlink messages for us: read again`, {
        lost,
      }),
    );
  };
  raw.on('message', (bytes) => {
    // Where something was dropped the queue was full, so messages come: one look per turn of the loop suffices.
    if (!checking) {
      checking = true;
      setImmediate(checkDrops);
    }
    // As a plain Uint8Array: Buffer's `slice` shares memory, and a decoded key would keep the whole message alive.
    guarded(() => events.message(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
  });
  raw.on('truncatedMessage', (bytes, info) =>
    guarded(() => {
      const facts = { bytes: info.truncated, read: bytes.length };
      events.lost(new RelevoError('kernel-overrun', 'a netlink message did not fit the read buffer', facts));
    }),
  );
  raw.on('error', (error) =>
    guarded(() => events.lost(errnoError(errnoOf(error), 'reading a netlink socket'))),
  );
  return {
    port,
    send(bytes, failed) {
      if (closed) return failed(new RelevoError('not-ready', 'the netlink socket is closed'));
      raw.send(bytes, { port: 0 }, (error) => {
        if (error && !closed)
          failed(errnoError(errnoOf(error), `a netlink message of ${bytes.length} bytes`));
      });
    },
    checkLoss: checkDrops,
    close() {
      if (closed) return;
      closed = true;
      // Closing inside one of the package's callbacks makes it touch its freed poll handle: wait for the next turn.
      setImmediate(() => raw.close());
    },
  };
};
