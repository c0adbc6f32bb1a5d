/** What the guard thread needs of the outside, beyond `ports.ts`; and what it says to the main thread and hears from it. */

import type { Mac } from '../election/messages.js';
import type { Readiness, Report } from '../election/types.js';
import type { ElectionView } from '../election/view.js';
import type { NodeConfig, SocketAddress } from '../model/node.js';
import type { Clock, FrameSocket, Links, Log, Nft } from '../ports.js';

/** UDP on one local address, or on any (`undefined`). Sending never throws: a lost datagram is everyday business. */
export interface Datagrams {
  send(bytes: Uint8Array, to: SocketAddress): void;
  onDatagram(listener: (bytes: Uint8Array, from: SocketAddress) => void): void;
  close(): void;
}

export interface Timers {
  /** Calls once, not before `ms` have passed; the returned function cancels. */
  after(ms: number, action: () => void): () => void;
}

export interface GuardLoopPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly mac: Mac;
  readonly nft: Nft;
  readonly links: Links;
  /** ARP frames on one interface. */
  frames(interfaceName: string): FrameSocket;
  /** Rejects with `bad-config` when the address cannot be bound. */
  datagrams(local: SocketAddress | undefined): Promise<Datagrams>;
  post(message: FromGuard): void;
}

export interface GuardThreadData {
  readonly config: NodeConfig;
  readonly secret: Uint8Array;
  /** Highest epoch known per group. */
  readonly epochs: Readonly<Record<string, number>>;
}

export type ToGuard =
  | { readonly type: 'readiness'; readonly readiness: Readiness }
  | { readonly type: 'faults'; readonly faults: readonly string[] }
  | {
      readonly type: 'handover';
      readonly id: number;
      readonly group: string;
      readonly to: string | undefined;
    }
  | { readonly type: 'stop' };

/** The state of the guard thread, sent after every change of note and a few times a second. */
export interface GuardState extends ElectionView {
  readonly cluster: string;
  /** Datagrams refused since start, by reason. */
  readonly refused: Readonly<Record<string, number>>;
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
  | { readonly kind: 'fault'; readonly detail: string }
  | { readonly kind: 'thread-died'; readonly detail: string };

export type FromGuard =
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'state'; readonly state: GuardState }
  | { readonly type: 'event'; readonly event: GuardEvent }
  | { readonly type: 'epoch'; readonly group: string; readonly epoch: number }
  | {
      readonly type: 'handover-result';
      readonly id: number;
      readonly ok: boolean;
      readonly tookMs: number;
      readonly reason: string;
    }
  | { readonly type: 'stopped' };
