/** Whether this node's replica is good enough to take over with, and why not. */

import type { Direction } from '../model/node.js';
import type { GroupBook } from '../replication/groups.js';
import type { KernelSink } from './kernel-sink.js';
import type { PeerHub } from './peer-hub.js';
import type { PeerRecord } from './peer-record.js';

export interface SyncReadiness {
  readonly ready: boolean;
  /** Why not; when ready, what is worth knowing all the same. */
  readonly reasons: readonly string[];
  /** `lb1:4711`: the newest change of that node's stream that is here. At most 64 characters. */
  readonly position: string;
}

/** Longer than a peer's longest pause between two attempts to connect. */
export const aloneMs = 2_000;
/** Changes that may be under way without the replica counting as behind: a fraction of a second of the highest rate. */
const tolerated = 10_000;

const sendsOnly = 'this node takes no entries of others (replication.direction: send)';

export interface ReadinessInput {
  readonly hub: PeerHub;
  /** Of each stream. */
  readonly sinks: readonly KernelSink[];
  readonly groups: GroupBook;
  readonly node: string;
  readonly head: number;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly direction: Direction;
}

const streaming = (record: PeerRecord): boolean => record.session?.state === 'streaming';

export const positionOf = ({ hub, groups, node, head }: ReadinessInput): string => {
  if (groups.activeGroups().length > 0) return `${node}:${head}`;
  for (const { name, session, position } of hub.records.values()) {
    const held = session?.inbound.position ?? position;
    if (held) return `${name}:${held.sequence}`.slice(-64);
  }
  return `${node}:${head}`;
};

/** `isServed`: some connected peer owns this group. */
const connectedReasons = (
  record: PeerRecord,
  groups: GroupBook,
  isServed: (group: number) => boolean,
): string[] => {
  const { name, session } = record;
  if (!session) return [];
  const reasons: string[] = [];
  for (const group of session.incompleteGroups()) {
    if (groups.isActive(group)) continue;
    if (session.peerDirection === 'receive') {
      reasons.push(
        `group ${groups.names[group]}: ${name} is active and sends nothing (its replication.direction)`,
      );
      continue;
    }
    const received = session.inbound.receivedEntries + (session.general?.inbound.receivedEntries ?? 0);
    reasons.push(`group ${groups.names[group]}: not complete yet, ${received} entries received from ${name}`);
  }
  for (const { group, epoch } of session.inbound.refusedGroups()) {
    if (groups.isActive(group) || isServed(group)) continue;
    reasons.push(
      `group ${groups.names[group]}: ${name} is active in epoch ${epoch}, epoch ${groups.epochOf(group)} is known; if that lasts, restart this agent`,
    );
  }
  const behind = session.inbound.behind + (session.general?.open ? session.general.inbound.behind : 0);
  if (reasons.length === 0 && behind > tolerated) reasons.push(`${behind} changes behind ${name}`);
  return reasons;
};

export const readinessOf = (input: ReadinessInput): SyncReadiness => {
  const { hub, sinks, groups, nowMs, startedAtMs, direction } = input;
  const records = [...hub.records.values()];
  const position = positionOf(input);
  const reasons: string[] = [];
  // What an active node writes is repair only: its kernel's map is the origin.
  const standby = groups.activeGroups().length < groups.names.length;
  for (const { failure, backlog } of standby ? sinks : []) {
    if (failure) reasons.push(`the kernel refuses replicated entries: ${failure.message}`);
    if (backlog > tolerated) reasons.push(`${backlog} entries wait to be written to the kernel`);
  }
  if (standby && direction === 'send' && records.length > 0) {
    return { ready: false, reasons: [sendsOnly], position };
  }
  const isServed = (wanted: number): boolean =>
    records.some(({ session }) => session?.inbound.activeGroups().some(({ group }) => group === wanted));
  for (const record of records) {
    if (streaming(record)) reasons.push(...connectedReasons(record, groups, isServed));
  }
  if (reasons.length > 0) return { ready: false, reasons, position };
  if (records.length === 0 || records.some(streaming)) return { ready: true, reasons, position };
  // Nobody is there: whether anybody will come is a matter of a bounded wait.
  for (const { name, lostAtMs, lostIncomplete } of records) {
    if (lostAtMs === undefined) {
      if (nowMs - startedAtMs < aloneMs) reasons.push(`waiting for ${name}: not connected since start`);
    } else if (lostIncomplete && nowMs - lostAtMs < aloneMs) {
      reasons.push(`${name} was lost before its entries were complete here`);
    }
  }
  if (reasons.length > 0) return { ready: false, reasons, position };
  return {
    ready: true,
    reasons: [`alone: ${records.map(({ name }) => name).join(', ')} not connected`],
    position,
  };
};
