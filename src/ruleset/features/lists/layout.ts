/**
 * Black and white lists in `netdev relevo_ingress`: what a policy is there, and what destinations lead to. A list of networks is one hash set
 * per prefix length, so that networks may overlap, every element has its own lifetime and counter, and adding one costs the same in a long
 * list as in a short one (an interval set is sorted anew at every change: 9 ms at 100,000 elements).
 */

import type { Policy } from '../../../model/service.js';
import type { DataType, Literal, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import { fingerprint } from '../../rules.js';
import { hostNumber } from '../bytes.js';
import { type FamilyShape, ipv4, ipv6 } from '../families.js';

export const familyOf = ({ family }: Pick<Policy, 'family'>): FamilyShape =>
  family === 'ipv6' ? ipv6 : ipv4;
/** netdev has no table per family: names say it. */
export const digit = ({ bytes }: FamilyShape): '4' | '6' => (bytes === 4 ? '4' : '6');

const longestIdentifier = 100;

/** A name as nft's syntax can have it; one that had to be changed is told from others by its fingerprint. */
const identifier = (name: string): string => {
  const safe = name.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, longestIdentifier);
  return safe === name ? name : `${safe}_${fingerprint(name)}`;
};

type Named = Pick<Policy, 'name' | 'family'>;

const nameOf = (kind: string, policy: Named, more = ''): string =>
  `${kind}${digit(familyOf(policy))}_${identifier(policy.name)}${more}`;

/** The policy's networks of one length. */
export const listSet = (policy: Named, prefixLength: number): SetSpec => ({
  name: nameOf('list', policy, `_${prefixLength}`),
  key: [familyOf(policy).type],
  flags: ['timeout'],
  statements: [{ kind: 'counter' }],
});
/** Sets `matched` when the packet's source is in the list, and returns. */
export const matchChain = (policy: Named): string => nameOf('match', policy);
/** By service, packets that the policy refused. */
export const refusedSet = (policy: Named): SetSpec => ({
  name: nameOf('refused', policy),
  key: ['classid'],
  statements: [{ kind: 'counter' }],
});

/** What lists are known of, in this kernel: one element per policy, whose comment says which timed elements it was given. */
export const knownListsSet: SetSpec = { name: 'known_lists', key: ['classid'] };

/** 32 bits of FNV-1a: the number of a policy in `knownListsSet`, and of a combination of policies. */
export const numberOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  // FNV leaves short texts close together in the upper bits.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 12)) >>> 0 || 1;
};

const classid = (value: number): Literal => ({ type: 'classid', bytes: hostNumber(value) });

/** In a packet's priority while it is in these chains. */
const matched = classid(0xffff_fffe);
export const setMatched: Statement = { kind: 'write', field: 'meta priority', value: matched };
export const isMatched: Statement = { kind: 'compare', field: 'meta priority', op: '==', value: matched };
export const setUnmatched: Statement = { kind: 'write', field: 'meta priority', value: classid(0) };

/** Chain that finds the combination of policies for a destination, and the verdict map from its number to its chain. */
export const listsChain = 'lists';
export const combinationsMap: SetSpec = { name: 'list_combinations', key: ['classid'], data: 'verdict' };

export type PlaceKind = 'exact' | 'ranges' | 'any';

/** `destination → number of the combination of policies`. */
export const destinationMap = (family: FamilyShape, kind: PlaceKind): SetSpec => {
  const key: DataType[] = [family.type, 'inet_proto'];
  return {
    name: { exact: 'lists', ranges: 'list_ranges', any: 'list_any' }[kind] + digit(family),
    key: kind === 'any' ? key : [...key, 'inet_service'],
    data: ['classid'],
    ...(kind === 'ranges' && { flags: ['interval'] as const }),
  };
};
