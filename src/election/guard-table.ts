/**
 * The guard in the kernel: table `netdev relevo` that lets a floating address be answered and announced only while it is
 * `held`, and the four lease transactions. Every element of `held` and `armed` has a timeout: an agent that crashes, hangs
 * or loses its right goes silent without anybody having to reach it.
 */

import { type Ipv4, ipv4Bytes } from '../model/address.js';
import type { Operation, SetSpec, Statement, TableName, Transaction } from '../netlink/nft/ast.js';
import type { KernelOp } from './types.js';

export const guardTable: TableName = { family: 'netdev', name: 'relevo' };

export const floatingSet: SetSpec = { name: 'floating', key: ['ipv4_addr'] };
export const heldSet: SetSpec = { name: 'held', key: ['ipv4_addr'], flags: ['timeout'] };
export const armedSet: SetSpec = { name: 'armed', key: ['ipv4_addr'], flags: ['timeout'] };

/** Before policies and services of the same hook. */
const guardPriority = -500;
const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };

const unlessHeld = (field: 'arp daddr ip' | 'arp saddr ip'): Statement[] => [
  { kind: 'lookup', key: [{ kind: 'field', field }], set: floatingSet.name },
  { kind: 'lookup', key: [{ kind: 'field', field }], set: heldSet.name, invert: true },
  drop,
];

const arpRequest: Statement = {
  kind: 'compare',
  field: 'arp operation',
  op: '==',
  value: { type: 'inet_service', bytes: Uint8Array.of(0, 1) },
};

const elements = (addresses: readonly Ipv4[], timeoutMs?: number) =>
  addresses.map((address) =>
    timeoutMs === undefined ? { key: ipv4Bytes(address) } : { key: ipv4Bytes(address), timeoutMs },
  );

const table = guardTable;

/**
 * Makes the table anew: whatever an earlier process left in it is gone with the same commit. `owner`: the table belongs
 * to the socket that commits this, so that a foreign `nft flush ruleset` passes it by (Linux 6.9 and later).
 */
export const buildGuard = (
  devices: readonly string[],
  addresses: readonly Ipv4[],
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
      { op: 'add-set', table, set: floatingSet },
      { op: 'add-set', table, set: heldSet },
      { op: 'add-set', table, set: armedSet },
      { op: 'add-elements', table, set: floatingSet, elements: elements(addresses) },
      chain('ingress', 'ingress'),
      chain('egress', 'egress'),
      {
        op: 'add-rule',
        table,
        rule: {
          chain: 'ingress',
          statements: [arpRequest, ...unlessHeld('arp daddr ip')],
          comment: 'questions',
        },
      },
      {
        op: 'add-rule',
        table,
        rule: { chain: 'egress', statements: unlessHeld('arp saddr ip'), comment: 'announcements' },
      },
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

/**
 * One lease write as one batch. `claim` and `renew` are compare-and-swaps: the delete fails with `kernel-missing` once the
 * element has expired, and with it the batch.
 */
export const leaseTransaction = (
  op: KernelOp,
  addresses: readonly Ipv4[],
  leaseMs: number,
  reason: string,
): Transaction => {
  const plain = elements(addresses);
  const timed = elements(addresses, leaseMs);
  switch (op) {
    case 'arm':
      return {
        reason,
        operations: [
          // Adding again would not extend an element that is still there.
          { op: 'destroy-elements', table, set: armedSet, elements: plain },
          { op: 'add-elements', table, set: armedSet, elements: timed },
        ],
      };
    case 'claim':
      return {
        reason,
        operations: [
          { op: 'delete-elements', table, set: armedSet, elements: plain },
          { op: 'add-elements', table, set: heldSet, elements: timed, create: true },
        ],
      };
    case 'renew':
      return {
        reason,
        operations: [
          { op: 'delete-elements', table, set: heldSet, elements: plain },
          { op: 'add-elements', table, set: heldSet, elements: timed },
        ],
      };
    case 'close':
      return {
        reason,
        operations: [
          { op: 'destroy-elements', table, set: heldSet, elements: plain },
          { op: 'destroy-elements', table, set: armedSet, elements: plain },
        ],
      };
  }
};
