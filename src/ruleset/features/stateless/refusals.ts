/**
 * Who has no backend is told at once: in ingress where the kernel can (nft_reject_netdev, which Debian's kernels are built without). Elsewhere
 * the packet goes on to the stack with a number that nobody else has, and is refused there before it is tracked.
 */

import type { RuleSpec, Statement } from '../../../netlink/nft/ast.js';
import { IPPROTO_TCP } from '../../../netlink/nft/fields.js';
import type { Structure } from '../../feature.js';
import { rule } from '../../rules.js';
import { rawChain, rawOrder } from '../../stations.js';
import { hostNumber } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { stationsIn } from '../statements.js';

const refusedNumber = hostNumber(0xffff_fffe);
const number = { type: 'classid', bytes: refusedNumber } as const;
const isTcp: Statement = {
  kind: 'compare',
  field: 'meta l4proto',
  op: '==',
  value: { type: 'inet_proto', bytes: Uint8Array.of(IPPROTO_TCP) },
};
const refusals: readonly (readonly Statement[])[] = [
  [isTcp, { kind: 'reject-tcp-reset' }],
  [{ kind: 'reject-port-unreachable' }],
];

/** The last rules of a kind's chain. */
export const noBackendRules = (chain: string, inIngress: boolean): readonly RuleSpec[] =>
  inIngress
    ? refusals.map((statements) => rule(chain, 'no backend', ...statements))
    : [
        rule(
          chain,
          'no backend',
          { kind: 'write', field: 'meta priority', value: number },
          { kind: 'verdict', verdict: { kind: 'accept' } },
        ),
      ];

/** What refuses in the stack. */
export const stackRefusals = ({ table }: FamilyShape): readonly Structure[] => {
  const station = stationsIn(table, rawChain, {
    kind: 'compare',
    field: 'meta priority',
    op: '==',
    value: number,
  });
  return refusals.map((statements, index) => station(rawOrder.refused + index, 'no backend', ...statements));
};
