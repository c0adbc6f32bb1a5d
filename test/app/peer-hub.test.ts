/** Links that do not take what they are given, clocks that jump, sources that are asked: without sockets, in virtual time. */

import test from 'ava';
import { KernelSource } from '../../src/app/kernel-source.js';
import { PeerHub } from '../../src/app/peer-hub.js';
import { RelevoError } from '../../src/errors.js';
import { limits } from '../../src/limits.js';
import type { PeerLink } from '../../src/ports.js';
import { GroupBook } from '../../src/replication/groups.js';
import { Replica } from '../../src/replication/replica.js';
import { decodeFrame } from '../../src/wire/decode.js';
import { encodeFrame } from '../../src/wire/encode.js';
import type { HelloFrame } from '../../src/wire/frames.js';
import { createLog } from '../support/log.js';

const vip = 0x0a000064;
const tcp80 = (6 << 16) | 80;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes frames and keeps their bytes until it is told to read. */
class SlowLink implements PeerLink {
  readonly remote = 'nowhere';
  bufferedBytes = 0;
  most = 0;
  closed: string | undefined;
  kinds = new Map<string, number>();
  constructor(readonly peer: string) {}
  send(frame: Uint8Array): void {
    if (this.closed !== undefined) return;
    this.bufferedBytes += frame.length;
    this.most = Math.max(this.most, this.bufferedBytes);
    const { kind } = decodeFrame(frame);
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }
  close(reason: string): void {
    this.closed ??= reason;
  }
}

const create = () => {
  const clock = { now: 0, nowMs: () => clock.now };
  const groups = new GroupBook('lb1', [{ name: 'front', addresses: [vip] }]);
  const replica = new Replica({
    ...{ maxEntries: limits.replicaEntries, logEntries: limits.syncQueueEntries, tombstoneMs: 1000, seed: 1 },
    groupOf: groups.groupOf,
  });
  const log = createLog();
  const hub = new PeerHub({
    ...{ clock, log, replica, groups, peers: ['lb2', 'lb3'] },
    session: {
      ...{ node: 'lb1', cluster: 'prod', software: '0.1.0', session: 's1', maps: ['persist'] },
      flow: { frameEntries: limits.syncFrameEntries, windowEntries: limits.syncWindowEntries },
      timing: { helloMs: 5_000, pingMs: 1_000, silenceMs: 4_000, digestMs: 10_000 },
    },
    write: (_, done) => done(),
    documents: { onPeer() {}, onMessage() {} },
    onProgress() {},
  });
  groups.setActive(0, 1, true);
  const connect = (peer: string): SlowLink => {
    const link = new SlowLink(peer);
    hub.onOpen(link);
    const hello: HelloFrame = {
      ...{ kind: 'hello', versionMin: 1, versionMax: 1, software: '0.1.0', cluster: 'prod', node: peer },
      ...{ session: `of ${peer}`, maps: ['persist'], resume: undefined, active: [] },
    };
    hub.onFrame(link, encodeFrame(hello));
    return link;
  };
  const ping = (link: SlowLink): void =>
    hub.onFrame(link, encodeFrame({ kind: 'ping', token: 1, head: 0, sequence: 0 }));
  let client = 0;
  const originate = (count: number): void => {
    for (let at = 0; at < count; at++)
      replica.originate(client++ % 500_000, vip, tcp80, 1 + client, 8080, 600_000, 600_000, 1, clock.now);
  };
  return { clock, log, replica, hub, connect, ping, originate };
};

test('5,000 changes a second for three minutes, and a peer that reads nothing of it but is not silent', async (t) => {
  const { clock, hub, connect, ping, originate } = create();
  const link = connect('lb2');
  for (let second = 0; second < 180; second++) {
    for (let tick = 0; tick < 5; tick++) {
      clock.now += 200;
      originate(1_000);
      hub.tick();
      ping(link);
      await turn();
    }
  }
  t.is(link.closed, undefined, 'it may yet read');
  const { outbound } = hub.records.get('lb2')!.session!;
  t.true(outbound.unconfirmed <= limits.syncWindowEntries + limits.syncFrameEntries);
  t.true(link.most <= limits.syncBufferedBytes, `${link.most} bytes wait for it`);
  const oldestMs = outbound.oldestUnconfirmedMs(clock.now);
  t.true(oldestMs > 170_000, `the oldest has waited for ${oldestMs} ms`);
});

test('a peer that asks all the time and does not read the answers is let go', async (t) => {
  const { clock, log, hub, connect, ping } = create();
  const link = connect('lb2');
  const other = connect('lb3');
  for (let tick = 0; tick < 100_000 && link.closed === undefined; tick++) {
    clock.now += 200;
    for (let at = 0; at < 4_000; at++) ping(link);
    ping(other);
    hub.tick();
    if (tick % 100 === 0) await turn();
  }
  t.regex(link.closed ?? '', /peer lb2: does not read what it is sent/);
  t.true(link.most <= 2 * limits.syncBufferedBytes + 1024, `${link.most} bytes waited`);
  t.true(log.records.some(({ message }) => /lb2: does not read/.test(message)));
  t.is(other.closed, undefined);
});

test('pieces of services documents for a peer that does not read are bounded, too', async (t) => {
  const { hub, connect } = create();
  const link = connect('lb2');
  const text = new Uint8Array(limits.documentPartBytes);
  let pieces = 0;
  for (; pieces < 100_000 && link.closed === undefined; pieces++) {
    hub.sendMessage('lb2', { kind: 'part', text, end: undefined });
    if (pieces % 100 === 0) await turn();
  }
  t.regex(link.closed ?? '', /does not read/);
  t.true(pieces * text.length > limits.documentBytes, 'the largest document has room');
  t.is(hub.records.get('lb2')!.messages.length, 0);
});

test('a process that stood for ten seconds reads before it judges', async (t) => {
  const { clock, hub, connect, ping } = create();
  const [alive, silent] = [connect('lb2'), connect('lb3')];
  hub.tick();
  clock.now += 10_000;
  hub.tick();
  t.is(alive.closed, undefined);
  ping(alive);
  clock.now += 200;
  hub.tick();
  t.is(alive.closed, undefined);
  t.regex(silent.closed ?? '', /nothing heard for 4000 ms/);
});

test('a lost report is looked for soon, whatever else changes meanwhile', async (t) => {
  const { clock, log, replica } = create();
  let scans = 0;
  const missing = new RelevoError('kernel-missing', 'no map');
  const source = new KernelSource({
    ...{ clock: { nowMs: () => performance.now() }, log, replica },
    persistence: {
      scan: async () => {
        scans++;
        throw missing;
      },
      read: async () => {
        throw missing;
      },
      close() {},
    },
    groups: new GroupBook('lb1', []),
    verdicts: { of: () => ({ belongs: true, writable: true, ttlMs: 1000 }), shortestTtlMs: 1000 } as never,
    sink: { destroy: async () => {} } as never,
    onChange() {},
  });
  source.watch();
  source.lost('of a test');
  source.roleChanged();
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.is(scans, 1);
  // Into a scan: the next one does not wait for its turn.
  source.lost('of a test');
  await source.compare();
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.true(scans >= 3, `${scans} scans`);
  source.stop();
  t.is(clock.now, 0);
});
