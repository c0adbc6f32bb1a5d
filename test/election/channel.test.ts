import test from 'ava';
import { type Channel, createChannel, type Opened } from '../../src/election/channel.js';
import type { Body } from '../../src/election/messages.js';
import { answeringPath, lackingPath } from '../../src/election/relay.js';
import { macWith } from './mac.js';

const hello: Body = { type: 'hello' };
const quietMs = 100;

const channel = (self: string, session: number, key = 'k'): Channel =>
  createChannel({
    cluster: 'prod',
    self,
    session,
    mac: macWith(key),
    senders: ['lb1', 'lb2', 'lb3'],
    quietMs,
  });

const code = (opened: Opened): string => (opened.kind === 'message' ? 'message' : opened.code);

/** Both ends greet until they believe each other. */
const acquaint = (left: Channel, right: Channel, nowMs: number): void => {
  right.open(left.seal('lb2', 0, hello), nowMs);
  left.open(right.seal('lb1', 0, hello), nowMs);
  right.open(left.seal('lb2', 0, hello), nowMs);
};

test('a sender is believed once it has echoed the receiver’s session', (t) => {
  const lb1 = channel('lb1', 1001);
  const lb2 = channel('lb2', 2002);
  const first = lb2.open(lb1.seal('lb2', 0, hello), 0);
  t.like(first, { kind: 'refused', code: 'new-session', helloTo: 'lb1' });
  t.is(code(lb1.open(lb2.seal('lb1', 0, hello), 1)), 'message', 'its echo proves lb2 to lb1');
  t.like(lb2.open(lb1.seal('lb2', 0, hello), 2), { kind: 'message', from: 'lb1', session: 1001 });
});

test('nothing is taken twice, late ones are taken once, on each path apart', (t) => {
  const lb1 = channel('lb1', 1001);
  const lb2 = channel('lb2', 2002);
  acquaint(lb1, lb2, 0);
  const early = lb1.seal('lb2', 0, hello);
  const late = lb1.seal('lb2', 0, hello);
  t.is(code(lb2.open(late, 1)), 'message');
  t.is(code(lb2.open(early, 1)), 'message', 'overtaken on the way');
  t.is(code(lb2.open(early, 1)), 'replayed');
  t.is(code(lb2.open(late, 1)), 'replayed');
  const other = lb1.seal('lb2', 1, hello);
  t.is(code(lb2.open(other, 1)), 'message');
  t.is(code(lb2.open(other, 1)), 'replayed');
  const old = lb1.seal('lb2', 0, hello);
  for (let count = 0; count < 70; count++) lb2.open(lb1.seal('lb2', 0, hello), 1);
  t.is(code(lb2.open(old, 1)), 'replayed', 'older than the window');
});

test('another node’s word is handed on once, and what comes twice that way is no replay', (t) => {
  const lb1 = channel('lb1', 1001);
  const lb2 = channel('lb2', 2002);
  const lb3 = channel('lb3', 3003);
  acquaint(lb1, lb2, 0);
  for (const path of [lackingPath, answeringPath]) {
    const sealed = lb1.seal('lb2', path, hello);
    t.like(lb3.open(sealed, 1), { kind: 'refused', relay: { from: 'lb1', to: 'lb2' } });
    t.is(code(lb3.open(sealed, 1)), 'repeated', 'its copy on a second path');
    t.is(code(lb2.open(sealed, 1)), 'message');
    t.is(code(lb2.open(sealed, 1)), 'repeated');
  }
  const reborn = channel('lb1', 1002).seal('lb2', lackingPath, hello);
  t.like(lb3.open(reborn, 2), { relay: { from: 'lb1', to: 'lb2' } }, 'counters begin anew with a session');
  t.is(lb3.open(channel('lb9', 9).seal('lb2', lackingPath, hello), 2).kind, 'refused');
});

test('the window against a plain set, over many orders', (t) => {
  for (let seed = 1; seed <= 50; seed++) {
    const lb1 = channel('lb1', 1001);
    const lb2 = channel('lb2', 2002);
    acquaint(lb1, lb2, 0);
    const sent = Array.from({ length: 200 }, () => lb1.seal('lb2', 0, hello));
    let random = seed;
    const taken = new Set<number>();
    let top = -1;
    for (let count = 0; count < 600; count++) {
      random = (random * 1103515245 + 12345) % 2 ** 31;
      const index = Math.min(199, Math.max(0, Math.floor(count / 3) + (random % 80) - 70));
      const expected = !taken.has(index) && index > top - 64;
      t.is(
        code(lb2.open(sent[index]!, 1)),
        expected ? 'message' : 'replayed',
        `seed ${seed}, ${index} below ${top}`,
      );
      if (expected) taken.add(index);
      top = Math.max(top, index);
    }
  }
});

test('a restarted sender is followed, its former life is refused', (t) => {
  const lb2 = channel('lb2', 2002);
  const before = channel('lb1', 1001);
  acquaint(before, lb2, 0);
  const recorded = before.seal('lb2', 0, hello);
  const next = channel('lb1', 1003);
  t.is(code(lb2.open(next.seal('lb2', 0, hello), 10_000)), 'new-session', 'however long the silence before');
  const nowMs = 10_000 + quietMs;
  acquaint(next, lb2, nowMs);
  t.is(code(lb2.open(next.seal('lb2', 0, hello), nowMs)), 'message');
  t.is(code(lb2.open(recorded, nowMs)), 'old-session');
});

test('datagrams of an earlier life of the receiver prove nothing', (t) => {
  const lb1 = channel('lb1', 1001);
  const before = channel('lb2', 2002);
  acquaint(lb1, before, 0);
  const recorded = [lb1.seal('lb2', 0, hello), lb1.seal('lb2', 0, hello)];
  const restarted = channel('lb2', 2003);
  for (const bytes of recorded) t.is(code(restarted.open(bytes, 500)), 'new-session');
});

test('two living processes with one name: the first is kept, the second named', (t) => {
  const lb2 = channel('lb2', 2002);
  const real = channel('lb1', 1001);
  acquaint(real, lb2, 0);
  const impostor = channel('lb1', 1666);
  t.is(code(lb2.open(impostor.seal('lb2', 0, hello), 10)), 'new-session', 'could be a restart');
  t.is(code(lb2.open(real.seal('lb2', 0, hello), 20)), 'message');
  const opened = lb2.open(impostor.seal('lb2', 0, hello), 30);
  t.like(opened, {
    kind: 'refused',
    code: 'duplicate-name',
    detail: 'two processes of the cluster call themselves lb1',
  });
  t.is(code(lb2.open(real.seal('lb2', 0, hello), 40)), 'message');
  // A receiver that slept finds both in its queue: the order in which they lie there decides nothing.
  t.is(code(lb2.open(impostor.seal('lb2', 0, hello), 5_000)), 'duplicate-name');
  t.is(code(lb2.open(real.seal('lb2', 0, hello), 5_000)), 'message');
});

test('misdirected, reflected, unknown', (t) => {
  const lb1 = channel('lb1', 1001);
  const lb2 = channel('lb2', 2002);
  t.is(code(lb2.open(lb1.seal('lb3', 0, hello), 0)), 'misdirected');
  t.is(code(lb1.open(lb1.seal('lb1', 0, hello), 0)), 'misdirected');
  const stranger = createChannel({ cluster: 'prod', self: 'lb9', session: 9, mac: macWith('k'), quietMs });
  t.like(lb2.open(stranger.seal('lb2', 0, hello), 0), {
    code: 'unknown-sender',
    detail: 'lb9 is no node of this cluster',
  });
});

test('greetings are answered, but not one for one', (t) => {
  const lb1 = channel('lb1', 1001);
  const lb2 = channel('lb2', 2002);
  t.like(lb2.open(lb1.seal('lb2', 0, hello), 0), { helloTo: 'lb1' });
  t.is((lb2.open(lb1.seal('lb2', 0, hello), 1) as { helloTo?: string }).helloTo, undefined);
});

test('a witness hears any node that knows the secret, but not any number', (t) => {
  const witness = createChannel({
    cluster: 'prod',
    self: '@witness',
    session: 5,
    mac: macWith('k'),
    quietMs,
  });
  const say = (self: string) =>
    createChannel({ cluster: 'prod', self, session: 7, mac: macWith('k'), quietMs }).seal(
      '@witness',
      0,
      hello,
    );
  for (let index = 0; index < 64; index++) t.is(code(witness.open(say(`n${index}`), 0)), 'new-session');
  t.is(code(witness.open(say('n64'), 0)), 'unknown-sender');
});
