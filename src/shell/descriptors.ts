/** Finds the descriptor of a socket whose owner (Node, the package `netlink`) keeps it to itself, by the address it is bound to. */

import { readdirSync } from 'node:fs';
import { RelevoError } from '../errors.js';
import { getsockname, getsockopt } from './libc.js';

const SOL_SOCKET = 1;

/** `option` (SO_TYPE, SO_PROTOCOL) must have `value`, and `fits` must hold for the address, of `addressBytes` bytes. */
export const descriptorOf = (
  option: number,
  value: number,
  addressBytes: number,
  fits: (address: DataView) => boolean,
): number => {
  const address = new Uint8Array(addressBytes);
  const found = new Uint8Array(4);
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    const length = Uint32Array.of(addressBytes);
    if (getsockname(fd, address, length) !== 0 || length[0] !== addressBytes) continue;
    if (!fits(new DataView(address.buffer))) continue;
    if (getsockopt(fd, SOL_SOCKET, option, found, Uint32Array.of(4)) === 0 && found[0] === value) return fd;
  }
  throw new RelevoError('internal', 'the socket just opened is not among the open files');
};
