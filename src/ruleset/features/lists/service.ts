/** Which policies hold for which destination, and what the kernel has to know of it. */

import type { Policy, Service, ServiceAddress } from '../../../model/service.js';
import {
  type Contribution,
  type FeatureContext,
  ingressTable,
  type Placed,
  type ServiceFeature,
  type Shortcoming,
  type Structure,
} from '../../feature.js';
import { rule } from '../../rules.js';
import { ingressChain, ingressOrder } from '../../stations.js';
import { hostNumber } from '../bytes.js';
import { type FamilyShape, families } from '../families.js';
import { identityIngress, placesOf } from '../identity.js';
import { logLine } from '../log-line.js';
import { logPrefix } from '../log-prefix.js';
import { fields } from '../statements.js';
import { type Applied, combinationOf } from './combination.js';
import {
  combinationsMap,
  destinationMap,
  familyOf,
  listsChain,
  type PlaceKind,
  refusedSet,
} from './layout.js';

const table = ingressTable;
const everything = ['log', 'drop', 'accept'] as const;

/** The service's own, those of the address that it shares, and the global ones; a policy counts once. */
const appliedTo = (
  service: Service,
  address: ServiceAddress,
  family: FamilyShape,
  context: FeatureContext,
): readonly Applied[] => {
  const byName = new Map<string, Applied>();
  const apply = (policy: Policy | undefined, verdict: Service['verdict'] = everything): void => {
    if (!policy || byName.has(policy.name) || familyOf(policy) !== family) return;
    const { logPrefix: template } = policy;
    byName.set(policy.name, {
      policy,
      accept: verdict.includes('accept'),
      drop: verdict.includes('drop'),
      ...(template !== undefined &&
        verdict.includes('log') && {
          logLine: logLine(
            logPrefix(template, {
              about: 'policy',
              type: policy.type,
              policy: policy.name,
              service: service.name,
              address: address.name ?? `${service.name}-addr`,
            }),
            context,
          ),
        }),
    });
  };
  for (const name of service.policies ?? []) apply(context.policies.get(name), service.verdict);
  const shared = address.name === undefined ? undefined : context.addresses?.get(address.name);
  for (const name of shared?.policies ?? []) apply(context.policies.get(name), shared?.verdict);
  for (const policy of context.policies.values()) if (policy.global) apply(policy, service.verdict);
  return [...byName.values()];
};

const placeOrder: Readonly<Record<PlaceKind, number>> = { exact: 10, ranges: 20, any: 30 };

/** The rule of chain `lists` that looks into one of its maps. */
const lookInto = (family: FamilyShape, kind: PlaceKind): Structure => {
  const map = destinationMap(family, kind).name;
  return {
    kind: 'station',
    table,
    chain: { name: listsChain },
    order: placeOrder[kind] + Number(family.bytes === 16),
    rule: rule(
      listsChain,
      map,
      {
        kind: 'write',
        field: 'meta priority',
        key: fields(family.destination, 'meta l4proto', ...(kind === 'any' ? [] : (['th dport'] as const))),
        map,
      },
      { kind: 'vmap', key: fields('meta priority'), map: combinationsMap.name },
    ),
  };
};

const usSet = (set: Placed['set']): Structure => ({ kind: 'set', table, set, filledBy: 'us' });

const ofFamily = (
  service: Service,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  const structure: Structure[] = [];
  const elements: Placed[] = [];
  const destinations: Placed[] = [];
  const refusers = new Map<string, Policy>();
  const kinds = new Set<PlaceKind>();
  const numbers = new Set<number>();
  for (const address of service.addresses) {
    if (!family.has(address.address)) continue;
    const applied = appliedTo(service, address, family, context);
    if (applied.length === 0) continue;
    const { number, chains, chain } = combinationOf(applied, family);
    if (!numbers.has(number)) {
      numbers.add(number);
      for (const one of [...chains, chain]) structure.push({ kind: 'chain', table, chain: one });
      elements.push({
        table,
        set: combinationsMap,
        element: { key: hostNumber(number), data: { kind: 'goto', chain: chain.name } },
      });
    }
    for (const { policy, drop } of applied) {
      if (policy.type === 'blacklist' && drop) refusers.set(policy.name, policy);
    }
    for (const { kind, ...key } of placesOf(address)) {
      kinds.add(kind);
      const set = destinationMap(family, kind);
      destinations.push({ table, set, element: { ...key, data: hostNumber(number) }, activates: true });
    }
  }
  if (destinations.length === 0) return undefined;
  const identity = refusers.size > 0 ? identityIngress(service, family, context.ids) : undefined;
  const key = hostNumber(context.ids.of(service.name));
  const counted = [...refusers.values()].map(refusedSet);
  return {
    structure: [
      ...(identity?.structure ?? []),
      ...counted.map(usSet),
      ...structure,
      usSet(combinationsMap),
      ...[...kinds].flatMap((kind) => [usSet(destinationMap(family, kind)), lookInto(family, kind)]),
    ],
    elements: [
      ...(identity?.elements ?? []),
      ...counted.map((set): Placed => ({ table, set, element: { key } })),
      ...elements,
      ...destinations,
    ],
  };
};

/** What leads packets of each interface to the lists. */
const entrances = ({ devices }: FeatureContext): readonly Structure[] =>
  devices.map((device) => {
    const chain = ingressChain(device);
    return {
      kind: 'station',
      table,
      chain,
      order: ingressOrder.lists,
      rule: rule(chain.name, 'lists', { kind: 'verdict', verdict: { kind: 'jump', chain: listsChain } }),
    };
  });

const contribute = (service: Service, context: FeatureContext): Contribution | undefined => {
  if (context.policies.size === 0 || service.state !== 'up') return undefined;
  const parts = families
    .map((family) => ofFamily(service, family, context))
    .filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return {
    structure: [...parts.flatMap(({ structure }) => structure), ...entrances(context)],
    elements: parts.flatMap(({ elements }) => elements),
  };
};

const shortcomings = (service: Service, context: FeatureContext): readonly Shortcoming[] => {
  const names = service.policies ?? [];
  const missing = names.filter((name) => !context.policies.has(name));
  const deaf = context.devices.length === 0 && names.length > missing.length;
  return [
    ...missing.map((name) => ({
      service: service.name,
      reason: `policy '${name}' is not there: make it, or take it from the service`,
    })),
    ...(deaf
      ? [
          {
            service: service.name,
            reason: 'no interface is known whose packets could be compared with its policies',
          },
        ]
      : []),
  ];
};

export const serviceLists: ServiceFeature = { name: 'lists', contribute, shortcomings };
