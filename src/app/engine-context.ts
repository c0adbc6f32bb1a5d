/** What the rule engine has to know of the node's configuration. */

import { isIpv6 } from '../model/address.js';
import type { NodeConfig } from '../model/node.js';
import type { EngineContext } from '../ruleset/context.js';

/** Newcomers of general services have a group of their own: the other one's reader has no time for them. */
export const hintGroup = ({ replication }: Pick<NodeConfig, 'replication'>): number =>
  replication.logGroup + 1;

export const engineContext = (config: NodeConfig): EngineContext => ({
  ...(config.replication.enabled
    ? { logGroup: config.replication.logGroup, hintGroup: hintGroup(config) }
    : {}),
  floating: config.groups.flatMap((group) =>
    group.addresses.flatMap(({ address, prefixLength }) =>
      isIpv6(address) ? [] : [{ address, prefixLength }],
    ),
  ),
  protect: config.protect,
  counters: config.engine.counters,
  ...(config.engine.markMask !== undefined && { markMask: config.engine.markMask }),
  ...(config.engine.logGroup !== undefined && { serviceLogGroup: config.engine.logGroup }),
});
