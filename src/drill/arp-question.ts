/** How the observer asks, so that it knows which of its requests an answer belongs to. */

import type { Ipv4 } from '../model/address.js';
import { parseArp } from '../netlink/arp.js';

/**
 * Addresses to ask from, the observer's own and those above it. ARP has no sequence numbers, but an answer goes to the address
 * that asked: requests take turns, and an answer belongs to the latest request of its turn.
 */
export const observerSenders = (first: string): readonly Ipv4[] => {
  const [a, b, c, d] = first.split('.').map(Number);
  return Array.from({ length: 16 }, (_, index) => `${a}.${b}.${c}.${d! + index}` as Ipv4);
};

/** Index of the latest of `count` requests that sender number `sender` of `senders` made; undefined if it made none. */
export const latestRequestOf = (sender: number, senders: number, count: number): number | undefined => {
  const index = count - 1 - ((count - 1 - sender + senders) % senders);
  return index < 0 ? undefined : index;
};

export interface ArpAnswer {
  /** The address that was asked for, and the MAC that claims it. */
  readonly address: string;
  readonly mac: string;
  readonly askedBy: Ipv4;
}

/** Undefined for what is no reply, or an announcement (a reply whose target is the address itself). */
export const arpAnswer = (frame: Uint8Array): ArpAnswer | undefined => {
  const arp = parseArp(frame);
  if (arp?.operation !== 'reply' || arp.senderAddress === arp.targetAddress) return undefined;
  return { address: arp.senderAddress, mac: arp.senderMac, askedBy: arp.targetAddress };
};
