import test from 'ava';
import type { HashField } from '../../src/model/service.js';
import { bankSize, createBank } from '../../src/ruleset/bank.js';
import { type Kind, kindChainName, kindNumber, kindOf } from '../../src/ruleset/kinds.js';

const kind = (more: Partial<Kind> = {}): Kind => ({
  scheduler: 'random',
  modulus: 4,
  persistent: false,
  fields: [],
  bank: 0,
  ...more,
});

test('a kind survives the way to its number and back, and names are unique', (t) => {
  const orders: HashField[][] = [
    ['srcip'],
    ['srcport', 'srcip'],
    ['srcip', 'srcport'],
    ['dstport', 'dstip', 'srcport', 'srcip'],
  ];
  const kinds = [1, 4, 64, 1024].flatMap((modulus) =>
    [true, false].flatMap((persistent) => [
      kind({ modulus, persistent }),
      ...orders.map((fields) => kind({ scheduler: 'hash', modulus, persistent, fields })),
      ...[0, 7, 63].map((bank) => kind({ scheduler: 'rr', modulus, persistent, bank })),
    ]),
  );
  for (const one of kinds) t.deepEqual(kindOf(kindNumber(one)), one);
  t.is(new Set(kinds.map(kindNumber)).size, kinds.length);
  t.is(new Set(kinds.map(kindChainName)).size, kinds.length);
  t.is(kindChainName(kinds[0]!), 'pick_random_m1_persist');
  t.is(kindOf(0), undefined);
});

test('round robin: each endpoint has its own counter while there are enough, and keeps it', (t) => {
  const bank = createBank();
  const numbers = Array.from({ length: bankSize }, (_, endpoint) =>
    bank.assign(endpoint, kind({ scheduler: 'rr' })),
  );
  t.is(new Set(numbers).size, bankSize);
  t.is(bank.assign(5, kind({ scheduler: 'rr' })), numbers[5]!);
  bank.release(9);
  t.is(bank.assign(1000, kind({ scheduler: 'rr' })), numbers[9]!, 'a free counter comes first');
  t.is(bank.assign(1001, kind({ scheduler: 'rr' })), numbers[0]!, 'then the one with the fewest users');
  t.is(bank.assign(1002, kind({ scheduler: 'rr' })), numbers[1]!);
});

test('round robin: another modulus is another counter; what the kernel shows is kept', (t) => {
  const bank = createBank();
  const seventh = kindNumber(kind({ scheduler: 'rr', bank: 7 }));
  bank.adopt(1, seventh);
  t.is(bank.assign(1, kind({ scheduler: 'rr' })), seventh);
  t.not(bank.assign(2, kind({ scheduler: 'rr' })), seventh);
  t.is(kindOf(bank.assign(1, kind({ scheduler: 'rr', modulus: 3 })))?.modulus, 3);
});
