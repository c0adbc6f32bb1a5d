/** What the main thread and the guard thread say to each other: plain data, cloned on the way. */

import type { NodeConfig } from '../model/node.js';
import type { DecisionRecord } from './decisions.js';
import type { EtcdTls } from './etcd-state.js';
import type { HealthReason } from './health.js';
import type { LateRefusal } from './refusal-problems.js';
import type { Readiness, Report } from './types.js';
import type { ElectionView } from './view.js';

export interface GuardThreadData {
  readonly config: NodeConfig;
  readonly secret: Uint8Array;
  /** Highest epoch known per group. */
  readonly epochs: Readonly<Record<string, number>>;
  /** '' for the whole node, or names of groups. */
  readonly maintenance: readonly string[];
  /** Id of the etcd cluster that this node belongs to; '': none known. */
  readonly etcdCluster: string;
}

export type ToGuard =
  | { readonly type: 'readiness'; readonly readiness: Readiness }
  | { readonly type: 'health'; readonly reasons: readonly HealthReason[] }
  | {
      readonly type: 'maintenance';
      readonly id: number;
      readonly node: string;
      readonly group: string;
      readonly on: boolean;
    }
  | {
      readonly type: 'handover';
      readonly id: number;
      readonly group: string;
      readonly to: string | undefined;
    }
  /** Answered by a result, after everything that is due or has been decided. */
  | { readonly type: 'echo'; readonly id: number }
  /** Certificates that were read again: calls from here on show them. */
  | { readonly type: 'etcd-tls'; readonly tls: EtcdTls }
  /** Record the whole state with the next decisions. */
  | { readonly type: 'checkpoint' }
  | { readonly type: 'stop' };

/** The state of the guard thread, sent after every change of note and a few times a second. */
export interface GuardState extends ElectionView {
  readonly cluster: string;
  /** Datagrams refused since start, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The last of each kind, of the last minute. */
  readonly refusals: readonly LateRefusal[];
  /** True when the guard table belongs to the guard thread's socket (Linux 6.9 and later). */
  readonly owned: boolean;
}

export type GuardEvent =
  | Report
  /** A datagram was refused; further ones of this kind are only counted for a while. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly detail: string;
      readonly from: string;
      readonly count: number;
    }
  | { readonly kind: 'guard-repaired'; readonly detail: string }
  /** A floating address was missing on the owner, or present on another node. */
  | { readonly kind: 'address-corrected'; readonly detail: string }
  | { readonly kind: 'fault'; readonly detail: string }
  | { readonly kind: 'thread-died'; readonly detail: string };

export type FromGuard =
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'state'; readonly state: GuardState }
  | { readonly type: 'event'; readonly event: GuardEvent }
  | { readonly type: 'maintenance'; readonly entries: readonly string[] }
  | { readonly type: 'etcd-cluster'; readonly cluster: string }
  | { readonly type: 'decisions'; readonly records: readonly DecisionRecord[] }
  | { readonly type: 'epoch'; readonly group: string; readonly epoch: number }
  | {
      readonly type: 'handover-result';
      readonly id: number;
      readonly ok: boolean;
      readonly tookMs: number;
      readonly reason: string;
    }
  | { readonly type: 'stopped' };

export interface GuardThread {
  post(message: ToGuard): void;
  /** Waits a little for it to end by itself, then ends it: without stepping down, the kernel lease then runs out. */
  end(): Promise<void>;
}

export type StartGuardThread = (
  data: GuardThreadData,
  onMessage: (message: FromGuard) => void,
  /** The thread has ended by itself; `detail` says how. */
  onExit: (detail: string) => void,
) => GuardThread;
