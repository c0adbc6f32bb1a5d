/** Transactions without a kernel: the whole state from nothing, and the way from one document to another. */

import type { ServicesDocument } from '../model/service.js';
import type { Operation } from '../netlink/nft/ast.js';
import { adopt } from './adopt.js';
import { emptyPicture } from './adopt-structure.js';
import { type Batches, createBatches } from './batches.js';
import { type Composition, changeUnit } from './composition.js';
import { adoptFeatures } from './composition-adopt.js';
import type { EngineContext } from './context.js';
import { type FeatureContext, featureTables, type ServiceIds } from './feature.js';
import { everyFeature } from './features/index.js';
import { changeEndpoints } from './installed.js';
import { createRegistry, type Registry } from './registry.js';
import { createServiceIds } from './service-ids.js';
import { composeAll, ofPolicy, ofService, policyUnit, serviceUnit } from './units.js';

const unbounded = { elements: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** Nothing is known of a machine here: no interfaces, no neighbours, a kernel that can do everything. */
const featureContext = (
  registry: Registry,
  context: EngineContext,
  ids: ServiceIds = createServiceIds(),
): FeatureContext => ({
  ...context,
  ids,
  devices: [],
  policies: registry.policies,
  neighbour: () => undefined,
  supports: () => true,
});

const featuresFromNothing = (registry: Registry, context: FeatureContext, batches: Batches): Composition => {
  const composition = composeAll(everyFeature, registry.policies.values(), registry.services(), context);
  const pictures = featureTables.map((name) => ({ name, table: undefined, elements: new Map() }));
  adoptFeatures(composition, pictures, { protect: context.protect, isOthers: () => true }, batches);
  return composition;
};

/** What an empty kernel would be told: one batch, in order. */
export const renderRuleset = (document: ServicesDocument, context: EngineContext): readonly Operation[] => {
  const batches = createBatches(unbounded);
  const registry = createRegistry(context, document);
  adopt(emptyPicture, registry.plans(), context, batches);
  featuresFromNothing(registry, featureContext(registry, context), batches);
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
  const registry = createRegistry(context, current);
  const installed = adopt(emptyPicture, registry.plans(), context, createBatches(unbounded));
  const ids = createServiceIds();
  const composition = featuresFromNothing(
    registry,
    featureContext(registry, context, ids),
    createBatches(unbounded),
  );
  const batches = createBatches(unbounded);
  const { changed, affected, policies, endpoints, next } = registry.change(wanted);
  const after = featureContext(next, context, ids);
  for (const name of policies) {
    const policy = next.policies.get(name);
    changeUnit(composition, policyUnit(name), policy && ofPolicy(everyFeature, policy, after), batches);
  }
  for (const name of [...changed, ...affected]) {
    const service = next.get(name);
    changeUnit(composition, serviceUnit(name), service && ofService(everyFeature, service, after), batches);
  }
  const { dead } = changeEndpoints(installed, endpoints(), context, batches);
  return { changed, operations: batches.finish().flat(), purgedPairs: dead.length };
};
