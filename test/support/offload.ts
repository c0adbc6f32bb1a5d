/** Checksum offload of an interface on and off (SIOCETHTOOL, linux/ethtool.h): without it the kernel fills in checksums before it sends. */

import koffi from 'koffi';
import { insideNamespace } from './inside.js';

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
const close = libc.func('int close(int fd)');

const SIOCETHTOOL = 0x8946;
const ETHTOOL_STXCSUM = 0x17;

export const setChecksumOffload = (namespace: string, device: string, on: boolean): void =>
  insideNamespace(namespace, () => {
    const value = koffi.alloc('uint32_t', 2);
    koffi.encode(value, koffi.array('uint32_t', 2), [ETHTOOL_STXCSUM, on ? 1 : 0]);
    const request = Buffer.alloc(40);
    request.write(device, 'latin1');
    request.writeBigUInt64LE(BigInt(koffi.address(value)), 16);
    const fd = socket(2, 2, 0);
    const result = ioctl(fd, SIOCETHTOOL, request);
    close(fd);
    if (result !== 0) throw new Error(`SIOCETHTOOL on ${device}: errno ${koffi.errno()}`);
  });
