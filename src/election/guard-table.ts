/**
 * The guard in the kernel: table `netdev relevo` that lets a floating address be answered and announced only while it is
 * `held`, and the four lease transactions. Every element of `held` and `armed` has a timeout: an agent that crashes, hangs
 * or loses its right goes silent without anybody having to reach it.
 */

import { type Ip, ipBytes, isIpv6 } from '../model/address.js';
import { neighbourAdvertisement, neighbourSolicitation } from '../netlink/nd.js';
import type { Operation, SetSpec, Statement, TableName, Transaction } from '../netlink/nft/ast.js';
import type { KernelOp } from './types.js';

export const guardTable: TableName = { family: 'netdev', name: 'relevo' };

/** The sets of one family of addresses; those of a family without addresses are left out. */
interface FamilySets {
  readonly floating: SetSpec;
  readonly held: SetSpec;
  readonly armed: SetSpec;
}

const familySets = (key: 'ipv4_addr' | 'ipv6_addr', suffix: string): FamilySets => ({
  floating: { name: `floating${suffix}`, key: [key] },
  held: { name: `held${suffix}`, key: [key], flags: ['timeout'] },
  armed: { name: `armed${suffix}`, key: [key], flags: ['timeout'] },
});
const sets4 = familySets('ipv4_addr', '');
const sets6 = familySets('ipv6_addr', '6');

interface Family {
  readonly sets: FamilySets;
  readonly addresses: readonly Ip[];
}

const familiesOf = (addresses: readonly Ip[]): Family[] =>
  [
    { sets: sets4, addresses: addresses.filter((address) => !isIpv6(address)) },
    { sets: sets6, addresses: addresses.filter(isIpv6) },
  ].filter((family) => family.addresses.length > 0);

/** Before policies and services of the same hook. */
const guardPriority = -500;
const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };

const unlessHeld = (
  sets: FamilySets,
  field: 'arp daddr ip' | 'arp saddr ip' | 'ip6 saddr' | 'icmpv6 taddr',
): Statement[] => [
  { kind: 'lookup', key: [{ kind: 'field', field }], set: sets.floating.name },
  { kind: 'lookup', key: [{ kind: 'field', field }], set: sets.held.name, invert: true },
  drop,
];

const icmpv6Type = (type: number): Statement => ({
  kind: 'compare',
  field: 'icmpv6 type',
  op: '==',
  value: { type: 'inet_proto', bytes: Uint8Array.of(type) },
});

const arpRequest: Statement = {
  kind: 'compare',
  field: 'arp operation',
  op: '==',
  value: { type: 'inet_service', bytes: Uint8Array.of(0, 1) },
};

const elements = (addresses: readonly Ip[], timeoutMs?: number) =>
  addresses.map((address) =>
    timeoutMs === undefined ? { key: ipBytes(address) } : { key: ipBytes(address), timeoutMs },
  );

const table = guardTable;

const rule = (chain: 'ingress' | 'egress', statements: readonly Statement[], comment: string): Operation => ({
  op: 'add-rule',
  table,
  rule: { chain, statements, comment },
});

const rules4: readonly Operation[] = [
  rule('ingress', [arpRequest, ...unlessHeld(sets4, 'arp daddr ip')], 'questions'),
  rule('egress', unlessHeld(sets4, 'arp saddr ip'), 'announcements'),
];

/**
 * A solicitation asks for its target, and tells its source's MAC address in passing; a probe for duplicates is a solicitation from nowhere. An
 * advertisement tells its target's, whatever its source (RFC 4861 sections 4.3 and 4.4, RFC 4862 section 5.4.2).
 */
const rules6: readonly Operation[] = [
  rule(
    'ingress',
    [icmpv6Type(neighbourSolicitation), ...unlessHeld(sets6, 'icmpv6 taddr')],
    'questions, IPv6',
  ),
  rule(
    'egress',
    [icmpv6Type(neighbourAdvertisement), ...unlessHeld(sets6, 'icmpv6 taddr')],
    'announcements, IPv6',
  ),
  rule(
    'egress',
    [icmpv6Type(neighbourSolicitation), ...unlessHeld(sets6, 'ip6 saddr')],
    'own questions, IPv6',
  ),
  rule('egress', [icmpv6Type(neighbourSolicitation), ...unlessHeld(sets6, 'icmpv6 taddr')], 'probes, IPv6'),
];

/**
 * Makes the table anew: whatever an earlier process left in it is gone with the same commit. `owner`: the table belongs
 * to the socket that commits this, so that a foreign `nft flush ruleset` passes it by (Linux 6.9 and later).
 */
export const buildGuard = (
  devices: readonly string[],
  addresses: readonly Ip[],
  options: { readonly owner: boolean; readonly replace: boolean },
): Transaction => {
  const chain = (name: string, hook: 'ingress' | 'egress'): Operation => ({
    op: 'add-chain',
    table,
    chain: { name, hook: { type: 'filter', hook, priority: guardPriority, policy: 'accept', devices } },
  });
  return {
    reason: 'guard: floating addresses are silent unless held',
    operations: [
      ...(options.replace ? [{ op: 'delete-table', table } as const] : []),
      { op: 'add-table', table, owner: options.owner },
      ...familiesOf(addresses).flatMap(({ sets, addresses: own }): Operation[] => [
        { op: 'add-set', table, set: sets.floating },
        { op: 'add-set', table, set: sets.held },
        { op: 'add-set', table, set: sets.armed },
        { op: 'add-elements', table, set: sets.floating, elements: elements(own) },
      ]),
      chain('ingress', 'ingress'),
      chain('egress', 'egress'),
      ...familiesOf(addresses).flatMap(({ sets }) => (sets === sets4 ? rules4 : rules6)),
    ],
  };
};

export const removeGuard: Transaction = {
  reason: 'guard: this node has stopped',
  operations: [{ op: 'delete-table', table }],
};

/** Makes an existing table this socket's own, if its former owner is gone. */
export const adoptGuard: Transaction = {
  reason: 'guard: adopt the table of a former process',
  operations: [{ op: 'add-table', table, owner: true }],
};

const leaseOperations = (op: KernelOp, { sets, addresses }: Family, leaseMs: number): Operation[] => {
  const { held, armed } = sets;
  const plain = elements(addresses);
  const timed = elements(addresses, leaseMs);
  switch (op) {
    case 'arm':
      return [
        // Adding again would not extend an element that is still there.
        { op: 'destroy-elements', table, set: armed, elements: plain },
        { op: 'add-elements', table, set: armed, elements: timed },
      ];
    case 'claim':
      return [
        { op: 'delete-elements', table, set: armed, elements: plain },
        { op: 'add-elements', table, set: held, elements: timed, create: true },
      ];
    case 'renew':
      return [
        { op: 'delete-elements', table, set: held, elements: plain },
        { op: 'add-elements', table, set: held, elements: timed },
      ];
    case 'close':
      return [
        { op: 'destroy-elements', table, set: held, elements: plain },
        { op: 'destroy-elements', table, set: armed, elements: plain },
      ];
  }
};

/**
 * One lease write as one batch, for the addresses of both families. `claim` and `renew` are compare-and-swaps: the delete fails with
 * `kernel-missing` once an element has expired, and with it the batch.
 */
export const leaseTransaction = (
  op: KernelOp,
  addresses: readonly Ip[],
  leaseMs: number,
  reason: string,
): Transaction => ({
  reason,
  operations: familiesOf(addresses).flatMap((family) => leaseOperations(op, family, leaseMs)),
});
