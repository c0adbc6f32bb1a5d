/** Leaves a netlink socket room for very few messages: what else the kernel has to say is lost (ENOBUFS, counted in SO_MEMINFO). */

import { readdirSync, readlinkSync } from 'node:fs';
import { getsockopt, setsockopt } from '../../src/shell/libc.js';

const [SOL_SOCKET, SO_SNDBUF, SO_RCVBUF, SO_PROTOCOL] = [1, 7, 8, 38];
const NETLINK_NETFILTER = 12;

const sockets = (): number[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:') ? [Number(fd)] : [];
    } catch {
      // The folder's own descriptor is closed by now.
      return [];
    }
  });

const option = (fd: number, name: number): number => {
  const value = new Uint8Array(4);
  getsockopt(fd, SOL_SOCKET, name, value, Uint32Array.of(4));
  return new DataView(value.buffer).getInt32(0, true);
};

/** Tightens the sockets for whole batches that `open` opens; how many they are. */
export const tightened = <T>(open: () => T): readonly [opened: T, sockets: number] => {
  const before = new Set(sockets());
  const opened = open();
  const ours = sockets().filter(
    (fd) =>
      !before.has(fd) &&
      option(fd, SO_PROTOCOL) === NETLINK_NETFILTER &&
      // Only these may send so much at once.
      option(fd, SO_SNDBUF) > 4 * 1024 * 1024,
  );
  for (const fd of ours) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(4), 4);
  return [opened, ours.length];
};
