/** Claims of an owner's addresses: answered while they are its own, and no longer. */

import test from 'ava';
import { createAddressClaims } from '../../src/app/address-claims.js';
import type { Ipv4 } from '../../src/model/address.js';
import type { FloatingAddress } from '../../src/model/node.js';
import { gratuitousReply } from '../../src/netlink/arp.js';
import { createLog } from '../support/log.js';

const floating = { address: '10.10.0.100', prefixLength: 24, interface: 'front0' } as FloatingAddress;
const claim = gratuitousReply('02:00:00:00:00:0c', '10.10.0.100' as Ipv4);

const bench = () => {
  const told: string[] = [];
  const announced: number[] = [];
  let nowMs = 0;
  let waits: { atMs: number; action: () => void }[] = [];
  let hear: ((frame: Uint8Array) => void) | undefined;
  let answer: (isKnown: boolean) => void = () => {};
  const claims = createAddressClaims({
    clock: { nowMs: () => nowMs },
    timers: {
      after(ms, action) {
        const wait = { atMs: nowMs + ms, action };
        waits.push(wait);
        return () => {
          waits = waits.filter((one) => one !== wait);
        };
      },
    },
    log: createLog(),
    frames: () => ({
      send: () => {},
      onFrame(listener) {
        hear = listener;
        return () => {};
      },
      close() {
        hear = undefined;
      },
    }),
    macOf: () => '02:00:00:00:00:0b',
    announce: () => announced.push(nowMs),
    caughtUp: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
    record: (kind) => told.push(kind),
    say: () => {},
  });
  return {
    ...{ claims, told, announced },
    isListening: () => hear !== undefined,
    hear: () => hear?.(claim),
    async answer(isKnown = true) {
      answer(isKnown);
      await new Promise(setImmediate);
    },
    pass(ms: number) {
      nowMs += ms;
      const due = waits.filter(({ atMs }) => atMs <= nowMs);
      waits = waits.filter((one) => !due.includes(one));
      for (const { action } of due) action();
    },
  };
};

test('a claim of an address that this node owns is told, answered now and a second later', async (t) => {
  const { claims, told, announced, hear, answer, pass, isListening } = bench();
  claims.watch([floating]);
  hear();
  await answer();
  t.deepEqual(told, ['address-conflict']);
  t.deepEqual(announced, [0]);
  t.false(isListening());
  pass(1_000);
  t.deepEqual(announced, [0, 1_000]);
  t.true(isListening());
});

test('the next owner of a handover, heard before the guard’s word that it has closed, is nobody’s rival', async (t) => {
  const { claims, told, announced, hear, answer, pass } = bench();
  claims.watch([floating]);
  hear();
  claims.watch([]);
  await answer();
  pass(60_000);
  t.deepEqual(told, []);
  t.deepEqual(announced, []);
});

test('a guard that does not answer owns nothing: nothing is announced, and listening goes on', async (t) => {
  const { claims, told, announced, hear, answer, pass, isListening } = bench();
  claims.watch([floating]);
  hear();
  await answer(false);
  pass(1_000);
  t.deepEqual(told, []);
  t.deepEqual(announced, []);
  t.true(isListening());
});
