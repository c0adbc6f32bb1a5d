/** What every service and policy of a document contributes, by unit. */

import type { Policy, Service } from '../model/service.js';
import { type Composition, emptyComposition } from './composition.js';
import { compose } from './composition-adopt.js';
import type { Contribution, FeatureContext, PolicyFeature, ServiceFeature } from './feature.js';

export interface FeatureSet {
  readonly services: readonly ServiceFeature[];
  readonly policies: readonly PolicyFeature[];
}

export const serviceUnit = (name: string): string => `service ${name}`;
export const policyUnit = (name: string): string => `policy ${name}`;

const merged = (parts: readonly (Contribution | undefined)[]): Contribution | undefined => {
  const given = parts.filter((part) => part !== undefined);
  if (given.length < 2) return given[0];
  return {
    structure: given.flatMap(({ structure }) => structure),
    elements: given.flatMap(({ elements }) => elements),
  };
};

export const ofService = (
  features: FeatureSet,
  service: Service,
  context: FeatureContext,
): Contribution | undefined =>
  merged(features.services.map((feature) => feature.contribute(service, context)));

export const ofPolicy = (
  features: FeatureSet,
  policy: Policy,
  context: FeatureContext,
): Contribution | undefined =>
  merged(features.policies.map((feature) => feature.contribute(policy, context)));

export const composeAll = (
  features: FeatureSet,
  policies: Iterable<Policy>,
  services: Iterable<Service>,
  context: FeatureContext,
): Composition => {
  const units: [string, Contribution][] = [];
  for (const policy of policies) {
    const contribution = ofPolicy(features, policy, context);
    if (contribution) units.push([policyUnit(policy.name), contribution]);
  }
  for (const service of services) {
    const contribution = ofService(features, service, context);
    if (contribution) units.push([serviceUnit(service.name), contribution]);
  }
  return units.length > 0 ? compose(units) : emptyComposition();
};
