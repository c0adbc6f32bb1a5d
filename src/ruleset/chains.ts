/** Every chain and rule there is: the shared ones, one chain per kind, one per lifetime of persistence. */

import type { HashField } from '../model/service.js';
import type { BaseHook, DataType, Field, Key, RuleSpec, Statement } from '../netlink/nft/ast.js';
import type { EngineContext } from './context.js';
import { type Kind, kindChainName } from './kinds.js';
import {
  backendsSet,
  kindsMap,
  masqueradingSet,
  persistMap,
  persistRefusedSet,
  recorderOf,
  servicesMap,
  slotsMap,
  sourcesMap,
} from './layout.js';
import { rule } from './rules.js';

export interface Chain {
  readonly name: string;
  readonly hook?: BaseHook;
  /** With comments that identify their content: adoption compares these. */
  readonly rules: readonly RuleSpec[];
}

/** Equal on all nodes and for ever: with another seed every hashed client would change its backend. */
export const hashSeed = 0x72656c65;

/**
 * Packets that one report may gather. The kernel uses the smaller of this and the group's own threshold (nfnetlink_log.c), and 1 without
 * it: a large one leaves the decision to the reader of the group.
 */
const reportThreshold = 1024;
/** The longest IPv4 header and four bytes of ports. */
const reportBytes = 64;

/** What the services in force make of the shared chains: a base chain that nobody needs would be met by every connection. */
export interface ChainUse {
  /** A plain service is served. */
  readonly plain: boolean;
  /** Recorder sets in use, in order. */
  readonly recorders: readonly string[];
  readonly sources: boolean;
  readonly masquerading: boolean;
}

const fields = (...names: Field[]): Key => names.map((field) => ({ kind: 'field', field }));
const addressedTo = fields('ip daddr', 'meta l4proto', 'th dport');
const sentFrom = fields('ip saddr', 'meta l4proto', 'th sport');
const translated = fields(
  'ct original ip daddr',
  'meta l4proto',
  'ct original proto-dst',
  'ip daddr',
  'th dport',
);
const clientBefore = fields('ip saddr', 'ip daddr', 'meta l4proto', 'th dport');
const clientAfter = fields(
  'ct original ip saddr',
  'ct original ip daddr',
  'meta l4proto',
  'ct original proto-dst',
);
const addressAndPort: readonly DataType[] = ['ipv4_addr', 'inet_service'];
const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
const goTo = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'goto', chain } });

const filterHook = (hook: BaseHook['hook'], priority: number): BaseHook => ({
  type: 'filter',
  hook,
  priority,
  policy: 'accept',
});
const natHook = (hook: BaseHook['hook'], priority: number): BaseHook => ({
  type: 'nat',
  hook,
  priority,
  policy: 'accept',
});

const invalidChain: Chain = {
  name: 'invalid',
  rules: [
    rule('invalid', 'to a service', { kind: 'lookup', key: addressedTo, set: servicesMap.name }, drop),
    rule('invalid', 'of a backend', { kind: 'lookup', key: sentFrom, set: backendsSet.name }, drop),
  ],
};

/** Before NAT: a segment that conntrack cannot place would reach the node itself, and its reset the client. */
const prerouting: Chain = {
  name: 'prerouting_filter',
  hook: filterHook('prerouting', -150),
  rules: [
    rule(
      'prerouting_filter',
      'all an established packet meets',
      { kind: 'ct-state', states: ['invalid'] },
      goTo('invalid'),
    ),
  ],
};

/** What leads a packet to the chain of its service's kind, where rules do it one by one. */
export const plainDispatch: readonly (readonly [purpose: string, statement: Statement])[] = [
  ['which kind', { kind: 'write', field: 'meta priority', key: addressedTo, map: servicesMap.name }],
  ['kind', { kind: 'vmap', key: fields('meta priority'), map: kindsMap.name }],
];

/** The kind number travels in the packet's priority, which forwarding overwrites anyway (ip_forward.c). */
const preroutingNat: Chain = {
  name: 'prerouting_nat',
  hook: natHook('prerouting', -100),
  rules: [rule('prerouting_nat', 'new connection', ...plainDispatch.map(([, statement]) => statement))],
};

/** Two look-ups by five fields: each stands there only while a service has elements in its map. */
export const postroutingNat = ({
  sources,
  masquerading,
}: Pick<ChainUse, 'sources' | 'masquerading'>): Chain => ({
  name: 'postrouting_nat',
  hook: natHook('postrouting', 100),
  rules: [
    ...(sources
      ? [
          rule(
            'postrouting_nat',
            'snat',
            { kind: 'ct-status', statuses: ['dnat'] },
            { kind: 'nat', type: 'snat', key: translated, map: sourcesMap.name, dataTypes: ['ipv4_addr'] },
          ),
        ]
      : []),
    ...(masquerading
      ? [
          rule(
            'postrouting_nat',
            'snat without a source',
            { kind: 'ct-status', statuses: ['dnat'] },
            { kind: 'lookup', key: translated, set: masqueradingSet.name },
            { kind: 'masquerade' },
          ),
        ]
      : []),
  ],
});

/** After dnat and before snat: the packet has the client's address and the backend's. */
const postroutingRecord: Chain = {
  name: 'postrouting_record',
  hook: filterHook('postrouting', 0),
  rules: [
    rule(
      'postrouting_record',
      'new connection',
      { kind: 'ct-state', states: ['new'] },
      { kind: 'ct-status', statuses: ['dnat'] },
      goTo('record'),
    ),
  ],
};

/** The rule of chain `record` for one recorder set. */
export const recorderRule = (recorder: string): RuleSpec =>
  rule('record', recorder, { kind: 'lookup', key: translated, set: recorder }, goTo(recorder));

/** Writes persistence with one lifetime; the chain and its set share a name. */
export const recorderChain = (recorder: string, context: EngineContext): Chain => {
  const { ttlMs, reported } = recorderOf(recorder)!;
  const remember: readonly Statement[] = [
    {
      kind: 'dynset',
      op: 'update',
      set: persistMap.name,
      key: clientAfter,
      data: fields('ip daddr', 'th dport'),
      timeoutMs: ttlMs,
    },
    { kind: 'verdict', verdict: { kind: 'return' } },
  ];
  const rules: RuleSpec[] = [];
  if (reported && context.logGroup !== undefined) {
    rules.push(
      // Before Linux 6.5 a map answers only whether a key is there.
      rule(recorder, 'known client', { kind: 'lookup', key: clientAfter, set: persistMap.name }, ...remember),
      rule(recorder, 'report newcomer', {
        kind: 'log',
        group: context.logGroup,
        snaplen: reportBytes,
        queueThreshold: reportThreshold,
        // The packet names client and backend by now; with this it names the service, too.
        telling: { mark: 'ct original ip daddr', sourcePort: 'ct original proto-dst' },
      }),
    );
  }
  // A full map ends the rule before its verdict (nft_dynset.c): only then the next one is met.
  rules.push(
    rule(recorder, 'remember', ...remember),
    rule(recorder, 'no room', {
      kind: 'dynset',
      op: 'add',
      set: persistRefusedSet.name,
      key: fields('ct original ip daddr', 'meta l4proto', 'ct original proto-dst'),
    }),
  );
  return { name: recorder, rules };
};

const hashedField: Readonly<Record<HashField, Field>> = {
  srcmac: 'ether saddr',
  dstmac: 'ether daddr',
  srcip: 'ip saddr',
  dstip: 'ip daddr',
  srcport: 'th sport',
  dstport: 'th dport',
};

const slotKey = (kind: Kind): Key => [
  ...addressedTo,
  kind.scheduler === 'hash'
    ? {
        kind: 'jhash',
        fields: kind.fields.map((field) => hashedField[field]),
        modulus: kind.modulus,
        seed: hashSeed,
      }
    : { kind: 'numgen', mode: kind.scheduler === 'rr' ? 'inc' : 'random', modulus: kind.modulus },
];

/** A reset or an ICMP error at once, instead of a silence that costs the client its timeout. */
export const noBackend = (chain: string): readonly RuleSpec[] => [
  rule(
    chain,
    'no backend',
    {
      kind: 'compare',
      field: 'meta l4proto',
      op: '==',
      value: { type: 'inet_proto', bytes: Uint8Array.of(6) },
    },
    { kind: 'reject-tcp-reset' },
  ),
  rule(chain, 'no backend', { kind: 'reject-port-unreachable' }),
];

/** Known clients first, then the scheduler; whoever is left has no usable backend and is told so. */
export const kindChain = (kind: Kind): Chain => {
  const name = kindChainName(kind);
  const dnat = (purpose: string, key: Key, map: string): RuleSpec =>
    rule(name, purpose, { kind: 'nat', type: 'dnat', key, map, dataTypes: addressAndPort });
  return {
    name,
    rules: [
      ...(kind.persistent ? [dnat('known client', clientBefore, persistMap.name)] : []),
      dnat('scheduler', slotKey(kind), slotsMap.name),
      ...noBackend(name),
    ],
  };
};

export const plainChains: readonly Chain[] = [invalidChain, prerouting, preroutingNat];
export const recordChains = (recorders: readonly string[]): readonly Chain[] => [
  { name: 'record', rules: recorders.map(recorderRule) },
  postroutingRecord,
];

/** Base chains behind what they refer to. */
export const sharedChains = (use: ChainUse): readonly Chain[] => [
  ...(use.plain ? plainChains : []),
  ...(use.recorders.length > 0 ? recordChains(use.recorders) : []),
  ...(use.sources || use.masquerading ? [postroutingNat(use)] : []),
];

/** All there may be; without the rules of recorders. */
export const everySharedChain: readonly Chain[] = [
  ...plainChains,
  ...recordChains([]),
  postroutingNat({ sources: true, masquerading: true }),
];

export const isSharedChain = (name: string): boolean => everySharedChain.some((chain) => chain.name === name);
