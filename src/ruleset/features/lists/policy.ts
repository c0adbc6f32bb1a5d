/** What one policy needs for itself, whoever names it: its sets, and the chain that looks into them. Elements: `elements.ts`. */

import type { Policy } from '../../../model/service.js';
import type { Part } from '../../../netlink/nft/ast.js';
import { type Contribution, ingressTable, type PolicyFeature, type Structure } from '../../feature.js';
import { rule } from '../../rules.js';
import { familyOf, knownListsSet, listSet, matchChain, setMatched } from './layout.js';

const returning = { kind: 'verdict', verdict: { kind: 'return' } } as const;
const table = ingressTable;

/** Behind every length, of which an address has 128 at most. */
const lastOrder = 200;

/** The sets of these prefix lengths, looked into from the longest on: the narrowest network counts. */
export const policyStructure = (
  policy: Pick<Policy, 'name' | 'family'>,
  prefixLengths: Iterable<number>,
): Contribution => {
  const { source, bytes } = familyOf(policy);
  const name = matchChain(policy);
  const structure: Structure[] = [{ kind: 'set', table, set: knownListsSet, filledBy: 'packets' }];
  for (const prefixLength of prefixLengths) {
    const set = listSet(policy, prefixLength);
    const key: Part =
      prefixLength === bytes * 8
        ? { kind: 'field', field: source }
        : { kind: 'masked', field: source, prefixLength };
    structure.push(
      { kind: 'set', table, set, filledBy: 'packets' },
      {
        kind: 'station',
        table,
        chain: { name },
        order: 128 - prefixLength,
        rule: rule(
          name,
          `/${prefixLength}`,
          { kind: 'lookup', key: [key], set: set.name },
          setMatched,
          returning,
        ),
      },
    );
  }
  // A chain with nothing in it cannot be shared: this rule makes it for an empty list, too.
  structure.push({
    kind: 'station',
    table,
    chain: { name },
    order: lastOrder,
    rule: rule(name, 'not in it', returning),
  });
  return { structure, elements: [] };
};

export const policyLists: PolicyFeature = {
  name: 'lists',
  contribute: (policy) =>
    policyStructure(policy, new Set(policy.elements.map(({ prefixLength }) => prefixLength))),
};
