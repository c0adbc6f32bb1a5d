/** What `relevo sync` says: status, entries, changes, and the comparison of all nodes. */

import type { Direction } from './node.js';
import type { GeneralEntry, PersistenceEntry } from './persistence.js';

/** Of one of the two streams to one peer. */
export interface SyncStreamStatus {
  readonly unconfirmed: number;
  readonly oldestUnconfirmedMs: number;
  /** Of the last thousand frames, weighed by their entries; undefined: nothing has been measured on this connection. */
  readonly lagP50Ms: number | undefined;
  readonly lagP99Ms: number | undefined;
}

export interface SyncPeerStatus {
  readonly name: string;
  readonly connected: boolean;
  readonly state: string;
  /** Without those that a lost connection took along: they are sent again. */
  readonly sentEntries: number;
  /** Rates are over the last ten seconds. */
  readonly entriesPerSecond: number;
  readonly ackedEntries: number;
  /** Both streams together; of a peer that is away, all changes since its last word. */
  readonly unconfirmed: number;
  readonly oldestUnconfirmedMs: number;
  /** Of persistence entries. */
  readonly lagP50Ms: number | undefined;
  readonly lagP99Ms: number | undefined;
  /** Of general and stateless services, and bans. */
  readonly general?: SyncStreamStatus;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly bytesSentPerSecond: number;
  readonly bytesReceivedPerSecond: number;
  readonly lastError: string | undefined;
}

export interface SyncStatus {
  readonly enabled: boolean;
  readonly complete: boolean;
  readonly entries: number;
  readonly position: string;
  readonly lostReports: number;
  readonly peers: readonly SyncPeerStatus[];
  /** Absent: both. */
  readonly direction?: Direction;
  /** What services send to all peers together, the dearest first; those that have sent nothing are left out. */
  readonly services?: readonly SyncServiceStatus[];
}

/** Rates are over the last ten seconds. */
export interface SyncServiceStatus {
  readonly service: string;
  /** `all`, `persistence`, `none`; undefined: it is not configured any more. */
  readonly replicate: string | undefined;
  readonly entries: number;
  readonly bytes: number;
  readonly entriesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** An entry of the replica, and what is known of it. */
export interface SyncEntry {
  readonly entry: (PersistenceEntry & { readonly service?: string }) | GeneralEntry;
  readonly group: string;
  readonly epoch: number;
  /** This node originated it; else it was received. */
  readonly own: boolean;
  /** Peers that have our word of it in their kernels. */
  readonly confirmedBy: readonly string[];
  /** As far as this node knows. */
  readonly inKernel: boolean;
}

/** `moved`: to another backend. */
export interface SyncChange {
  readonly what: 'added' | 'moved' | 'refreshed' | 'removed' | 'expired';
  readonly own: boolean;
  readonly group: string;
  readonly entry: (PersistenceEntry & { readonly service?: string }) | GeneralEntry;
}

/** One entry on one node. */
export interface VerifyDifference {
  readonly node: string;
  readonly service: string;
  readonly client: string;
  /** `replica`: its kernel is not what its own replica says. The others are its kernel against that of `reference`, the active node. */
  readonly what: 'missing' | 'extra' | 'backend' | 'lifetime' | 'replica';
  readonly reference: string;
  readonly detail: string;
}

export interface VerifyResult {
  readonly consistent: boolean;
  /** All of it, for people. */
  readonly lines: readonly string[];
  /** Every node, with the entries that its kernel holds of replicated services, or why it was not compared. */
  readonly nodes: readonly {
    readonly node: string;
    readonly entries: number;
    readonly reason: string | undefined;
  }[];
  readonly differences: readonly VerifyDifference[];
}
