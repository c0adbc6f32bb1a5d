/** A chain as operations: made, then filled. */

import type { Operation, TableName } from '../netlink/nft/ast.js';
import type { Chain } from './chains.js';

export const chainOperations = (table: TableName, chain: Chain): Operation[] => [
  {
    op: 'add-chain',
    table,
    chain: chain.hook ? { name: chain.name, hook: chain.hook } : { name: chain.name },
  },
  ...chain.rules.map((rule): Operation => ({ op: 'add-rule', table, rule })),
];
