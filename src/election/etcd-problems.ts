/** What is wrong with etcd, for `status`, with what it means for owners and standbys. */

import { etcdOf } from './etcd-session.js';
import type { Turn } from './turn.js';

export const etcdProblems = (turn: Turn): string[] => {
  const { config, etcd } = etcdOf(turn)!;
  const { nowMs, state } = turn;
  const { leaseMs } = turn.config.timing;
  const leftMs = etcd.validUntilMs - turn.config.lockMs(leaseMs) - nowMs;
  const owned = Object.values(state.groups).some(({ role }) => role === 'active');
  const meaning = owned
    ? `this node keeps its groups for another ${Math.max(0, Math.ceil(leftMs / 1000))} s, as long as the lease it was granted lasts`
    : 'this node cannot take a group over';
  if (etcd.refused !== '') return [`${etcd.refused}; ${meaning}`];
  const silentMs = nowMs - Math.max(etcd.okMs, state.startedMs);
  if (silentMs > config.keepMs + 2 * config.callMs) {
    const why = etcd.trouble || 'no answer';
    // A certificate that is refused says in its text what to do.
    const remedy = why.includes('coordination.tls')
      ? ''
      : '; start its members at coordination.endpoints again, a majority of them is enough';
    return [`etcd has not answered for ${Math.round(silentMs / 1000)} s (${why}): ${meaning}${remedy}`];
  }
  if (etcd.tookMs > leaseMs / 2) {
    return [
      `etcd is slow, an answer has taken ${Math.round(etcd.tookMs)} ms: a claim must be made within timing.leaseMs (${leaseMs}), so give etcd faster disks, or leaseMs a longer life`,
    ];
  }
  return [];
};
