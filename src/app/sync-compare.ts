/**
 * Kernels of all nodes, entry by entry: asks every peer what its kernel holds, and answers when a peer asks. What is read is sent in pieces
 * as the socket takes them; nothing of it is applied.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { createEntryColumns, type EntryColumns } from '../model/columns.js';
import { createGeneralEntries } from '../model/general-columns.js';
import type { Direction } from '../model/node.js';
import type { Clock, PersistenceMap } from '../ports.js';
import { sendsEntries, takesEntries } from '../replication/direction.js';
import type { GeneralBook } from '../replication/general/book.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import type { Judge } from '../replication/verdicts.js';
import {
  compareKernels,
  type KernelDump,
  type KernelPiece,
  type RawDifference,
} from '../replication/verify.js';
import type { VerifyMessage } from '../wire/frames.js';
import type { PeerHub } from './peer-hub.js';
import { readWhole } from './whole-map.js';

/** One of the two streams: what its kernel holds, and what its replica says. */
export interface KernelStream {
  readonly map: PersistenceMap;
  readonly replica: Replica;
  readonly verdicts: Judge;
}

export interface CompareParts {
  readonly node: string;
  readonly clock: Clock;
  readonly hub: PeerHub;
  readonly groups: GroupBook;
  readonly plain: KernelStream;
  readonly general: (KernelStream & { readonly book: GeneralBook }) | undefined;
  readonly direction: Direction;
}

export interface ComparedNode {
  readonly node: string;
  readonly entries: number;
  /** Why it was not compared; undefined: it was. */
  readonly reason: string | undefined;
}

export interface Compared {
  readonly nodes: readonly ComparedNode[];
  readonly plain: readonly RawDifference[];
  readonly general: readonly RawDifference[];
}

/** Whoever reads a large map sends answers without entries meanwhile: a dump of 325,000 elements takes its kernel 7 s. */
const silenceMs = 20_000;
const signOfLifeMs = 2_000;
const paceMs = 5;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Asked {
  readonly peer: string;
  readonly plain: KernelPiece[];
  readonly general: KernelPiece[];
  heardAtMs: number;
  done: boolean;
  problem: string;
}

const entriesIn = (pieces: readonly KernelPiece[]): number =>
  pieces.reduce((sum, { entries }) => sum + entries.client.length, 0);

const pushFrom = (into: EntryColumns, from: EntryColumns, at: number, remainingMs: number): void => {
  into.client.push(from.client[at]!);
  into.address.push(from.address[at]!);
  into.protocolPort.push(from.protocolPort[at]!);
  into.backend.push(from.backend[at]!);
  into.backendPort.push(from.backendPort[at]!);
  into.ttlMs.push(from.ttlMs[at]!);
  into.remainingMs.push(remainingMs);
};

/** What of a kernel's map belongs to services that are configured and replicated, with what peers were told of it. */
const readStream = async ({ map, replica, verdicts }: KernelStream, clock: Clock): Promise<KernelPiece[]> => {
  const { table } = replica;
  const pieces: KernelPiece[] = [];
  const take = (read: EntryColumns, again: (at: number) => boolean): void => {
    const atMs = clock.nowMs();
    const entries = createEntryColumns();
    const toldMs: number[] = [];
    for (let at = 0; at < read.client.length; at++) {
      if (again(at)) continue;
      const [client, address, protocolPort] = [read.client[at]!, read.address[at]!, read.protocolPort[at]!];
      if (replica.groupOf(address) < 0) continue;
      if (!verdicts.of(address, protocolPort, read.backend[at]!, read.backendPort[at]!).belongs) continue;
      const row = table.find(client, address, protocolPort);
      const isTold = row >= 0 && replica.isLive(row, atMs) && table.own[row] === 1;
      pushFrom(entries, read, at, Math.min(read.ttlMs[at]!, read.remainingMs[at]!));
      toldMs.push(isTold ? Math.max(1, Math.round(table.expiresAtMs[row]! - atMs)) : 0);
    }
    pieces.push({ entries, toldMs, atMs });
  };
  await readWhole(map, replica, clock, take);
  return pieces;
};

export const createComparer = (parts: CompareParts) => {
  const { node, clock, hub, groups, plain, general, direction } = parts;
  const waiting = new Map<number, Asked>();
  const nothing = { last: false, problem: '', group: '', entries: createEntryColumns() };
  const noGeneral = createGeneralEntries();
  let lastId = 0;
  let answering = false;

  const send = async (peer: string, message: VerifyMessage): Promise<void> => {
    const untilMs = clock.nowMs() + silenceMs;
    while (!hub.sendAside(peer, { kind: 'verify', message })) {
      if (hub.records.get(peer)?.session?.state !== 'streaming' || clock.nowMs() > untilMs) {
        throw new Error(`${peer} does not take the answer`);
      }
      await pause(paceMs);
    }
  };

  /** In pieces that fit a frame, each of one group; lifetimes as they are when it leaves. */
  const sendPieces = async (
    peer: string,
    id: number,
    pieces: readonly KernelPiece[],
    most: number,
    wrap: (entries: EntryColumns, group: number) => Pick<VerifyMessage, 'entries' | 'general' | 'group'>,
  ): Promise<void> => {
    for (const { entries, toldMs, atMs } of pieces) {
      const { address } = entries;
      for (let from = 0; from < address.length; ) {
        const elapsedMs = Math.round(clock.nowMs() - atMs);
        const group = groupAt(entries, from, wrap === wrapGeneral);
        const some = createEntryColumns();
        const told: number[] = [];
        let at = from;
        for (; at < address.length && at - from < most; at++) {
          if (groupAt(entries, at, wrap === wrapGeneral) !== group) break;
          pushFrom(some, entries, at, Math.max(0, Math.round(entries.remainingMs[at]! - elapsedMs)));
          told.push(toldMs[at] === 0 ? 0 : Math.max(1, toldMs[at]! - elapsedMs));
        }
        from = at;
        await send(peer, { ...nothing, id, question: false, ...wrap(some, group), toldMs: told });
      }
    }
  };

  /** Of general entries only: a frame of the others may have several. */
  const groupAt = ({ address }: EntryColumns, at: number, named: boolean): number =>
    named ? general!.replica.groupOf(address[at]!) : 0;
  const wrapPlain = (entries: EntryColumns) => ({ entries, general: noGeneral, group: '' });
  const wrapGeneral = (entries: EntryColumns, group: number) => ({
    entries: nothing.entries,
    general: general!.book.generalEntries(entries),
    group: groups.names[group]!,
  });

  const answer = async (peer: string, id: number): Promise<void> => {
    const end = { ...nothing, id, question: false, last: true, general: noGeneral, toldMs: [] };
    if (answering) return send(peer, { ...end, problem: 'it answers another node: try again' });
    answering = true;
    const alive = { ...end, last: false };
    const timer = setInterval(() => void send(peer, alive).catch(() => {}), signOfLifeMs);
    try {
      await sendPieces(peer, id, await readStream(plain, clock), limits.syncFrameEntries, wrapPlain);
      if (general) {
        await sendPieces(peer, id, await readStream(general, clock), limits.syncGeneralEntries, wrapGeneral);
      }
      await send(peer, end);
    } catch (thrown) {
      await send(peer, { ...end, problem: errorFrom(thrown).message }).catch(() => {});
    } finally {
      clearInterval(timer);
      answering = false;
    }
  };

  const take = (asked: Asked, message: VerifyMessage): void => {
    const atMs = clock.nowMs();
    asked.heardAtMs = atMs;
    const { entries, toldMs } = message;
    if (entries.client.length > 0) asked.plain.push({ entries, toldMs, atMs });
    const group = groups.indexOf(message.group);
    if (message.general.key.length > 0 && general && group >= 0) {
      asked.general.push({ entries: general.book.entryColumns(message.general, group), toldMs, atMs });
    }
    if (message.last) {
      asked.done = true;
      asked.problem = message.problem;
    }
  };

  const ask = async (peer: string): Promise<Asked> => {
    const asked: Asked = {
      ...{ peer, plain: [], general: [], done: false, problem: '' },
      heardAtMs: clock.nowMs(),
    };
    const { session } = hub.records.get(peer)!;
    if (session?.state !== 'streaming') return { ...asked, problem: 'not connected' };
    if (!session.peerVerifies) {
      return { ...asked, problem: `its software (${session.peerSoftware}) does not tell its entries` };
    }
    const id = ++lastId;
    waiting.set(id, asked);
    try {
      const rest = { general: noGeneral, toldMs: [] };
      await send(peer, { ...nothing, id, question: true, ...rest });
      while (!asked.done) {
        await pause(paceMs);
        if (hub.records.get(peer)?.session !== session)
          return { ...asked, problem: 'the connection was lost' };
        if (clock.nowMs() - asked.heardAtMs > silenceMs) {
          return { ...asked, problem: `did not answer within ${silenceMs / 1000} s` };
        }
      }
      return asked;
    } finally {
      waiting.delete(id);
    }
  };

  const compare = async (): Promise<Compared> => {
    const asking = Promise.all([...hub.records.keys()].map(ask));
    const own = {
      plain: await readStream(plain, clock),
      general: general ? await readStream(general, clock) : [],
    };
    const peers = await asking;
    const there = peers.filter(({ done, problem }) => done && problem === '');
    const names = new Set([node, ...there.map(({ peer }) => peer)]);
    const directionOf = (peer: string): Direction =>
      peer === node ? direction : (hub.records.get(peer)?.session?.peerDirection ?? 'both');
    const referenceOf = (group: number): string | undefined => {
      const origin = groups.originOf(group);
      const reference = origin !== undefined && names.has(origin) ? origin : node;
      return sendsEntries(directionOf(reference)) ? reference : undefined;
    };
    const nowMs = clock.nowMs();
    const differences = (
      kind: 'plain' | 'general',
      groupOf: (address: number) => number,
    ): RawDifference[] => {
      const dumps: KernelDump[] = [
        { node, pieces: own[kind], takes: takesEntries(direction) },
        ...there.map((one) => ({
          ...{ node: one.peer, pieces: one[kind] },
          takes: takesEntries(directionOf(one.peer)),
        })),
      ];
      return compareKernels(dumps, groupOf, referenceOf, nowMs, limits.verifyDifferences);
    };
    return {
      nodes: [
        { node, entries: entriesIn(own.plain) + entriesIn(own.general), reason: undefined },
        ...peers.map((one) => ({
          node: one.peer,
          entries: entriesIn(one.plain) + entriesIn(one.general),
          reason: one.problem === '' ? undefined : one.problem,
        })),
      ],
      plain: differences('plain', (address) => plain.replica.groupOf(address)),
      general: general ? differences('general', (address) => general.replica.groupOf(address)) : [],
    };
  };

  return {
    compare,
    onMessage(peer: string, message: VerifyMessage): void {
      if (message.question) {
        answer(peer, message.id).catch(() => {});
        return;
      }
      const asked = waiting.get(message.id);
      if (asked?.peer === peer) take(asked, message);
    },
  };
};

export type Comparer = ReturnType<typeof createComparer>;
