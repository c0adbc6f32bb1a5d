/** Neighbour Discovery for IPv6 over Ethernet (RFC 4861), as whole frames: the counterpart of `arp.ts`. */

import { type Ipv6, ipBytes, ipFromBytes, parseIpv6 } from '../model/address.js';
import { checksumOf } from './checksum.js';

export const ETH_P_IPV6 = 0x86dd;
const ethernetBytes = 14;
const headerBytes = 40;
/** Type, code, checksum, flags, target (RFC 4861 sections 4.3 and 4.4). */
const messageBytes = 24;
/** One option with a MAC address (RFC 4861 section 4.6.1). */
const optionBytes = 8;
export const ndFrameBytes = ethernetBytes + headerBytes + messageBytes + optionBytes;

const icmpv6 = 58;
export const neighbourSolicitation = 135;
export const neighbourAdvertisement = 136;
const sourceLinkAddress = 1;
const targetLinkAddress = 2;
const routerFlag = 0x80;
const solicitedFlag = 0x40;
const overrideFlag = 0x20;
/** What comes from beyond a router has less, and is not believed (RFC 4861 section 7.1). */
const hopLimit = 255;

const allNodes = parseIpv6('ff02::1')!;

const macBytes = (mac: string): number[] => mac.split(':').map((byte) => Number.parseInt(byte, 16));

interface NdMessage {
  readonly type: number;
  readonly flags: number;
  readonly frameSource: string;
  readonly frameDestination: readonly number[];
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly target: Uint8Array;
  readonly option: number;
}

const build = (nd: NdMessage): Uint8Array => {
  const frame = new Uint8Array(ndFrameBytes);
  const view = new DataView(frame.buffer);
  frame.set(nd.frameDestination, 0);
  frame.set(macBytes(nd.frameSource), 6);
  view.setUint16(12, ETH_P_IPV6);
  view.setUint8(ethernetBytes, 0x60);
  view.setUint16(ethernetBytes + 4, messageBytes + optionBytes);
  view.setUint8(ethernetBytes + 6, icmpv6);
  view.setUint8(ethernetBytes + 7, hopLimit);
  frame.set(nd.source, ethernetBytes + 8);
  frame.set(nd.destination, ethernetBytes + 24);
  const message = frame.subarray(ethernetBytes + headerBytes);
  message[0] = nd.type;
  message[4] = nd.flags;
  message.set(nd.target, 8);
  message.set([nd.option, 1, ...macBytes(nd.frameSource)], messageBytes);
  view.setUint16(ethernetBytes + headerBytes + 2, checksumOf(icmpv6, nd.source, nd.destination, message));
  return frame;
};

/**
 * An unsolicited advertisement to all nodes (RFC 4861 section 7.2.6), with the override flag, so that neighbours that know another MAC address
 * take this one; and as a router, which a node that forwards is.
 */
export const unsolicitedAdvertisement = (mac: string, address: Ipv6): Uint8Array =>
  build({
    type: neighbourAdvertisement,
    flags: routerFlag | overrideFlag,
    frameSource: mac,
    frameDestination: [0x33, 0x33, 0, 0, 0, 1],
    source: ipBytes(address),
    destination: ipBytes(allNodes),
    target: ipBytes(address),
    option: targetLinkAddress,
  });

/** An ordinary question from an own address, to the solicited-node group of the wanted one (RFC 4291 section 2.7.1). */
export const solicitation = (mac: string, own: Ipv6, wanted: Ipv6): Uint8Array => {
  const target = ipBytes(wanted);
  const destination = ipBytes(parseIpv6('ff02::1:ff00:0')!);
  destination.set(target.subarray(13), 13);
  return build({
    type: neighbourSolicitation,
    flags: 0,
    frameSource: mac,
    frameDestination: [0x33, 0x33, ...destination.subarray(12)],
    source: ipBytes(own),
    destination,
    target,
    option: sourceLinkAddress,
  });
};

export interface Advertisement {
  readonly frameSource: string;
  readonly destination: Ipv6;
  readonly target: Ipv6;
  readonly solicited: boolean;
}

/** Undefined for anything but an advertisement in an untagged frame, its message right behind the fixed header. */
export const parseAdvertisement = (frame: Uint8Array): Advertisement | undefined => {
  if (frame.length < ethernetBytes + headerBytes + messageBytes) return undefined;
  const at = ethernetBytes + headerBytes;
  if (frame[12] !== ETH_P_IPV6 >> 8 || frame[13] !== (ETH_P_IPV6 & 0xff)) return undefined;
  if (frame[ethernetBytes + 6] !== icmpv6 || frame[at] !== neighbourAdvertisement) return undefined;
  return {
    frameSource: Array.from(frame.subarray(6, 12), (byte) => byte.toString(16).padStart(2, '0')).join(':'),
    destination: ipFromBytes(frame, ethernetBytes + 24, 16) as Ipv6,
    target: ipFromBytes(frame, at + 8, 16) as Ipv6,
    solicited: (frame[at + 4]! & solicitedFlag) !== 0,
  };
};
