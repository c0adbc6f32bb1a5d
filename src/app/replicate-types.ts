/** What replication needs, and what it offers the rest of the node. */

import type { NodeConfig } from '../model/node.js';
import type { GeneralEntry, PersistenceEntry } from '../model/persistence.js';
import type { Endpoint, Service } from '../model/service.js';
import type { SyncChange, SyncEntry, SyncStatus, VerifyResult } from '../model/status.js';
import type {
  Clock,
  Log,
  Nft,
  PacketLog,
  PeerLinks,
  PersistenceIndex,
  PersistenceMap,
  Random,
} from '../ports.js';
import type { Carried, DocumentMessage, EventsMessage } from '../wire/frames.js';
import type { GeneralPorts } from './general-plane.js';
import type { DocumentPeers } from './peer-hub.js';
import type { SyncReadiness } from './sync-readiness.js';
import type { SyncDetails } from './sync-status.js';

export interface ReplicatorPorts {
  readonly nft: Nft;
  readonly persistence: PersistenceMap;
  readonly links: PeerLinks;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Opens the group that the ruleset's `log group` rules report to. */
  readonly openPacketLog: (group: number) => Promise<PacketLog>;
  /** The configured service at an endpoint; asked again after `rulesChanged`. */
  readonly serviceAt: (endpoint: Endpoint) => Service | undefined;
  /** Newest epoch of a group that the election has heard of; without it, peers may name any. */
  readonly electedEpoch?: (group: string) => number;
  /** For entries of general and stateless services, and bans; without it only map `persist` is replicated. */
  readonly general?: GeneralPorts;
}

export interface ReplicatorConfig
  extends Pick<NodeConfig, 'cluster' | 'node' | 'nodes' | 'groups' | 'replication'> {
  readonly software: string;
}

export interface Replicator {
  /** Undefined when replication is off: the rule engine then dumps the map. */
  readonly index: PersistenceIndex | undefined;
  /** The election's word on this node's role in a group. */
  setActive(group: string, epoch: number, active: boolean): void;
  readiness(): SyncReadiness;
  /** With certificates and peers, each with the remedy. */
  problems(): readonly string[];
  /** Told at every change of readiness, and of the position at most five times a second. Returns the unsubscriber. */
  onReadiness(listener: (readiness: SyncReadiness) => void): () => void;
  /** Services or backends changed: to be called after the rule engine has applied them. */
  rulesChanged(): void;
  /** The kernel's map was made anew (a foreign hand deleted the table): writes all entries back. */
  refill(): void;
  status(): SyncStatus & SyncDetails;
  entries(): Iterable<PersistenceEntry & { readonly service?: string }>;
  /** Entries of one client, and who has them. */
  show(client: string): SyncEntry[];
  /** Tells every change of an entry; returns the unsubscriber. */
  watch(listener: (change: SyncChange) => void): () => void;
  /** Of general and stateless services, and bans. */
  dumpGeneral(): GeneralEntry[];
  /** The other nodes, where replication is on. */
  readonly peers: readonly string[];
  /** The services document travels over the same links: to be called before `run`. */
  attachDocuments(documents: DocumentPeers): (peer: string, message: DocumentMessage) => void;
  /** Questions about events and their answers, the same way; what is returned sends one, or says that the peer is not connected. */
  attachEvents(
    onMessage: (peer: string, message: EventsMessage) => void,
  ): (peer: string, message: EventsMessage) => boolean;
  /** Counters that survive, the same way. */
  attachCounters(
    onCarried: (carried: readonly Carried[]) => void,
  ): (peer: string, carried: readonly Carried[]) => boolean;
  /** Compares this kernel's map with the replica, and the replica with every connected peer's. */
  verify(): Promise<VerifyResult>;
  /** Runs until aborted; leaves no timer, socket or link. */
  run(signal: AbortSignal): Promise<void>;
}
