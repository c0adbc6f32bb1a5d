/** Where log lines of services go: to the group that the agent reads, or else to the kernel's log, with this level. */

import type { Statement } from '../../netlink/nft/ast.js';
import type { EngineContext } from '../context.js';

export const logLine = (
  prefix: string,
  { serviceLogGroup: group }: Pick<EngineContext, 'serviceLogGroup'>,
  level?: 'info',
): Statement => ({
  kind: 'log',
  prefix,
  ...(group !== undefined ? { group } : level && { level }),
});
