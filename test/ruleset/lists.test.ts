/** Lists as data: what a change of elements costs, what a restart keeps, which chains a combination of policies comes to. */

import test from 'ava';
import { type Ip, isIpv6, parseIp } from '../../src/model/address.js';
import type { Policy, PolicyElement } from '../../src/model/service.js';
import type { ElementBytes } from '../../src/netlink/nft/ast.js';
import { ruleText } from '../../src/netlink/nft/text.js';
import { elementText } from '../../src/netlink/nft/text-objects.js';
import { ipv4 } from '../../src/ruleset/features/families.js';
import { adoptPolicy } from '../../src/ruleset/features/lists/adoption.js';
import { type Applied, combinationOf } from '../../src/ruleset/features/lists/combination.js';
import { listedElement, refusedByService, sumOf } from '../../src/ruleset/features/lists/counters.js';
import {
  elementsOf,
  indexOf,
  knownComment,
  type ListStep,
  policyChange,
  policyReplacement,
} from '../../src/ruleset/features/lists/elements.js';
import { matchChain } from '../../src/ruleset/features/lists/layout.js';
import { policyLists } from '../../src/ruleset/features/lists/policy.js';

const element = (text: string, timeoutMs?: number): PolicyElement => {
  const [address, length] = text.split('/');
  const ip = parseIp(address!)!;
  return {
    address: ip,
    prefixLength: Number(length ?? (isIpv6(ip) ? 128 : 32)),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
};
const policy = (elements: readonly PolicyElement[], more: Partial<Policy> = {}): Policy => ({
  name: 'bad',
  family: 'ipv4',
  type: 'blacklist',
  elements,
  ...more,
});

/** `+set { … }`, `-set { … }`; what belongs to one transaction in one line. */
const shown = (steps: readonly ListStep[]): string[] =>
  steps
    .filter(({ set }) => set.name !== 'known_lists')
    .map(({ set, destroy, add }) =>
      [
        ...[...destroy].map((one) => `-${set.name} ${elementText(set, one)}`),
        ...[...add].map((one) => `+${set.name} ${elementText(set, one)}`),
      ].join(' '),
    );

test('a few elements: only what is named, networks cut to their length, twice is once', (t) => {
  const index = indexOf(policy([element('10.0.0.1'), element('10.1.0.0/16')]), 0);
  const change = policyChange(
    index,
    {
      added: [element('10.0.0.1'), element('10.2.3.4/24'), element('10.0.0.9', 1000)],
      removed: [element('10.1.0.0/16'), element('10.9.9.9')],
    },
    0,
  );
  t.deepEqual(shown(change.steps), [
    '+list4_bad_24 10.2.3.0',
    '+list4_bad_32 10.0.0.9 timeout 1s',
    '-list4_bad_16 10.1.0.0',
  ]);
  t.true(change.lengthsChanged);
  t.deepEqual(
    elementsOf(index).map(({ address }) => address),
    ['10.0.0.1', '10.0.0.9', '10.2.3.4'] as Ip[],
  );
  change.undo();
  t.deepEqual(
    elementsOf(index)
      .map(({ address }) => address)
      .sort(),
    ['10.0.0.1', '10.1.0.0'] as Ip[],
  );
  t.is(knownComment(index), knownComment(indexOf(policy([]), 0)));
});

test('a list that is written again touches nothing that it has in common; what has run out starts anew', (t) => {
  const before = indexOf(
    policy([element('10.0.0.1'), element('10.0.0.2', 1000), element('10.0.0.3', 5000)]),
    0,
  );
  const { index, steps } = policyReplacement(
    before,
    policy([element('10.0.0.1'), element('10.0.0.2', 1000), element('10.0.0.3', 5000), element('10.0.0.4')]),
    2000,
  );
  t.deepEqual(shown(steps), [
    '+list4_bad_32 10.0.0.4',
    '-list4_bad_32 10.0.0.2 +list4_bad_32 10.0.0.2 timeout 1s',
  ]);
  const later = policyReplacement(index, policy([element('10.0.0.3', 5000)]), 4000);
  t.deepEqual(shown(later.steps), ['-list4_bad_32 10.0.0.1 -list4_bad_32 10.0.0.2 -list4_bad_32 10.0.0.4']);
  t.is(later.index.byLength.get(32)?.size, 1);
  t.is([...later.index.byLength.get(32)!.values()][0]?.deadlineMs, 5000);
});

test('a change of lifetime is one step; the lifetime of the policy is that of elements without one', (t) => {
  const before = indexOf(policy([element('10.0.0.1'), element('10.0.0.2', 7000)], { timeoutMs: 1000 }), 0);
  const { steps } = policyReplacement(
    before,
    policy([element('10.0.0.1'), element('10.0.0.2', 7000)], { timeoutMs: 3000 }),
    1,
  );
  t.deepEqual(shown(steps), ['-list4_bad_32 10.0.0.1 +list4_bad_32 10.0.0.1 timeout 3s']);
});

test('what is new comes before what goes: nobody is off the list for a moment, in however many transactions', (t) => {
  const some = (from: number): PolicyElement[] =>
    Array.from({ length: 5000 }, (_, index) => element(`10.${from}.${index >> 8}.${index & 255}`));
  const { steps } = policyReplacement(
    indexOf(policy(some(1)), 0),
    policy([...some(2), element('10.1.0.0')]),
    0,
  );
  t.true(steps.every(({ destroy, add }) => destroy.length <= 2000 && add.length <= 2000));
  const firstRemoval = steps.findIndex(({ destroy }) => destroy.length > 0);
  t.true(steps.slice(0, firstRemoval).reduce((sum, { add }) => sum + add.length, 0) === 5000);
  t.true(steps.slice(firstRemoval).every(({ add }) => add.length === 0));
});

const bytes = (...parts: number[]): Uint8Array => Uint8Array.of(...parts);
const found = (elements: readonly ElementBytes[], known?: string) => ({
  byLength: new Map([[32, elements]]),
  known,
});

test('a restart: an absent timed element has expired if the kernel was given it, and is new otherwise', (t) => {
  const wanted = policy([element('10.0.0.1', 1000), element('10.0.0.2', 1000), element('10.0.0.3')]);
  const left = [{ key: bytes(10, 0, 0, 2), timeoutMs: 1000, expiresMs: 400 }, { key: bytes(10, 0, 0, 9) }];
  const known = adoptPolicy(wanted, found(left, knownComment(indexOf(wanted, 0))), 0);
  t.deepEqual(shown(known.steps), ['+list4_bad_32 10.0.0.3', '-list4_bad_32 10.0.0.9']);
  t.false(known.steps.some(({ set }) => set.name === 'known_lists'));
  const unknown = adoptPolicy(wanted, found(left, 'something else'), 0);
  t.deepEqual(shown(unknown.steps), [
    '+list4_bad_32 10.0.0.1 timeout 1s +list4_bad_32 10.0.0.3',
    '-list4_bad_32 10.0.0.9',
  ]);
  t.true(unknown.steps.some(({ set }) => set.name === 'known_lists'));
});

test('a list without timed elements leaves nothing that a restart would have to write', (t) => {
  const wanted = policy([element('10.0.0.1')]);
  t.deepEqual(adoptPolicy(wanted, found([{ key: bytes(10, 0, 0, 1) }]), 0).steps, []);
  // What was known of it goes with its last timed element.
  const [step] = adoptPolicy(wanted, found([{ key: bytes(10, 0, 0, 1) }], 'before'), 0).steps;
  t.deepEqual([step?.set.name, step?.destroy.length, step?.add.length], ['known_lists', 1, 0]);
});

test('a repair goes by the deadlines that this process knows', (t) => {
  const wanted = policy([element('10.0.0.1', 1000), element('10.0.0.2', 5000)]);
  const before = indexOf(wanted, 0);
  const { steps } = adoptPolicy(wanted, found([]), 2000, before);
  t.deepEqual(shown(steps), ['+list4_bad_32 10.0.0.2 timeout 5s expires 3s']);
});

test('a policy has a set for each prefix length, looked into from the narrowest on, and a chain even when empty', (t) => {
  const context = {} as Parameters<typeof policyLists.contribute>[1];
  const rules = (one: Policy): string[] =>
    (policyLists.contribute(one, context)?.structure ?? [])
      .flatMap((structure) => (structure.kind === 'station' ? [structure] : []))
      .sort((a, b) => a.order - b.order)
      .map(({ rule }) => ruleText(rule, 'netdev').replace(/ comment.*/, ''));
  t.deepEqual(rules(policy([element('10.0.0.0/8'), element('10.0.0.1'), element('10.1.0.0/8')])), [
    'ip saddr @list4_bad_32 meta priority set ffff:fffe return',
    'ip saddr & 255.0.0.0 == @list4_bad_8 meta priority set ffff:fffe return',
    'return',
  ]);
  t.deepEqual(rules(policy([])), ['return']);
  t.regex(matchChain({ name: 'a b', family: 'ipv4' }), /^match4_a_b_[0-9a-f]{6}$/);
  t.not(matchChain({ name: 'a b', family: 'ipv4' }), matchChain({ name: 'a_b', family: 'ipv4' }));
});

test('a combination is the same in whatever order its policies stand, white lists first', (t) => {
  const applied = (name: string, type: Policy['type'], more: Partial<Applied> = {}): Applied => ({
    policy: policy([], { name, type }),
    accept: true,
    drop: true,
    ...more,
  });
  const bad = applied('a-bad', 'blacklist');
  const good = applied('z-good', 'whitelist');
  const one = combinationOf([bad, good], ipv4);
  t.deepEqual(one, combinationOf([good, bad], ipv4));
  const texts = one.chain.rules.map((rule) => ruleText(rule, 'netdev').replace(/ comment.*/, ''));
  t.true(texts.indexOf('jump match4_z-good') < texts.indexOf('jump match4_a-bad'));
  for (const other of [
    [bad],
    [good],
    [bad, { ...good, accept: false }],
    [{ ...bad, drop: false }, good],
    [{ ...bad, logLine: { kind: 'log', prefix: 'x ' } as const }, good],
  ]) {
    t.not(combinationOf(other, ipv4).number, one.number);
  }
});

test('counters as nftlb prints them, their sum, and refusals by service', (t) => {
  const counted = { key: bytes(10, 2, 0, 0), counter: { packets: 3, bytes: 180 } };
  t.deepEqual(listedElement({ family: 'ipv4' }, 16, counted), {
    data: '10.2.0.0/16',
    'counter-packets': '3',
    'counter-bytes': '180',
  });
  const timed = { key: bytes(10, 0, 0, 1), timeoutMs: 60_000, expiresMs: 12_300 };
  t.deepEqual(listedElement({ family: 'ipv4' }, 32, timed), {
    data: '10.0.0.1',
    time: '13',
    'counter-packets': '0',
    'counter-bytes': '0',
  });
  const six = { key: Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Uint8Array(12)) };
  t.is(listedElement({ family: 'ipv6' }, 32, six).data, '2001:db8::/32');
  const all: ElementBytes[] = [counted, counted, timed];
  t.deepEqual(sumOf(all), { packets: 6, bytes: 360 });
  const id = new Uint8Array(Uint32Array.of(4096).buffer);
  const other = new Uint8Array(Uint32Array.of(8192).buffer);
  const refused = refusedByService(
    [{ key: id, counter: { packets: 1, bytes: 60 } }, { key: other }],
    (number) => (number === 4096 ? 'web' : undefined),
  );
  t.deepEqual([...refused], [['web', { packets: 1, bytes: 60 }]]);
});
