/** `relevo sync verify`: this kernel's map against the replica, and the replica against those of connected peers. */

import { ipv4Number } from '../model/address.js';
import { protocolPortNumber } from '../model/columns.js';
import type { VerifyResult } from '../model/status.js';
import type { Clock, Nft } from '../ports.js';
import { isWritable } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import type { Verdicts } from '../replication/verdicts.js';
import { persistEntry, persistMap, serviceTable } from '../ruleset/layout.js';
import type { PeerHub } from './peer-hub.js';

export interface VerifyInput {
  readonly enabled: boolean;
  readonly nft: Nft;
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

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Differences between the kernel's map and the replica, each as a line. */
const kernelDifferences = async (input: VerifyInput): Promise<string[]> => {
  const { nft, replica, groups, verdicts, clock } = input;
  const { table } = replica;
  const elements = await nft.dumpElements(serviceTable, persistMap.name);
  const nowMs = clock.nowMs();
  const lines: string[] = [];
  const seen = new Set<number>();
  for (const element of elements) {
    const entry = persistEntry(element);
    if (!entry || groups.groupOf(ipv4Number(entry.address)) < 0) continue;
    const protocolPort = protocolPortNumber(entry.protocol, entry.port);
    const address = ipv4Number(entry.address);
    const backend = ipv4Number(entry.backendAddress);
    const row = table.find(ipv4Number(entry.client), address, protocolPort);
    const what = `${entry.client} → ${entry.address}:${entry.port}/${entry.protocol}`;
    if (row < 0 || !replica.isLive(row, nowMs)) {
      if (verdicts.of(address, protocolPort, backend, entry.backendPort).belongs) {
        lines.push(`${what}: in the kernel, not in the replica`);
      }
      continue;
    }
    seen.add(row);
    if (table.backend[row] === backend && table.backendPort[row] === entry.backendPort) continue;
    const known = replica.entry(row, nowMs);
    lines.push(
      `${what}: backend ${entry.backendAddress}:${entry.backendPort} in the kernel, ${known.backendAddress}:${known.backendPort} in the replica`,
    );
  }
  for (let row = 0; row < table.used; row++) {
    // An element that is about to expire may be gone on one side only.
    if (seen.has(row) || !replica.isLive(row, nowMs + settleMs) || !isWritable(table, verdicts, row))
      continue;
    const entry = replica.entry(row, nowMs);
    lines.push(
      `${entry.client} → ${entry.address}:${entry.port}/${entry.protocol}: in the replica, not in the kernel`,
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
