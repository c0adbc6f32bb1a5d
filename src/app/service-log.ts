/** Log lines of services that the kernel hands over by a group (nfnetlink_log), in the agent's own log: prefix, addresses, ports. */

import { type Ip, ipFromBytes } from '../model/address.js';
import type { LoggedPacket, PacketLog } from '../ports.js';

const protocolNames: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

export interface PacketFacts {
  readonly from: Ip;
  readonly to: Ip;
  readonly protocol: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** What the headers say; undefined for what is no whole header. IPv6 extension headers are not walked. */
export const packetFacts = (payload: Uint8Array): PacketFacts | undefined => {
  const version = (payload[0] ?? 0) >> 4;
  const headerBytes = version === 4 ? (payload[0]! & 0xf) * 4 : version === 6 ? 40 : 0;
  if (headerBytes < 20 || payload.length < headerBytes) return undefined;
  const isIpv4 = version === 4;
  const number = payload[isIpv4 ? 9 : 6]!;
  const length = isIpv4 ? 4 : 16;
  const at = isIpv4 ? 12 : 8;
  const name = protocolNames[number];
  const port = (offset: number): number =>
    (payload[headerBytes + offset]! << 8) | payload[headerBytes + offset + 1]!;
  return {
    from: ipFromBytes(payload, at, length),
    to: ipFromBytes(payload, at + length, length),
    protocol: name ?? String(number),
    ...(name !== undefined &&
      payload.length >= headerBytes + 4 && { sourcePort: port(0), destinationPort: port(2) }),
  };
};

export interface ServiceLogPorts {
  readonly packets: Pick<PacketLog, 'onPackets' | 'onLoss'>;
  readonly write: (prefix: string, facts: PacketFacts | undefined) => void;
  readonly lost: (detail: string) => void;
}

/** Returns the unsubscriber. */
export const followServiceLog = ({ packets, write, lost }: ServiceLogPorts): (() => void) => {
  const offPackets = packets.onPackets((logged: readonly LoggedPacket[]) => {
    for (const { prefix, payload } of logged) write(prefix.trimEnd(), packetFacts(payload));
  });
  const offLoss = packets.onLoss(lost);
  return () => {
    offPackets();
    offLoss();
  };
};
