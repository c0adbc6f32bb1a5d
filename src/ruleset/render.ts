/** Transactions without a kernel: the whole state from nothing, and the way from one document to another. */

import type { ServicesDocument } from '../model/service.js';
import type { Operation } from '../netlink/nft/ast.js';
import { adopt } from './adopt.js';
import { emptyPicture } from './adopt-structure.js';
import { createBatches } from './batches.js';
import type { EngineContext } from './context.js';
import { changeEndpoints } from './installed.js';
import { createRegistry } from './registry.js';

const unbounded = { elements: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** What an empty kernel would be told: one batch, in order. */
export const renderRuleset = (document: ServicesDocument, context: EngineContext): readonly Operation[] => {
  const batches = createBatches(unbounded);
  adopt(emptyPicture, createRegistry(context, document.services).plans(), context, batches);
  return batches.finish().flat();
};

export interface RulesetDifference {
  readonly changed: readonly string[];
  readonly operations: readonly Operation[];
  /** `service address port → backend` pairs whose persistence entries go, whatever clients they have. */
  readonly purgedPairs: number;
}

/** What a kernel that holds `current` would be told. */
export const diffRuleset = (
  current: ServicesDocument,
  wanted: ServicesDocument,
  context: EngineContext,
): RulesetDifference => {
  const registry = createRegistry(context, current.services);
  const installed = adopt(emptyPicture, registry.plans(), context, createBatches(unbounded));
  const batches = createBatches(unbounded);
  const { changed, endpoints } = registry.change(wanted);
  const { dead } = changeEndpoints(installed, endpoints(), context, batches);
  return { changed, operations: batches.finish().flat(), purgedPairs: dead.length };
};
