/** What the rule engine offers, needs and tells. */

import type { RelevoError } from '../errors.js';
import type { Ipv4 } from '../model/address.js';
import type { ServicesChange, ServicesView } from '../model/change.js';
import type { PersistenceEntry, Session } from '../model/persistence.js';
import type { BackendState, Endpoint, Service, ServicesDocument } from '../model/service.js';
import type { Draining, PersistenceUse, ServiceCounters } from '../model/status.js';
import type { Counted, TableName } from '../netlink/nft/ast.js';
import type { Clock, Connections, Flows, Log, Nft, PersistenceIndex, PersistenceMap } from '../ports.js';
import type { Shortcoming } from '../ruleset/feature.js';
import type { ListedElement } from '../ruleset/features/lists/counters.js';
import type { PolicyDelta, PolicyList } from '../ruleset/features/lists/elements.js';
import type { FeatureSet } from '../ruleset/units.js';
import type { FeatureFacts } from './feature-engine.js';
import type { SessionVisitor } from './reconcile-sessions.js';

export interface ReconcilePorts {
  readonly nft: Nft;
  readonly log: Log;
  readonly clock: Clock;
  /** What is known of the machine; without it no interface, no neighbour, and a kernel that can do everything. */
  readonly facts?: FeatureFacts;
  /** Every one there is, unless told otherwise. */
  readonly features?: FeatureSet;
  /** Frees udp clients from a backend that has failed; without it they stay with it while they keep sending. */
  readonly connections?: Connections;
  /** Counts connections of backends that drain; without it none are counted. */
  readonly flows?: Flows;
  /** Reads many sessions beside this thread; without it they are dumped in it. */
  readonly persistence?: Pick<PersistenceMap, 'scan'>;
  /** Knows the entries of replicated services; without it every purge dumps the map. */
  readonly persistenceIndex?: PersistenceIndex;
}

export interface PolicyCounters {
  /** Elements that are in force, with what they matched. */
  readonly elements: readonly ListedElement[];
  /** By all of them together. */
  readonly matched: Counted;
  /** Packets that the policy refused, by service. */
  readonly refused: ReadonlyMap<string, Counted>;
}

export interface ApplyReport {
  /** Elements and structures written. */
  readonly operations: number;
  /** Names of services that are new, different or gone. */
  readonly changed: readonly string[];
}

/** Of one backend, of one client (the parts of its key), or of all. */
export interface SessionFilter {
  readonly service: string;
  readonly backend?: string;
  readonly client?: readonly string[];
}

export type ReconcileEvent =
  | {
      readonly kind: 'applied';
      readonly reason: string;
      readonly operations: number;
      readonly changed: readonly string[];
      readonly tookMs: number;
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly error: RelevoError }
  | { readonly kind: 'purged'; readonly entries: number }
  | { readonly kind: 'foreign-change'; readonly detail: string }
  /** `persistenceLost`: the table had been deleted; whoever has a replica should write it back. */
  | {
      readonly kind: 'repaired';
      readonly detail: string;
      readonly operations: number;
      readonly tookMs: number;
      readonly persistenceLost: boolean;
    };

export interface Reconciler {
  /** Reads what is there; changes nothing. `found`: a table of ours existed. */
  adopt(): Promise<{ readonly found: boolean; readonly services: number }>;
  /** Rejects with the kernel's error when it refuses; what was in force stays in force. */
  apply(document: ServicesDocument, reason?: string): Promise<ApplyReport>;
  /** What `apply` would do to the kernel as it is now. */
  preview(document: ServicesDocument): Promise<ApplyReport>;
  /** Rejects with `not-found` for a service or backend that is not there. */
  setBackendState(service: string, backend: string, state: BackendState): Promise<ApplyReport>;
  /**
   * A few elements of a policy more or less, in one transaction; costs what is named, however long the list is. Rejects with `not-found`
   * for a policy that is not there.
   */
  changePolicy(policy: string, delta: PolicyDelta): Promise<ApplyReport>;
  /** What is on a list, without a copy of it; undefined: there is no such policy. */
  policyList(policy: string): PolicyList | undefined;
  /** What the kernel has counted of a policy. */
  policyCounters(policy: string): Promise<PolicyCounters>;
  /** Some services, addresses and policies; what the change does not name stays as it is. Otherwise as `apply`. */
  change(change: ServicesChange, reason: string): Promise<ApplyReport>;
  /** Drops persistence entries. Rejects with `not-found` for a service that is not there. */
  deleteSessions(filter: SessionFilter): Promise<void>;
  document(): ServicesDocument;
  view(): ServicesView;
  /** Facts that features go by (neighbours, interfaces) have changed for these services. */
  reconsider(services: readonly string[], reason: string): Promise<void>;
  /** Why services or backends are not served as configured. */
  shortcomings(service?: string): readonly Shortcoming[];
  /** The number that stands for a service in keys. */
  idOf(service: string): number;
  /** A set or map of a feature that the kernel has. */
  hasSet(table: TableName, set: string): boolean;
  /** Services without connection tracking of which no flow is left at a former backend: to be reconsidered. */
  lookAtTransits(): Promise<readonly string[]>;
  /** The service in force at an endpoint. */
  serviceAt(endpoint: Endpoint): Service | undefined;
  /** Persistence entries in the kernel, of one service or of all. */
  sessions(service?: string): Promise<Session[]>;
  /** Every session of a service, while they are read. Rejects with `not-found` for a service that is not there. */
  visitSessions(service: string, visit: SessionVisitor): Promise<void>;
  /** How full the maps are that remember clients; empty on kernels that do not tell (before NFTA_SET_COUNT). */
  persistenceUse(): Promise<readonly PersistenceUse[]>;
  /** Newcomers that were not remembered because there is no room, of one service or of all. */
  persistRefused(service?: string): Promise<ReadonlyMap<string, number>>;
  /** What services have carried, of all that are counted: one dump for each set of counters. */
  counters(): Promise<readonly ServiceCounters[]>;
  /** What is left on backends that drain, of one service or of all. Costs nothing while none does. */
  draining(service?: string): Promise<readonly Draining[]>;
  /** A configured backend that has not failed. */
  isBackendAlive(endpoint: Endpoint, address: Ipv4, port: number): boolean;
  /** True for an entry that a configured service with persistence may have. */
  belongs(entry: PersistenceEntry): boolean;
  status(): {
    readonly services: number;
    readonly backends: number;
    readonly backendsUp: number;
    readonly repairs: number;
  };
  onEvent(listener: (event: ReconcileEvent) => void): () => void;
  /** Repairs what others change, until aborted. */
  run(signal: AbortSignal): Promise<void>;
}
