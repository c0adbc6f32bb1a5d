/** What may happen to the three nodes of the model test, and how often. */

import fc from 'fast-check';
import { hashKey } from '../../../src/replication/hash.js';
import { tcp80, vipOf } from './cluster.js';

export const names: readonly string[] = ['a', 'b', 'c'];

export type Action =
  | {
      readonly kind: 'add';
      readonly group: number;
      readonly client: number;
      readonly backend: number;
    }
  | {
      readonly kind: 'corrupt';
      readonly node: number;
      readonly group: number;
      readonly client: number;
      readonly backend: number;
    }
  | { readonly kind: 'remove'; readonly group: number; readonly client: number }
  | {
      readonly kind: 'deliver' | 'pump';
      readonly pair: number;
      readonly side: boolean;
      readonly amount: number;
    }
  | { readonly kind: 'apply' | 'tick'; readonly pair: number; readonly side: boolean }
  | { readonly kind: 'break' | 'connect' | 'exchange'; readonly pair: number }
  /** An owner that was replaced and does not know it yet goes on. */
  | { readonly kind: 'straggle'; readonly group: number; readonly client: number; readonly backend: number }
  | { readonly kind: 'depose'; readonly group: number }
  | { readonly kind: 'sweep' | 'restart' | 'return'; readonly node: number }
  | { readonly kind: 'takeover'; readonly node: number; readonly group: number; readonly orderly: boolean }
  | { readonly kind: 'time'; readonly ms: number };

const pair = fc.nat(2);
const node = fc.nat(2);
const group = fc.nat(1);
const clientCount = 40;
/** One in the first bucket of a digest, one in the last, others between. */
const clients: readonly number[] = Array.from({ length: clientCount + 1 }, (_, at) => {
  const bucket = Math.floor((at * 255) / clientCount);
  for (let client = at * 10_000; ; client++) {
    if (hashKey(client, vipOf(0), tcp80) >>> 24 === bucket) return client;
  }
});
const client = fc.nat(clientCount).map((at) => clients[at]!);
/** As each service has its own; some end while they travel. */
export const ttlOf = (client: number): number => [100_000, 400_000, 100_000, 3_000][client % 4]!;
export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('add' as const), group, client, backend: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('corrupt' as const), node, group, client, backend: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), group, client }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('deliver' as const, 'pump' as const),
      pair,
      side: fc.boolean(),
      amount: fc.nat(4),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('apply' as const, 'tick' as const),
      pair,
      side: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('break' as const, 'connect' as const), pair }) },
  // All that is under way between two nodes arrives: otherwise nobody is ever ready.
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('exchange' as const), pair }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'return' as const), node }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep' as const), node }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('takeover' as const), node, group, orderly: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('straggle' as const), group, client, backend: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('depose' as const), group }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(40_000) }) },
);
