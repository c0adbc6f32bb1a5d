/** SCTP chunks in IPv4 packets, by a raw socket: this kernel has no SCTP sockets, but balances and translates its packets (RFC 9260). */

import { type Ipv4, ipv4Bytes } from '../../src/model/address.js';
import { sendRaw } from './tcp-segment.js';

export interface SctpPacket {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  /** INIT and INIT ACK: what opens an association. */
  readonly chunk: 'init' | 'init-ack';
}

const protocol = 132;
const initiateTag = 0x1234_5678;

/** CRC32c (RFC 9260, appendix A), as it stands in the header: little-endian. */
const crc32c = (bytes: Uint8Array): number => {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) !== 0 ? (sum >>> 1) ^ 0x82f6_3b78 : sum >>> 1;
  }
  return ~sum >>> 0;
};

const sctpBytes = ({ fromPort, toPort, chunk }: SctpPacket): Buffer => {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt16BE(fromPort, 0);
  bytes.writeUInt16BE(toPort, 2);
  // An INIT carries no tag of the other side, its answer carries the INIT's.
  bytes.writeUInt32BE(chunk === 'init' ? 0 : initiateTag, 4);
  bytes[12] = chunk === 'init' ? 1 : 2;
  bytes.writeUInt16BE(20, 14);
  bytes.writeUInt32BE(initiateTag, 16);
  bytes.writeUInt32BE(65_536, 20);
  bytes.writeUInt16BE(1, 24);
  bytes.writeUInt16BE(1, 26);
  bytes.writeUInt32BE(1, 28);
  bytes.writeUInt32LE(crc32c(bytes), 8);
  return bytes;
};

/** From the namespace that this thread is in. */
export const sendSctp = (packet: SctpPacket): void => {
  const payload = sctpBytes(packet);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length + payload.length, 2);
  ip[8] = 64;
  ip[9] = protocol;
  ip.set(ipv4Bytes(packet.from as Ipv4), 12);
  ip.set(ipv4Bytes(packet.to as Ipv4), 16);
  sendRaw(Buffer.concat([ip, payload]), packet.to);
};
