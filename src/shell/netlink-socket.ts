/**
 * One netlink socket whose messages come by themselves: the only file that knows the npm package `netlink`, which opens it, binds it and joins
 * its groups. libuv then reads it as it would a pipe: 4 µs of processor time for a message, 12 µs by the package's own reading.
 */

import { RawNetlinkSocket } from 'netlink';
import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { descriptorOf } from './descriptors.js';
import { createMessageSlots, type MessageSlots } from './libc.js';
import {
  AF_NETLINK,
  addressBytes,
  closedError,
  createDropCheck,
  EADDRINUSE,
  handOn,
  receive,
  receiveMany,
  sendToKernel,
} from './netlink-calls.js';
import { freePorts } from './netlink-ports.js';
import { type NetlinkTuning, setMembership, tune } from './netlink-tuning.js';
import { createShortTimer, type FileStream, openStream } from './streams.js';

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export interface NetlinkSocketOptions extends NetlinkTuning {
  /** Handed on before other events get their turn; 32. Fewer where the kernel makes each of them while it is read, and that takes long. */
  readonly messagesPerTurn?: number;
  readonly protocol: number;
  /** Largest message that is read whole. */
  readonly messageBytes: number;
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
  /** Joins or leaves its groups; false when the kernel refuses. What came before is still handed on. */
  listen(on: boolean): boolean;
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
const EIO = 5;
const usualMessagesPerTurn = 32;
/** Fewer in a turn do not come from a queue that was full: not worth a system call. */
const lossMessages = 8;

const errnoOf = (thrown: unknown): number =>
  typeof thrown === 'object' && thrown !== null && 'errno' in thrown ? Math.abs(Number(thrown.errno)) : 0;

/** The kernel's defaults, which the package wants to be told. */
const bufferBytes = { recvBufferSize: 212_992, sendBufferSize: 212_992 };

const bindRaw = (protocol: number): { raw: RawNetlinkSocket; port: number } => {
  for (const port of freePorts()) {
    try {
      return { raw: new RawNetlinkSocket(protocol, { localPort: port, ...bufferBytes }), port };
    } catch (thrown) {
      const errno = errnoOf(thrown);
      if (errno !== EADDRINUSE) throw errnoError(errno, 'opening a netlink socket');
    }
  }
  throw new RelevoError('internal', 'no free netlink port: are sockets left open?');
};

/** The package's own descriptor is closed before the loop first polls it; the socket lives on in that of the stream. */
const open = (
  options: NetlinkSocketOptions,
  buffer: Uint8Array,
  read: (length: number) => void,
): FileStream & { readonly port: number } => {
  const { raw, port } = bindRaw(options.protocol);
  try {
    const fd = descriptorOf(
      SO_PROTOCOL,
      options.protocol,
      addressBytes,
      (address) => address.getUint16(0, true) === AF_NETLINK && address.getUint32(4, true) === port,
    );
    tune(fd, options);
    for (const group of options.groups ?? []) raw.addMembership(group);
    return { ...openStream(fd, buffer, read), port };
  } catch (thrown) {
    throw thrown instanceof RelevoError ? thrown : errnoError(errnoOf(thrown), 'joining a netlink group');
  } finally {
    raw.close();
  }
};

export const openNetlinkSocket = (options: NetlinkSocketOptions, events: NetlinkEvents): NetlinkSocket => {
  const { gatherMs = 0, transient = false, messagesPerTurn = usualMessagesPerTurn } = options;
  const buffer = new Uint8Array(options.messageBytes);
  let closed = false;

  const ended = (count: number): number => {
    // Where something was dropped the queue was full, and is read in turns of many messages.
    if (count >= lossMessages) checkLoss();
    return count;
  };

  /** Hands on what there is, after a message of `length` that is in the buffer already. */
  const drain = (length: number): void => {
    let count = 0;
    for (
      let next = length;
      next > 0 && !closed;
      next = count < messagesPerTurn ? receive(fd, buffer, events) : 0
    ) {
      count++;
      handOn(buffer, next, transient, events);
    }
    ended(count);
  };

  const slots = gatherMs === 0 ? undefined : createMessageSlots(messagesPerTurn, options.messageBytes);
  /** Hands on what has gathered; the number of messages. */
  const drainMany = (into: MessageSlots): number => {
    const count = receiveMany(fd, into, events);
    for (let at = 0; at < count && !closed; at++)
      handOn(into.slots[at]!, into.lengthOf(at), transient, events);
    return ended(count);
  };

  let readAtMs = 0;
  const timer =
    slots &&
    createShortTimer(() => {
      if (closed) return;
      if (drainMany(slots) > 0) timer?.start(gatherMs);
      else stream.resume();
    });
  const { fd, stream, port } = open(options, buffer, (length) => {
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
  const checkDrops = createDropCheck(fd, events);
  const checkLoss = (): void => {
    if (!closed) checkDrops();
  };
  stream.on('error', (error) => {
    if (closed) return;
    closed = true;
    timer?.close();
    events.lost(errnoError(errnoOf(error) || EIO, 'reading a netlink socket'));
  });

  return {
    port,
    send(bytes, failed) {
      const error = closed ? closedError() : sendToKernel(fd, bytes);
      if (error) queueMicrotask(() => failed(error));
    },
    listen: (on) => !closed && (options.groups ?? []).every((group) => setMembership(fd, group, on)),
    checkLoss,
    close() {
      if (closed) return;
      closed = true;
      timer?.close();
      stream.destroy();
    },
  };
};
