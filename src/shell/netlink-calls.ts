/** What both kinds of netlink sockets do with their descriptor. */

import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { lastErrno, type MessageSlots, recv, sendto } from './libc.js';
import type { NetlinkEvents } from './netlink-socket.js';
import { dropsOf } from './netlink-tuning.js';

export const AF_NETLINK = 16;
export const EADDRINUSE = 98;
/** sizeof(struct sockaddr_nl) */
export const addressBytes = 12;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const EAGAIN = 11;

export const netlinkAddress = (port: number): Uint8Array => {
  const bytes = new Uint8Array(addressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(4, port, true);
  return bytes;
};
const kernel = netlinkAddress(0);

export const closedError = (): RelevoError => new RelevoError('not-ready', 'the netlink socket is closed');

/** One sendto(2); what the kernel says when it does not take the bytes. */
export const sendToKernel = (fd: number, bytes: Uint8Array): RelevoError | undefined => {
  while (sendto(fd, bytes, bytes.length, MSG_DONTWAIT, kernel, addressBytes) < 0) {
    const errno = lastErrno();
    if (errno !== EINTR) return errnoError(errno, `a netlink message of ${bytes.length} bytes`);
  }
  return undefined;
};

/** The length of the next message, however much of it fitted into `buffer`; 0 when there is none. */
export const receive = (fd: number, buffer: Uint8Array, events: NetlinkEvents): number => {
  for (;;) {
    const length = recv(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC);
    if (length >= 0) return length;
    const errno = lastErrno();
    if (errno === EINTR) continue;
    if (errno !== EAGAIN) events.lost(errnoError(errno, 'reading a netlink socket'));
    return 0;
  }
};

/** Fills the slots with what there is; the number of messages. */
export const receiveMany = (fd: number, slots: MessageSlots, events: NetlinkEvents): number => {
  for (;;) {
    const count = slots.receive(fd, MSG_DONTWAIT | MSG_TRUNC);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno === EINTR) continue;
    if (errno !== EAGAIN) events.lost(errnoError(errno, 'reading a netlink socket'));
    return 0;
  }
};

/** Hands on the message in `buffer`. One that cannot be read is one that is lost; anything else is a defect of ours and must be seen. */
export const handOn = (
  buffer: Uint8Array,
  length: number,
  transient: boolean,
  events: NetlinkEvents,
): void => {
  if (length > buffer.length) {
    const facts = { bytes: length, read: buffer.length };
    events.lost(new RelevoError('kernel-overrun', 'a netlink message did not fit the read buffer', facts));
    return;
  }
  try {
    events.message(transient ? buffer.subarray(0, length) : buffer.slice(0, length));
  } catch (thrown) {
    if (!(thrown instanceof RelevoError)) throw thrown;
    events.lost(thrown);
  }
};

/** A function that tells what the kernel has dropped since its last call. */
export const createDropCheck = (fd: number, events: NetlinkEvents): (() => void) => {
  let drops = 0;
  return () => {
    const now = dropsOf(fd);
    if (now === drops) return;
    const lost = (now - drops) >>> 0;
    drops = now;
    const what = `the kernel dropped ${lost} netlink messages for us: read again`;
    events.lost(new RelevoError('kernel-overrun', what, { lost }));
  };
};
