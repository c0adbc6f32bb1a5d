/** Socket options of netlink sockets that neither Node nor the package `netlink` has a name for (netlink(7), socket(7)). */

import { attachFilter, type FilterStep, getsockopt, setsockopt } from './libc.js';
import { processBits } from './netlink-ports.js';

export interface NetlinkTuning {
  /** What the kernel may queue for us before it reports ENOBUFS. A limit, not an allocation. */
  readonly receiveBytes?: number;
  /** Largest batch in one sendmsg(2). */
  readonly sendBytes?: number;
  /** The kernel keeps back what this process itself caused. */
  readonly ignoreOwn?: boolean;
}

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const SO_MEMINFO = 55;
/** Index into what SO_MEMINFO fills (linux/sock_diag.h). */
const SK_MEMINFO_DROPS = 8;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_DROP_MEMBERSHIP = 2;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

const int32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** Classic BPF loads words in network order, nlmsg_pid is in that of the machine. */
const swapped = (value: number): number => new DataView(Uint32Array.of(value).buffer).getUint32(0, false);

/** Drops messages whose nlmsg_pid, at byte 12, is one of this process (linux/filter.h). */
const dropOwn = (): FilterStep[] => [
  { code: 0x20, jt: 0, jf: 0, k: 12 },
  { code: 0x54, jt: 0, jf: 0, k: swapped(processBits) },
  { code: 0x15, jt: 0, jf: 1, k: swapped(process.pid & processBits) },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
  { code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff },
];

/** Options beyond the package's: buffers past net.core.*mem_max (CAP_NET_ADMIN), short acknowledgements with reasons. */
export const tune = (fd: number, options: NetlinkTuning): void => {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(options.receiveBytes ?? 8 * 1024 * 1024), 4);
  if (options.sendBytes !== undefined) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, int32(options.sendBytes), 4);
  }
  // Without CAP_ACK an error carries the whole refused message, 60 KB of elements perhaps, and does not fit the buffer.
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, int32(1), 4);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, int32(1), 4);
  // An overrun makes poll(2) say POLLERR and recv(2) fail, which ends a stream of libuv's. So the kernel must not signal overruns;
  // we read its counter instead.
  setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, int32(1), 4);
  // Where it cannot be attached, whoever reads sorts them out: this saves waking up, thirty times a second for renewals alone.
  if (options.ignoreOwn) attachFilter(fd, dropOwn());
};

/** Joins a multicast group, or leaves it; false when the kernel refuses. */
export const setMembership = (fd: number, group: number, joined: boolean): boolean => {
  const option = joined ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;
  return setsockopt(fd, SOL_NETLINK, option, int32(group), 4) === 0;
};

/** Messages the kernel could not queue for this socket since it was opened. */
export const dropsOf = (fd: number): number => {
  const memory = new Uint32Array(16);
  const length = Uint32Array.of(memory.byteLength);
  const bytes = new Uint8Array(memory.buffer);
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, bytes, length) === 0 ? (memory[SK_MEMINFO_DROPS] ?? 0) : 0;
};
