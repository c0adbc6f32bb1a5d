/** Which driver a node has (`coordination.ts`). */

import { hasMajority } from './asking.js';
import type { Coordination } from './coordination.js';
import { etcdCoordination } from './etcd.js';
import { keepalivedCoordination } from './keepalived.js';
import type { ElectionConfig } from './types.js';

/** Votes alone: a majority of nodes, or a pair and its witness. */
const votes: Coordination = {
  blocker: () => undefined,
  begin: () => undefined,
  mayClaim: (turn, group) => (hasMajority(turn, group) ? 'yes' : 'no'),
  mayRenew: hasMajority,
  fault: () => undefined,
  fixed: undefined,
  tick: () => undefined,
  dueMs: () => Number.POSITIVE_INFINITY,
  isBusy: () => false,
  problems: () => [],
};

export const coordinationOf = ({ coordination }: ElectionConfig): Coordination => {
  if (coordination?.driver === 'etcd') return etcdCoordination;
  return coordination?.driver === 'keepalived' ? keepalivedCoordination : votes;
};
