/**
 * One netlink socket: the only file that knows the npm package `netlink` (its raw socket) and its traps.
 * The package allocates its message buffer for every message it reads, so `messageBytes` is small for events and large for dumps.
 */

import { RawNetlinkSocket } from 'netlink';
import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { descriptorOf } from './descriptors.js';
import { freePorts } from './netlink-ports.js';
import { dropsOf, type NetlinkTuning, tune } from './netlink-tuning.js';

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export interface NetlinkSocketOptions extends NetlinkTuning {
  readonly protocol: number;
  /** Largest message that is read whole. */
  readonly messageBytes: number;
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

const SO_PROTOCOL = 38;
const AF_NETLINK = 16;
const EADDRINUSE = 98;

const errnoOf = (thrown: unknown): number =>
  typeof thrown === 'object' && thrown !== null && 'errno' in thrown ? Math.abs(Number(thrown.errno)) : 0;

const open = (options: NetlinkSocketOptions): { raw: RawNetlinkSocket; port: number } => {
  for (const port of freePorts()) {
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
    fd = descriptorOf(
      SO_PROTOCOL,
      options.protocol,
      12,
      (address) => address.getUint16(0, true) === AF_NETLINK && address.getUint32(4, true) === port,
    );
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
