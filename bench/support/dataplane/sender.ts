/**
 * Frames straight onto an interface (AF_PACKET, sendmmsg(2)), and what they cost: veth hands a frame on within the sender's system call, so the
 * processor time of the sending thread is the time of the whole way, up to the interrupt that drops it. Time in which others had the processor does not count.
 */

import { readdirSync, readFileSync } from 'node:fs';
import koffi from 'koffi';
import { bind, close, nameToIndex, recvfrom, setsockopt, socket } from '../../../src/shell/libc.js';
import { insideNamespace } from '../../../test/support/inside.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const PACKET_OUTGOING = 4;
const ETH_P_IP = 0x0800;
const ETH_P_ALL = 3;
const CLOCK_THREAD_CPUTIME_ID = 3;
/** struct mmsghdr, struct iovec and struct sockaddr_ll on 64 bits. */
const headerBytes = 64;
const vectorBytes = 16;
const addressBytes = 20;
/** More would fill the kernel's queue of received frames (net.core.netdev_max_backlog) if it got behind. */
const framesPerCall = 256;

const libc = koffi.load('libc.so.6');
const sendmmsg = libc.func('int sendmmsg(int fd, uintptr_t messages, uint count, int flags)');
const clock_gettime = libc.func('int clock_gettime(int clock, void *time)');
const sched_setaffinity = libc.func('int sched_setaffinity(int thread, size_t size, const void *mask)');
const sched_getcpu = libc.func('int sched_getcpu()');

const time = new BigInt64Array(2);
const threadNs = (): number => {
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, new Uint8Array(time.buffer));
  return Number(time[0]) * 1e9 + Number(time[1]);
};

/** Keeps this thread on the processor it is on; returns a clock of what the kernel's own thread for late interrupts has taken there. */
export const pinThread = (): (() => number) => {
  const processor = sched_getcpu() as number;
  const mask = new BigUint64Array(16);
  mask[processor >> 6] = 1n << BigInt(processor & 63);
  sched_setaffinity(0, mask.byteLength, new Uint8Array(mask.buffer));
  const name = `ksoftirqd/${processor}\n`;
  const pid = readdirSync('/proc').find((entry) => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/comm`, 'utf8') === name;
    } catch {
      return false;
    }
  });
  if (!pid) return () => 0;
  return () => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
};

export interface Burst {
  readonly frames: number;
  /** Sends all of them `times` over; nanoseconds of this thread. Throws when the kernel does not take one. */
  send(times: number): number;
  free(): void;
}
/** A frame and the interface it leaves by. */
export interface Outgoing {
  readonly frame: Uint8Array;
  readonly device: string;
}
export interface Port {
  prepare(outgoing: readonly Outgoing[]): Burst;
  sendNow(outgoing: readonly Outgoing[]): void;
  close(): void;
}

/** A socket that sends by every interface of a namespace. */
export const createPort = (namespace: string): Port => {
  const indexes = new Map<string, number>();
  const fd = insideNamespace(namespace, () => socket(AF_PACKET, SOCK_RAW, 0));
  if (fd < 0) throw new Error(`a packet socket: errno ${koffi.errno()}`);
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, new Uint8Array(Int32Array.of(1).buffer), 4);
  const indexOf = (device: string): number => {
    const known = indexes.get(device) ?? insideNamespace(namespace, () => nameToIndex(device));
    indexes.set(device, known);
    return known;
  };
  const prepare = (outgoing: readonly Outgoing[]): Burst => {
    const count = outgoing.length;
    const frameBytes = outgoing.reduce((sum, { frame }) => sum + ((frame.length + 15) & ~15), 0);
    const vectorsAt = count * headerBytes;
    const addressesAt = vectorsAt + count * vectorBytes;
    const framesAt = addressesAt + count * 32;
    const size = framesAt + frameBytes;
    const memory: unknown = koffi.alloc('uint8', size);
    const start = koffi.address(memory);
    const bytes = new Uint8Array(koffi.view(memory, size));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    bytes.fill(0);
    let frameAt = framesAt;
    outgoing.forEach(({ frame, device }, at) => {
      const [header, vector, address] = [
        at * headerBytes,
        vectorsAt + at * vectorBytes,
        addressesAt + at * 32,
      ];
      view.setBigUint64(header, start + BigInt(address), true);
      view.setUint32(header + 8, addressBytes, true);
      view.setBigUint64(header + 16, start + BigInt(vector), true);
      view.setBigUint64(header + 24, 1n, true);
      view.setBigUint64(vector, start + BigInt(frameAt), true);
      view.setBigUint64(vector + 8, BigInt(frame.length), true);
      view.setUint16(address, AF_PACKET, true);
      view.setUint16(address + 2, ETH_P_IP, false);
      view.setInt32(address + 4, indexOf(device), true);
      bytes.set(frame, frameAt);
      frameAt += (frame.length + 15) & ~15;
    });
    return {
      frames: count,
      send(times) {
        const before = threadNs();
        for (let time = 0; time < times; time++) {
          for (let sent = 0; sent < count; ) {
            const taken = sendmmsg(
              fd,
              start + BigInt(sent * headerBytes),
              Math.min(framesPerCall, count - sent),
              0,
            ) as number;
            if (taken <= 0) throw new Error(`sendmmsg: errno ${koffi.errno()}`);
            sent += taken;
          }
        }
        return threadNs() - before;
      },
      free: () => koffi.free(memory),
    };
  };
  return {
    prepare,
    sendNow(outgoing) {
      if (outgoing.length === 0) return;
      const burst = prepare(outgoing);
      burst.send(1);
      burst.free();
    },
    close: () => {
      close(fd);
    },
  };
};

export interface Received {
  readonly frame: Uint8Array;
  readonly device: string;
}
export interface Tap {
  /** Frames that have come in on the interfaces since the last time. */
  read(): Received[];
  close(): void;
}

/** Looks at what interfaces of a namespace receive; close it before anything is measured, it costs. */
export const createTap = (namespace: string, devices: readonly string[]): Tap => {
  const { fd, names } = insideNamespace(namespace, () => ({
    fd: socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0),
    names: new Map(devices.map((device) => [nameToIndex(device), device])),
  }));
  const all = new Uint8Array(addressBytes);
  const view = new DataView(all.buffer);
  view.setUint16(0, AF_PACKET, true);
  // Everything: sockets for one protocol hear of a frame behind the ingress hook only.
  view.setUint16(2, ETH_P_ALL, false);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(Int32Array.of(1 << 20).buffer), 4);
  if (bind(fd, all, addressBytes) !== 0) throw new Error(`a tap: errno ${koffi.errno()}`);
  return {
    read() {
      const received: Received[] = [];
      const buffer = new Uint8Array(2048);
      const from = new Uint8Array(addressBytes);
      for (;;) {
        const length = recvfrom(fd, buffer, buffer.length, 0, from, Uint32Array.of(addressBytes));
        if (length < 0) return received;
        const device = names.get(new DataView(from.buffer).getInt32(4, true));
        if (device !== undefined && from[10] !== PACKET_OUTGOING) {
          received.push({ frame: buffer.slice(0, length), device });
        }
      }
    },
    close: () => {
      close(fd);
    },
  };
};
