/** What `relevo status --json` says: the shape that the CLI, the web page, drills and monitoring read. */

import type { ChecksStatus } from './health-check.js';
import type { GeneralEntry, PersistenceEntry, Session } from './persistence.js';
import type { BackendState } from './service.js';
import type { SyncChange, SyncEntry, SyncStatus, VerifyResult } from './sync-status.js';

export type {
  SyncChange,
  SyncEntry,
  SyncPeerStatus,
  SyncServiceStatus,
  SyncStatus,
  SyncStreamStatus,
  VerifyDifference,
  VerifyResult,
} from './sync-status.js';

export type GroupState = 'init' | 'standby' | 'active' | 'draining';

export interface GroupStatus {
  readonly name: string;
  readonly state: GroupState;
  /** The node that is known to answer, as far as this node knows. */
  readonly owner: string | undefined;
  readonly epoch: number;
  /** Why it is in this state. */
  readonly reason: string;
  readonly sinceMs: number;
  /** Times this node became active since it started. */
  readonly takeovers: number;
  readonly addresses: readonly string[];
  /** This node takes the group only once maintenance is over. */
  readonly maintenance?: boolean;
}

/** Something that is wrong with a node, and how much it counts: 100 and more forbids owning, the sum of the others compares nodes. */
export interface HealthStatus {
  readonly reason: string;
  readonly weight: number;
  /** Absent: every group. */
  readonly group?: string;
}

export interface PeerStatus {
  readonly name: string;
  readonly alive: boolean;
  /** One entry per heartbeat path, in the order of the configuration. */
  readonly paths: readonly { readonly alive: boolean; readonly lastHeardMs: number | undefined }[];
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** Groups that this peer does not take because of maintenance. */
  readonly maintenance?: readonly string[];
  /** Sum of the weights of what is wrong with it, for the group where it is highest. */
  readonly penalty?: number;
}

export interface ConntrackdStatus {
  readonly managed: boolean;
  readonly running: boolean;
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly reason: string | undefined;
  readonly counters: Readonly<Record<string, number>>;
}

/** The services document of the cluster, as this node has it. */
export interface DocumentStatus {
  /** 0: none. */
  readonly version: number;
  readonly id: string;
  readonly author: string | undefined;
  /** Of the author's clock, for people. */
  readonly time: string | undefined;
  readonly kind: string | undefined;
  readonly reason: string | undefined;
  /** Digest: equal exactly if the documents are, states of backends apart. */
  readonly content: string;
  /** Goes back by itself after this time unless confirmed. */
  readonly confirmInMs: number | undefined;
  readonly conflicts: readonly string[];
  readonly problems: readonly string[];
  readonly peers: readonly {
    readonly name: string;
    readonly state: string;
    readonly version: number | undefined;
  }[];
}

export interface HistoryLine {
  readonly version: number;
  readonly id: string;
  readonly author: string;
  readonly time: string;
  readonly kind: string;
  readonly reason: string;
  /** Services, addresses and policies that it changed; undefined: not known here. */
  readonly objects: number | undefined;
  /** `rollback` can go there. */
  readonly reachable: boolean;
}

/** How full a map is that remembers clients. When it is full, newcomers are scheduled without persistence. */
export interface PersistenceUse {
  /** `ip persist`. */
  readonly map: string;
  /** Those that have expired count until the kernel has removed them. */
  readonly entries: number;
  readonly size: number;
}

/** Newcomers that a service did not remember because there is no room. */
export interface PersistenceRefused {
  readonly service: string;
  readonly newcomers: number;
}

/** A backend that drains, and what is left on it. */
export interface Draining {
  readonly service: string;
  readonly backend: string;
  /** Clients that are remembered and go there still; static sessions do not count. */
  readonly sessions: number;
  /** Open ones that connection tracking knows; flows, of services without it. */
  readonly connections: number;
}

/** From the clients and back to them, since the kernel counts; never less than before while the service is there. */
export interface Traffic {
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
}

export interface ServiceCounters extends Traffic {
  readonly service: string;
  /** Without those that cannot be told apart, and those of services without connection tracking. */
  readonly backends: readonly (Traffic & { readonly backend: string })[];
}

export interface NodeStatus {
  readonly version: string;
  readonly cluster: string;
  readonly node: string;
  readonly uptimeMs: number;
  readonly memoryBytes: number;
  /** Which promise holds: `arbiter` (safe under every partition), `ping`, `none` or `single`. */
  readonly safety: { readonly mode: string; readonly meaning: string };
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly health?: readonly HealthStatus[];
  /** What an operator should put right, with the remedy. */
  readonly problems?: readonly string[];
  readonly groups: readonly GroupStatus[];
  readonly peers: readonly PeerStatus[];
  readonly witness: { readonly reachable: boolean; readonly detail: string } | undefined;
  readonly services: {
    readonly count: number;
    readonly backends: number;
    readonly backendsUp: number;
    /** What this node finds out by itself about backends of services with `health`; undefined: nothing yet. */
    readonly checks?: ChecksStatus;
    readonly repairs: number;
    readonly draining: readonly Draining[];
    readonly persistence: readonly PersistenceUse[];
    readonly persistRefused: readonly PersistenceRefused[];
  };
  readonly document: DocumentStatus;
  /** Features that this kernel does not have: services that ask for them go without. */
  readonly kernelLacks: readonly string[];
  readonly replication: SyncStatus;
  readonly conntrackd: ConntrackdStatus;
}

/** Something worth telling an operator, with the reason for it. */
export interface NodeEvent {
  /** Wall-clock time for people; nothing decides by it. */
  readonly time: string;
  /** Milliseconds on the node's monotonic clock. */
  readonly atMs: number;
  readonly kind: string;
  readonly message: string;
  /** How often it happened in a row, when more than once; `time` is that of the first. */
  readonly times?: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An event in the timeline of all nodes. `atMs` and `time` are by the node that was asked. */
export interface ClusterEvent extends NodeEvent {
  readonly node: string;
  /** The true place is at most this far away, as far as round trips and the drift of clocks tell. */
  readonly uncertainMs: number;
}

export interface ClusterEventsNode {
  readonly node: string;
  readonly ok: boolean;
  /** Why there is nothing of it. */
  readonly reason: string;
  readonly roundTripMs?: number;
  /** Its time of day is this far ahead of the asked node's; told when it is worth a word. */
  readonly wallAheadMs?: number;
}

export interface ClusterEvents {
  readonly nodes: readonly ClusterEventsNode[];
  readonly events: readonly ClusterEvent[];
}

export interface ApplyResult {
  readonly dryRun: boolean;
  readonly changed: readonly string[];
  readonly operations: number;
  /** nft text of the change, when asked for. */
  readonly text: string | undefined;
  /** Of the cluster's document; absent in a dry run. */
  readonly version?: number;
  /** Other nodes that have it. */
  readonly confirmed?: readonly string[];
  readonly missing?: readonly { readonly node: string; readonly reason: string }[];
  /** Goes back unless confirmed within. */
  readonly confirmMs?: number;
}

export interface ApplyRequest {
  readonly dryRun: boolean;
  readonly confirmMs?: number;
  /** Also in a conflict, or while nodes are out of reach that may be edited, too. */
  readonly force?: boolean;
  readonly reason?: string;
}

export type HandoverResult =
  | { readonly ok: true; readonly tookMs: number }
  | { readonly ok: false; readonly reason: string };

/** What a running node can be asked to do: implemented by `app/node.ts`, offered by `api/`, used by the CLI. */
export interface NodeControl {
  status(): Promise<NodeStatus>;
  /** The services document in nftlb's JSON. */
  services(): string;
  /** Checks and applies a document (JSON or YAML); rejects with `bad-document` that lists every problem. */
  apply(text: string, options: ApplyRequest): Promise<ApplyResult>;
  /** Keeps what waits for confirmation. */
  confirm(): Promise<ApplyResult>;
  /** To the version with this number; undefined: the one before. */
  rollback(version: number | undefined, force: boolean): Promise<ApplyResult>;
  /** Ends a conflict: what this node has stays. */
  resolve(): Promise<ApplyResult>;
  history(): readonly HistoryLine[];
  setBackendState(service: string, backend: string, state: BackendState): Promise<void>;
  sessions(service: string | undefined): Promise<readonly Session[]>;
  /** Of services that are counted, or of one. */
  counters(service: string | undefined): Promise<readonly ServiceCounters[]>;
  handover(group: string, to: string | undefined): Promise<HandoverResult>;
  /** Every group that this node owns. */
  handoverAll(to: string | undefined): Promise<Readonly<Record<string, HandoverResult>>>;
  /** `node` undefined: this one; `group` undefined: all of the node. Rejects with `not-found` or `not-ready`. */
  setMaintenance(node: string | undefined, group: string | undefined, on: boolean): Promise<void>;
  /** `entries` are made as they are asked for: there may be a million. */
  syncDump(): { readonly entries: Iterable<PersistenceEntry>; readonly general: readonly GeneralEntry[] };
  /** Entries of a client, by its address. */
  syncShow(client: string): readonly SyncEntry[];
  /** Changes of entries from now on. Returns the unsubscriber. */
  syncWatch(listener: (change: SyncChange) => void): () => void;
  syncVerify(): Promise<VerifyResult>;
  events(): readonly NodeEvent[];
  /** Returns the unsubscriber. */
  onEvent(listener: (event: NodeEvent) => void): () => void;
  /** Of all nodes that answer, merged. */
  clusterEvents(): Promise<ClusterEvents>;
}
