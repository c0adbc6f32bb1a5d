/** Interim raw ARP socket. */

import koffi from 'koffi';
import type { FrameSocket } from '../ports.js';

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const send = libc.func('long send(int fd, const void *buf, size_t len, int flags)');
const recv = libc.func('long recv(int fd, _Out_ void *buf, size_t len, int flags)');
const close = libc.func('int close(int fd)');
const ifIndex = libc.func('uint32_t if_nametoindex(const char *name)');

export const createFrameSocket = (device: string, etherType: number): FrameSocket => {
  const protocol = ((etherType & 0xff) << 8) | (etherType >> 8);
  const fd: number = socket(17, 3 | 0o4000, protocol);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(17, 0);
  address.writeUInt16BE(etherType, 2);
  address.writeInt32LE(ifIndex(device), 4);
  bind(fd, address, 20);
  const listeners = new Set<(frame: Uint8Array) => void>();
  const buffer = Buffer.alloc(2048);
  const poll = (): void => {
    for (;;) {
      const length = Number(recv(fd, buffer, buffer.length, 0));
      if (length <= 0) return;
      const frame = Uint8Array.from(buffer.subarray(0, length));
      for (const listener of listeners) listener(frame);
    }
  };
  const timer = setInterval(poll, 1);
  return {
    send: (frame) => {
      send(fd, frame, frame.length, 0);
      poll();
    },
    onFrame: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      clearInterval(timer);
      close(fd);
    },
  };
};
