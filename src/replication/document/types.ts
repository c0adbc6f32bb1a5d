/** What the document's state machine hears and answers: plain data. */

import type { Objects } from './history.js';
import type { DocumentVersion, Seen, VersionKind } from './version.js';

/** What is in force on this node, as objects by key. */
export interface Content<T> {
  get(key: string): T | undefined;
  /** Of the content as the change leaves it. */
  digestAfter(change: Objects<T>): string;
  /** The key of what the object of this key is a part of; undefined: it stands alone. */
  wider?(key: string): string | undefined;
}

/** A version with what it changes. `whole`: relative to nothing; whoever receives it has turned it into a change of what it has. */
export interface Payload<T> {
  readonly version: DocumentVersion;
  readonly whole: boolean;
  /** What the change is relative to; ignored when whole. */
  readonly base: string;
  readonly change: Objects<T>;
}

export type DocumentFrame<T> =
  /** The sender's version; `trouble`: why it does not take a newer one. */
  | { readonly kind: 'head'; readonly version: DocumentVersion | undefined; readonly trouble: string }
  /** Send what I miss. */
  | { readonly kind: 'fetch'; readonly seen: Seen; readonly whole: boolean }
  | {
      readonly kind: 'change';
      readonly payload: Payload<T>;
      readonly mergeable: boolean;
      /** Until it goes back unless confirmed. */
      readonly remainingMs: number;
    }
  | { readonly kind: 'prepare'; readonly payload: Payload<T> }
  | { readonly kind: 'vote'; readonly id: string; readonly ok: boolean; readonly reason: string }
  | { readonly kind: 'decide'; readonly id: string; readonly commit: boolean };

export type ProposalKind = Exclude<VersionKind, 'change' | 'merge' | 'revert' | 'import'>;

export interface Proposal<T> {
  readonly kind: ProposalKind;
  readonly reason: string;
  readonly time: string;
  /** Of an apply. */
  readonly change: Objects<T>;
  readonly confirmMs: number;
  /** Also where it may conflict with what another node has; what is known of theirs is superseded. */
  readonly force: boolean;
  /** Of a rollback: the number of the version; undefined: the one before. */
  readonly to?: number;
}

export type DocumentEvent<T> =
  | { readonly kind: 'propose'; readonly proposal: Proposal<T> }
  /** Changed here already, through nftlb's interface. */
  | {
      readonly kind: 'edited';
      readonly change: Objects<T>;
      readonly undo: Objects<T>;
      readonly content: string;
      readonly reason: string;
      readonly time: string;
    }
  | { readonly kind: 'connected'; readonly peer: string; readonly capable: boolean }
  | { readonly kind: 'disconnected'; readonly peer: string }
  | { readonly kind: 'frame'; readonly peer: string; readonly frame: DocumentFrame<T> }
  | { readonly kind: 'checked'; readonly reason: string }
  /** `reason` empty: it is in force. */
  | { readonly kind: 'installed'; readonly reason: string }
  | { readonly kind: 'leader'; readonly leader: boolean }
  | { readonly kind: 'tick' };

export type RefusalCode = 'conflict' | 'not-ready' | 'not-found' | 'kernel-refused' | 'timeout';

export type Answer =
  | {
      readonly ok: true;
      readonly version: DocumentVersion | undefined;
      /** False: it was in force already. */
      readonly changed: boolean;
      readonly confirmed: readonly string[];
      /** Nodes that have not got it, with the reason. */
      readonly missing: readonly { readonly node: string; readonly reason: string }[];
    }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string };

export type DocumentEffect<T> =
  | { readonly kind: 'send'; readonly peer: string; readonly frame: DocumentFrame<T> }
  /** Could this be installed? The next event is `checked`. */
  | { readonly kind: 'check'; readonly version: DocumentVersion; readonly change: Objects<T> }
  /** Bring it into force and onto the disk. The next event is `installed`. */
  | { readonly kind: 'install'; readonly version: DocumentVersion; readonly change: Objects<T> }
  /** The version has a new name or a new end; the content is the same. */
  | { readonly kind: 'persist' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'note'; readonly level: 'info' | 'warn'; readonly message: string };

export interface DocumentTiming {
  /** A node that has not voted by then has not agreed. */
  readonly voteMs: number;
  /** What is prepared and not decided is dropped. */
  readonly preparedMs: number;
  /** How long an answer waits for the other nodes. */
  readonly settleMs: number;
  readonly retryMs: number;
}
