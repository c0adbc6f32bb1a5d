/** Entries of the replica for people: all of them, those of one client with who has confirmed them, and changes as they happen. */

import type { GeneralEntry, PersistenceEntry } from '../model/persistence.js';
import type { Endpoint, Service } from '../model/service.js';
import type { SyncChange, SyncEntry } from '../model/status.js';
import type { Clock } from '../ports.js';
import type { GroupBook } from '../replication/groups.js';
import { mark } from '../replication/marks.js';
import type { Replica } from '../replication/replica.js';
import type { PeerHub } from './peer-hub.js';

/** One of the two streams. */
export interface LookedAt<Entry> {
  readonly replica: Replica;
  /** As it was a moment ago, when it has just gone. */
  entry(row: number, nowMs: number): Entry;
  /** Newest change of ours that a peer has in its kernel; undefined: not connected, or it does not take this stream. */
  acked(peer: string): number | undefined;
}

export interface LookInput {
  readonly hub: PeerHub;
  readonly groups: GroupBook;
  readonly clock: Clock;
  readonly persistence: LookedAt<PersistenceEntry>;
  readonly general: LookedAt<GeneralEntry> | undefined;
}

type Any = PersistenceEntry | GeneralEntry;

/** Both streams of a node; entries of the first get the name of their service. */
export const lookOf = (
  shared: Pick<LookInput, 'hub' | 'groups' | 'clock'>,
  replica: Replica,
  general: { readonly replica: Replica; entry(row: number, nowMs: number): GeneralEntry } | undefined,
  serviceAt: (endpoint: Endpoint) => Service | undefined,
): LookInput => {
  const sessionOf = (peer: string) => shared.hub.records.get(peer)?.session;
  const named = (entry: PersistenceEntry): PersistenceEntry & { readonly service?: string } => {
    const { address, protocol, port } = entry;
    const service = serviceAt({ address, protocol, port })?.name;
    return service === undefined ? entry : { ...entry, service };
  };
  return {
    ...shared,
    persistence: {
      replica,
      entry: (row, nowMs) => named(replica.entry(row, nowMs)),
      acked: (peer) => sessionOf(peer)?.outbound.acked,
    },
    general: general && {
      replica: general.replica,
      entry: general.entry,
      acked: (peer) => sessionOf(peer)?.general?.outbound.acked,
    },
  };
};

/** All entries of the first stream, each as it is when it is asked for. */
export function* allEntries({ persistence, clock }: LookInput): Generator<PersistenceEntry> {
  const { replica, entry } = persistence;
  for (let row = 0; row < replica.table.used; row++) {
    const nowMs = clock.nowMs();
    if (replica.isLive(row, nowMs)) yield entry(row, nowMs);
  }
}

const clientsOf = ({ client }: Any): readonly string[] => (typeof client === 'string' ? [client] : client);

/** Of one client: whose word it is, whether the kernel has it, and which peers have confirmed it. */
export const entriesOf = (input: LookInput, client: string): SyncEntry[] => {
  const { hub, groups, clock } = input;
  const nowMs = clock.nowMs();
  const found: SyncEntry[] = [];
  const look = <Entry extends Any>({ replica, entry, acked }: LookedAt<Entry>): void => {
    const { table } = replica;
    for (let row = 0; row < table.used; row++) {
      if (!replica.isLive(row, nowMs)) continue;
      const seen = entry(row, nowMs);
      if (!clientsOf(seen).includes(client)) continue;
      const own = table.own[row] === 1;
      const confirmedBy = [...hub.records.keys()].filter(
        (peer) => (acked(peer) ?? -1) >= table.sequence[row]!,
      );
      found.push({
        entry: seen,
        group: groups.names[table.group[row]!] ?? '',
        epoch: table.epoch[row]!,
        own,
        confirmedBy: own ? confirmedBy : [],
        inKernel: (table.marks[row]! & mark.inKernel) !== 0,
      });
    }
  };
  look(input.persistence);
  if (input.general) look(input.general);
  return found;
};

/** Tells changes until the returned function is called. With nobody watching, a change costs one comparison. */
export const createWatch = (input: LookInput): ((listener: (change: SyncChange) => void) => () => void) => {
  const listeners = new Set<(change: SyncChange) => void>();
  const attach = <Entry extends Any>({ replica, entry }: LookedAt<Entry>, on: boolean): void => {
    if (!on) {
      replica.watcher = undefined;
      return;
    }
    replica.watcher = (row, what) => {
      const change: SyncChange = {
        what,
        own: replica.table.own[row] === 1,
        group: input.groups.names[replica.table.group[row]!] ?? '',
        entry: entry(row, input.clock.nowMs()),
      };
      for (const listener of listeners) listener(change);
    };
  };
  const update = (): void => {
    attach(input.persistence, listeners.size > 0);
    if (input.general) attach(input.general, listeners.size > 0);
  };
  return (listener) => {
    listeners.add(listener);
    update();
    return () => {
      listeners.delete(listener);
      update();
    };
  };
};
