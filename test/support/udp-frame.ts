/** UDP in IPv4 in Ethernet, as bytes: packets from addresses that no machine has. */

import { type Ipv4, ipv4Bytes } from '../../src/model/address.js';

export interface UdpFrame {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const macBytes = (mac: string): number[] => mac.split(':').map((part) => Number.parseInt(part, 16));

/** RFC 1071 over the IPv4 header. */
const checksum = (view: DataView, from: number, to: number): number => {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += view.getUint16(at, false);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

export const udpFrame = (packet: UdpFrame, payloadBytes = 8): Uint8Array => {
  const frame = new Uint8Array(14 + 28 + payloadBytes);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(packet.destinationMac), 0);
  frame.set(macBytes(packet.sourceMac), 6);
  view.setUint16(12, 0x0800, false);
  view.setUint16(14, 0x4500, false);
  view.setUint16(16, 28 + payloadBytes, false);
  view.setUint16(22, 0x4011, false);
  frame.set(ipv4Bytes(packet.source), 26);
  frame.set(ipv4Bytes(packet.destination), 30);
  view.setUint16(24, checksum(view, 14, 34), false);
  view.setUint16(34, packet.sourcePort, false);
  view.setUint16(36, packet.destinationPort, false);
  // A UDP checksum of zero means that there is none (RFC 768).
  view.setUint16(38, 8 + payloadBytes, false);
  return frame;
};
