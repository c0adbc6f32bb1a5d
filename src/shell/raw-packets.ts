/** IPv4 packets whose header the program writes itself (raw(7), IP_HDRINCL): the kernel finds the way, and fills in length and checksum of the header. */

import { errnoError } from '../netlink/message.js';
import { close, lastErrno, sendto, socket } from './libc.js';

const AF_INET = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_RAW = 255;
/** sizeof(struct sockaddr_in) */
const addressBytes = 16;
/** Byte of the destination in an IPv4 header. */
const destinationAt = 16;

export interface RawPackets {
  /** False: the kernel did not take it (a full queue, a rule, no way there). */
  send(packet: Uint8Array): boolean;
  close(): void;
}

export const openRawPackets = (): RawPackets => {
  const fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
  if (fd < 0) throw errnoError(lastErrno(), 'a socket for raw packets');
  const address = new Uint8Array(addressBytes);
  new DataView(address.buffer).setUint16(0, AF_INET, true);
  return {
    send(packet) {
      address.set(packet.subarray(destinationAt, destinationAt + 4), 4);
      return sendto(fd, packet, packet.length, 0, address, addressBytes) === packet.length;
    },
    close: () => {
      close(fd);
    },
  };
};
