/** What a reported packet says about persistence: it passed postrouting after dnat and before snat, so both ends are in it. */

import type { Ipv4 } from '../model/address.js';
import { ipv4Number } from '../model/address.js';

/** The parts of a LoggedPacket that count here. */
export interface ReportedPacket {
  readonly payload: Uint8Array;
  readonly original?: { readonly destination: Ipv4; readonly destinationPort: number };
}

export interface Sighting {
  client: number;
  address: number;
  protocolPort: number;
  backend: number;
  backendPort: number;
}

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/** Services have few addresses: parsing each text once is enough. */
const numberByAddress = new Map<Ipv4, number>();
const addressesKept = 4096;

const addressNumber = (address: Ipv4): number => {
  let number = numberByAddress.get(address);
  if (number === undefined) {
    if (numberByAddress.size >= addressesKept) numberByAddress.clear();
    number = ipv4Number(address);
    numberByAddress.set(address, number);
  }
  return number;
};

/** Fills `into`; false if the packet does not tell (no IPv4, a later fragment, cut short, no original destination). */
export const readSighting = (packet: ReportedPacket, into: Sighting): boolean => {
  const { payload, original } = packet;
  if (!original || payload.length < 20 || payload[0]! >>> 4 !== 4) return false;
  const headerBytes = (payload[0]! & 0x0f) * 4;
  const fragmentOffset = ((payload[6]! & 0x1f) << 8) | payload[7]!;
  if (headerBytes < 20 || fragmentOffset !== 0 || payload.length < headerBytes + 4) return false;
  into.client = word(payload, 12);
  into.address = addressNumber(original.destination);
  into.protocolPort = (payload[9]! << 16) | original.destinationPort;
  into.backend = word(payload, 16);
  into.backendPort = (payload[headerBytes + 2]! << 8) | payload[headerBytes + 3]!;
  return true;
};
