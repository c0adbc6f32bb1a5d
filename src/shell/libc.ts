/** The few calls of libc that Node has no name for, through koffi; the only file that knows koffi's ways. */

import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const { errno } = koffi.os;

export const getsockname: (fd: number, address: Uint8Array, lengthInOut: Uint32Array) => number = libc.func(
  'int getsockname(int fd, void *address, void *length)',
);
export const getsockopt: (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  lengthInOut: Uint32Array,
) => number = libc.func('int getsockopt(int fd, int level, int option, void *value, void *length)');
export const setsockopt: (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  length: number,
) => number = libc.func('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)');

/** errno of the last call of this thread. */
export const lastErrno = (): number => koffi.errno();
export const errnoByName: Readonly<Record<string, number>> = errno;
