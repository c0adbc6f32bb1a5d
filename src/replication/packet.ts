/**
 * What a reported packet says about persistence. It passed postrouting after dnat and before snat, so it has the client's address, and the
 * backend's address and port; the rule has put the service's address into its mark and the service's port into its source port (`telling`).
 */

import type { EntryColumns } from '../model/columns.js';

/** The parts of a LoggedPacket that count here. */
export interface ReportedPacket {
  readonly payload: Uint8Array;
  readonly mark?: number | undefined;
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

/** Registers hold addresses in network order and marks in the machine's, which is little-endian wherever this runs. */
const turned = (number: number): number =>
  ((number << 24) | ((number & 0xff00) << 8) | ((number >>> 8) & 0xff00) | (number >>> 24)) >>> 0;

/** Fills `into`; false if the packet does not tell (no IPv4, a later fragment, cut short, reported by a rule that tells no service). */
export const readSighting = (packet: ReportedPacket, into: Sighting): boolean => {
  const { payload, mark } = packet;
  if (mark === undefined || payload.length < 20 || payload[0]! >>> 4 !== 4) return false;
  const headerBytes = (payload[0]! & 0x0f) * 4;
  const fragmentOffset = ((payload[6]! & 0x1f) << 8) | payload[7]!;
  if (headerBytes < 20 || fragmentOffset !== 0 || payload.length < headerBytes + 4) return false;
  into.client = word(payload, 12);
  into.address = turned(mark);
  into.protocolPort = (payload[9]! << 16) | (payload[headerBytes]! << 8) | payload[headerBytes + 1]!;
  into.backend = word(payload, 16);
  into.backendPort = (payload[headerBytes + 2]! << 8) | payload[headerBytes + 3]!;
  return true;
};

/** The entry that such a packet has just made. */
export const pushSighting = (columns: EntryColumns, sighting: Readonly<Sighting>, ttlMs: number): void => {
  columns.client.push(sighting.client);
  columns.address.push(sighting.address);
  columns.protocolPort.push(sighting.protocolPort);
  columns.backend.push(sighting.backend);
  columns.backendPort.push(sighting.backendPort);
  columns.ttlMs.push(ttlMs);
  columns.remainingMs.push(ttlMs);
};
