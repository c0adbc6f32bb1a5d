/** The document's state for `relevo status` and `relevo history`. */

import type { DocumentStatus, HistoryLine } from '../model/status.js';
import type { DocumentMachine } from '../replication/document/machine.js';
import { type PeerView, versionText } from '../replication/document/transaction.js';

const peerState = <T>(machine: DocumentMachine<T>, peer: PeerView): string => {
  if (!peer.connected) return 'not connected';
  if (!peer.capable) return 'older software: it is not told';
  if (!peer.known) return 'not heard yet';
  switch (machine.relationWith(peer)) {
    case 'same':
    case 'equal':
      return 'in sync';
    case 'ahead':
      return peer.trouble ? `BEHIND: ${peer.trouble}` : 'behind';
    case 'behind':
    case 'yields':
      return 'ahead of this node';
    case 'apart':
      return `CONFLICT: it has ${versionText(peer.head)}`;
  }
};

export const documentStatus = <T>(
  machine: DocumentMachine<T>,
  nowMs: number,
  problem: string | undefined,
): DocumentStatus => {
  const { head, deadlineMs, trouble } = machine;
  return {
    version: head?.number ?? 0,
    id: head?.id ?? '',
    author: head?.author,
    time: head?.time,
    kind: head?.kind,
    reason: head?.reason,
    content: head?.content ?? '',
    confirmInMs: deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - nowMs),
    conflicts: machine.conflictTexts(),
    problems: [...(trouble ? [trouble] : []), ...(problem ? [`not on disk: ${problem}`] : [])],
    peers: [...machine.peers.values()].map((peer) => ({
      name: peer.name,
      state: peerState(machine, peer),
      version: peer.head?.number,
    })),
  };
};

/** Newest first. */
export const historyLines = <T>(machine: DocumentMachine<T>): HistoryLine[] =>
  machine.history.entries.toReversed().map(({ version, undo }, at, all) => ({
    version: version.number,
    id: version.id,
    author: version.author,
    time: version.time,
    kind: version.kind,
    reason: version.reason,
    objects: undo?.size,
    // The one before is reached by the undo of this one.
    reachable: all.slice(0, at).every((entry) => entry.undo !== undefined),
  }));
