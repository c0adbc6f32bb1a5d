/**
 * Original destinations for kernels that cannot report them (without CONFIG_NETFILTER_NETLINK_GLUE_CT, NFULNL_CFG_F_CONNTRACK is refused).
 * The ruleset then reports a new connection twice in one group: before dnat, marked by `beforeNatPrefix`, and behind it. A group keeps
 * the order of its packets, so the first report of a client's address, port and protocol is at hand when the second comes.
 */

import { type Ipv4, ipv4FromBytes, ipv4FromNumber } from '../model/address.js';
import type { LoggedPacket } from '../model/kernel-events.js';

/** Prefix of the rule that reports before dnat. Its packets are used up here and not handed on. */
export const beforeNatPrefix = 'relevo-before-nat';

export interface OriginalFinder {
  /** Remembers a report from before NAT. */
  remember(packet: LoggedPacket): void;
  /** The packet with `original`, if a report from before NAT told it; else the packet as it is. */
  complete(packet: LoggedPacket): LoggedPacket;
}

/** Reports kept for partners that have not come, twice over: a dropped packet never gets behind NAT. */
const keptPerGeneration = 16_384;

/** Client address, source port and protocol in one number (56 bits do not fit: protocols are told apart by one bit, tcp or not). */
const connectionKey = (payload: Uint8Array, view: DataView, ports: number): number =>
  view.getUint32(12, false) * 0x20000 + (payload[9] === 6 ? 0x10000 : 0) + view.getUint16(ports, false);

/** Where the ports are, or 0 when the packet has none to offer: not IPv4, a later fragment, cut short. */
const portsAt = (payload: Uint8Array): number => {
  const at = (payload[0]! & 0x0f) * 4;
  if (payload.length < 24 || payload[0]! >>> 4 !== 4 || at < 20 || payload.length < at + 4) return 0;
  return (((payload[6]! & 0x1f) << 8) | payload[7]!) === 0 ? at : 0;
};

type Original = NonNullable<LoggedPacket['original']>;

/** Where connections go to are few addresses: one text for each. */
const textByDestination = new Map<number, Ipv4>();
const destinationsKept = 4096;

const destinationText = (view: DataView): Ipv4 => {
  const number = view.getUint32(16, false);
  let text = textByDestination.get(number);
  if (text === undefined) {
    if (textByDestination.size >= destinationsKept) textByDestination.clear();
    text = ipv4FromNumber(number);
    textByDestination.set(number, text);
  }
  return text;
};

export const createOriginalFinder = (): OriginalFinder => {
  let young = new Map<number, Original>();
  let old = new Map<number, Original>();
  return {
    remember({ payload }) {
      const ports = portsAt(payload);
      if (ports === 0) return;
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      if (young.size >= keptPerGeneration) {
        old = young;
        young = new Map();
      }
      young.set(connectionKey(payload, view, ports), {
        source: ipv4FromBytes(payload, 12),
        destination: destinationText(view),
        protocol: payload[9]!,
        destinationPort: view.getUint16(ports + 2, false),
      });
    },
    complete(packet) {
      const { payload } = packet;
      const ports = packet.original ? 0 : portsAt(payload);
      if (ports === 0) return packet;
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      const key = connectionKey(payload, view, ports);
      const original = young.get(key) ?? old.get(key);
      if (!original) return packet;
      if (!young.delete(key)) old.delete(key);
      return { payload, prefix: packet.prefix, sequence: packet.sequence, original };
    },
  };
};
