/**
 * The policies that hold for a destination, as chains. White lists come first: who is on one is past all black lists and goes on to whatever
 * comes behind the lists. The packet's priority says in between whether a list had the source; it is zero again behind.
 */

import type { Policy } from '../../../model/service.js';
import type { Statement, Verdict } from '../../../netlink/nft/ast.js';
import type { Chain } from '../../chains.js';
import { fingerprint, rule } from '../../rules.js';
import type { FamilyShape } from '../families.js';
import { digit, isMatched, matchChain, numberOf, refusedSet, setUnmatched } from './layout.js';

export interface Applied {
  readonly policy: Policy;
  /** `accept` passes over the black lists, `drop` drops; without them the packet is only counted (and logged). */
  readonly accept: boolean;
  readonly drop: boolean;
  /** Undefined: nothing is logged. */
  readonly logLine?: Statement;
}

export interface Combination {
  /** In a packet's priority, and in the name of its chain. */
  readonly number: number;
  /** What it jumps to first. */
  readonly chains: readonly Chain[];
  readonly chain: Chain;
}

const counter: Statement = { kind: 'counter' };
const verdict = (kind: 'jump' | 'goto', chain: string): Statement => ({
  kind: 'verdict',
  verdict: { kind, chain } satisfies Verdict,
});

/** Log lines of one list for one combination: a flood that is dropped must not become a flood of lines. */
const logLimit: Statement = { kind: 'limit', rate: 10, unit: 'second', burst: 20 };

const hex = (number: number): string => number.toString(16).padStart(8, '0');

const isFinal = ({ policy, accept, drop }: Applied): boolean => (policy.type === 'whitelist' ? accept : drop);

/** What becomes of a packet whose source is in the list. */
const metChain = (applied: Applied, family: FamilyShape): Chain => {
  const { policy, drop, logLine } = applied;
  const refuses = policy.type === 'blacklist' && drop;
  const kind = refuses ? 'refuse' : isFinal(applied) ? 'pass' : 'note';
  const name = `${kind}_${hex(numberOf([digit(family), policy.name, kind, logLine ? fingerprint(logLine) : ''].join('\n')))}`;
  const rules = [
    ...(logLine === undefined ? [] : [rule(name, 'log', logLimit, counter, logLine)]),
    ...(refuses
      ? [
          // The service's number gave way to the combination's; only what is dropped pays for finding it again.
          rule(name, 'which service', verdict('jump', `identify${digit(family)}`)),
          rule(name, 'count', {
            kind: 'lookup',
            key: [{ kind: 'field', field: 'meta priority' }],
            set: refusedSet(policy).name,
          }),
          rule(name, `refused by ${policy.name}`, counter, { kind: 'verdict', verdict: { kind: 'drop' } }),
        ]
      : [rule(name, `met ${policy.name}`, counter, setUnmatched)]),
  ];
  return { name, rules };
};

const byTypeAndName = (a: Applied, b: Applied): number =>
  Number(a.policy.type === 'blacklist') - Number(b.policy.type === 'blacklist') ||
  (a.policy.name < b.policy.name ? -1 : 1);

export const combinationOf = (applied: readonly Applied[], family: FamilyShape): Combination => {
  const ordered = [...applied].sort(byTypeAndName);
  const met = ordered.map((one) => metChain(one, family));
  const number = numberOf(
    [digit(family), ...ordered.map(({ policy }, index) => `${policy.name}\n${met[index]!.name}`)].join('\n'),
  );
  const name = `list_${hex(number)}`;
  return {
    number,
    chains: met,
    chain: {
      name,
      rules: [
        rule(name, 'no list yet', setUnmatched),
        ...ordered.flatMap((one, index) => [
          rule(name, one.policy.type, verdict('jump', matchChain(one.policy))),
          rule(name, 'is in it', isMatched, verdict(isFinal(one) ? 'goto' : 'jump', met[index]!.name)),
        ]),
      ],
    },
  };
};
