/** Rules that count, limit and refuse: statements with a state, sets that packets fill, named counters, TCP flags. */

import type { StatefulStatement } from '../../src/netlink/nft/ast.js';
import { fields, literal, port } from './kernel.js';
import { drop, type Shape, tcp } from './shapes-translation.js';

const over10: StatefulStatement = { kind: 'limit', rate: 10, unit: 'second', burst: 20, over: true };
const source = fields('ip saddr');

export const limits: readonly Shape[] = [
  { title: 'limit', family: 'ip', chain: 'filter', statements: [over10, drop] },
  {
    title: 'limit within, default burst, other units',
    family: 'ip6',
    chain: 'filter',
    statements: [
      { kind: 'limit', rate: 5, unit: 'minute' },
      { kind: 'limit', rate: 6, unit: 'hour', burst: 5 },
      { kind: 'limit', rate: 7, unit: 'day', burst: 1 },
      { kind: 'limit', rate: 8, unit: 'week', burst: 1000 },
      drop,
    ],
  },
  {
    title: 'limit in netdev',
    family: 'netdev',
    chain: 'filter',
    statements: [over10, { kind: 'counter' }, drop],
  },
  {
    title: 'connection counts',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'ct-count', count: 1000 }, { kind: 'ct-count', count: 7, over: true }, drop],
  },
  {
    title: 'add with a lifetime and a limit',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'dynset', op: 'add', set: 'recent', key: source, timeoutMs: 5000, statements: [over10] },
      drop,
    ],
  },
  {
    title: 'add with a count of connections',
    family: 'ip',
    chain: 'filter',
    statements: [
      {
        kind: 'dynset',
        op: 'add',
        set: 'opened',
        key: source,
        statements: [{ kind: 'ct-count', count: 3, over: true }],
      },
      drop,
    ],
  },
  {
    title: 'update with a counter and a limit',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'dynset', op: 'update', set: 'recent', key: source, statements: [over10, { kind: 'counter' }] },
    ],
    prints: 'update @recent { ip saddr limit rate over 10/second burst 20 packets counter }',
  },
  {
    title: 'update of a set whose elements count',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'dynset', op: 'update', set: 'counted', key: source, statements: [{ kind: 'counter' }] },
    ],
    // What the set declares is not repeated by the kernel.
    prints: 'update @counted { ip saddr }',
  },
  {
    title: 'a connection that ends soon',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'ct-expiration-below', ms: 125_000 }, drop],
  },
  {
    title: 'a masked part of a key',
    family: 'ip',
    chain: 'filter',
    statements: [
      {
        kind: 'dynset',
        op: 'update',
        set: 'numbered',
        key: [...source, { kind: 'masked', field: 'meta priority', prefixLength: 20 }],
        data: fields('meta priority'),
        timeoutMs: 5000,
      },
    ],
  },
  {
    title: 'a lookup in a set with limits as data',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'ct-state', states: ['new'] },
      { kind: 'lookup', key: fields('ip daddr'), set: 'limited' },
      { kind: 'reject-tcp-reset' },
    ],
  },
  {
    title: 'a lookup in a set with connection counts as data',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'ct-state', states: ['new'] },
      { kind: 'lookup', key: fields('ip daddr', 'th dport'), set: 'connected' },
      drop,
    ],
  },
  {
    title: 'a named counter',
    family: 'ip',
    chain: 'filter',
    statements: [{ kind: 'object', type: 'counter', name: 'hits' }],
  },
  {
    title: 'a named counter in netdev',
    family: 'netdev',
    chain: 'filter',
    statements: [{ kind: 'object', type: 'counter', name: 'hits' }, drop],
  },
  {
    title: 'flags of a SYN alone, of none, of another',
    family: 'ip',
    chain: 'filter',
    statements: [
      { kind: 'tcp-flags', of: ['ack', 'fin', 'rst', 'syn'], are: ['syn'] },
      { kind: 'tcp-flags', of: ['fin', 'syn', 'rst', 'ack', 'psh', 'urg'], are: [] },
      { kind: 'tcp-flags', of: ['fin', 'syn'], are: ['syn', 'fin'], invert: true },
      drop,
    ],
  },
  {
    title: 'any of some flags, none of some flags',
    family: 'ip6',
    chain: 'filter',
    statements: [
      { kind: 'tcp-flags', of: ['rst'], are: 'any' },
      { kind: 'tcp-flags', of: ['syn', 'fin'], are: 'any' },
      { kind: 'tcp-flags', of: ['urg'], are: 'any', invert: true },
      drop,
    ],
  },
  {
    title: 'flags in netdev',
    family: 'netdev',
    chain: 'filter',
    statements: [{ kind: 'tcp-flags', of: ['rst'], are: 'any' }, drop],
  },
  {
    title: 'synproxy',
    family: 'ip',
    chain: 'forward',
    statements: [
      tcp,
      { kind: 'compare', field: 'th dport', op: '==', value: literal('inet_service', port(80)) },
      { kind: 'ct-state', states: ['invalid', 'untracked'] },
      { kind: 'synproxy', mss: 1460, wscale: 7, timestamp: true, sackPermitted: true },
    ],
    prints: 'tcp dport 80 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm',
  },
  {
    title: 'synproxy without options',
    family: 'ip6',
    chain: 'forward',
    statements: [tcp, { kind: 'synproxy', sackPermitted: true }],
  },
  {
    title: 'port unreachable of IPv6',
    family: 'ip6',
    chain: 'filter',
    statements: [{ kind: 'reject-port-unreachable' }],
    prints: 'reject',
  },
  {
    title: 'port unreachable of either',
    family: 'inet',
    chain: 'filter',
    statements: [{ kind: 'reject-port-unreachable' }],
    prints: 'reject',
  },
  {
    title: 'port unreachable in netdev',
    family: 'netdev',
    chain: 'filter',
    statements: [{ kind: 'reject-port-unreachable' }],
    prints: 'reject',
  },
];
