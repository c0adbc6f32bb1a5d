/** ARP for IPv4 over Ethernet (RFC 826), and the announcements of RFC 5227, as whole frames. */

import { type Ipv4, ipv4Bytes, ipv4FromBytes } from '../model/address.js';

export const ETH_P_ARP = 0x0806;
/** Ethernet header and ARP; the kernel or the card pads to the minimum. */
export const arpFrameBytes = 42;

export interface ArpPacket {
  readonly operation: 'request' | 'reply';
  /** Addresses of the Ethernet header. */
  readonly frameSource: string;
  readonly frameDestination: string;
  readonly senderMac: string;
  readonly senderAddress: Ipv4;
  readonly targetMac: string;
  readonly targetAddress: Ipv4;
}

const broadcastMac = 'ff:ff:ff:ff:ff:ff';
const noMac = '00:00:00:00:00:00';

const writeMac = (frame: Uint8Array, at: number, mac: string): void => {
  for (let index = 0; index < 6; index++) {
    frame[at + index] = Number.parseInt(mac.slice(index * 3, index * 3 + 2), 16);
  }
};

export const buildArp = (packet: ArpPacket): Uint8Array => {
  const frame = new Uint8Array(arpFrameBytes);
  writeMac(frame, 0, packet.frameDestination);
  writeMac(frame, 6, packet.frameSource);
  // Hardware type Ethernet, protocol type IPv4, lengths 6 and 4 (RFC 826).
  frame.set([0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, packet.operation === 'request' ? 1 : 2], 12);
  writeMac(frame, 22, packet.senderMac);
  frame.set(ipv4Bytes(packet.senderAddress), 28);
  writeMac(frame, 32, packet.targetMac);
  frame.set(ipv4Bytes(packet.targetAddress), 38);
  return frame;
};

/** ARP Announcement (RFC 5227 section 2.3): a broadcast request, sender and target both the announced address. */
export const gratuitousRequest = (mac: string, address: Ipv4): Uint8Array =>
  buildArp({
    operation: 'request',
    frameSource: mac,
    frameDestination: broadcastMac,
    senderMac: mac,
    senderAddress: address,
    targetMac: noMac,
    targetAddress: address,
  });

/** The same as a broadcast reply: some stacks update their cache from only one of the two (RFC 5227 section 3). */
export const gratuitousReply = (mac: string, address: Ipv4): Uint8Array =>
  buildArp({
    operation: 'reply',
    frameSource: mac,
    frameDestination: broadcastMac,
    senderMac: mac,
    senderAddress: address,
    targetMac: broadcastMac,
    targetAddress: address,
  });

/** ARP Probe (RFC 5227 section 1.1): who has it, asked without claiming it. */
export const arpProbe = (mac: string, address: Ipv4): Uint8Array =>
  buildArp({
    operation: 'request',
    frameSource: mac,
    frameDestination: broadcastMac,
    senderMac: mac,
    senderAddress: '0.0.0.0' as Ipv4,
    targetMac: noMac,
    targetAddress: address,
  });

/** An ordinary question from an own address. */
export const arpRequest = (mac: string, own: Ipv4, wanted: Ipv4): Uint8Array =>
  buildArp({
    operation: 'request',
    frameSource: mac,
    frameDestination: broadcastMac,
    senderMac: mac,
    senderAddress: own,
    targetMac: noMac,
    targetAddress: wanted,
  });

const readMac = (frame: Uint8Array, at: number): string =>
  Array.from(frame.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');

const fixed = [0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0] as const;

/** Undefined for anything but an untagged ARP request or reply for IPv4 over Ethernet. */
export const parseArp = (frame: Uint8Array): ArpPacket | undefined => {
  if (frame.length < arpFrameBytes) return undefined;
  for (const [index, byte] of fixed.entries()) if (frame[12 + index] !== byte) return undefined;
  const operation = frame[21];
  if (operation !== 1 && operation !== 2) return undefined;
  return {
    operation: operation === 1 ? 'request' : 'reply',
    frameSource: readMac(frame, 6),
    frameDestination: readMac(frame, 0),
    senderMac: readMac(frame, 22),
    senderAddress: ipv4FromBytes(frame, 28),
    targetMac: readMac(frame, 32),
    targetAddress: ipv4FromBytes(frame, 38),
  };
};
