/** What a standby remembers of a group that a peer owns, and of the snapshot that runs: when it has all of the group. */

import { hasBucket } from '../model/buckets.js';

export interface RemoteGroup {
  active: boolean;
  readonly epoch: number;
  complete: boolean;
  /** It owned the group in this epoch when we last heard of it, and its log holds every refresh since; until the first digest. */
  continued: boolean;
  /** Buckets that the last decisive digest showed to be missing, until a snapshot that has begun after it has brought them. */
  wanted: ReadonlySet<number>;
  suspects: ReadonlySet<number>;
  /** Buckets in which the owner's last digest differed from ours; undefined before the first. */
  differing: number | undefined;
}

export interface RunningSnapshot {
  readonly group: number;
  readonly epoch: number;
  readonly buckets: Uint8Array | undefined;
  readonly stamp: number;
  /** A decisive digest came meanwhile: what it shows to be missing may be of rows that this snapshot has passed by. */
  overtaken: boolean;
}

const none: ReadonlySet<number> = new Set();

export const remoteGroup = (epoch: number, continued: boolean): RemoteGroup => ({
  active: true,
  epoch,
  continued,
  complete: false,
  wanted: none,
  suspects: none,
  differing: undefined,
});

/** True: the group is complete with it. */
export const completes = (remote: RemoteGroup, snapshot: RunningSnapshot): boolean => {
  if (remote.wanted.size === 0 || snapshot.overtaken) return false;
  remote.wanted = new Set([...remote.wanted].filter((bucket) => !hasBucket(snapshot.buckets, bucket)));
  if (remote.wanted.size > 0) return false;
  remote.complete = true;
  remote.differing = 0;
  return true;
};
