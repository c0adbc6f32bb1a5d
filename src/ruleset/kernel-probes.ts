/**
 * How to find out what a kernel can do: for each feature a table with one thing in it that takes the feature, made and removed in the same
 * transaction. The kernel takes it or not, and nothing is left of it.
 */

import type { Helper } from '../model/service.js';
import type { Operation, Statement, TableName, Transaction } from '../netlink/nft/ast.js';
import type { KernelFeature } from './feature.js';
import { type FamilyShape, families } from './features/families.js';
import { helperFeature, helperObjects } from './features/helpers.js';

/** Never the name of a table that is in use. */
export const probeTable: TableName = { family: 'ip', name: 'relevo_probe' };

export interface Probe {
  readonly feature: KernelFeature;
  readonly transaction: Transaction;
}

const probe = (
  feature: KernelFeature,
  operations: readonly Operation[],
  table: TableName = probeTable,
  owner = false,
): Probe => ({
  feature,
  transaction: {
    reason: `probe the kernel: ${feature}`,
    operations: [
      { op: 'add-table', table, ...(owner && { owner }) },
      ...operations,
      { op: 'delete-table', table },
    ],
  },
});

const chain: Operation = { op: 'add-chain', table: probeTable, chain: { name: 'trial' } };
const inputChain: Operation = {
  op: 'add-chain',
  table: probeTable,
  chain: { name: 'trial', hook: { type: 'filter', hook: 'input', priority: 0, policy: 'accept' } },
};
const trial = (...statements: Statement[]): Operation => ({
  op: 'add-rule',
  table: probeTable,
  rule: { chain: 'trial', statements },
});
const tcp: Statement = {
  kind: 'compare',
  field: 'meta l4proto',
  op: '==',
  value: { type: 'inet_proto', bytes: Uint8Array.of(6) },
};
const ingressTable: TableName = { family: 'netdev', name: probeTable.name };

const helpers: readonly Helper[] = ['ftp', 'pptp', 'sip', 'snmp', 'tftp'];

const helperProbe = (helper: Helper, family: FamilyShape): Probe => {
  const table: TableName = { family: family.table.family, name: probeTable.name };
  return probe(
    helperFeature(helper, family),
    helperObjects(helper, family).map((object): Operation => ({ op: 'add-object', table, object })),
    table,
  );
};

export const kernelProbes: readonly Probe[] = [
  probe('queue', [chain, trial({ kind: 'queue', number: 0, bypass: true })]),
  probe('flowtable', [
    {
      op: 'add-flowtable',
      table: probeTable,
      flowtable: { name: 'trial', priority: 0, devices: ['lo'] },
    },
  ]),
  probe('synproxy', [inputChain, trial(tcp, { kind: 'synproxy', mss: 1460, wscale: 7 })]),
  ...families.flatMap((family) => helpers.map((helper) => helperProbe(helper, family))),
  probe(
    'reject in ingress',
    [
      { op: 'add-chain', table: ingressTable, chain: { name: 'trial' } },
      {
        op: 'add-rule',
        table: ingressTable,
        rule: { chain: 'trial', statements: [{ kind: 'reject-port-unreachable' }] },
      },
    ],
    ingressTable,
  ),
  probe('owned tables', [], probeTable, true),
];
