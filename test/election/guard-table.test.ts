import test from 'ava';
import { buildGuard, leaseTransaction } from '../../src/election/guard-table.js';
import type { KernelOp } from '../../src/election/types.js';
import type { Ip, Ipv4 } from '../../src/model/address.js';
import { transactionText } from '../../src/netlink/nft/text.js';

const addresses = ['10.0.0.100', '10.0.0.101'] as Ipv4[];

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

test('the guard as text', (t) => {
  const text = transactionText(buildGuard(['eth0', 'eth1'], addresses, { owner: true, replace: true }));
  t.deepEqual(
    lines(text),
    lines(`
      delete table netdev relevo
      add table netdev relevo { flags owner,persist; }
      add set netdev relevo floating { type ipv4_addr; }
      add set netdev relevo held { type ipv4_addr; flags timeout; }
      add set netdev relevo armed { type ipv4_addr; flags timeout; }
      add element netdev relevo floating { 10.0.0.100, 10.0.0.101 }
      add chain netdev relevo ingress { type filter hook ingress devices = { "eth0", "eth1" } priority -500; policy accept; }
      add chain netdev relevo egress { type filter hook egress devices = { "eth0", "eth1" } priority -500; policy accept; }
      add rule netdev relevo ingress arp operation request arp daddr ip @floating arp daddr ip != @held drop comment "questions"
      add rule netdev relevo egress arp saddr ip @floating arp saddr ip != @held drop comment "announcements"
    `),
  );
});

const dual = [...addresses, '2001:db8::100'] as Ip[];

test('the guard of both families as text: an IPv6 address is neither told nor asked about unless held', (t) => {
  const text = transactionText(buildGuard(['eth0'], dual, { owner: false, replace: false }));
  const six = lines(text).filter((line) => /6|code/.test(line) && !/add chain/.test(line));
  t.deepEqual(
    six,
    lines(`
      add set netdev relevo floating6 { type ipv6_addr; }
      add set netdev relevo held6 { type ipv6_addr; flags timeout; }
      add set netdev relevo armed6 { type ipv6_addr; flags timeout; }
      add element netdev relevo floating6 { 2001:db8::100 }
      add rule netdev relevo ingress icmpv6 type nd-neighbor-solicit @th,64,128 @floating6 @th,64,128 != @held6 drop comment "questions, IPv6"
      add rule netdev relevo egress icmpv6 type nd-neighbor-advert @th,64,128 @floating6 @th,64,128 != @held6 drop comment "announcements, IPv6"
      add rule netdev relevo egress icmpv6 type nd-neighbor-solicit ip6 saddr @floating6 ip6 saddr != @held6 drop comment "own questions, IPv6"
      add rule netdev relevo egress icmpv6 type nd-neighbor-solicit @th,64,128 @floating6 @th,64,128 != @held6 drop comment "probes, IPv6"
    `),
  );
});

test('a group of both families is renewed as one: a lease lost in one family is lost', (t) => {
  t.deepEqual(
    lines(transactionText(leaseTransaction('renew', dual.slice(1), 120, 'renew'))),
    lines(`
      delete element netdev relevo held { 10.0.0.101 }
      add element netdev relevo held { 10.0.0.101 timeout 120ms }
      delete element netdev relevo held6 { 2001:db8::100 }
      add element netdev relevo held6 { 2001:db8::100 timeout 120ms }`),
  );
});

const both = '10.0.0.100 timeout 120ms, 10.0.0.101 timeout 120ms';
const batch = test.macro((t, op: KernelOp, expected: string) => {
  t.deepEqual(lines(transactionText(leaseTransaction(op, addresses, 120, op))), lines(expected));
});

test(
  'arm',
  batch,
  'arm',
  `
  destroy element netdev relevo armed { 10.0.0.100, 10.0.0.101 }
  add element netdev relevo armed { ${both} }`,
);
test(
  'claim',
  batch,
  'claim',
  `
  delete element netdev relevo armed { 10.0.0.100, 10.0.0.101 }
  create element netdev relevo held { ${both} }`,
);
test(
  'renew',
  batch,
  'renew',
  `
  delete element netdev relevo held { 10.0.0.100, 10.0.0.101 }
  add element netdev relevo held { ${both} }`,
);
test(
  'close',
  batch,
  'close',
  `
  destroy element netdev relevo held { 10.0.0.100, 10.0.0.101 }
  destroy element netdev relevo armed { 10.0.0.100, 10.0.0.101 }`,
);

test('claim and renew compare before they set: the delete comes first and must find its element', (t) => {
  for (const op of ['claim', 'renew'] as const) {
    const { operations } = leaseTransaction(op, addresses, 120, op);
    t.deepEqual(
      operations.map((operation) => operation.op),
      ['delete-elements', 'add-elements'],
    );
  }
});
