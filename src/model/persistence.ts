/** A persistence entry by logical identity: means the same on every node, survives reordering of backends. */

import type { Ip, Ipv4 } from './address.js';
import type { EntryKind } from './general-shape.js';
import type { Protocol } from './service.js';

export interface PersistenceKey {
  readonly client: Ipv4;
  readonly address: Ipv4;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface PersistenceEntry extends PersistenceKey {
  readonly backendAddress: Ipv4;
  readonly backendPort: number;
  /** Full lifetime of the entry, and what is left of it: durations, never wall-clock times. */
  readonly ttlMs: number;
  readonly remainingMs: number;
}

/** A client that a service of whatever kind keeps with one backend. */
export interface Session {
  readonly service: string;
  /** Name. */
  readonly backend: string;
  /** One part per field of the service's persistence: `10.0.0.1`, `80`, `52:54:00:12:34:56`. */
  readonly client: readonly string[];
  readonly ttlMs: number;
  readonly remainingMs: number;
}

/** An entry of the second stream (docs/replication.md, General entries). */
export interface GeneralEntry {
  readonly kind: EntryKind;
  readonly service: string;
  /** Values of the fields that tell clients apart, in their order. */
  readonly client: readonly string[];
  /** Absent: a ban. */
  readonly backendAddress?: Ip;
  /** 0: the port that the client asked for. */
  readonly backendPort: number;
  readonly ttlMs: number;
  readonly remainingMs: number;
}
