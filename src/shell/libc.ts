/** The few calls of libc that Node has no name for, through koffi; the only file that knows koffi's ways. */

import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

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

const makeFifo = libc.func('int mkfifo(const char *path, uint32_t mode)');
/** In a thread of koffi's; 0, or -1. */
export const mkfifo = (path: string, mode: number): Promise<number> =>
  new Promise((resolve, reject) =>
    makeFifo.async(path, mode, (error: Error | null, result: number) =>
      error ? reject(error) : resolve(result),
    ),
  );

/** struct sock_filter of linux/filter.h. */
export interface FilterStep {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}
const SO_ATTACH_FILTER = 26;
koffi.struct('sock_filter', { code: 'uint16', jt: 'uint8', jf: 'uint8', k: 'uint32' });
koffi.struct('sock_fprog', { len: 'uint16', filter: 'sock_filter *' });
const setFilter = libc.func(
  'int setsockopt(int fd, int level, int option, sock_fprog *value, uint32_t length)',
);
/** Attaches a classic BPF program to a socket; false when the kernel refuses it. */
export const attachFilter = (fd: number, filter: readonly FilterStep[]): boolean =>
  setFilter(fd, 1, SO_ATTACH_FILTER, { len: filter.length, filter }, 16) === 0;

/** struct sockaddr_un of linux/un.h. */
export const bytesOfUnixAddress = (path: string): Uint8Array => {
  const name = Buffer.from(path, 'utf8');
  const address = new Uint8Array(2 + name.length + 1);
  address[0] = 1;
  address.set(name, 2);
  return address;
};
export const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
export const bind: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int bind(int fd, const void *address, uint32_t length)',
);
export const close: (fd: number) => number = libc.func('int close(int fd)');
export const nameToIndex: (name: string) => number = libc.func('uint32_t if_nametoindex(const char *name)');
/** Bytes sent, or -1. */
export const sendto: (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: number,
) => number = libc.func(
  'intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t addressLength)',
);
/** Bytes received, or -1. */
export const recvfrom: (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLengthInOut: Uint32Array,
) => number = libc.func(
  'intptr_t recvfrom(int fd, void *bytes, size_t length, int flags, void *address, void *addressLength)',
);
/** Bytes received, or -1; with MSG_TRUNC the length of the message, however much of it fitted. */
export const recv: (fd: number, bytes: Uint8Array, length: number, flags: number) => number = libc.func(
  'intptr_t recv(int fd, void *bytes, size_t length, int flags)',
);
const recvmmsg: (fd: number, messages: Uint8Array, count: number, flags: number, timeout: null) => number =
  libc.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)');

/** Room for many messages, which one recvmmsg(2) fills. */
export interface MessageSlots {
  /** The number of messages read, or -1. */
  receive(fd: number, flags: number): number;
  /** Of a message read: with MSG_TRUNC its own length, however much of it fitted. */
  lengthOf(slot: number): number;
  readonly slots: readonly Uint8Array[];
}

/** struct mmsghdr (in it struct msghdr) and struct iovec on 64 bits. */
const headerBytes = 64;
const vectorAt = 16;
const vectorCountAt = 24;
const lengthAt = 56;
const vectorBytes = 16;

export const createMessageSlots = (count: number, slotBytes: number): MessageSlots => {
  const vectorsFrom = count * headerBytes;
  const slotsFrom = vectorsFrom + count * vectorBytes;
  const size = slotsFrom + count * slotBytes;
  // Outside the heap, so it stays where it is.
  const bytes = new Uint8Array(size);
  const start = koffi.address(bytes);
  const view = new DataView(bytes.buffer);
  const slots: Uint8Array[] = [];
  for (let slot = 0; slot < count; slot++) {
    const [header, vector, at] = [
      slot * headerBytes,
      vectorsFrom + slot * vectorBytes,
      slotsFrom + slot * slotBytes,
    ];
    view.setBigUint64(header + vectorAt, start + BigInt(vector), true);
    view.setBigUint64(header + vectorCountAt, 1n, true);
    view.setBigUint64(vector, start + BigInt(at), true);
    view.setBigUint64(vector + 8, BigInt(slotBytes), true);
    slots.push(bytes.subarray(at, at + slotBytes));
  }
  return {
    receive: (fd, flags) => recvmmsg(fd, bytes, count, flags, null),
    lengthOf: (slot) => view.getUint32(slot * headerBytes + lengthAt, true),
    slots,
  };
};
/** `to` becomes another name of the file that `from` is open on. */
export const dup3: (from: number, to: number, flags: number) => number = libc.func(
  'int dup3(int from, int to, int flags)',
);
export const timerfd_create: (clock: number, flags: number) => number = libc.func(
  'int timerfd_create(int clock, int flags)',
);
export const timerfd_settime: (
  fd: number,
  flags: number,
  value: Uint8Array,
  old: Uint8Array | null,
) => number = libc.func('int timerfd_settime(int fd, int flags, const void *value, void *old)');
export const eventfd: (initial: number, flags: number) => number = libc.func(
  'int eventfd(uint32_t initial, int flags)',
);
export const writeFd: (fd: number, bytes: Uint8Array, length: number) => number = libc.func(
  'intptr_t write(int fd, const void *bytes, size_t length)',
);
export const readFd: (fd: number, bytes: Uint8Array, length: number) => number = libc.func(
  'intptr_t read(int fd, void *bytes, size_t length)',
);

const pollFunction = libc.func('int poll(void *descriptors, size_t count, int timeout)');
/** poll(2) on a thread of libuv's pool: `done` hears the number of ready descriptors. `descriptors` must stay untouched until then. */
export const pollInPool = (
  descriptors: Uint8Array,
  count: number,
  timeoutMs: number,
  done: (ready: number) => void,
): void => {
  pollFunction.async(descriptors, count, timeoutMs, (error: unknown, ready: unknown) =>
    done(error ? -1 : Number(ready)),
  );
};

/** `timeout` is a struct timespec. The number of ready descriptors, or -1; blocks the thread. */
export const ppoll: (descriptors: Uint8Array, count: number, timeout: Uint8Array, signals: null) => number =
  libc.func('int ppoll(void *descriptors, size_t count, const void *timeout, const void *signals)');

/** errno of the last call of this thread. */
export const lastErrno = (): number => koffi.errno();
export const sched_setscheduler: (thread: number, policy: number, parameter: Int32Array) => number =
  libc.func('int sched_setscheduler(int thread, int policy, const void *parameter)');
const syscall: (number: number, thread: number, attributes: Uint8Array, flags: number) => number = libc.func(
  'long syscall(long number, int thread, const void *attributes, uint32_t flags)',
);
/** glibc has no name for it before 2.41: its number by architecture (asm/unistd.h). */
const setAttrNumber: Readonly<Record<string, number>> = { x64: 314, arm64: 274, riscv64: 274 };
/** sched_setattr(2) of a thread; -1 when it is refused or has no number here. */
export const sched_setattr = (thread: number, attributes: Uint8Array, flags: number): number => {
  const number = setAttrNumber[process.arch];
  return number === undefined ? -1 : syscall(number, thread, attributes, flags);
};
/** Returns only when it failed. `argv` ends with null. */
export const dup2: (from: number, to: number) => number = libc.func('int dup2(int from, int to)');
const fcntl: (fd: number, command: number, value: number) => number = libc.func(
  'int fcntl(int fd, int command, int value)',
);
const F_SETFD = 2;
/** The next program of this process has these, too: Node marks all that it has inherited as to be closed (uv_disable_stdio_inheritance). */
export const keepAcrossExec = (...fds: readonly number[]): void => {
  for (const fd of fds) fcntl(fd, F_SETFD, 0);
};
export const execv: (file: string, argv: (string | null)[]) => number = libc.func(
  'int execv(const char *file, const char **argv)',
);
