/** General entries between nodes: numbers differ, names do not. */

import test from 'ava';
import fc from 'fast-check';
import { createKeyColumns } from '../../src/model/columns.js';
import { shapeText } from '../../src/model/general-shape.js';
import { digestOf, digestText } from '../../src/replication/digest.js';
import { GeneralBook } from '../../src/replication/general/book.js';
import { GroupBook } from '../../src/replication/groups.js';
import { Replica } from '../../src/replication/replica.js';
import { PeerSession, type SessionEffect } from '../../src/replication/session.js';
import { decodeFrame } from '../../src/wire/decode.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { HelloFrame, SyncFrame } from '../../src/wire/frames.js';

const timing = { helloMs: 5000, pingMs: 1000, silenceMs: 1e9, digestMs: 1000 };
const sticky6 = shapeText({ kind: 'sticky', family: 6, fields: ['srcip', 'dstport'] });
const ban4 = shapeText({ kind: 'ban', family: 4, fields: ['srcip'] });
const keyOf = (client: number): string =>
  client % 2 === 0
    ? `${sticky6}${'\0'.repeat(15)}${String.fromCharCode(client)}\0P`
    : `${ban4}\x0a\0\0${String.fromCharCode(client)}`;

/** One node with both streams; `general: false`: of an older version. */
class Node {
  readonly groups: GroupBook;
  readonly book = new GeneralBook();
  readonly replica: Replica;
  readonly plain: Replica;
  session: PeerSession | undefined;
  readonly inbox: Uint8Array[] = [];
  closed: string | undefined;
  position: PeerSession['inbound']['position'];
  generalPosition: PeerSession['inbound']['position'];
  readonly #stamps = { next: 1 };

  constructor(
    readonly name: string,
    readonly speaks: boolean,
    readonly logEntries: number,
  ) {
    this.groups = new GroupBook(name, [{ name: 'front', addresses: [1] }]);
    const options = { maxEntries: 1000, logEntries, tombstoneMs: 5000, seed: name.length * 7919 };
    this.plain = new Replica({ ...options, groupOf: this.groups.groupOf });
    this.replica = new Replica({ ...options, groupOf: this.book.groupOf, identity: this.book });
    // Numbers of its own.
    for (let index = 0; index < name.charCodeAt(0) % 7; index++) {
      this.book.service(`another${index}`, 0);
      this.book.backend(`other${index}`);
    }
  }

  connect(peer: Node): void {
    this.inbox.length = 0;
    this.closed = undefined;
    this.session = new PeerSession(
      {
        ...{
          node: this.name,
          peer: peer.name,
          cluster: 'prod',
          software: '0.1.0',
          session: `s-${this.name}`,
        },
        ...{ maps: ['persist'], flow: { frameEntries: 3, windowEntries: 8 }, timing },
        ...(this.speaks && {
          general: { replica: this.replica, book: this.book, flow: { frameEntries: 3, windowEntries: 8 } },
        }),
      },
      this.plain,
      this.groups,
      this.#stamps,
      this.position,
      this.generalPosition,
    );
  }

  disconnect(): void {
    this.position = this.session?.inbound.position;
    this.generalPosition = this.session?.general?.inbound.position;
    this.session = undefined;
  }

  /** What the session wants done; rows are in the kernel at once. */
  perform(effects: readonly SessionEffect[], peer: Node, nowMs: number): void {
    for (const effect of effects) {
      if (effect.kind === 'send') peer.inbox.push(encodeFrame(effect.frame));
      else if (effect.kind === 'close') this.closed = effect.detail;
      else if (effect.kind === 'write') {
        const { frame, general = false } = effect;
        this.perform(this.session!.step({ kind: 'applied', frame, general }, nowMs), peer, nowMs);
      }
    }
  }

  add(client: number, backend: number, nowMs: number): void {
    const keys = createKeyColumns();
    const key = keyOf(client);
    this.book.pushKey(keys, `web${client % 3}`, 0, key);
    const isBan = key.startsWith(ban4);
    const address = this.book.backend(isBan ? '' : `${'\0'.repeat(15)}${String.fromCharCode(backend)}`);
    const [[number], [service], [shape]] = [keys.client, keys.address, keys.protocolPort];
    const epoch = this.groups.epochOf(0);
    this.replica.originate(
      ...([number!, service!, shape!, address, isBan ? 0 : 8080] as const),
      ...([60_000, 60_000, epoch, nowMs] as const),
    );
  }

  remove(client: number, nowMs: number): void {
    const keys = createKeyColumns();
    this.book.pushKey(keys, `web${client % 3}`, 0, keyOf(client));
    const row = this.replica.table.find(keys.client[0]!, keys.address[0]!, keys.protocolPort[0]!);
    if (row >= 0) this.replica.remove(row, this.groups.epochOf(0), nowMs);
  }

  content(nowMs: number): string[] {
    const { table } = this.replica;
    const lines: string[] = [];
    for (let row = 0; row < table.used; row++) {
      if (!this.replica.isLive(row, nowMs)) continue;
      const { service, key } = this.book.identityOf(table.client[row]!, table.address[row]!);
      const backend = this.book.backendAt(table.backend[row]!);
      lines.push(JSON.stringify([service, key, backend, table.backendPort[row]]));
    }
    return lines.sort();
  }
}

class Pair {
  nowMs = 0;
  readonly a: Node;
  readonly b: Node;

  constructor({ speaks = true, logEntries = 64 } = {}) {
    this.a = new Node('a', true, logEntries);
    this.b = new Node('bb', speaks, logEntries);
  }

  #sides(): (readonly [Node, Node])[] {
    return [
      [this.a, this.b],
      [this.b, this.a],
    ];
  }

  connect(): void {
    for (const [node, peer] of this.#sides()) node.connect(peer);
    for (const [node, peer] of this.#sides()) {
      node.perform(node.session!.step({ kind: 'open' }, this.nowMs), peer, this.nowMs);
    }
  }

  break(): void {
    for (const [node] of this.#sides()) node.disconnect();
  }

  setActive(node: Node, epoch: number, active: boolean): void {
    node.groups.setActive(0, epoch, active);
    const peer = node === this.a ? this.b : this.a;
    if (node.session)
      node.perform(node.session.step({ kind: 'role', group: 0 }, this.nowMs), peer, this.nowMs);
  }

  deliver(frames: number): void {
    for (const [node, peer] of this.#sides()) {
      for (let left = frames; left > 0 && node.session && node.inbox.length > 0; left--) {
        const frame = decodeFrame(node.inbox.shift()!);
        node.perform(node.session.step({ kind: 'frame', frame }, this.nowMs), peer, this.nowMs);
      }
    }
  }

  pump(): void {
    for (const [node, peer] of this.#sides()) {
      const { session } = node;
      if (session?.state === 'streaming' && session.hasWork) {
        node.perform(session.step({ kind: 'pump', roomBytes: 300 }, this.nowMs), peer, this.nowMs);
      }
    }
  }

  settle(): void {
    if (!this.a.session) this.connect();
    for (let round = 0; round < 200; round++) {
      this.pump();
      this.deliver(50);
      if (round % 20 !== 19) continue;
      this.nowMs += 1000;
      for (const [node, peer] of this.#sides()) {
        node.perform(node.session!.step({ kind: 'tick' }, this.nowMs), peer, this.nowMs);
      }
    }
  }
}

type Step =
  | { readonly kind: 'add'; readonly client: number; readonly backend: number }
  | { readonly kind: 'remove'; readonly client: number }
  | { readonly kind: 'deliver'; readonly frames: number }
  | { readonly kind: 'pump' | 'break' | 'connect' | 'takeover' | 'collect' | 'sweep' };

const client = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), client, backend: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), client }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), frames: fc.nat(4) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pump' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'break' as const,
        'connect' as const,
        'takeover' as const,
        'collect' as const,
        'sweep' as const,
      ),
    }),
  },
);

const converges = (logEntries: number, numRuns: number): void => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 100 }), (steps) => {
      const pair = new Pair({ logEntries });
      let [owner, other] = [pair.a, pair.b];
      let epoch = 1;
      pair.setActive(owner, epoch, true);
      for (const one of steps) {
        pair.nowMs += 50;
        if (one.kind === 'add') owner.add(one.client, one.backend, pair.nowMs);
        else if (one.kind === 'remove') owner.remove(one.client, pair.nowMs);
        else if (one.kind === 'deliver') pair.deliver(one.frames);
        else if (one.kind === 'pump') pair.pump();
        else if (one.kind === 'break') pair.break();
        else if (one.kind === 'connect' && !pair.a.session) pair.connect();
        else if (one.kind === 'takeover') {
          pair.setActive(owner, epoch, false);
          [owner, other] = [other, owner];
          pair.setActive(owner, ++epoch, true);
        } else if (one.kind === 'collect' || one.kind === 'sweep') {
          for (const node of [owner, other]) {
            if (one.kind === 'sweep') node.replica.sweep(1000, pair.nowMs);
            else node.book.collect(node.replica.table);
          }
        }
      }
      pair.settle();
      const [truth, seen] = [owner.content(pair.nowMs), other.content(pair.nowMs)];
      if (truth.join() !== seen.join()) throw new Error(`${truth.join('\n')}\n—\n${seen.join('\n')}`);
      const texts = [owner, other].map(({ replica }) => digestText(digestOf(replica, 0, pair.nowMs)));
      if (texts[0] !== texts[1]) throw new Error(`digests differ: ${texts.join()}`);
      if (pair.a.closed ?? pair.b.closed) throw new Error(pair.a.closed ?? pair.b.closed);
      const [group] = other.session!.general!.inbound.activeGroups();
      if (!group?.complete) throw new Error('the standby is not complete');
    }),
    { numRuns, includeErrorInReport: true },
  );
};

const runs = Number(process.env.RELEVO_RUNS ?? 200);

test('two nodes with numbers of their own converge', (t) => {
  converges(64, runs);
  t.pass();
});

test('two nodes converge with a log so small that peers overflow', (t) => {
  converges(4, runs);
  t.pass();
});

test('an older peer is sent nothing of it, and the first stream goes on', (t) => {
  const pair = new Pair({ speaks: false });
  pair.setActive(pair.a, 1, true);
  pair.a.add(2, 1, 0);
  pair.a.plain.originate(7, 1, (6 << 16) | 80, 9, 80, 1000, 1000, 1, 0);
  const kinds: string[] = [];
  const push = pair.b.inbox.push.bind(pair.b.inbox);
  pair.connect();
  pair.b.inbox.push = (...frames) => {
    kinds.push(...frames.map((bytes) => decodeFrame(bytes).kind));
    return push(...frames);
  };
  pair.settle();
  t.true(kinds.includes('digest'));
  t.false(kinds.includes('general'));
  t.is(pair.b.plain.live, 1);
  t.is(pair.a.closed, undefined);
  t.is(pair.a.session!.state, 'streaming');
});

const greeted = (general: number | undefined): [Pair, PeerSession] => {
  const pair = new Pair();
  pair.a.connect(pair.b);
  const session = pair.a.session!;
  session.step({ kind: 'open' }, 0);
  const hello: HelloFrame = {
    ...{ kind: 'hello', versionMin: 1, versionMax: 1, software: '', cluster: 'prod', node: 'bb' },
    ...{ session: 's', maps: ['persist'], resume: undefined, active: [{ group: 'front', epoch: 1 }] },
    ...(general !== undefined && { general }),
  };
  session.step({ kind: 'frame', frame: hello }, 0);
  return [pair, session];
};

const closeOf = (effects: readonly SessionEffect[]): string | undefined =>
  effects.flatMap((effect) => (effect.kind === 'close' ? [effect.detail] : []))[0];

const end = (frame: number): SyncFrame => ({
  kind: 'general',
  body: { kind: 'snapshot-end', frame, group: 'front', epoch: 1 },
});

test('a repeated frame closes the connection, and so does one that was not announced', (t) => {
  const [, session] = greeted(1);
  t.is(closeOf(session.step({ kind: 'frame', frame: end(1) }, 1)), undefined);
  t.regex(
    closeOf(session.step({ kind: 'frame', frame: end(1) }, 1))!,
    /peer bb: general frame 1 is out of order/,
  );
  const [, other] = greeted(undefined);
  t.regex(closeOf(other.step({ kind: 'frame', frame: end(1) }, 1))!, /without a version of it/);
});

test('numbers that nobody has are taken back, those of rows are not', (t) => {
  const node = new Node('a', true, 64);
  node.groups.setActive(0, 1, true);
  node.add(2, 1, 0);
  node.add(4, 1, 0);
  const forgotten = createKeyColumns();
  node.book.pushKey(forgotten, 'web', 0, keyOf(6));
  t.is(node.book.keys, 3);
  node.book.collect(node.replica.table);
  t.is(node.book.keys, 3, 'asked for lately');
  node.book.collect(node.replica.table);
  t.is(node.book.keys, 2);
  node.add(8, 1, 0);
  t.is(node.book.keys, 3);
  t.deepEqual(node.content(1).length, 3);
  t.is(node.book.keyAt(forgotten.client[0]!), keyOf(8), 'the number has gone to another key');
  node.remove(2, 1);
  node.replica.sweep(100, 100_000);
  node.book.collect(node.replica.table);
  node.book.collect(node.replica.table);
  t.is(node.book.keys, 0, 'all expired');
});
