/** Two nodes with both streams and a scenario that makes them say everything; what each said is recorded, and played to one of them alone. */

import { createKeyColumns } from '../../../src/model/columns.js';
import { shapeText } from '../../../src/model/general-shape.js';
import { GeneralBook } from '../../../src/replication/general/book.js';
import { GroupBook } from '../../../src/replication/groups.js';
import { Replica } from '../../../src/replication/replica.js';
import { PeerSession, type SendableFrame, type SessionEffect } from '../../../src/replication/session.js';
import { decodeFrame } from '../../../src/wire/decode.js';
import { encodeFrame } from '../../../src/wire/encode.js';

export type Name = 'lb1' | 'lb2';

export interface Recording {
  /** In the order in which they were sent; base64. */
  readonly frames: readonly { readonly from: Name; readonly bytes: string }[];
  /** What each node had told the other by the end. */
  readonly told: Readonly<Record<Name, readonly string[]>>;
}

const groups = ['front', 'back', 'late'];
const vipOf = (group: number): number => 0x0a000064 + group;
const tcp80 = (6 << 16) | 80;
const nowMs = 1000;
const flow = { frameEntries: 6, windowEntries: 1000 };
const timing = { helloMs: 5000, pingMs: 1000, silenceMs: 1e9, digestMs: 1e9 };
const sticky6 = shapeText({ kind: 'sticky', family: 6, fields: ['srcip', 'dstport'] });
const flat = (name: string, group: number): string => `${name}-${groups[group]}`;

export class Side {
  readonly session: PeerSession;
  closed: string | undefined;
  /** Kinds of other than entries that came out. */
  readonly heard: string[] = [];
  readonly #book = new GeneralBook();
  readonly #groups: GroupBook;
  readonly #plain: Replica;
  readonly #general: Replica;
  readonly #say: (bytes: Uint8Array) => void;

  constructor(
    readonly name: Name,
    say: (bytes: Uint8Array) => void,
  ) {
    this.#say = say;
    this.#groups = new GroupBook(
      name,
      groups.map((group, index) => ({ name: group, addresses: [vipOf(index)] })),
    );
    const options = { maxEntries: 1000, logEntries: 256, tombstoneMs: 60_000, seed: 1 };
    this.#plain = new Replica({ ...options, groupOf: this.#groups.groupOf });
    this.#general = new Replica({ ...options, groupOf: this.#book.groupOf, identity: this.#book });
    const own = name === 'lb1' ? 0 : 1;
    this.#groups.setActive(own, 1, true);
    for (let client = 1; client <= 20; client++) this.add(own, client, 1);
    this.session = new PeerSession(
      {
        ...{ node: name, peer: name === 'lb1' ? 'lb2' : 'lb1', cluster: 'prod', software: '0.1.0' },
        ...{ session: `start-of-${name}`, maps: ['persist'], flow, timing },
        general: { replica: this.#general, book: this.#book, flow },
      },
      this.#plain,
      this.#groups,
      { next: 1 },
      undefined,
    );
  }

  /** An entry in each stream. */
  add(group: number, client: number, backend: number): void {
    const life = [60_000, 60_000, 1, nowMs] as const;
    this.#plain.originate(client, vipOf(group), tcp80, 0x0a010000 + backend, 8080, ...life);
    const { client: key, address, protocolPort } = this.#generalKey(group, client);
    const at = this.#book.backend(`${'\0'.repeat(15)}${String.fromCharCode(backend)}`);
    this.#general.originate(key[0]!, address[0]!, protocolPort[0]!, at, 8080, ...life);
  }

  remove(group: number, client: number): void {
    this.#plain.remove(this.#plain.table.find(client, vipOf(group), tcp80), 1, nowMs);
    const { client: key, address, protocolPort } = this.#generalKey(group, client);
    this.#general.remove(this.#general.table.find(key[0]!, address[0]!, protocolPort[0]!), 1, nowMs);
  }

  become(group: number): void {
    this.#groups.setActive(group, 1, true);
    this.#perform(this.session.step({ kind: 'role', group }, nowMs));
  }

  open(): void {
    this.#perform(this.session.step({ kind: 'open' }, nowMs));
  }

  tick(): void {
    this.#perform(this.session.step({ kind: 'tick' }, nowMs));
  }

  hear(bytes: Uint8Array): void {
    this.#perform(this.session.step({ kind: 'frame', frame: decodeFrame(bytes) }, nowMs));
    this.pump();
  }

  pump(): void {
    this.#perform(this.session.step({ kind: 'pump', roomBytes: 1e6 }, nowMs));
  }

  say(frame: SendableFrame): void {
    this.#say(encodeFrame(frame));
  }

  /** Entries of both streams, our own or those received. */
  content(own: boolean): string[] {
    const lines: string[] = [];
    for (const replica of [this.#plain, this.#general]) {
      const { table } = replica;
      for (let row = 0; row < table.used; row++) {
        if (!replica.isLive(row, nowMs) || (table.own[row] === 1) !== own) continue;
        const [client, address, port] = [table.client[row]!, table.address[row]!, table.backendPort[row]!];
        if (replica === this.#plain)
          lines.push(`${client} ${address} ${table.protocolPort[row]} → ${table.backend[row]}:${port}`);
        else {
          const { service, key } = this.#book.identityOf(client, address);
          const text = key + this.#book.backendAt(table.backend[row]!);
          lines.push(`${service} ${Buffer.from(text, 'latin1').toString('hex')}:${port}`);
        }
      }
    }
    return lines.sort();
  }

  /** Every group of the peer is whole here, in both streams. */
  get complete(): boolean {
    return (
      this.session.inbound.activeGroups().length > 0 &&
      this.session.general!.inbound.activeGroups().length > 0 &&
      this.session.incompleteGroups().length === 0
    );
  }

  get unconfirmed(): number {
    return this.session.outbound.unconfirmed + this.session.general!.outbound.unconfirmed;
  }

  get confirmed(): number {
    return this.session.outbound.ackedEntries + this.session.general!.outbound.ackedEntries;
  }

  #generalKey(group: number, client: number) {
    const keys = createKeyColumns();
    const key = `${sticky6}${'\0'.repeat(15)}${String.fromCharCode(client)}\0P`;
    this.#book.pushKey(keys, flat(client % 2 === 0 ? 'web' : 'dns', group), group, key);
    return keys;
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.say(effect.frame);
      else if (effect.kind === 'close') this.closed = effect.detail;
      else if (effect.kind === 'write') {
        const { frame, general = false } = effect;
        this.#perform(this.session.step({ kind: 'applied', frame, general }, nowMs));
      } else if (effect.kind === 'document' || effect.kind === 'aside') {
        this.heard.push(effect.kind === 'aside' ? effect.frame.kind : `document ${effect.message.kind}`);
      }
    }
  }
}

const version = {
  ...{ id: 's1.7', number: 7, author: 'lb1', time: '2026-01-01T00:00:00.000Z', kind: 'apply' as const },
  ...{ reason: 'weights', content: '0123456789abcdef0123456789abcdef', seen: { s1: 7, s2: 3 } },
  ...{ parent: 's1.6', confirmMs: 60_000, reverts: 's1.5' },
};
const text = Buffer.from('{"farms":[]}');
const end = { version, prepare: true, whole: false, base: 's1.6', mergeable: true, remainingMs: 5000 };
const state = { service: 'web', backend: 'b1', state: 'down' as const, count: 4, node: 'lb1' };

/** One of every message beside the streams. */
export const messages: readonly SendableFrame[] = [
  { kind: 'document', message: { kind: 'head', version, trouble: 'a full disk' } },
  { kind: 'document', message: { kind: 'fetch', seen: { s1: 6 }, whole: true } },
  { kind: 'document', message: { kind: 'part', text, end: undefined } },
  { kind: 'document', message: { kind: 'part', text, end } },
  { kind: 'document', message: { kind: 'vote', id: 's1.7', ok: true, reason: '' } },
  { kind: 'document', message: { kind: 'decide', id: 's1.7', commit: true } },
  { kind: 'document', message: { kind: 'states', entries: [state] } },
  { kind: 'events', message: { id: 1, question: true, want: 10, nowUs: 0, text: new Uint8Array(0) } },
];

/** Join with snapshots both ways, changes, deletions, a ping, every message, and a group that begins late. */
export const record = (): Recording => {
  const frames: { from: Name; bytes: string }[] = [];
  const queue: { from: Name; bytes: Uint8Array }[] = [];
  const say = (from: Name) => (bytes: Uint8Array) => {
    queue.push({ from, bytes });
    frames.push({ from, bytes: Buffer.from(bytes).toString('base64') });
  };
  const sides = { lb1: new Side('lb1', say('lb1')), lb2: new Side('lb2', say('lb2')) };
  const both = [sides.lb1, sides.lb2];
  const drain = (): void => {
    for (const side of both) side.pump();
    for (let next = queue.shift(); next; next = queue.shift())
      sides[next.from === 'lb1' ? 'lb2' : 'lb1'].hear(next.bytes);
  };
  for (const side of both) side.open();
  drain();
  for (const [group, side] of both.entries()) {
    for (let client = 21; client <= 24; client++) side.add(group, client, 1);
    side.add(group, 3, 2);
    for (const client of [5, 6]) side.remove(group, client);
  }
  drain();
  for (const side of both) side.tick();
  drain();
  for (const side of both) for (const message of messages) side.say(message);
  sides.lb1.become(2);
  sides.lb1.add(2, 1, 1);
  drain();
  return { frames, told: { lb1: sides.lb2.content(false), lb2: sides.lb1.content(false) } };
};
