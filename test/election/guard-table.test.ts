import test from 'ava';
import { buildGuard, leaseTransaction } from '../../src/election/guard-table.js';
import type { KernelOp } from '../../src/election/types.js';
import type { Ipv4 } from '../../src/model/address.js';
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
