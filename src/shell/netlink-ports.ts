/** Netlink port ids of this process: how the kernel names the author of a change. */

import { threadId } from 'node:worker_threads';

/** The package `netlink` binds to process id + counter << 22, libc's sockets to the process id: the upper ten bits from 32 on are ours. */
const firstCounter = 32;
const counters = 1024 - firstCounter;
export const processBits = 0x3fffff;
// Worker threads load the package anew and would count from the same number.
let nextCounter = (threadId * 61) % counters;

/** True for the port id of any socket of this process, whichever thread opened it. */
export const isOwnPort = (port: number): boolean =>
  (port & processBits) === (process.pid & processBits) && port >>> 22 >= firstCounter;

/** Port ids to try, one after the other: some may be taken. */
export function* freePorts(): Generator<number> {
  for (let tries = 0; tries < counters; tries++) {
    const counter = firstCounter + nextCounter;
    nextCounter = (nextCounter + 1) % counters;
    yield ((counter << 22) | (process.pid & processBits)) >>> 0;
  }
}
