/** Reports to replication that an entry is about to be made (`replication/general/hint.ts` reads them): a `log` statement with a prefix. */

import type { Service } from '../../model/service.js';
import type { RuleSpec, Statement } from '../../netlink/nft/ast.js';
import type { EngineContext } from '../context.js';
import { rule } from '../rules.js';

/** What the entry is about: persistence of a tracked service; a ban; persistence and flow of an untracked one. */
export const hintPrefix = {
  client: 'relevo-new-client',
  ban: 'relevo-new-ban',
  flow: 'relevo-new-flow',
} as const;

/** The longest headers that matter: IPv6 with extension headers, and ports. */
const reportBytes = 128;
/** A large one leaves the decision to the reader of the group. */
const reportThreshold = 1024;

/** Undefined: nothing is replicated. */
export const hintGroupOf = (
  { hintGroup }: EngineContext,
  { replicate }: Service,
  what: keyof typeof hintPrefix,
): number | undefined => {
  if (hintGroup === undefined || replicate === 'none') return undefined;
  return what === 'ban' && replicate !== 'all' ? undefined : hintGroup;
};

export const hint = (group: number, what: keyof typeof hintPrefix): Statement => ({
  kind: 'log',
  group,
  prefix: hintPrefix[what],
  snaplen: reportBytes,
  queueThreshold: reportThreshold,
});

/** The same as a rule of this chain; none without a group. */
export const hintRules = (
  chain: string,
  group: number | undefined,
  what: keyof typeof hintPrefix,
): RuleSpec[] => (group === undefined ? [] : [rule(chain, 'report newcomer', hint(group, what))]);
