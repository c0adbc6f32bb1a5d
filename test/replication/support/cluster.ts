/** A cluster without sockets, kernel or clock: replicas and sessions joined by links that a test delivers, breaks and heals. */

import { ipv4Number } from '../../../src/model/address.js';
import { createEntryColumns } from '../../../src/model/columns.js';
import type { PersistenceEntry } from '../../../src/model/persistence.js';
import { adoptEntries } from '../../../src/replication/compare.js';
import { GroupBook, type GroupConfig } from '../../../src/replication/groups.js';
import type { HeldPosition, StampSource } from '../../../src/replication/inbound.js';
import { receivedRows } from '../../../src/replication/inheritance.js';
import { Replica } from '../../../src/replication/replica.js';
import { PeerSession, type SessionEffect, type SessionEvent } from '../../../src/replication/session.js';
import { rowState } from '../../../src/replication/table.js';
import { decodeFrame } from '../../../src/wire/decode.js';
import { encodeFrame } from '../../../src/wire/encode.js';

export const vipOf = (group: number): number => 0x0a000000 + group;
export const tcp80 = (6 << 16) | 80;

export interface SimOptions {
  readonly logEntries?: number;
  readonly windowEntries?: number;
  readonly frameEntries?: number;
  readonly groups?: number;
  readonly tombstoneMs?: number;
}

interface SimNode {
  readonly name: string;
  start: number;
  replica: Replica;
  book: GroupBook;
  stamps: StampSource;
  positions: Map<string, HeldPosition | undefined>;
}

/** One direction of a link holds encoded frames, as a socket would. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  sessions: Map<string, PeerSession> | undefined;
  inFlight: Map<string, Uint8Array[]>;
  unapplied: Map<string, number[]>;
}

export class SimCluster {
  nowMs = 1000;
  readonly nodes = new Map<string, SimNode>();
  readonly pairs: Pair[] = [];
  readonly notes: string[] = [];
  /** `owner peer`: the owner's last Start said that the peer goes on where it had been. */
  readonly resumed = new Set<string>();
  readonly groups: GroupConfig[];
  readonly #options: SimOptions;

  constructor(names: readonly string[], options: SimOptions = {}) {
    this.#options = options;
    this.groups = Array.from({ length: options.groups ?? 1 }, (_, index) => ({
      name: `group${index}`,
      addresses: [vipOf(index)],
    }));
    for (const name of names) this.nodes.set(name, this.#freshNode(name, 1));
    for (const [at, a] of names.entries()) {
      for (const b of names.slice(at + 1)) {
        this.pairs.push({ a, b, sessions: undefined, inFlight: new Map(), unapplied: new Map() });
      }
    }
  }

  #freshNode(name: string, start: number): SimNode {
    const book = new GroupBook(name, this.groups);
    const replica = new Replica({
      maxEntries: 10_000,
      logEntries: this.#options.logEntries ?? 1024,
      tombstoneMs: this.#options.tombstoneMs ?? 60_000,
      seed: start,
      groupOf: book.groupOf,
    });
    return { name, start, replica, book, stamps: { next: 1 }, positions: new Map() };
  }

  node(name: string): SimNode {
    return this.nodes.get(name)!;
  }

  pair(a: string, b: string): Pair {
    return this.pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a))!;
  }

  /** `adopt`: its kernel keeps the entries, and the agent finds them there. */
  restart(name: string, adopt = false): void {
    for (const pair of this.pairs) if (pair.a === name || pair.b === name) this.break(pair);
    const { replica: before, start } = this.node(name);
    const fresh = this.#freshNode(name, start + 1);
    this.nodes.set(name, fresh);
    if (!adopt) return;
    const kernel = createEntryColumns();
    for (let row = 0; row < before.table.used; row++) {
      if (before.isLive(row, this.nowMs)) before.pushEntry(kernel, row, this.nowMs);
    }
    adoptEntries(fresh.replica, kernel, this.nowMs);
  }

  /** A received entry disappears, or names another backend, and nobody tells: a fault that only digests can find. */
  corrupt(name: string, client: number, group: number, backend: number): boolean {
    const { replica, book } = this.node(name);
    const row = replica.table.find(client, vipOf(group), tcp80);
    if (row < 0 || !replica.isLive(row, this.nowMs) || book.isActive(group)) return false;
    const { table } = replica;
    if (table.own[row] === 1) return false;
    const [epoch, sequence] = [table.epoch[row]!, table.sequence[row]!];
    const columns = createEntryColumns();
    replica.pushEntry(columns, row, this.nowMs);
    replica.dropReceived(row, epoch, sequence, this.nowMs);
    if (backend === 0) return true;
    columns.backend[0] = 100 + backend;
    replica.applyUpsert(columns, 0, epoch, sequence, this.nowMs);
    return true;
  }

  /** Connected, told of everything, and everything confirmed: whoever takes over from `owner` now loses nothing. */
  isReady(name: string, owner: string, group: number): boolean {
    const pair = this.pair(name, owner);
    const [mine, theirs] = [pair.sessions?.get(name), pair.sessions?.get(owner)];
    if (mine?.state !== 'streaming' || theirs?.state !== 'streaming') return false;
    const { outbound } = theirs;
    if (outbound.hasWork || outbound.unconfirmed > 0 || outbound.hasGap(group)) return false;
    return mine.inbound.activeGroups().some((one) => one.group === group && one.complete);
  }

  /** The owner's log still holds all that the peer has not had, deletions included. */
  canResume(peer: string, owner: string): boolean {
    const position = this.node(peer).positions.get(owner);
    const { replica, start } = this.node(owner);
    if (position?.session !== `${owner}-${start}` || position.gap) return false;
    return position.sequence >= Math.max(replica.tail, replica.purgedThrough);
  }

  /** Something has been said and not been heard, or has yet to be said. */
  underWay(): boolean {
    return this.pairs.some(({ sessions, inFlight, unapplied }) => {
      if (!sessions) return false;
      const waiting = [...inFlight.values(), ...unapplied.values()].some((list) => list.length > 0);
      return waiting || [...sessions.values()].some(({ hasWork }) => hasWork);
    });
  }

  /** What is left of an entry, as the node knows it; 0 if it does not. */
  remainingMs(name: string, group: number, client: number): number {
    const { replica } = this.node(name);
    const row = replica.table.find(client, vipOf(group), tcp80);
    return row >= 0 && replica.isLive(row, this.nowMs) ? replica.table.expiresAtMs[row]! - this.nowMs : 0;
  }

  /** The owner let this entry run out (it did not delete it), no longer ago than `withinMs`. */
  hasEnded(owner: string, entry: PersistenceEntry, withinMs = Number.POSITIVE_INFINITY): boolean {
    const { table } = this.node(owner).replica;
    const row = table.find(ipv4Number(entry.client), ipv4Number(entry.address), tcp80);
    if (row < 0) return withinMs === Number.POSITIVE_INFINITY;
    return table.state[row] === rowState.live && table.expiresAtMs[row]! > this.nowMs - withinMs;
  }

  connect(pair: Pair): void {
    if (pair.sessions) return;
    pair.sessions = new Map();
    for (const [self, peer] of [
      [pair.a, pair.b],
      [pair.b, pair.a],
    ] as const) {
      const node = this.node(self);
      const session = new PeerSession(
        {
          node: self,
          peer,
          cluster: 'test',
          software: '0',
          session: `${self}-${node.start}`,
          maps: ['persist'],
          flow: {
            frameEntries: this.#options.frameEntries ?? 16,
            windowEntries: this.#options.windowEntries ?? 64,
          },
          timing: { helloMs: 1e9, pingMs: 1000, silenceMs: 1e9, digestMs: 10_000 },
        },
        node.replica,
        node.book,
        node.stamps,
        node.positions.get(peer),
      );
      pair.sessions.set(self, session);
      pair.inFlight.set(self, []);
      pair.unapplied.set(self, []);
    }
    for (const name of [pair.a, pair.b]) this.step(pair, name, { kind: 'open' });
  }

  /** Frames under way are lost, as when a cable is cut. */
  break(pair: Pair): void {
    if (!pair.sessions) return;
    for (const [self, session] of pair.sessions) {
      const peer = self === pair.a ? pair.b : pair.a;
      this.node(self).positions.set(peer, session.inbound.position);
    }
    pair.sessions = undefined;
  }

  step(pair: Pair, self: string, event: SessionEvent): void {
    const session = pair.sessions?.get(self);
    if (!session) return;
    for (const effect of session.step(event, this.nowMs)) this.#perform(pair, self, effect);
  }

  #perform(pair: Pair, self: string, effect: SessionEffect): void {
    const peer = self === pair.a ? pair.b : pair.a;
    if (effect.kind === 'send' && effect.frame.kind === 'start') {
      if (effect.frame.resumed) this.resumed.add(`${self} ${peer}`);
      else this.resumed.delete(`${self} ${peer}`);
    }
    if (effect.kind === 'send') pair.inFlight.get(peer)!.push(encodeFrame(effect.frame));
    else if (effect.kind === 'write') pair.unapplied.get(self)!.push(effect.frame);
    else if (effect.kind === 'note' || effect.kind === 'close') {
      this.notes.push(effect.kind === 'note' ? effect.message : effect.detail);
      if (effect.kind === 'close') this.break(pair);
    }
  }

  /** Delivers up to `frames` frames to one side. */
  deliver(pair: Pair, self: string, frames: number): void {
    for (let left = frames; left > 0 && pair.sessions; left--) {
      const bytes = pair.inFlight.get(self)!.shift();
      if (!bytes) return;
      this.step(pair, self, { kind: 'frame', frame: decodeFrame(bytes) });
    }
  }

  apply(pair: Pair, self: string): void {
    const frame = pair.unapplied.get(self)?.pop();
    if (frame === undefined || !pair.sessions) return;
    pair.unapplied.set(self, []);
    this.step(pair, self, { kind: 'applied', frame });
  }

  pump(pair: Pair, self: string, roomBytes = 1e6): void {
    this.step(pair, self, { kind: 'pump', roomBytes });
  }

  setActive(name: string, group: number, epoch: number, active: boolean): void {
    const { book, replica } = this.node(name);
    if (!book.setActive(group, epoch, active)) return;
    if (active)
      for (const row of receivedRows(replica, group, this.nowMs)) replica.extend(row, epoch, this.nowMs);
    for (const pair of this.pairs) {
      if (pair.a === name || pair.b === name) this.step(pair, name, { kind: 'role', group });
    }
  }

  originate(name: string, group: number, client: number, backend: number, ttlMs = 100_000): void {
    const { replica, book } = this.node(name);
    if (!book.isActive(group)) return;
    replica.originate(
      client,
      vipOf(group),
      tcp80,
      backend,
      8080,
      ttlMs,
      ttlMs,
      book.epochOf(group),
      this.nowMs,
    );
  }

  remove(name: string, group: number, client: number): void {
    const { replica, book } = this.node(name);
    if (!book.isActive(group)) return;
    const row = replica.table.find(client, vipOf(group), tcp80);
    if (row >= 0) replica.remove(row, book.epochOf(group), this.nowMs);
  }

  /** Everything connected, delivered and applied until nothing moves; then digests, twice, and again. */
  settle(): void {
    for (const pair of this.pairs) this.connect(pair);
    for (let round = 0; round < 4; round++) {
      for (const pair of this.pairs) {
        for (const self of [pair.a, pair.b]) this.step(pair, self, { kind: 'tick' });
      }
      this.drain();
      this.nowMs += 10_000;
    }
  }

  drain(pairs: readonly Pair[] = this.pairs): void {
    // What the last delivery caused is sent in the next turn.
    for (let turn = 0, quiet = 0; turn < 10_000 && quiet < 2; turn++) {
      for (const pair of pairs) {
        for (const self of [pair.a, pair.b]) {
          this.pump(pair, self);
          this.deliver(pair, self, 1000);
          this.apply(pair, self);
        }
      }
      const frames = pairs.flatMap((pair) => (pair.sessions ? [...pair.inFlight.values()] : [])).flat();
      quiet = frames.length === 0 ? quiet + 1 : 0;
    }
  }

  content(name: string): PersistenceEntry[] {
    const { replica } = this.node(name);
    const entries: PersistenceEntry[] = [];
    for (let row = 0; row < replica.table.used; row++) {
      if (replica.isLive(row, this.nowMs)) entries.push(replica.entry(row, this.nowMs));
    }
    return entries.sort((one, other) => (keyText(one) < keyText(other) ? -1 : 1));
  }
}

export const keyText = (entry: PersistenceEntry): string => `${entry.client} ${entry.address} ${entry.port}`;
/** What must be equal on all nodes: key and value. */
export const identity = (entry: PersistenceEntry): string =>
  `${keyText(entry)} → ${entry.backendAddress}:${entry.backendPort}`;
