/** Rules that translate, dispatch and record: statement, family, chain, and what stock nft prints. */

import type { DataType, Field, Key, Statement, WritableField } from '../../src/netlink/nft/ast.js';
import { fields, literal } from './kernel.js';
import { recorders } from './shapes-sets.js';

export interface Shape {
  readonly title: string;
  readonly family: 'ip' | 'ip6' | 'netdev' | 'inet';
  readonly chain: 'filter' | 'pre' | 'forward' | 'post';
  readonly statements: readonly Statement[];
  /** What stock nft prints where it has no text for what the kernel does, or another one than we write. */
  readonly prints?: string;
  /** nft's parser does not take it, though its printer writes it. */
  readonly unread?: true;
  /** nft makes other expressions of the text that mean the same. */
  readonly otherwise?: true;
}

export const is = (field: Field, type: DataType, ...bytes: number[]): Statement => ({
  kind: 'compare',
  field,
  op: '==',
  value: literal(type, Uint8Array.from(bytes)),
});
export const tcp = is('meta l4proto', 'inet_proto', 6);
export const write = (field: WritableField, map: string, ...key: Field[]): Statement => ({
  kind: 'write',
  field,
  key: fields(...key),
  map,
});

export const endpoint = fields('ip daddr', 'meta l4proto', 'th dport');
const slotKey = (part: Key[number]): Key => [...endpoint, part];
const backends = ['ipv4_addr', 'inet_service'] as const;
export const dnat = (part: Key[number]): Statement => ({
  kind: 'nat',
  type: 'dnat',
  key: slotKey(part),
  map: 'slots',
  dataTypes: backends,
});
export const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
const originalKey = fields(
  'ct original ip saddr',
  'ct original ip daddr',
  'meta l4proto',
  'ct original proto-dst',
);

export const translations: readonly Shape[] = [
  {
    title: 'dnat, random slot',
    family: 'ip',
    chain: 'pre',
    unread: true,
    statements: [dnat({ kind: 'numgen', mode: 'random', modulus: 1024 })],
  },
  {
    title: 'dnat, next slot',
    family: 'ip',
    chain: 'pre',
    unread: true,
    statements: [dnat({ kind: 'numgen', mode: 'inc', modulus: 1024 })],
  },
  {
    title: 'dnat, hash of address and port',
    family: 'ip',
    chain: 'pre',
    unread: true,
    statements: [dnat({ kind: 'jhash', fields: ['ip saddr', 'th sport'], modulus: 1024, seed: 0x1234 })],
  },
  {
    title: 'dnat, hash of four fields, seed 0',
    family: 'ip',
    chain: 'pre',
    unread: true,
    statements: [
      dnat({
        kind: 'jhash',
        fields: ['ip saddr', 'ip daddr', 'th sport', 'th dport'],
        modulus: 1024,
        seed: 0,
      }),
    ],
  },
  {
    title: 'dnat, symmetric hash',
    family: 'ip',
    chain: 'pre',
    unread: true,
    statements: [dnat({ kind: 'symhash', fields: [], modulus: 1024, seed: 0 })],
  },
  {
    title: 'dnat from persistence',
    family: 'ip',
    chain: 'pre',
    statements: [
      {
        kind: 'nat',
        type: 'dnat',
        key: [...fields('ip saddr'), ...endpoint],
        map: 'persist',
        dataTypes: backends,
      },
    ],
  },
  {
    title: 'dnat to an address alone',
    family: 'ip',
    chain: 'pre',
    statements: [
      { kind: 'nat', type: 'dnat', key: fields('ip saddr'), map: 'single', dataTypes: ['ipv4_addr'] },
    ],
  },
  {
    title: 'snat from a map of five parts',
    family: 'ip',
    chain: 'post',
    unread: true,
    statements: [
      { kind: 'ct-direction', direction: 'original' },
      {
        kind: 'nat',
        type: 'snat',
        key: fields('ct original ip daddr', 'meta l4proto', 'ct original proto-dst', 'ip daddr', 'th dport'),
        map: 'sources',
        dataTypes: ['ipv4_addr'],
      },
    ],
  },
  {
    title: 'masquerade',
    family: 'ip',
    chain: 'post',
    statements: [{ kind: 'ct-status', statuses: ['dnat'] }, { kind: 'masquerade' }],
  },
  {
    title: 'services by verdict map',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'vmap', key: endpoint, map: 'verdicts' }],
  },
  {
    title: 'recorders by the original tuple and the backend',
    family: 'ip',
    chain: 'filter',
    unread: true,
    statements: [
      { kind: 'ct-direction', direction: 'original' },
      {
        kind: 'lookup',
        key: fields('ct original ip daddr', 'meta l4proto', 'ct original proto-dst', 'ip daddr', 'th dport'),
        set: recorders.name,
      },
    ],
  },
  {
    title: 'update of persistence from the original tuple',
    family: 'ip',
    chain: 'filter',
    unread: true,
    statements: [
      {
        kind: 'dynset',
        op: 'update',
        set: 'persist',
        key: originalKey,
        data: fields('ip daddr', 'th dport'),
        timeoutMs: 90_061_000,
      },
    ],
  },
  {
    title: 'add with the default lifetime',
    family: 'ip',
    chain: 'filter',
    unread: true,
    statements: [
      { kind: 'dynset', op: 'add', set: 'persist', key: originalKey, data: fields('ip daddr', 'th dport') },
    ],
  },
  {
    title: 'delete from a set',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'dynset', op: 'delete', set: 'recent', key: fields('ip saddr') }],
  },
];
