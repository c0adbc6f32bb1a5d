/** What the etcd driver keeps, asks of etcd and hears from it. Plain data: the calls are made elsewhere (`shell/etcd-client.ts`). */

/**
 * `fast`: the owner renews with a majority of nodes, and a majority may replace it at once. `lone`: it renews by its etcd lease alone, and
 * nobody may replace it before that lease has ended.
 */
export type EtcdMode = 'fast' | 'lone';

export interface EtcdConfig {
  readonly driver: 'etcd';
  /** Life of this node's lease in etcd, whole seconds in reality. */
  readonly ttlMs: number;
  /** How often it is renewed. */
  readonly keepMs: number;
  /** By then every call has been answered or has failed. */
  readonly callMs: number;
  /** What the identity key of this cluster says. */
  readonly identity: string;
  /** Id of the etcd cluster as remembered from an earlier life; '': none yet. */
  readonly knownCluster: string;
}

/** `expect`: revision that the key must have, 0: it must not be there. Keys are relative to the cluster's prefix. */
export type EtcdCall =
  | { readonly op: 'grant'; readonly ttlMs: number }
  | { readonly op: 'keep'; readonly lease: string }
  /** All keys of the cluster, linearizable. */
  | { readonly op: 'read' }
  | {
      readonly op: 'put';
      readonly key: string;
      readonly value: string;
      /** '': without one. */
      readonly lease: string;
      readonly expect: number;
      /** A second key that is compared and put with it, and stays: a claim's epoch. */
      readonly epoch?: { readonly key: string; readonly value: string; readonly expect: number };
    }
  | { readonly op: 'delete'; readonly key: string; readonly expect: number };

/** What a client of etcd shows and trusts: PEM. */
export interface EtcdTls {
  readonly ca: Uint8Array;
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

export interface EtcdKey {
  readonly key: string;
  readonly value: string;
  /** Revision of its last change. */
  readonly rev: number;
}

export type EtcdAnswer =
  | { readonly ok: false; readonly text: string }
  | {
      readonly ok: true;
      /** The member that answered, by its place in the list. */
      readonly via: number;
      /** Raft term of that member when it answered. */
      readonly term: string;
      /** Id of the etcd cluster. */
      readonly cluster: string;
      /** Revision of the store. */
      readonly rev: number;
      /** `grant`, `keep`. 0: there is no such lease any more. */
      readonly ttlMs?: number;
      readonly lease?: string;
      /** `read`: all keys. `put`, `delete` that compared badly: the keys as they are, if they are there. */
      readonly keys?: readonly EtcdKey[];
      readonly swapped?: boolean;
    };

export interface EtcdHolder {
  readonly node: string;
  readonly session: number;
  readonly mode: EtcdMode;
  readonly epoch: number;
}

export interface EtcdGroup {
  /** The key as last known; undefined: not known. A key that is not there has no holder. */
  known: { readonly rev: number; readonly holder: EtcdHolder | undefined } | undefined;
  /** Revision of the store that `known` is from, at least. */
  seenRev: number;
  /** The highest epoch that anybody has claimed with, as etcd keeps it, and the revision of its key. */
  epoch: number;
  epochRev: number;
  /** By which right this node may renew; undefined: by none. */
  mode: EtcdMode | undefined;
  /** The put or delete that is under way; 0: none. */
  call: number;
  callOp: EtcdMode | 'delete';
  /** Number of the claim that made it. */
  callClaim: number;
  callHasEpoch: boolean;
  againMs: number;
  claim: number;
  /** The key when the present claim was armed. */
  atArm: { readonly rev: number; readonly holder: EtcdHolder | undefined } | undefined;
  /** The present claim has written the key. */
  acquired: boolean;
  /** When a majority last granted a renewal, and since when it granted every one. */
  majorityMs: number;
  majoritySinceMs: number | undefined;
}

export interface EtcdState {
  calls: Readonly<
    Record<number, { readonly op: EtcdCall['op']; readonly key: string; readonly sentMs: number }>
  >;
  lastCall: number;
  /** The call of the round grant/keep/read that is under way; 0: none. */
  sessionCall: number;
  nextMs: number;
  lease: string;
  /** The lease in etcd surely lives until then, on this node's clock. */
  validUntilMs: number;
  lastRead: { readonly via: number; readonly term: string } | undefined;
  /** A renewal that the next read confirms. */
  kept: { readonly sentMs: number; readonly term: string; readonly ttlMs: number } | undefined;
  isOurs: boolean;
  cluster: string;
  /** Why this etcd must not be used. */
  refused: string;
  trouble: string;
  troubleMs: number;
  okMs: number;
  /** How long the last answers took, the longest of late. */
  tookMs: number;
  groups: Readonly<Record<string, EtcdGroup>>;
}

const createEtcdGroup = (): EtcdGroup => ({
  known: undefined,
  seenRev: 0,
  epoch: 0,
  epochRev: 0,
  mode: undefined,
  call: 0,
  callOp: 'fast',
  callClaim: 0,
  callHasEpoch: false,
  againMs: 0,
  claim: 0,
  atArm: undefined,
  acquired: false,
  majorityMs: Number.NEGATIVE_INFINITY,
  majoritySinceMs: undefined,
});

export const createEtcdState = (config: EtcdConfig, groups: readonly string[], nowMs: number): EtcdState => ({
  calls: {},
  lastCall: 0,
  sessionCall: 0,
  nextMs: nowMs,
  lease: '',
  validUntilMs: Number.NEGATIVE_INFINITY,
  lastRead: undefined,
  kept: undefined,
  isOurs: false,
  cluster: config.knownCluster,
  refused: '',
  trouble: '',
  troubleMs: nowMs,
  okMs: Number.NEGATIVE_INFINITY,
  tookMs: 0,
  groups: Object.fromEntries(groups.map((name) => [name, createEtcdGroup()])),
});

export const identityKey = 'identity';
/** Without a lease: it outlives owners, so that epochs grow whoever has heard of whom. */
export const epochKey = (group: string): string => `epochs/${group}`;
export const groupKey = (group: string): string => `groups/${group}`;

/** What stands in a group's key. Text that is not ours counts as an owner that nobody may replace. */
export const parseHolder = (value: string): EtcdHolder => {
  try {
    const { node, session, mode, epoch } = JSON.parse(value) as Partial<EtcdHolder>;
    const isOurs = typeof node === 'string' && typeof session === 'number' && Number.isSafeInteger(epoch);
    if (isOurs && (mode === 'fast' || mode === 'lone')) return { node, session, mode, epoch: epoch! };
  } catch {
    // Falls through: not written by a relevo of this version.
  }
  return { node: '?', session: 0, mode: 'lone', epoch: 0 };
};

export interface EtcdCaller {
  call(id: number, call: EtcdCall): void;
  /** Calls from here on show and trust these; those under way are not touched. */
  renew(tls: EtcdTls): void;
  close(): void;
}
