/**
 * Where packets meet services without connection tracking (chains `stateless4`, `stateless6`), and the way back of stlsdnat: a reply is
 * known by its flow, gets the service's address and port as its source, and leaves as the client's packets have come.
 */

import type { Key, RuleSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Chain } from '../../chains.js';
import { ingressTable, type Structure } from '../../feature.js';
import { rule } from '../../rules.js';
import { ingressChain, ingressOrder } from '../../stations.js';
import type { FamilyShape } from '../families.js';
import { fields } from '../statements.js';
import { noNumber, portWritten, remembered } from './chains.js';
import {
  entryAddressMap,
  entryPortMap,
  inheritedMap,
  kindOfMap,
  kindsMap,
  outMap,
  repliesMap,
  replyKey,
  suffixOf,
  wayInterfaceMap,
  wayMacMap,
} from './layout.js';

const markField: Key = fields('meta mark');

export const addressWritten = (chain: string, family: FamilyShape): RuleSpec =>
  rule(chain, 'address', {
    kind: 'write',
    field: family.bytes === 4 ? 'ip saddr' : 'ip6 saddr',
    key: markField,
    map: entryAddressMap(family).name,
  });
export const byRouting = (chain: string): RuleSpec =>
  rule(chain, 'by routing', noNumber('meta mark'), { kind: 'verdict', verdict: { kind: 'accept' } });

export const replyChain = (family: FamilyShape): Chain => {
  const name = `reply${suffixOf(family)}`;
  const client = fields(family.destination);
  return {
    name,
    rules: [
      ...remembered(name, 'flow', repliesMap(family).name, replyKey(family), markField),
      ...portWritten(name, 'th sport', entryPortMap.name, family),
      addressWritten(name, family),
      rule(
        name,
        'as the client came',
        { kind: 'write', field: 'ether daddr', key: client, map: wayMacMap(family).name },
        { kind: 'write', field: 'meta mark', key: client, map: wayInterfaceMap(family).name },
        { kind: 'vmap', key: markField, map: outMap.name },
      ),
      byRouting(name),
    ],
  };
};

const entranceOrder = { identify: 10, kind: 20, reply: 30, inherited: 40 } as const;

export const etherType: Readonly<Record<'4' | '6', Uint8Array>> = {
  4: Uint8Array.of(0x08, 0x00),
  6: Uint8Array.of(0x86, 0xdd),
};

/** A switch that does not know a MAC address floods its frames to every node: only the one they are for may forward them. */
const ofOthers: readonly Statement[] = [
  {
    kind: 'compare',
    field: 'meta pkttype',
    op: '!=',
    // PACKET_HOST
    value: { type: 'integer', bytes: new Uint8Array(1) },
  },
  { kind: 'verdict', verdict: { kind: 'accept' } },
];

export interface Entrance {
  /** Interfaces whose incoming packets are looked at. */
  readonly devices: Iterable<string>;
  readonly replies: boolean;
  /** Replies of flows that are not known are told by the backend's address and port. */
  readonly inherits: boolean;
}

export const entrance = (family: FamilyShape, { devices, replies, inherits }: Entrance): Structure[] => {
  const suffix = suffixOf(family);
  const name = `stateless${suffix}`;
  const station = (order: number, made: RuleSpec): Structure => ({
    kind: 'station',
    table: ingressTable,
    chain: { name },
    order,
    rule: made,
  });
  const toReply: Statement = { kind: 'verdict', verdict: { kind: 'goto', chain: replyChain(family).name } };
  const sender = fields(family.source, 'meta l4proto', 'th sport');
  const mark = (key: Key, map: string): Statement => ({ kind: 'write', field: 'meta mark', key, map });
  return [
    station(
      entranceOrder.identify,
      rule(name, 'which service', { kind: 'verdict', verdict: { kind: 'jump', chain: `identify${suffix}` } }),
    ),
    station(
      entranceOrder.kind,
      rule(name, 'which kind', mark(fields('meta priority'), kindOfMap(family).name), {
        kind: 'vmap',
        key: markField,
        map: kindsMap.name,
      }),
    ),
    ...(replies
      ? [
          station(
            entranceOrder.reply,
            rule(name, 'reply', mark(replyKey(family), repliesMap(family).name), toReply),
          ),
        ]
      : []),
    ...(inherits
      ? [
          station(
            entranceOrder.inherited,
            rule(
              name,
              'reply to the node before',
              { kind: 'lookup', key: sender, set: inheritedMap(family).name },
              { kind: 'fib-type', address: 'daddr', op: '!=', type: 'local' },
              mark(sender, inheritedMap(family).name),
              toReply,
            ),
          ),
        ]
      : []),
    ...[...devices].flatMap((device): Structure[] => {
      const chain = ingressChain(device);
      const of = { kind: 'station', table: ingressTable, chain } as const;
      return [
        { ...of, order: ingressOrder.others, rule: rule(chain.name, 'of another machine', ...ofOthers) },
        {
          ...of,
          order: ingressOrder.stateless,
          rule: rule(
            chain.name,
            `services without connection tracking, IPv${suffix}`,
            {
              kind: 'compare',
              field: 'meta protocol',
              op: '==',
              value: { type: 'ether_type', bytes: etherType[suffix] },
            },
            { kind: 'verdict', verdict: { kind: 'jump', chain: name } },
          ),
        },
      ];
    }),
  ];
};
