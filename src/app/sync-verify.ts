/** `relevo sync verify`: this kernel's map against the replica, and the replica against those of connected peers. */

import { errorFrom } from '../errors.js';
import { type EntryColumns, entryAt } from '../model/columns.js';
import type { PersistenceEntry } from '../model/persistence.js';
import type { VerifyResult } from '../model/status.js';
import type { Clock, PersistenceMap } from '../ports.js';
import { isWritable } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import type { Judge } from '../replication/verdicts.js';
import type { PeerHub } from './peer-hub.js';

export interface VerifyInput {
  readonly enabled: boolean;
  readonly persistence: PersistenceMap;
  readonly hub: PeerHub;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Judge;
  readonly clock: Clock;
  /** Differences of other entries between the kernel and their replica. */
  readonly more?: () => Promise<string[]>;
}

/** What is under way during the first look has arrived by the second. */
const settleMs = 500;
const answerMs = 3_000;
const listed = 20;

const describe = ({ client, address, port, protocol }: PersistenceEntry): string =>
  `${client} → ${address}:${port}/${protocol}`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What an entry is about, and where it points to, in words. */
export interface Described {
  readonly who: string;
  readonly where: string;
}

export interface Describer {
  columns(entries: EntryColumns, at: number): Described;
  row(row: number, nowMs: number): Described;
}

const inWords = (entry: PersistenceEntry): Described => ({
  who: describe(entry),
  where: `${entry.backendAddress}:${entry.backendPort}`,
});
const persistDescriber = (replica: Replica): Describer => ({
  columns: (entries, at) => inWords(entryAt(entries, at)),
  row: (row, nowMs) => inWords(replica.entry(row, nowMs)),
});

/** Differences between the kernel and the replica, each as a line. */
export const kernelDifferences = async (
  input: Pick<VerifyInput, 'persistence' | 'replica' | 'verdicts' | 'clock'>,
  describer: Describer = persistDescriber(input.replica),
): Promise<string[]> => {
  const { persistence, replica, verdicts, clock } = input;
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
      if (replica.groupOf(address) < 0) continue;
      const row = table.find(client, address, protocolPort);
      const live = row >= 0 && replica.isLive(row, nowMs);
      if (live) seen.add(row);
      if (live && table.backend[row] === backend && table.backendPort[row] === backendPort) continue;
      if (!live && !verdicts.of(address, protocolPort, backend, backendPort).belongs) continue;
      const { who, where } = describer.columns(piece, at);
      const there = live ? describer.row(row, nowMs).where : 'nothing';
      lines.push(`${who}: ${where} in the kernel, ${there} in the replica`);
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
    const { who, where } = describer.row(row, nowMs);
    lines.push(`${who}: nothing in the kernel, ${where} in the replica`);
  }
  return lines;
};

/** Asks every peer to compare with our active groups; tells of the others what their owner's last digest said. */
const peerDifferences = async (input: VerifyInput): Promise<string[]> => {
  const { hub, groups } = input;
  const asked = [...hub.records.values()]
    .filter(({ session }) => session?.state === 'streaming')
    .flatMap(({ name, session }) =>
      groups.activeGroups().flatMap((group) => {
        const streams = session!.general?.open
          ? [session!.outbound, session!.general.outbound]
          : [session!.outbound];
        return streams.map((stream) => ({
          name,
          group,
          stream,
          before: stream.answers.get(group)?.answers ?? 0,
        }));
      }),
    );
  hub.requestDigests();
  for (let waitedMs = 0; waitedMs < answerMs; waitedMs += 50) {
    const isAnswered = ({ stream, group, before }: (typeof asked)[number]): boolean =>
      (stream.answers.get(group)?.answers ?? 0) > before;
    if (asked.every(isAnswered)) break;
    await pause(50);
  }
  const lines: string[] = [];
  for (const { name, group, stream, before } of asked) {
    const answer = stream.answers.get(group);
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
    const second = session.general?.open ? session.general.inbound.activeGroups() : [];
    for (const { group, complete, differing } of [...session.inbound.activeGroups(), ...second]) {
      if (!complete) lines.push(`${name}, group ${groups.names[group]}: not complete here`);
      else if (differing)
        lines.push(`${name}, group ${groups.names[group]}: ${differing} of 256 parts differed last`);
    }
  }
  return lines;
};

export const verifySync = async (input: VerifyInput): Promise<VerifyResult> => {
  if (!input.enabled) return { consistent: false, lines: ['replication is off'] };
  const look = async (): Promise<string[]> => [
    ...(await kernelDifferences(input)),
    ...((await input.more?.()) ?? []),
  ];
  let kernel = await look();
  if (kernel.length > 0) {
    await pause(settleMs);
    const still = new Set(kernel);
    kernel = (await look()).filter((line) => still.has(line));
  }
  const lines = [...kernel.slice(0, listed), ...(await peerDifferences(input))];
  if (kernel.length > listed) lines.push(`… and ${kernel.length - listed} more in the kernel`);
  return { consistent: lines.length === 0, lines };
};
