/** How the observer asks, by ARP and by neighbour solicitations, so that it knows which of its requests an answer belongs to. */

import type { Ipv4, Ipv6 } from '../model/address.js';
import { buildArp, parseArp } from '../netlink/arp.js';
import { parseAdvertisement, solicitation } from '../netlink/nd.js';

/** Locally administered (02), and no MAC of the lab's, which go on with 00. */
const numbered = '02:5e';

/** ARP has no sequence numbers, but an answer goes to the MAC that asked: each request names another one as its sender. */
const macOfRequest = (index: number): string =>
  `${numbered}:${(index >>> 0).toString(16).padStart(8, '0').match(/../g)!.join(':')}`;

const requestOfMac = (mac: string): number | undefined =>
  mac.startsWith(`${numbered}:`) ? Number.parseInt(mac.slice(6).replaceAll(':', ''), 16) : undefined;

/** Request number `index`: sent as `mac` (that is what switches learn), to be answered to a MAC of its own. */
export const arpQuestion = (index: number, mac: string, own: Ipv4, wanted: Ipv4): Uint8Array =>
  buildArp({
    operation: 'request',
    frameSource: mac,
    frameDestination: 'ff:ff:ff:ff:ff:ff',
    senderMac: macOfRequest(index),
    senderAddress: own,
    targetMac: '00:00:00:00:00:00',
    targetAddress: wanted,
  });

export interface ArpAnswer {
  /** The address that was asked for, and the MAC that claims it. */
  readonly address: string;
  readonly mac: string;
  /** Number of the request. */
  readonly request: number;
}

/** Undefined for what is no reply to a numbered request: announcements, other hosts' questions and answers. */
export const arpAnswer = (frame: Uint8Array): ArpAnswer | undefined => {
  const arp = parseArp(frame);
  if (arp?.operation !== 'reply') return undefined;
  const request = requestOfMac(arp.targetMac);
  return request === undefined ? undefined : { address: arp.senderAddress, mac: arp.senderMac, request };
};

/** The same for IPv6: an answer goes to the link-layer address that the question gives as its sender's (RFC 4861 section 7.2.4), which need not be the frame's. */
export const ndQuestion = (index: number, mac: string, own: Ipv6, wanted: Ipv6): Uint8Array => {
  const frame = solicitation(macOfRequest(index), own, wanted);
  frame.set(
    mac.split(':').map((byte) => Number.parseInt(byte, 16)),
    6,
  );
  return frame;
};

export const ndAnswer = (frame: Uint8Array): ArpAnswer | undefined => {
  const advertisement = parseAdvertisement(frame);
  if (!advertisement?.solicited) return undefined;
  const to = Array.from(frame.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
  const request = requestOfMac(to);
  return request === undefined
    ? undefined
    : { address: advertisement.target, mac: advertisement.frameSource, request };
};
