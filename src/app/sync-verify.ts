/** `relevo sync verify`: this kernel's map against the replica, the replica against those of peers, and all kernels against each other. */

import { type EntryColumns, entryAt } from '../model/columns.js';
import type { PersistenceEntry } from '../model/persistence.js';
import type { VerifyDifference, VerifyResult } from '../model/status.js';
import type { Clock, PersistenceMap } from '../ports.js';
import { isWritable } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import type { Judge } from '../replication/verdicts.js';
import type { RawDifference } from '../replication/verify.js';
import type { PeerHub } from './peer-hub.js';
import type { Comparer } from './sync-compare.js';
import { readWhole } from './whole-map.js';

export interface VerifyInput {
  readonly enabled: boolean;
  readonly persistence: PersistenceMap;
  readonly hub: PeerHub;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Judge;
  readonly clock: Clock;
  readonly node: string;
  /** Entries of peers are taken. */
  readonly takes: boolean;
  readonly comparer: Comparer;
  readonly serviceOf: (entry: PersistenceEntry) => string | undefined;
  /** Differences of other entries between the kernel and their replica, and words for them. */
  readonly more?: { readonly differences: () => Promise<LocalDifference[]>; readonly describer: Describer };
}

export interface LocalDifference extends Described {
  readonly detail: string;
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
  readonly service: string;
  readonly client: string;
}

export interface Describer {
  columns(entries: EntryColumns, at: number): Described;
  row(row: number, nowMs: number): Described;
}

const persistDescriber = (
  replica: Replica,
  serviceOf: (entry: PersistenceEntry) => string | undefined,
): Describer => {
  const inWords = (entry: PersistenceEntry): Described => ({
    who: describe(entry),
    where: `${entry.backendAddress}:${entry.backendPort}`,
    service: serviceOf(entry) ?? '(unknown)',
    client: entry.client,
  });
  return {
    columns: (entries, at) => inWords(entryAt(entries, at)),
    row: (row, nowMs) => inWords(replica.entry(row, nowMs)),
  };
};

/** Differences between the kernel and the replica. */
export const kernelDifferences = async (
  input: Pick<VerifyInput, 'persistence' | 'replica' | 'verdicts' | 'clock'>,
  describer: Describer,
): Promise<LocalDifference[]> => {
  const { persistence, replica, verdicts, clock } = input;
  const { table } = replica;
  const found: LocalDifference[] = [];
  const seen = new Set<number>();
  const look = (piece: EntryColumns, again: (at: number) => boolean): void => {
    const nowMs = clock.nowMs();
    for (let at = 0; at < piece.client.length; at++) {
      if (again(at)) continue;
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
      const described = describer.columns(piece, at);
      const there = live ? describer.row(row, nowMs).where : 'nothing';
      found.push({ ...described, detail: `${described.where} in the kernel, ${there} in the replica` });
    }
  };
  await readWhole(persistence, replica, clock, look);
  const nowMs = clock.nowMs();
  for (let row = 0; row < table.used; row++) {
    // An element that is about to expire may be gone on one side only.
    if (seen.has(row) || !replica.isLive(row, nowMs + settleMs) || !isWritable(table, verdicts, row))
      continue;
    const described = describer.row(row, nowMs);
    found.push({ ...described, detail: `nothing in the kernel, ${described.where} in the replica` });
  }
  return found;
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
        return streams
          .filter(({ started }) => started)
          .map((stream) => ({
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
    if (!input.takes) continue;
    const second = session.general?.open ? session.general.inbound.activeGroups() : [];
    for (const { group, complete, differing } of [...session.inbound.activeGroups(), ...second]) {
      if (!complete) lines.push(`${name}, group ${groups.names[group]}: not complete here`);
      else if (differing)
        lines.push(`${name}, group ${groups.names[group]}: ${differing} of 256 parts differed last`);
    }
  }
  return lines;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const detailOf = (difference: RawDifference, describer: Describer): string => {
  const { what, wanted, entries, at, reference, remainingMs, wantedMs } = difference;
  const has = wanted ? describer.columns(wanted.entries, wanted.at).where : 'nothing';
  switch (what) {
    case 'missing':
      return `missing, ${reference} has ${has}`;
    case 'extra':
      return `${describer.columns(entries, at).where}, ${reference} has nothing`;
    case 'backend':
      return `${describer.columns(entries, at).where}, ${reference} has ${has}`;
    case 'lifetime':
      return `${seconds(remainingMs)} left, by ${reference} it would be ${seconds(wantedMs)}`;
  }
};

const named = (raw: RawDifference, describer: Describer): VerifyDifference & { readonly who: string } => {
  const { who, service, client } = describer.columns(raw.entries, raw.at);
  const { node, what, reference } = raw;
  return { node, service, client, what, reference, detail: detailOf(raw, describer), who };
};

type Found = VerifyDifference & { readonly who: string };

const keyOf = ({ node, who, what }: Found): string => `${node} ${what} ${who}`;

/** Looks twice when something differs: what is under way at the first look has arrived by the second. */
const lasting = async <T>(look: () => Promise<readonly T[]>, key: (one: T) => string): Promise<T[]> => {
  const first = await look();
  if (first.length === 0) return [];
  await pause(settleMs);
  const still = new Set(first.map(key));
  // A dump may show an element twice.
  return (await look()).filter((one) => still.delete(key(one)));
};

export const verifySync = async (input: VerifyInput): Promise<VerifyResult> => {
  const none = { consistent: true, lines: [], nodes: [], differences: [] };
  if (!input.enabled) return { ...none, lines: ['replication is off'] };
  const { more, node, comparer } = input;
  const plain = persistDescriber(input.replica, input.serviceOf);
  const local = await lasting(
    async () => [...(await kernelDifferences(input, plain)), ...((await more?.differences()) ?? [])],
    ({ who, detail }) => `${who} ${detail}`,
  );
  let nodes: VerifyResult['nodes'] = [];
  const across = await lasting(async (): Promise<Found[]> => {
    const compared = await comparer.compare();
    nodes = compared.nodes;
    return [
      ...compared.plain.map((one) => named(one, plain)),
      ...(more ? compared.general.map((one) => named(one, more.describer)) : []),
    ];
  }, keyOf);
  // What other kernels have been compared with is told once.
  const told = new Set(across.flatMap((one) => (one.node === node ? [one.who] : [])));
  const here: Found[] = local
    .filter(({ who }) => !told.has(who))
    .map(({ who, service, client, detail }) => ({
      ...{ node, service, client, who, detail },
      ...{ what: 'replica', reference: node },
    }));
  const differences = [...here, ...across];
  const lines = differences
    .slice(0, listed)
    .map((one) => `${one.node}: ${one.service}, ${one.who}: ${one.detail}`);
  if (differences.length > listed) lines.push(`… and ${differences.length - listed} more entries differ`);
  const unknown = nodes.flatMap(({ node: name, reason }) =>
    reason === undefined || reason === 'not connected' ? [] : [`${name}: not compared: ${reason}`],
  );
  lines.push(...unknown, ...(await peerDifferences(input)));
  return {
    consistent: lines.length === 0,
    lines,
    nodes,
    differences: differences.map(({ who: _who, ...rest }) => rest),
  };
};
