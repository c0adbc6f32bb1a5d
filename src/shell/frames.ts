/** Raw Ethernet frames on one interface, by an AF_PACKET socket (packet(7)): the port `FrameSocket`. */

import { RelevoError } from '../errors.js';
import { errnoError } from '../netlink/message.js';
import type { FilterStep } from '../netlink/neighbour-filter.js';
import type { FrameSocket } from '../ports.js';
import { attachFilter, bind, close, lastErrno, nameToIndex, recvfrom, sendto, socket } from './libc.js';
import { watchReadable } from './readiness.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const PACKET_OUTGOING = 4;
const ENOBUFS = 105;
const ENODEV = 19;
/** sizeof(struct sockaddr_ll) */
const addressBytes = 20;
/** Longest frame read whole: jumbo frames and a VLAN tag. */
const frameBytes = 9_216;
/** Frames handed on before other events get their turn. */
const framesPerTurn = 64;

const linkAddress = (etherType: number, interfaceIndex: number): Uint8Array => {
  const address = new Uint8Array(addressBytes);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, etherType, false);
  view.setInt32(4, interfaceIndex, true);
  return address;
};

const open = (interfaceName: string, etherType: number): { fd: number; address: Uint8Array } => {
  const index = nameToIndex(interfaceName);
  if (index === 0) {
    throw errnoError(ENODEV, `a frame socket on ${interfaceName}`, { interface: interfaceName });
  }
  const address = linkAddress(etherType, index);
  // Protocol 0: nothing is received until somebody listens. A socket for IPv6 would get a copy of all of its traffic.
  const fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw errnoError(lastErrno(), `a frame socket on ${interfaceName}`);
  if (bind(fd, linkAddress(0, index), addressBytes) !== 0) {
    const errno = lastErrno();
    close(fd);
    throw errnoError(errno, `binding a frame socket to ${interfaceName}`);
  }
  return { fd, address };
};

/** `filter`: the kernel hands on only what it takes. */
export const createFrameSocket = (
  interfaceName: string,
  etherType: number,
  filter?: readonly FilterStep[],
): FrameSocket => {
  const { fd, address } = open(interfaceName, etherType);
  if (filter && !attachFilter(fd, filter)) {
    const errno = lastErrno();
    close(fd);
    throw errnoError(errno, `a filter of frames on ${interfaceName}`);
  }
  const listeners = new Set<(frame: Uint8Array) => void>();
  let stopWatching: (() => void) | undefined;
  let closed = false;

  const readable = (): void => {
    const buffer = new Uint8Array(frameBytes);
    const from = new Uint8Array(addressBytes);
    for (let count = 0; count < framesPerTurn && !closed; count++) {
      const length = recvfrom(fd, buffer, frameBytes, 0, from, Uint32Array.of(addressBytes));
      // EAGAIN: all read. ENETDOWN: the interface went down; frames come again when it is up.
      if (length < 0) return;
      // sll_pkttype: what this host sent.
      if (from[10] === PACKET_OUTGOING) continue;
      const frame = buffer.slice(0, length);
      for (const listener of listeners) listener(frame);
    }
  };

  return {
    send(frame) {
      if (closed) throw new RelevoError('not-ready', `the frame socket on ${interfaceName} is closed`);
      if (sendto(fd, frame, frame.length, 0, address, addressBytes) === frame.length) return;
      const errno = lastErrno();
      const what = `a frame on ${interfaceName}`;
      if (errno !== ENOBUFS) throw errnoError(errno, what, { interface: interfaceName });
      // An nf_tables egress chain that drops shows up as ENOBUFS as well.
      throw new RelevoError(
        'kernel-refused',
        `${what} was dropped on its way out, by an egress rule (the address is not held) or a full queue`,
        { interface: interfaceName, errno },
      );
    },
    onFrame(listener) {
      listeners.add(listener);
      if (!stopWatching) {
        if (bind(fd, address, addressBytes) !== 0)
          throw errnoError(lastErrno(), `listening on ${interfaceName}`);
        stopWatching = watchReadable(fd, readable);
      }
      return () => listeners.delete(listener);
    },
    close() {
      if (closed) return;
      closed = true;
      listeners.clear();
      if (stopWatching) stopWatching();
      else close(fd);
    },
  };
};
