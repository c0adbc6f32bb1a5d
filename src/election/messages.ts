/** What the datagrams of an election say. Their bytes are `datagram.ts`. */

/** Bounds inside a datagram; a heartbeat of 16 groups with the longest texts stays below `limits.heartbeatBytes`. */
export const messageLimits = { groups: 16, reasonBytes: 160, positionBytes: 64, fileParts: 8 } as const;

export const roles = ['init', 'standby', 'active', 'draining'] as const;
export type Role = (typeof roles)[number];

/** `no`: cannot take a group now. `late`: its replica is incomplete but the wait for it is over. `ready`: may take it. */
export const eligibilities = ['no', 'late', 'ready'] as const;
export type Eligibility = (typeof eligibilities)[number];

export interface HeartbeatGroup {
  readonly group: string;
  readonly role: Role;
  readonly eligible: Eligibility;
  readonly epoch: number;
  /** Every grant asked for up to this number is given back; 0 while the node holds or seeks the group. */
  readonly releasedAsk: number;
  /** 0: nothing is wrong (`health.ts`). */
  readonly penalty?: number;
  readonly maintenance?: boolean;
}

/** What an operator wants of another node than the one that was asked. */
export const verbs = ['handover', 'maintain', 'resume'] as const;
export type Verb = (typeof verbs)[number];

export const refusals = [
  'granted',
  'held-by-other',
  'just-started',
  'reserved',
  'epoch-too-low',
  'released',
  'lease-too-long',
  'unknown-group',
] as const;
export type RefusalReason = (typeof refusals)[number];

export type Body =
  | { readonly type: 'hello' }
  | {
      readonly type: 'heartbeat';
      /** Sender's clock when it was sent, and the peer's last stamp with the time it lay here: round trips without shared clocks. */
      readonly sentUs: number;
      readonly echoUs: number;
      readonly echoHeldUs: number;
      readonly ready: boolean;
      readonly position: string;
      readonly reason: string;
      /** A part of the sender's groups, when they are many; the others are told in another one. */
      readonly groups: readonly HeartbeatGroup[];
      /** What must be equal on all nodes (`cluster-file.ts`). */
      readonly file?: readonly number[];
      /** Seconds since 1970 by the sender's wall clock, for people; 0: not known. */
      readonly wallS?: number;
    }
  | {
      readonly type: 'ask';
      readonly group: string;
      readonly ask: number;
      readonly epoch: number;
      readonly leaseMs: number;
      /** The offer that this ask answers; 0 outside a handover. */
      readonly offer: number;
    }
  | {
      readonly type: 'answer';
      readonly group: string;
      readonly ask: number;
      /** The session that asked: numbers of asks start again with every session. */
      readonly session: number;
      /** `granted`, or why not. */
      readonly verdict: RefusalReason;
      /** Highest epoch this voter knows of. */
      readonly epoch: number;
      /** When asking again makes sense. */
      readonly waitMs: number;
      /** Who has the vote; may be empty. */
      readonly holder: string;
    }
  | {
      readonly type: 'release';
      readonly group: string;
      readonly ask: number;
      readonly epoch: number;
      /** The node it is meant for (handover); may be empty. */
      readonly to: string;
    }
  | { readonly type: 'offer'; readonly group: string; readonly epoch: number; readonly offer: number }
  | { readonly type: 'decline'; readonly group: string; readonly offer: number; readonly reason: string }
  /** `group` and `to` may be empty. */
  | {
      readonly type: 'order';
      readonly id: number;
      readonly verb: Verb;
      readonly group: string;
      readonly to: string;
    }
  | {
      readonly type: 'order-result';
      readonly id: number;
      readonly ok: boolean;
      readonly tookMs: number;
      readonly reason: string;
    };

export interface Header {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  readonly path: number;
  readonly session: number;
  readonly counter: number;
  readonly toSession: number;
}

/** HMAC-SHA256 under the cluster's secret, 32 bytes; given by the shell. */
export type Mac = (bytes: Uint8Array) => Uint8Array;
