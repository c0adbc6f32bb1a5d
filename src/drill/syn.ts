/** A TCP SYN in an IPv4 packet, as a flood sends it: no options, any source. Pure. */

import { type Ipv4, ipv4Bytes } from '../model/address.js';
import { checksumOf } from '../netlink/checksum.js';

const headerBytes = 20;
const TCP = 6;
const ttl = 64;
const SYN = 0x02;
const windowBytes = 64_240;

export interface SynEnd {
  readonly host: Ipv4;
  readonly port: number;
}

/** The kernel fills in the header's own checksum (raw(7)). */
export const synPacket = (from: SynEnd, to: SynEnd, sequence: number): Uint8Array => {
  const packet = new Uint8Array(2 * headerBytes);
  const view = new DataView(packet.buffer);
  const [source, destination] = [ipv4Bytes(from.host), ipv4Bytes(to.host)];
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[8] = ttl;
  packet[9] = TCP;
  packet.set(source, 12);
  packet.set(destination, 16);
  view.setUint16(headerBytes, from.port);
  view.setUint16(headerBytes + 2, to.port);
  view.setUint32(headerBytes + 4, sequence);
  packet[headerBytes + 12] = (headerBytes / 4) << 4;
  packet[headerBytes + 13] = SYN;
  view.setUint16(headerBytes + 14, windowBytes);
  view.setUint16(headerBytes + 16, checksumOf(TCP, source, destination, packet.subarray(headerBytes)));
  return packet;
};
