/**
 * A netlink socket without event loop: what the kernel does inside sendmsg(2), as it does nf_tables batches, it has answered before the call
 * returns, so the answers are read at once. A lease renewal is then done in the turn that decided it, and nothing is woken for it.
 */

import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import { bind, close, lastErrno, socket } from './libc.js';
import {
  AF_NETLINK,
  addressBytes,
  closedError,
  createDropCheck,
  EADDRINUSE,
  handOn,
  netlinkAddress,
  receive,
  sendToKernel,
} from './netlink-calls.js';
import { freePorts } from './netlink-ports.js';
import type { NetlinkEvents, NetlinkSocket, NetlinkSocketOptions } from './netlink-socket.js';
import { tune } from './netlink-tuning.js';

const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

const open = (protocol: number): { fd: number; port: number } => {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) throw errnoError(lastErrno(), 'opening a netlink socket');
  for (const port of freePorts()) {
    if (bind(fd, netlinkAddress(port), addressBytes) === 0) return { fd, port };
    const errno = lastErrno();
    if (errno === EADDRINUSE) continue;
    close(fd);
    throw errnoError(errno, 'opening a netlink socket');
  }
  close(fd);
  throw new RelevoError('internal', 'no free netlink port: are sockets left open?');
};

/** Groups, gathering: nothing for a socket whose messages nobody waits for. */
export interface DirectNetlinkOptions
  extends Omit<NetlinkSocketOptions, 'groups' | 'transient' | 'gatherMs'> {
  /** Nothing more is to come: saves asking the kernel. What comes nevertheless is read after the next request. */
  readonly answered?: () => boolean;
}

/** `message` must keep nothing of the bytes it is given. */
export const openDirectNetlinkSocket = (
  options: DirectNetlinkOptions,
  events: NetlinkEvents,
): Omit<NetlinkSocket, 'listen'> => {
  const { fd, port } = open(options.protocol);
  tune(fd, options);
  const buffer = new Uint8Array(options.messageBytes);
  const checkDrops = createDropCheck(fd, events);
  let closed = false;

  const checkLoss = (): void => {
    if (!closed) checkDrops();
  };

  return {
    port,
    send(bytes, failed) {
      const error = closed ? closedError() : sendToKernel(fd, bytes);
      if (error) return failed(error);
      let isAnswered = false;
      while (!closed) {
        const length = receive(fd, buffer, events);
        if (length === 0) break;
        handOn(buffer, length, true, events);
        if (options.answered?.()) return;
        isAnswered = options.answered === undefined;
      }
      // Every batch is answered: silence, or answers without a verdict, mean that something found no room.
      if (!isAnswered) checkLoss();
    },
    checkLoss,
    close() {
      if (closed) return;
      closed = true;
      close(fd);
    },
  };
};
