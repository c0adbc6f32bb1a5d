/**
 * Persistence entries as columns of numbers: the i-th value of every column is one entry. A hundred thousand entries a
 * second pass through here, so nothing is allocated per entry. Addresses are numbers (`ipv4Number`), `protocolPort` is the
 * IP protocol number << 16 | port.
 */

import { ipv4FromNumber, ipv4Number } from './address.js';
import type { PersistenceEntry, PersistenceKey } from './persistence.js';
import { type Protocol, protocolNumber } from './service.js';

export interface KeyColumns {
  readonly client: number[];
  readonly address: number[];
  readonly protocolPort: number[];
}

export interface EntryColumns extends KeyColumns {
  readonly backend: number[];
  readonly backendPort: number[];
  readonly ttlMs: number[];
  readonly remainingMs: number[];
}

export const createKeyColumns = (): KeyColumns => ({ client: [], address: [], protocolPort: [] });

export const createEntryColumns = (): EntryColumns => ({
  client: [],
  address: [],
  protocolPort: [],
  backend: [],
  backendPort: [],
  ttlMs: [],
  remainingMs: [],
});

/** Pieces of at most `length` keys: what is asked of the kernel, or told to it, in one go. */
export const piecesOfKeys = function* (
  { client, address, protocolPort }: KeyColumns,
  length: number,
): Generator<KeyColumns> {
  for (let from = 0; from < client.length; from += length) {
    const to = from + length;
    yield {
      client: client.slice(from, to),
      address: address.slice(from, to),
      protocolPort: protocolPort.slice(from, to),
    };
  }
};

const protocols: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp' };

/** Undefined for protocols that no service can have. */
export const protocolOf = (protocolPort: number): Protocol | undefined => protocols[protocolPort >>> 16];

export const protocolPortNumber = (protocol: Protocol, port: number): number =>
  (protocolNumber[protocol] << 16) | port;

export const pushKey = (columns: KeyColumns, key: PersistenceKey): void => {
  columns.client.push(ipv4Number(key.client));
  columns.address.push(ipv4Number(key.address));
  columns.protocolPort.push(protocolPortNumber(key.protocol, key.port));
};

export const pushEntry = (columns: EntryColumns, entry: PersistenceEntry): void => {
  pushKey(columns, entry);
  columns.backend.push(ipv4Number(entry.backendAddress));
  columns.backendPort.push(entry.backendPort);
  columns.ttlMs.push(entry.ttlMs);
  columns.remainingMs.push(entry.remainingMs);
};

/** The columns must hold protocols of services, as decoded frames and tables do. */
export const keyAt = (columns: KeyColumns, at: number): PersistenceKey => ({
  client: ipv4FromNumber(columns.client[at]!),
  address: ipv4FromNumber(columns.address[at]!),
  protocol: protocolOf(columns.protocolPort[at]!) ?? 'tcp',
  port: columns.protocolPort[at]! & 0xffff,
});

export const entryAt = (columns: EntryColumns, at: number): PersistenceEntry => ({
  ...keyAt(columns, at),
  backendAddress: ipv4FromNumber(columns.backend[at]!),
  backendPort: columns.backendPort[at]!,
  ttlMs: columns.ttlMs[at]!,
  remainingMs: columns.remainingMs[at]!,
});
