/**
 * Moves the calling thread into a network namespace, so that a test opens its sockets there without a process of its own.
 * setns(2) changes one thread: sockets stay in the namespace they were made in, children and worker threads inherit the
 * namespace of the thread that starts them. Only synchronous socket creation is safe (netlink, AF_PACKET, `nft` children).
 */

import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;
const setns = koffi.load('libc.so.6').func('int setns(int fd, int nstype)');

const enterAndClose = (fd: number): void => {
  const result = setns(fd, CLONE_NEWNET);
  closeSync(fd);
  if (result !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
};

/** For the rest of this thread's life: everything it opens or starts is inside. */
export const enterNamespace = (namespace: string): void =>
  enterAndClose(openSync(`/var/run/netns/${namespace}`, 'r'));

/** Until the returned function is called. */
export const visitNamespace = (namespace: string): (() => void) => {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  enterNamespace(namespace);
  return () => enterAndClose(home);
};

/** Runs `body` (synchronous) inside a namespace and comes back: two nodes of a cluster in one process. */
export const insideNamespace = <T>(namespace: string, body: () => T): T => {
  const leave = visitNamespace(namespace);
  try {
    return body();
  } finally {
    leave();
  }
};
