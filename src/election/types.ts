/** The vocabulary of the election machine: configuration, state, events and effects. Plain data throughout. */

import type { Failback } from '../model/node.js';
import type { EtcdAnswer, EtcdCall, EtcdConfig, EtcdState } from './etcd-state.js';
import type { HealthReason } from './health.js';
import type { KeepalivedConfig, KeepalivedEvent, KeepalivedState } from './keepalived-state.js';
import type { Body, Eligibility, Role } from './messages.js';
import type { VoterState } from './voter.js';

/** The name under which a `relevo witness` speaks; `@` keeps it apart from node names. */
export const witnessName = '@witness';

export interface ElectionGroup {
  readonly name: string;
  /** Best first; nodes that are not named come after, in the order of the configuration. */
  readonly preferred: readonly string[];
  readonly failback: Failback;
  readonly trackLinks: readonly string[];
}

export interface ElectionTiming {
  /** Life of a kernel lease (L). */
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly heartbeatMs: number;
  readonly deadMs: number;
  readonly syncWaitMs: number;
  readonly announceMs: number;
}

export interface ElectionConfig {
  readonly node: string;
  /** Random, drawn at every start. */
  readonly session: number;
  /** All nodes, in the order of the configuration, which breaks ties. */
  readonly nodes: readonly string[];
  readonly witness: 'arbiter' | 'ping' | 'none';
  /** Heartbeat paths between two nodes. */
  readonly paths: number;
  readonly groups: readonly ElectionGroup[];
  readonly timing: ElectionTiming;
  /** How long a peer must be the healthier one, and an owner have owned, before health moves a group (`health.ts`). */
  readonly health?: { readonly afterMs: number; readonly stayMs: number };
  /** Another driver than votes alone (`coordination.ts`). */
  readonly coordination?: EtcdConfig | KeepalivedConfig;
  /** What must be equal on all nodes (`cluster-file.ts`). */
  readonly file?: readonly number[];
  /** How long a grant binds a voter; `lockMsFor` except where a test plants a bug. */
  readonly lockMs: (leaseMs: number) => number;
}

/** The four writes to the kernel's lease sets. At most one per group is under way at any time. */
export type KernelOp = 'arm' | 'claim' | 'renew' | 'close';

export interface PeerGroup {
  readonly role: Role;
  readonly eligible: Eligibility;
  readonly epoch: number;
  /** 0: nothing is wrong (`health.ts`). */
  readonly penalty: number;
  readonly maintenance: boolean;
}

export interface PeerState {
  readonly name: string;
  session: number;
  alive: boolean;
  /** Since when `alive` is what it is. */
  sinceMs: number;
  /** Last authentic datagram, per path. */
  readonly heardMs: number[];
  readonly rttMs: number[];
  /** When it must be told again that this node lives, at the latest. */
  tellMs: number;
  readonly stamps: { readonly sentUs: number; readonly atMs: number }[];
  ready: boolean;
  position: string;
  reason: string;
  groups: Readonly<Record<string, PeerGroup>>;
  file: readonly number[];
  /** Its wall clock less this node's, as told last. Nothing decides by it. */
  clockAheadS: number | undefined;
}

export interface Claim {
  readonly phase: 'arming' | 'asking' | 'opening';
  readonly epoch: number;
  readonly armedMs: number;
  /** The handover offer it answers, or 0, and who made it. */
  readonly offer: number;
  readonly from: string;
  readonly refusals: Readonly<Record<string, { readonly text: string; readonly untilMs: number }>>;
}

export interface Handover {
  /** 0 when the machine itself wanted it (preempt). */
  readonly id: number;
  readonly to: string;
  readonly offer: number;
  readonly phase: 'offered' | 'closing' | 'waiting';
  readonly startedMs: number;
  readonly offeredMs: number;
  readonly ask:
    | { readonly session: number; readonly path: number; readonly body: Body & { type: 'ask' } }
    | undefined;
}

export interface GroupState {
  readonly name: string;
  role: Role;
  /** Why it has its role, as it was decided. */
  reason: string;
  sinceMs: number;
  /** Why a standby does not claim, right now; empty otherwise. */
  waiting: string;
  /** Highest epoch known; the epoch of the node's own tenure while active. */
  epoch: number;
  tenure: number;
  pending: KernelOp | undefined;
  /** When the pending write was handed over: its lease ends no later than this plus twice the lease. */
  pendingMs: number;
  /** The kernel has confirmed that nothing of a former process is left. */
  clean: boolean;
  asked: number;
  askedMs: number;
  /** Asks up to this one were made before the last kernel write ended, and are worth nothing. */
  voided: number;
  /** Highest ask granted by each voter. */
  readonly votes: Record<string, number>;
  heldUntilMs: number;
  claim: Claim | undefined;
  claimAfterMs: number;
  ownerlessMs: number;
  /** All asks are given back; told to voters with every heartbeat. */
  released: boolean;
  releasesLeft: number;
  releaseAgainMs: number;
  releasedTo: string;
  closeReason: string;
  closeReleases: boolean;
  handover: Handover | undefined;
  drainUntilMs: number;
  announcements: number;
  announceMs: number;
  preemptMs: number;
  /** A peer has been healthier than this owner until then: the group moves. */
  healthierMs: number;
  /** When an owner in maintenance looks for a successor again. */
  maintenanceMs: number;
}

/** On its way to another node. */
export interface SentOrder {
  readonly to: string;
  readonly body: Body & { type: 'order' };
  readonly againMs: number;
  readonly startedMs: number;
}

/** The last order of a peer, and what came of it. */
export interface ForeignOrder {
  readonly session: number;
  readonly id: number;
  readonly local: number;
  readonly result: (Body & { type: 'order-result' }) | undefined;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** Replica position, opaque here. */
  readonly position: string;
}

export interface ElectionState {
  startedMs: number;
  started: boolean;
  stopping: boolean;
  stopped: boolean;
  stopMs: number;
  voter: VoterState;
  readiness: Readiness;
  unreadyMs: number;
  /** What is wrong with this node, and how much it counts. */
  health: readonly HealthReason[];
  maintenance: readonly string[];
  /** As told last: seconds since 1970, and minute of the local day. */
  wall: { readonly seconds: number; readonly minute: number; readonly atMs: number } | undefined;
  orders: Readonly<Record<number, SentOrder>>;
  foreignOrders: Readonly<Record<string, ForeignOrder>>;
  lastForeign: number;
  links: Readonly<Record<string, boolean>>;
  /** When a link came back; absent for one that was up from the start. */
  linkUpMs: Readonly<Record<string, number>>;
  /** Until when the pinged gateway counts as reachable. */
  gatewayMs: number;
  /** By then every peer is told everything, whatever else it is told. */
  fullMs: number;
  /** The next heartbeat brings news: it goes over every path. */
  hasNews: boolean;
  heartbeats: number;
  /** After a sleep of this node: until when nobody's silence is judged (`stall.ts`). */
  deafUntilMs: number;
  /** When the witness is greeted next. */
  greetMs: number;
  offers: number;
  witnessHeardMs: number;
  /** Of the driver in use. */
  etcd: EtcdState | undefined;
  keepalived: KeepalivedState | undefined;
  peers: Readonly<Record<string, PeerState>>;
  groups: Readonly<Record<string, GroupState>>;
}

export type ElectionEvent =
  | {
      readonly type: 'start';
      readonly links: Readonly<Record<string, boolean>>;
      /** Highest epochs known from an earlier life. */
      readonly epochs: Readonly<Record<string, number>>;
      readonly maintenance?: readonly string[];
    }
  | { readonly type: 'timer' }
  /** This node was not awake for so long when it should have been; comes before anything that waited meanwhile. */
  | { readonly type: 'stalled'; readonly sleptMs: number }
  | {
      readonly type: 'message';
      readonly from: string;
      readonly session: number;
      readonly path: number;
      readonly body: Body;
    }
  /** The end of a kernel write. `missing`: the compare failed, the lease had run out. */
  | {
      readonly type: 'kernel';
      readonly group: string;
      readonly op: KernelOp;
      readonly result: 'done' | 'missing' | 'failed';
      readonly detail: string;
    }
  | { readonly type: 'link'; readonly name: string; readonly usable: boolean }
  | { readonly type: 'readiness'; readonly readiness: Readiness }
  | { readonly type: 'health'; readonly reasons: readonly HealthReason[] }
  | { readonly type: 'wall'; readonly seconds: number; readonly minute: number }
  | {
      readonly type: 'maintenance';
      readonly id: number;
      readonly node: string;
      /** '': every group. */
      readonly group: string;
      readonly on: boolean;
    }
  | { readonly type: 'gateway'; readonly untilMs: number }
  /** The end of a call: every call has one. */
  | { readonly type: 'etcd'; readonly id: number; readonly answer: EtcdAnswer }
  | KeepalivedEvent
  | {
      readonly type: 'handover';
      readonly id: number;
      readonly group: string;
      readonly to: string | undefined;
    }
  | { readonly type: 'stop' };

export type Report =
  | {
      readonly kind: 'role';
      readonly group: string;
      readonly from: Role;
      readonly to: Role;
      readonly epoch: number;
      readonly reason: string;
    }
  | { readonly kind: 'peer'; readonly peer: string; readonly alive: boolean; readonly reason: string }
  | { readonly kind: 'waiting'; readonly group: string; readonly reason: string }
  | {
      readonly kind: 'claim-failed';
      readonly group: string;
      readonly epoch: number;
      readonly reason: string;
    };

export type Effect =
  /** `path` undefined: over every path to that receiver. */
  | { readonly type: 'send'; readonly to: string; readonly path: number | undefined; readonly body: Body }
  /** A kernel write; its end comes back as a `kernel` event, always. */
  | { readonly type: 'kernel'; readonly op: KernelOp; readonly group: string; readonly reason: string }
  | { readonly type: 'add-addresses' | 'remove-addresses' | 'announce'; readonly group: string }
  | { readonly type: 'report'; readonly report: Report }
  /** To be kept over restarts. */
  | { readonly type: 'maintenance'; readonly entries: readonly string[] }
  | {
      readonly type: 'handover-result';
      readonly id: number;
      readonly ok: boolean;
      readonly tookMs: number;
      readonly reason: string;
    }
  | { readonly type: 'etcd'; readonly id: number; readonly call: EtcdCall }
  /** The etcd cluster this node belongs to from now on: to be kept over restarts. */
  | { readonly type: 'etcd-cluster'; readonly cluster: string }
  | { readonly type: 'stopped' };

export interface Step {
  readonly state: ElectionState;
  readonly effects: readonly Effect[];
  /** When the machine wants a `timer` event, at the latest. */
  readonly deadlineMs: number;
}
