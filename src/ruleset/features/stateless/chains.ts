/**
 * The way of a request to a service without connection tracking: who is known goes where he went, the others where their hash falls; then
 * the frame is addressed to the backend and leaves by the backend's interface.
 */

import type { HashField } from '../../../model/service.js';
import type {
  Device,
  ElementBytes,
  Key,
  Literal,
  Part,
  RuleSpec,
  Statement,
} from '../../../netlink/nft/ast.js';
import { type Chain, hashSeed } from '../../chains.js';
import { fingerprint, rule } from '../../rules.js';
import { etherBytes, hostNumber } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { hintRules } from '../hints.js';
import { fields, goTo, jumpTo, packetFields } from '../statements.js';
import { type Delivery, deliveryName, type Former, kindName, type StatelessKind } from './kind.js';
import {
  addressesMap,
  clientKey,
  clientsMap,
  entryHostsMap,
  entryPortsMap,
  expectedReplyKey,
  flowKey,
  flowLifetime,
  flowsMap,
  formerMap,
  interfacesMap,
  macsMap,
  outMap,
  picksMap,
  pinnedMap,
  portsMap,
  recentMap,
  repliesMap,
  suffixOf,
  wayInterfaceMap,
  wayLifetime,
  wayMacMap,
} from './layout.js';
import { noBackendRules } from './refusals.js';

const [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP] = [6, 17, 132];

const markField: Key = fields('meta mark');
const setMark = (key: Key, map: string): Statement => ({ kind: 'write', field: 'meta mark', key, map });
/** Fails, and so ends the rule, for a backend that has failed or whose MAC is not known. */
const setMac: Statement = { kind: 'write', field: 'ether daddr', key: markField, map: macsMap.name };

export const protocolIs = (number: number, op: '==' | '!=' = '=='): Statement => ({
  kind: 'compare',
  field: 'meta l4proto',
  op,
  value: { type: 'inet_proto', bytes: Uint8Array.of(number) },
});
const opening: Statement = { kind: 'tcp-flags', of: ['syn'], are: ['syn'] };
const open: Statement = { kind: 'tcp-flags', of: ['syn'], are: ['syn'], invert: true };

/** Which slot a packet falls into. */
export const hashSlot = (hashed: readonly HashField[], modulus: number, family: FamilyShape): Part => ({
  kind: 'jhash',
  fields: packetFields(hashed, family),
  modulus,
  seed: hashSeed,
});

/** Writes a flow down, or keeps it for longer. */
export const remembered = (chain: string, what: string, set: string, key: Key, data: Key): RuleSpec[] => {
  const update = (timeoutMs: number): Statement => ({
    kind: 'dynset',
    op: 'update',
    set,
    key,
    data,
    timeoutMs,
  });
  return [
    rule(chain, `${what}: tcp`, protocolIs(IPPROTO_TCP), open, update(flowLifetime.tcpMs)),
    rule(chain, `${what}: SYN`, protocolIs(IPPROTO_TCP), opening, update(flowLifetime.openingMs)),
    rule(chain, `${what}: others`, protocolIs(IPPROTO_TCP, '!='), update(flowLifetime.otherMs)),
  ];
};

/**
 * A port is written behind the name of its protocol, whose checksum it changes. udp over IPv4 may go without one (RFC 768), and then the
 * kernel would make one up of nothing.
 */
export const portWritten = (
  chain: string,
  field: 'th sport' | 'th dport',
  map: string,
  family: FamilyShape,
): RuleSpec[] => {
  const write: Statement = { kind: 'write', field, key: markField, map };
  const none: Literal = { type: 'inet_service', bytes: new Uint8Array(2) };
  const without = (op: '==' | '!='): Statement => ({
    kind: 'compare',
    field: 'udp checksum',
    op,
    value: none,
  });
  const udp = protocolIs(IPPROTO_UDP);
  return [
    rule(chain, 'port', protocolIs(IPPROTO_TCP), write),
    ...(family.bytes === 4
      ? [
          rule(chain, 'port', udp, without('!='), write),
          rule(chain, 'port without a checksum', udp, without('=='), write, {
            kind: 'write',
            field: 'udp checksum',
            value: none,
          }),
        ]
      : [rule(chain, 'port', udp, write)]),
    rule(chain, 'port', protocolIs(IPPROTO_SCTP), write),
  ];
};

export const noNumber = (field: 'meta priority' | 'meta mark'): Statement => ({
  kind: 'write',
  field,
  value: { type: field === 'meta mark' ? 'mark' : 'classid', bytes: new Uint8Array(4) },
});

const wayOf = ({ source }: FamilyShape): Key => fields(source, 'ether saddr', 'meta iif');
const wayInName = (family: FamilyShape): string => `way_in${suffixOf(family)}`;

/** Notes how the client comes in, unless it has come so lately. */
export const wayInRule = (chain: string, family: FamilyShape): RuleSpec =>
  rule(
    chain,
    'way back',
    { kind: 'lookup', key: wayOf(family), set: recentMap(family).name, invert: true },
    jumpTo(wayInName(family)),
  );

export const wayInChain = (family: FamilyShape): Chain => {
  const name = wayInName(family);
  const way = wayOf(family);
  const client = fields(family.source);
  const { recentMs, rememberedMs } = wayLifetime;
  const recent = recentMap(family).name;
  const dynset = (op: 'update' | 'delete', set: string, data: Key): Statement => ({
    kind: 'dynset',
    op,
    set,
    key: client,
    data,
    ...(op === 'update' && { timeoutMs: rememberedMs }),
  });
  const mac = wayMacMap(family).name;
  const device = wayInterfaceMap(family).name;
  return {
    name,
    rules: [
      rule(
        name,
        'as before',
        { kind: 'lookup', key: way, set: recent },
        { kind: 'verdict', verdict: { kind: 'return' } },
      ),
      // Else answers to the node's own connections would pass for answers to this client.
      rule(
        name,
        'nobody comes in by our own address',
        { kind: 'fib-type', address: 'saddr', op: '==', type: 'local' },
        { kind: 'verdict', verdict: { kind: 'return' } },
      ),
      rule(name, 'new way', { kind: 'dynset', op: 'add', set: recent, key: way, timeoutMs: recentMs }),
      // An update keeps the data of an element that is there.
      rule(name, 'not as before', dynset('delete', mac, fields('ether saddr'))),
      rule(name, 'not as before', dynset('delete', device, fields('meta iif'))),
      rule(name, 'way back', dynset('update', mac, fields('ether saddr'))),
      rule(name, 'way back', dynset('update', device, fields('meta iif'))),
    ],
  };
};

/** Rewrites the request and leaves room in the maps for its reply; the entry's number takes the place of the service's. */
const translation = (name: string, { byPort }: Delivery, family: FamilyShape): RuleSpec[] => {
  const { destination } = family;
  const entry: Key = byPort
    ? fields('meta priority', destination, 'meta l4proto', 'th dport')
    : fields('meta priority', destination);
  const map = (byPort ? entryPortsMap(family) : entryHostsMap(family)).name;
  const expected = expectedReplyKey(family);
  const replies = repliesMap(family).name;
  return [
    rule(name, 'which address of the service', { kind: 'write', field: 'meta priority', key: entry, map }),
    rule(name, 'way back', jumpTo(wayInChain(family).name)),
    rule(name, 'address', {
      kind: 'write',
      field: destination as 'ip daddr',
      key: markField,
      map: addressesMap(family).name,
    }),
    ...portWritten(name, 'th dport', portsMap.name, family),
    // The client may have used this port for another address of ours.
    rule(name, 'new connection', protocolIs(IPPROTO_TCP), opening, {
      kind: 'dynset',
      op: 'delete',
      set: replies,
      key: expected,
      data: fields('meta priority'),
    }),
    ...remembered(name, 'reply', replies, expected, fields('meta priority')),
  ];
};

/** The backend is chosen and its MAC address written: remember, translate, send. */
const deliveryChain = (delivery: Delivery, family: FamilyShape): Chain => {
  const name = deliveryName(delivery, family);
  const { persistence, persistTtlMs, mode } = delivery;
  return {
    name,
    rules: [
      ...(persistence.length === 0
        ? []
        : [
            rule(name, 'client', {
              kind: 'dynset',
              op: 'update',
              set: clientsMap(persistence, family).name,
              key: clientKey(persistence, family),
              data: markField,
              timeoutMs: persistTtlMs,
            }),
          ]),
      ...remembered(name, 'flow', flowsMap(family).name, flowKey(family), markField),
      ...(mode === 'stlsdnat' ? translation(name, delivery, family) : []),
      rule(name, 'interface', noNumber('meta priority'), setMark(markField, interfacesMap.name), {
        kind: 'vmap',
        key: markField,
        map: outMap.name,
      }),
    ],
  };
};

/** What was remembered does not count any more. (The kernel wants data for the deletion of a map's element, too.) */
const forgettingChain = (delivery: Delivery, family: FamilyShape): Chain => {
  const deliver = deliveryName(delivery, family);
  const name = `${deliver}_anew`;
  const { persistence } = delivery;
  return {
    name,
    rules: [
      ...(persistence.length === 0
        ? []
        : [
            rule(name, 'client', {
              kind: 'dynset',
              op: 'delete',
              set: clientsMap(persistence, family).name,
              key: clientKey(persistence, family),
              data: markField,
            }),
          ]),
      rule(name, 'flow', {
        kind: 'dynset',
        op: 'delete',
        set: flowsMap(family).name,
        key: flowKey(family),
        data: markField,
      }),
      ...hintRules(name, delivery.hintGroup, 'flow'),
      rule(name, 'deliver', goTo(deliver)),
    ],
  };
};

/** Chains of one kind, in the order in which they can be made. */
export const kindChains = (
  kind: StatelessKind,
  family: FamilyShape,
  rejectsInIngress: boolean,
): readonly Chain[] => {
  const name = kindName(kind, family);
  const deliver = deliveryName(kind, family);
  const anew = `${deliver}_anew`;
  const { persistence, pinned, memory } = kind;
  const slotOf = ({ hashed, modulus }: Former): Key => [
    ...fields('meta priority'),
    hashSlot(hashed, modulus, family),
  ];
  const client = clientKey(persistence, family);
  const known = (
    purpose: string,
    key: Key,
    map: string,
    chain: string,
    ...of: readonly Statement[]
  ): RuleSpec => rule(name, purpose, ...of, setMark(key, map), setMac, goTo(chain));
  const flow = (...of: readonly Statement[]): RuleSpec =>
    known('known flow', flowKey(family), flowsMap(family).name, deliver, ...of);
  return [
    deliveryChain(kind, family),
    forgettingChain(kind, family),
    {
      name,
      rules: [
        // A SYN opens a connection anew: where its client is known counts then, not where an older one of the same port went.
        ...(pinned || persistence.length > 0
          ? [flow(protocolIs(IPPROTO_TCP), open), flow(protocolIs(IPPROTO_TCP, '!='))]
          : [flow()]),
        ...(typeof memory === 'object'
          ? [
              known(
                'flow from before',
                slotOf(memory),
                formerMap(family).name,
                anew,
                protocolIs(IPPROTO_TCP),
                open,
              ),
            ]
          : []),
        ...(pinned ? [known('static session', client, pinnedMap(persistence, family).name, anew)] : []),
        ...(persistence.length > 0
          ? [known('known client', client, clientsMap(persistence, family).name, anew)]
          : []),
        known('scheduler', slotOf(kind), picksMap(family).name, anew),
        ...noBackendRules(name, rejectsInIngress),
      ],
    },
  ];
};

/** The last chain: out by one interface. Its name changes with what is in it. */
export const outChain = (device: Device, etherAddress: string): Chain => {
  const name = `out_${device.name.replaceAll(/[^A-Za-z0-9_]/g, '_')}_${fingerprint([device, etherAddress])}`;
  const own: Statement = {
    kind: 'write',
    field: 'ether saddr',
    value: { type: 'ether_addr', bytes: etherBytes(etherAddress).subarray(0, 6) },
  };
  return { name, rules: [rule(name, 'send', noNumber('meta mark'), own, { kind: 'fwd', device })] };
};

export const outElement = (device: Device, { name }: Chain): ElementBytes => ({
  key: hostNumber(device.index),
  data: { kind: 'goto', chain: name },
});
