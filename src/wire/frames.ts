/** The frames of the replication protocol as native types. proto/relevo/v1/sync.proto says what each one means. */

import type { EntryColumns, KeyColumns } from '../model/columns.js';
import type { GeneralEntries, GeneralKeys } from '../model/general-columns.js';
import type { StateEntry } from '../replication/document/states.js';
import type { DocumentVersion, Seen } from '../replication/document/version.js';

export type RefusalCode = 'version' | 'cluster' | 'node' | 'maps' | 'hello' | 'frame' | 'epoch' | 'replaced';

/** A place in one node's stream: sequence numbers belong to a session, a session to one start of the agent. */
export interface Position {
  readonly session: string;
  readonly sequence: number;
}

export interface HelloFrame {
  readonly kind: 'hello';
  readonly versionMin: number;
  readonly versionMax: number;
  readonly software: string;
  readonly cluster: string;
  readonly node: string;
  readonly session: string;
  readonly maps: readonly string[];
  readonly resume: Position | undefined;
  readonly active: readonly { readonly group: string; readonly epoch: number }[];
  /** Absent: its software does not replicate the services document. */
  readonly document?: number;
  /** Highest version of general frames; undefined: none. */
  readonly general?: number;
  readonly generalResume?: Position;
  /** Absent: it does not answer questions for what its kernel holds. */
  readonly verify?: number;
  /** Number of a `Direction`; absent: both. */
  readonly direction?: number;
}

export interface DeltaFrame {
  readonly kind: 'delta';
  readonly frame: number;
  readonly group: string;
  readonly epoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly upserts: EntryColumns;
  readonly deletions: KeyColumns;
}

export interface SnapshotBeginFrame {
  readonly kind: 'snapshot-begin';
  readonly frame: number;
  readonly group: string;
  readonly epoch: number;
  readonly sequence: number;
  /** Undefined: all. */
  readonly buckets: Uint8Array | undefined;
  readonly expected: number;
}

export interface SnapshotChunkFrame {
  readonly kind: 'snapshot-chunk';
  readonly frame: number;
  readonly group: string;
  readonly epoch: number;
  readonly entries: EntryColumns;
}

export interface SnapshotEndFrame {
  readonly kind: 'snapshot-end';
  readonly frame: number;
  readonly group: string;
  readonly epoch: number;
}

export interface DigestFrame {
  readonly kind: 'digest';
  readonly group: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly decisive: boolean;
  readonly sums: Uint32Array;
  readonly counts: Uint32Array;
}

export interface GeneralDelta extends Omit<DeltaFrame, 'upserts' | 'deletions'> {
  readonly upserts: GeneralEntries;
  readonly deletions: GeneralKeys;
}

export interface GeneralChunk extends Omit<SnapshotChunkFrame, 'entries'> {
  readonly entries: GeneralEntries;
}

/** The second stream: each of its frames as the one of the same name in the first. */
export type GeneralBody =
  | GeneralDelta
  | SnapshotBeginFrame
  | GeneralChunk
  | SnapshotEndFrame
  | DigestFrame
  | ResyncFrame
  | Extract<SyncFrame, { kind: 'start' | 'ack' }>
  | { readonly kind: 'progress'; readonly head: number; readonly sequence: number };

/** No buckets: the decisive digest was equal. Epoch and sequence are those of the digest; 0: an older node, which does not say. */
export interface ResyncFrame {
  readonly kind: 'resync';
  readonly group: string;
  readonly buckets: Uint8Array | undefined;
  readonly epoch: number;
  readonly sequence: number;
}

export interface GeneralFrame {
  readonly kind: 'general';
  readonly body: GeneralBody;
}

/** Frames that carry a number of the connection and are answered by Ack once they are in the kernel. */
export type NumberedFrame = DeltaFrame | SnapshotBeginFrame | SnapshotChunkFrame | SnapshotEndFrame;

/** What the last piece of a payload says of it. */
export interface DocumentPartEnd {
  readonly version: DocumentVersion;
  readonly prepare: boolean;
  readonly whole: boolean;
  readonly base: string;
  readonly mergeable: boolean;
  readonly remainingMs: number;
}

export type DocumentMessage =
  | { readonly kind: 'head'; readonly version: DocumentVersion | undefined; readonly trouble: string }
  | { readonly kind: 'fetch'; readonly seen: Seen; readonly whole: boolean }
  | { readonly kind: 'part'; readonly text: Uint8Array; readonly end: DocumentPartEnd | undefined }
  | { readonly kind: 'vote'; readonly id: string; readonly ok: boolean; readonly reason: string }
  | { readonly kind: 'decide'; readonly id: string; readonly commit: boolean }
  | { readonly kind: 'states'; readonly entries: readonly StateEntry[] };

/** A question about what happened, or its answer. */
export interface EventsMessage {
  readonly id: number;
  readonly question: boolean;
  readonly want: number;
  readonly nowUs: number;
  readonly text: Uint8Array;
}

/** What a kernel holds: a question, or a piece of the answer. */
export interface VerifyMessage {
  readonly id: number;
  readonly question: boolean;
  readonly last: boolean;
  readonly problem: string;
  readonly entries: EntryColumns;
  /** Of general entries. */
  readonly group: string;
  readonly general: GeneralEntries;
  /** What peers have been told is left, of each entry; 0: nothing. */
  readonly toldMs: readonly number[];
}

/** What a service or one backend of it has carried on a node. */
export interface Carried {
  readonly node: string;
  readonly service: string;
  /** Empty: the whole service. */
  readonly backend: string;
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
}

/** What travels beside the streams, without order or acknowledgement. */
export type AsideFrame =
  | { readonly kind: 'events'; readonly message: EventsMessage }
  | { readonly kind: 'verify'; readonly message: VerifyMessage }
  | { readonly kind: 'counters'; readonly carried: readonly Carried[] };

export type SyncFrame =
  | HelloFrame
  | { readonly kind: 'refuse'; readonly code: string; readonly detail: string }
  | { readonly kind: 'role'; readonly group: string; readonly epoch: number; readonly active: boolean }
  | { readonly kind: 'start'; readonly resumed: boolean; readonly sequence: number }
  | NumberedFrame
  | GeneralFrame
  | { readonly kind: 'ack'; readonly frame: number }
  | DigestFrame
  | ResyncFrame
  | { readonly kind: 'ping'; readonly token: number; readonly head: number; readonly sequence: number }
  | { readonly kind: 'pong'; readonly token: number }
  | { readonly kind: 'document'; readonly message: DocumentMessage }
  | AsideFrame
  /** A body that this version does not know: a newer peer's, to be passed over. */
  | { readonly kind: 'unknown' };
