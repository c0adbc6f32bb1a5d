/** `relevo sync verify`: this kernel's map against the replica, and the replica against those of connected peers. */

import { errorFrom } from '../errors.js';
import { type EntryColumns, entryAt } from '../model/columns.js';
import type { PersistenceEntry } from '../model/persistence.js';
import type { VerifyResult } from '../model/status.js';
import type { Clock, PersistenceMap } from '../ports.js';
import { isWritable } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import type { Verdicts } from '../replication/verdicts.js';
import type { PeerHub } from './peer-hub.js';

export interface VerifyInput {
  readonly enabled: boolean;
  readonly persistence: PersistenceMap;
  readonly hub: PeerHub;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Verdicts;
  readonly clock: Clock;
}

/** What is under way during the first look has arrived by the second. */
const settleMs = 500;
const answerMs = 3_000;
const listed = 20;

const describe = ({ client, address, port, protocol }: PersistenceEntry): string =>
  `${client} → ${address}:${port}/${protocol}`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Differences between the kernel's map and the replica, each as a line. */
const kernelDifferences = async (input: VerifyInput): Promise<string[]> => {
  const { persistence, replica, groups, verdicts, clock } = input;
  const { table } = replica;
  const lines: string[] = [];
  const seen = new Set<number>();
  const look = (piece: EntryColumns): void => {
    const nowMs = clock.nowMs();
    for (let at = 0; at < piece.client.length; at++) {
      const [client, address, protocolPort] = [
        piece.client[at]!,
        piece.address[at]!,
        piece.protocolPort[at]!,
      ];
      const [backend, backendPort] = [piece.backend[at]!, piece.backendPort[at]!];
      if (groups.groupOf(address) < 0) continue;
      const row = table.find(client, address, protocolPort);
      const live = row >= 0 && replica.isLive(row, nowMs);
      if (live) seen.add(row);
      if (live && table.backend[row] === backend && table.backendPort[row] === backendPort) continue;
      if (!live && !verdicts.of(address, protocolPort, backend, backendPort).belongs) continue;
      const entry = entryAt(piece, at);
      const known = live ? replica.entry(row, nowMs) : undefined;
      const there = known ? `${known.backendAddress}:${known.backendPort}` : 'nothing';
      lines.push(
        `${describe(entry)}: ${entry.backendAddress}:${entry.backendPort} in the kernel, ${there} in the replica`,
      );
    }
  };
  await persistence.scan(look, replica.live).catch((thrown) => {
    if (errorFrom(thrown).code !== 'kernel-missing') throw thrown;
  });
  const nowMs = clock.nowMs();
  for (let row = 0; row < table.used; row++) {
    // An element that is about to expire may be gone on one side only.
    if (seen.has(row) || !replica.isLive(row, nowMs + settleMs) || !isWritable(table, verdicts, row))
      continue;
    const entry = replica.entry(row, nowMs);
    lines.push(
      `${describe(entry)}: nothing in the kernel, ${entry.backendAddress}:${entry.backendPort} in the replica`,
    );
  }
  return lines;
};

/** Asks every peer to compare with our active groups; tells of the others what their owner's last digest said. */
const peerDifferences = async (input: VerifyInput): Promise<string[]> => {
  const { hub, groups } = input;
  const answersOf = (peer: string, group: number): number =>
    hub.records.get(peer)?.session?.outbound.answers.get(group)?.answers ?? 0;
  const asked = [...hub.records.values()]
    .filter(({ session }) => session?.state === 'streaming')
    .flatMap(({ name }) =>
      groups.activeGroups().map((group) => ({ name, group, before: answersOf(name, group) })),
    );
  hub.requestDigests();
  for (let waitedMs = 0; waitedMs < answerMs; waitedMs += 50) {
    if (asked.every(({ name, group, before }) => answersOf(name, group) > before)) break;
    await pause(50);
  }
  const lines: string[] = [];
  for (const { name, group, before } of asked) {
    const answer = hub.records.get(name)?.session?.outbound.answers.get(group);
    if (!answer || answer.answers <= before)
      lines.push(`${name}, group ${groups.names[group]}: no answer in ${answerMs} ms`);
    else if (answer.differing > 0) {
      lines.push(
        `${name}, group ${groups.names[group]}: ${answer.differing} of 256 parts differ, being repaired`,
      );
    }
  }
  for (const { name, session } of hub.records.values()) {
    if (!session) {
      lines.push(`${name}: not connected`);
      continue;
    }
    for (const { group, complete, differing } of session.inbound.activeGroups()) {
      if (!complete) lines.push(`${name}, group ${groups.names[group]}: not complete here`);
      else if (differing)
        lines.push(`${name}, group ${groups.names[group]}: ${differing} of 256 parts differed last`);
    }
  }
  return lines;
};

export const verifySync = async (input: VerifyInput): Promise<VerifyResult> => {
  if (!input.enabled) return { consistent: false, lines: ['replication is off'] };
  let kernel = await kernelDifferences(input);
  if (kernel.length > 0) {
    await pause(settleMs);
    const still = new Set(kernel);
    kernel = (await kernelDifferences(input)).filter((line) => still.has(line));
  }
  const lines = [...kernel.slice(0, listed), ...(await peerDifferences(input))];
  if (kernel.length > listed) lines.push(`… and ${kernel.length - listed} more in the kernel`);
  return { consistent: lines.length === 0, lines };
};
