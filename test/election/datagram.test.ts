import test from 'ava';
import fc from 'fast-check';
import { decodeDatagram, encodeDatagram } from '../../src/election/datagram.js';
import {
  type Body,
  eligibilities,
  type Header,
  messageLimits,
  refusals,
  roles,
  verbs,
} from '../../src/election/messages.js';
import { limits } from '../../src/limits.js';
import { macWith } from './mac.js';

const mac = macWith('secret');
const header: Header = {
  cluster: 'prod',
  from: 'lb1',
  to: 'lb2',
  path: 1,
  session: 0x1f_0000_0000_0001,
  counter: 7,
  toSession: 9,
};

const name = fc.stringMatching(/^[a-zA-Z0-9._-]{1,32}$/);
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const small = fc.nat({ max: 0xffff_ffff });
const text = (bytes: number) => fc.string({ maxLength: Math.floor(bytes / 4), unit: 'grapheme' });
const fits = (bytes: number) => text(bytes).filter((one) => new TextEncoder().encode(one).length <= bytes);

const body: fc.Arbitrary<Body> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const) }),
  fc.record({
    type: fc.constant('heartbeat' as const),
    sentUs: count,
    echoUs: count,
    echoHeldUs: count,
    ready: fc.boolean(),
    position: fits(messageLimits.positionBytes),
    reason: fits(messageLimits.reasonBytes),
    groups: fc.array(
      fc.record({
        group: name,
        role: fc.constantFrom(...roles),
        eligible: fc.constantFrom(...eligibilities),
        epoch: count,
        releasedAsk: small,
        penalty: fc.nat({ max: 99 }),
        maintenance: fc.boolean(),
      }),
      { maxLength: messageLimits.groups },
    ),
    file: fc.array(small, { maxLength: messageLimits.fileParts }),
    wallS: small,
  }),
  fc.record({
    type: fc.constant('order' as const),
    id: small,
    verb: fc.constantFrom(...verbs),
    group: fc.oneof(name, fc.constant('')),
    to: fc.oneof(name, fc.constant('')),
  }),
  fc.record({
    type: fc.constant('order-result' as const),
    id: small,
    ok: fc.boolean(),
    tookMs: small,
    reason: fits(messageLimits.reasonBytes),
  }),
  fc.record({
    type: fc.constant('ask' as const),
    group: name,
    ask: small,
    epoch: count,
    leaseMs: small,
    offer: small,
  }),
  fc.record({
    type: fc.constant('answer' as const),
    group: name,
    ask: small,
    session: count,
    verdict: fc.constantFrom(...refusals),
    epoch: count,
    waitMs: small,
    holder: fc.oneof(name, fc.constant('')),
  }),
  fc.record({
    type: fc.constant('release' as const),
    group: name,
    ask: small,
    epoch: count,
    to: fc.oneof(name, fc.constant('')),
  }),
  fc.record({ type: fc.constant('offer' as const), group: name, epoch: count, offer: small }),
  fc.record({
    type: fc.constant('decline' as const),
    group: name,
    offer: small,
    reason: fits(messageLimits.reasonBytes),
  }),
);

test('every body survives the way to bytes and back', (t) => {
  fc.assert(
    fc.property(body, (one) => {
      const bytes = encodeDatagram(header, one, mac);
      t.true(bytes.length <= limits.heartbeatBytes);
      t.deepEqual(decodeDatagram(bytes, 'prod', mac), { ok: true, header, body: one, speaks: 1 });
    }),
  );
});

test('the layout of an ask, byte by byte', (t) => {
  const ask: Body = { type: 'ask', group: 'front', ask: 3, epoch: 4, leaseMs: 120, offer: 0 };
  const bytes = encodeDatagram(header, ask, mac);
  const hex = Buffer.from(bytes.subarray(0, 32)).toString('hex');
  // magic version type path spoken-version length | session | counter | receiver's session
  t.is(hex, '52560102010100d4' + '001f000000000001' + '0000000000000007' + '0000000000000009');
  t.is(bytes.length, 212);
  t.is(Buffer.from(bytes.subarray(32, 36)).toString('latin1'), 'prod');
  t.is(Buffer.from(bytes.subarray(128, 133)).toString('latin1'), 'front');
  t.is(
    Buffer.from(bytes.subarray(160, 180)).toString('hex'),
    '00000003' + '0000000000000004' + '00000078' + '00000000',
  );
});

const heartbeat: Body = {
  type: 'heartbeat',
  sentUs: 1,
  echoUs: 2,
  echoHeldUs: 3,
  ready: true,
  position: '5:17',
  reason: '',
  groups: [{ group: 'front', role: 'active', eligible: 'ready', epoch: 3, releasedAsk: 0 }],
};

/** What a later version may send to this one: fields behind those known here, sealed like the rest. */
const withTrailer = (bytes: Uint8Array, speaks: number): Uint8Array => {
  const signed = new Uint8Array([...bytes.subarray(0, bytes.length - 32), 1, 2, 3, 4, 5]);
  signed[5] = speaks;
  signed[6] = (signed.length + 32) >> 8;
  signed[7] = (signed.length + 32) & 0xff;
  return new Uint8Array([...signed, ...mac(signed)]);
};

test('fields of a later version are passed over, and the version it speaks is known', (t) => {
  fc.assert(
    fc.property(body, (one) => {
      const bytes = withTrailer(encodeDatagram(header, one, mac), 2);
      if (bytes.length > limits.heartbeatBytes) return;
      t.deepEqual(decodeDatagram(bytes, 'prod', mac), { ok: true, header, body: one, speaks: 2 });
    }),
  );
  const [known, altered] = [
    encodeDatagram(header, heartbeat, mac),
    withTrailer(encodeDatagram(header, heartbeat, mac), 2),
  ];
  altered[known.length - 32]! ^= 1;
  t.like(decodeDatagram(altered, 'prod', mac), { ok: false, code: 'forged' });
});

test('one changed bit anywhere is refused', (t) => {
  const bytes = encodeDatagram(header, heartbeat, mac);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    t.false(decodeDatagram(changed, 'prod', mac).ok, `bit ${bit}`);
  }
});

test('every shorter piece of it is refused', (t) => {
  const bytes = encodeDatagram(header, heartbeat, mac);
  for (let length = 0; length < bytes.length; length++) {
    const decoded = decodeDatagram(bytes.subarray(0, length), 'prod', mac);
    t.false(decoded.ok);
    if (!decoded.ok) t.is(decoded.code, 'truncated');
  }
});

const refuses = test.macro((t, change: (bytes: Uint8Array) => Uint8Array, code: string, detail: RegExp) => {
  const decoded = decodeDatagram(change(encodeDatagram(header, heartbeat, mac)), 'prod', mac);
  t.false(decoded.ok);
  if (decoded.ok) return;
  t.is(decoded.code as string, code);
  t.regex(decoded.detail, detail);
});

const longer = (bytes: Uint8Array): Uint8Array => {
  const grown = new Uint8Array(limits.heartbeatBytes + 1);
  grown.set(bytes);
  return grown;
};

test('refuses what is too long', refuses, longer, 'oversized', /1401 bytes/);
test('refuses other traffic', refuses, (bytes) => bytes.fill(0, 0, 2), 'not-relevo', /./);
test(
  'refuses another version and names it',
  refuses,
  (bytes) => bytes.fill(9, 2, 3),
  'other-version',
  /version 9, not 1: upgrade the older side/,
);
test(
  'refuses another cluster and names it',
  refuses,
  () => encodeDatagram({ ...header, cluster: 'test' }, heartbeat, mac),
  'foreign-cluster',
  /^lb1 of cluster test, not prod$/,
);
test(
  'refuses another key and names who it says it is',
  refuses,
  () => encodeDatagram(header, heartbeat, macWith('guess')),
  'forged',
  /says it is lb1; another key/,
);
