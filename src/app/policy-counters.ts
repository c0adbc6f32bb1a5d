/** What the kernel has counted of one policy: by element, and what it refused by service. */

import { RelevoError } from '../errors.js';
import { refusedByService } from '../ruleset/features/lists/counters.js';
import type { Registry } from '../ruleset/registry.js';
import type { FeatureEngine } from './feature-engine.js';
import type { PolicyCounters } from './reconcile-types.js';

export const policyCounters = async (
  name: string,
  registry: Registry,
  { lists, idOf }: FeatureEngine,
): Promise<PolicyCounters> => {
  const policy = registry.policies.get(name);
  if (!policy) throw new RelevoError('not-found', `there is no policy '${name}'`, { policy: name });
  const refused = await lists.refused(policy);
  const names = new Map<number, string>();
  if (refused.length > 0)
    for (const service of registry.services()) names.set(idOf(service.name), service.name);
  const { listed, matched } = await lists.elements(policy);
  return {
    elements: listed,
    matched,
    refused: refusedByService(refused, (id) => names.get(id)),
  };
};
