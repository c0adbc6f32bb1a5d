/**
 * A netlink socket without event loop: what the kernel does inside sendmsg(2), as it does nf_tables batches, it has answered before the call
 * returns, so the answers are read at once. A lease renewal is then done in the turn that decided it, and nothing is woken for it.
 */

import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { bind, close, lastErrno, recvfrom, sendto, socket } from './libc.js';
import { freePorts } from './netlink-ports.js';
import type { NetlinkEvents, NetlinkSocket, NetlinkSocketOptions } from './netlink-socket.js';
import { dropsOf, tune } from './netlink-tuning.js';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const MSG_TRUNC = 0x20;
const EADDRINUSE = 98;
const EINTR = 4;
const EAGAIN = 11;
/** sizeof(struct sockaddr_nl) */
const addressBytes = 12;

const address = (port: number): Uint8Array => {
  const bytes = new Uint8Array(addressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(4, port, true);
  return bytes;
};

const open = (protocol: number): { fd: number; port: number } => {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) throw errnoError(lastErrno(), 'opening a netlink socket');
  for (const port of freePorts()) {
    if (bind(fd, address(port), addressBytes) === 0) return { fd, port };
    const errno = lastErrno();
    if (errno === EADDRINUSE) continue;
    close(fd);
    throw errnoError(errno, 'opening a netlink socket');
  }
  close(fd);
  throw new RelevoError('internal', 'no free netlink port: are sockets left open?');
};

/** `options.groups` are not joined: nobody waits for what comes by itself. */
export const openDirectNetlinkSocket = (
  options: NetlinkSocketOptions,
  events: NetlinkEvents,
): NetlinkSocket => {
  const { fd, port } = open(options.protocol);
  tune(fd, options);
  const kernel = address(0);
  const from = new Uint8Array(addressBytes);
  const buffer = new Uint8Array(options.messageBytes);
  let drops = 0;
  let closed = false;

  const checkLoss = (): void => {
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

  const readAnswers = (): void => {
    for (let count = 0; !closed; count++) {
      const length = recvfrom(fd, buffer, buffer.length, MSG_TRUNC, from, Uint32Array.of(addressBytes));
      if (length < 0) {
        const errno = lastErrno();
        if (errno === EINTR) continue;
        if (errno !== EAGAIN) events.lost(errnoError(errno, 'reading a netlink socket'));
        // Every batch is answered: silence means that the answer found no room.
        else if (count === 0) checkLoss();
        return;
      }
      if (length > buffer.length) {
        const facts = { bytes: length, read: buffer.length };
        events.lost(
          new RelevoError('kernel-overrun', 'a netlink message did not fit the read buffer', facts),
        );
      } else events.message(buffer.subarray(0, length));
    }
  };

  return {
    port,
    send(bytes, failed) {
      if (closed) return failed(new RelevoError('not-ready', 'the netlink socket is closed'));
      while (sendto(fd, bytes, bytes.length, 0, kernel, addressBytes) < 0) {
        const errno = lastErrno();
        if (errno !== EINTR) return failed(errnoError(errno, `a netlink message of ${bytes.length} bytes`));
      }
      readAnswers();
    },
    checkLoss,
    close() {
      if (closed) return;
      closed = true;
      close(fd);
    },
  };
};
