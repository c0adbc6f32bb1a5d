/** What the kernel holds for the services: the engine's picture, kept endpoint by endpoint so that a change costs what it changes. */

import type { Operation, SetSpec } from '../netlink/nft/ast.js';
import { type Bank, createBank } from './bank.js';
import type { Batches } from './batches.js';
import { type Chain, kindChain, recorderChain, recorderRule } from './chains.js';
import type { EngineContext } from './context.js';
import {
  backendElement,
  kindElement,
  pairElement,
  serviceElement,
  slotElement,
  sourceElement,
} from './elements.js';
import type { EndpointId, TargetId } from './ids.js';
import { type KindNumber, kindOf } from './kinds.js';
import {
  backendsSet,
  kindsMap,
  masqueradingSet,
  recorderOf,
  recorderSet,
  servicesMap,
  serviceTable,
  slotsMap,
  sourcesMap,
} from './layout.js';
import type { EndpointPlan } from './plan.js';

export interface InstalledEndpoint {
  readonly plan: EndpointPlan;
  readonly kind: KindNumber | undefined;
}

export interface Installed {
  readonly endpoints: Map<EndpointId, InstalledEndpoint>;
  /** Endpoints that use each element of `backends`. */
  readonly backendUses: Map<number, number>;
  readonly bank: Bank;
  /** Kinds whose chain and element are there. */
  readonly kinds: Set<KindNumber>;
  /** Recorder sets that are there, in the order of the rules of chain `record`. */
  readonly recorders: Map<string, SetSpec>;
}

export const nothingInstalled = (): Installed => ({
  endpoints: new Map(),
  backendUses: new Map(),
  bank: createBank(),
  kinds: new Set(),
  recorders: new Map(),
});

/** `backends` is shared by services: tcp and udp in the lowest bit. */
export const backendUse = (protocol: number, target: TargetId): number =>
  target * 2 + (protocol === 17 ? 1 : 0);
const backendUseElement = (use: number) => backendElement(use % 2 === 1 ? 17 : 6, Math.floor(use / 2));

export const chainOperations = (chain: Chain): Operation[] => [
  {
    op: 'add-chain',
    table: serviceTable,
    chain: chain.hook ? { name: chain.name, hook: chain.hook } : { name: chain.name },
  },
  ...chain.rules.map((rule): Operation => ({ op: 'add-rule', table: serviceTable, rule })),
];

/** Makes sure that the chains a plan refers to are there. */
const needStructure = (
  installed: Installed,
  { plan, kind }: InstalledEndpoint,
  context: EngineContext,
  batches: Batches,
): void => {
  if (kind !== undefined && !installed.kinds.has(kind)) {
    installed.kinds.add(kind);
    batches.structure(...chainOperations(kindChain(kindOf(kind)!, context)));
    batches.add(kindsMap, kindElement(kind));
    batches.mark();
  }
  if (plan.recorder !== undefined && !installed.recorders.has(plan.recorder)) {
    const { ttlMs, reported } = recorderOf(plan.recorder)!;
    const set = recorderSet(ttlMs, reported);
    installed.recorders.set(plan.recorder, set);
    batches.structure(
      { op: 'add-set', table: serviceTable, set },
      ...chainOperations(recorderChain(plan.recorder, context)),
      { op: 'add-rule', table: serviceTable, rule: recorderRule(plan.recorder) },
    );
  }
};

const emptyPlan = { slots: [], recorder: undefined, alive: [], sources: new Map(), backends: [] } as const;

const diffPairs = (
  set: { readonly before: SetSpec | undefined; readonly after: SetSpec | undefined },
  plan: EndpointPlan,
  before: readonly TargetId[],
  after: readonly TargetId[],
  batches: Batches,
): void => {
  const same = set.before === set.after;
  if (set.before) {
    for (const target of before) {
      if (!same || !after.includes(target)) batches.remove(set.before, pairElement(plan, target));
    }
  }
  if (set.after) {
    for (const target of after) {
      if (!same || !before.includes(target)) batches.add(set.after, pairElement(plan, target));
    }
  }
};

const diffSources = (
  plan: EndpointPlan,
  before: ReadonlyMap<TargetId, number>,
  after: ReadonlyMap<TargetId, number>,
  batches: Batches,
): void => {
  for (const [target, source] of before) {
    if (after.get(target) === source) continue;
    if (source === 0) batches.remove(masqueradingSet, pairElement(plan, target));
    else batches.remove(sourcesMap, sourceElement(plan, target, source));
  }
  for (const [target, source] of after) {
    if (before.get(target) === source) continue;
    if (source === 0) batches.add(masqueradingSet, pairElement(plan, target));
    else batches.add(sourcesMap, sourceElement(plan, target, source));
  }
};

const diffEndpoint = (
  installed: Installed,
  before: InstalledEndpoint | undefined,
  after: InstalledEndpoint | undefined,
  batches: Batches,
): void => {
  const plan = (after ?? before)!.plan;
  const old = before?.plan ?? emptyPlan;
  const next = after?.plan ?? emptyPlan;
  if (before?.kind !== after?.kind) {
    if (before?.kind !== undefined) batches.remove(servicesMap, serviceElement(plan, before.kind));
    if (after?.kind !== undefined) {
      const element = serviceElement(plan, after.kind);
      if (before?.kind === undefined) batches.activate(element);
      else batches.add(servicesMap, element);
    }
  }
  for (let slot = 0; slot < Math.max(old.slots.length, next.slots.length); slot++) {
    const from = old.slots[slot];
    const to = next.slots[slot];
    if (from === to) continue;
    if (from !== undefined) batches.remove(slotsMap, slotElement(plan, slot, from));
    if (to !== undefined) batches.add(slotsMap, slotElement(plan, slot, to));
  }
  const setOf = (name: string | undefined): SetSpec | undefined =>
    name === undefined ? undefined : installed.recorders.get(name);
  diffPairs(
    { before: setOf(old.recorder), after: setOf(next.recorder) },
    plan,
    old.alive,
    next.alive,
    batches,
  );
  if (old.sources !== next.sources) diffSources(plan, old.sources, next.sources, batches);
};

export interface EndpointChange {
  readonly id: EndpointId;
  /** Undefined: the endpoint goes. */
  readonly plan: EndpointPlan | undefined;
}

/** A persistence entry of this endpoint and backend no longer counts. */
export interface DeadPair {
  readonly endpoint: EndpointId;
  readonly target: TargetId;
}

/**
 * Writes the difference into `batches` and takes it as done in `installed`; when the kernel refuses it, `installed` is worthless and
 * must be read back. Returns the pairs whose persistence entries must go in the same transaction.
 */
export const changeEndpoints = (
  installed: Installed,
  changes: readonly EndpointChange[],
  context: EngineContext,
  batches: Batches,
): DeadPair[] => {
  const dead: DeadPair[] = [];
  const useChanges = new Map<number, number>();
  const countUses = (plan: EndpointPlan | undefined, by: number): void => {
    for (const target of plan?.backends ?? []) {
      const use = backendUse(plan!.protocol, target);
      useChanges.set(use, (useChanges.get(use) ?? 0) + by);
    }
  };
  for (const { id, plan } of changes) {
    const before = installed.endpoints.get(id);
    let after: InstalledEndpoint | undefined;
    if (plan) {
      if (!plan.kind) installed.bank.release(id);
      after = { plan, kind: plan.kind ? installed.bank.assign(id, plan.kind) : undefined };
      needStructure(installed, after, context, batches);
      installed.endpoints.set(id, after);
    } else {
      installed.bank.release(id);
      installed.endpoints.delete(id);
    }
    if (!before && !after) continue;
    diffEndpoint(installed, before, after, batches);
    batches.mark();
    countUses(before?.plan, -1);
    countUses(plan, 1);
    for (const target of before?.plan.alive ?? []) {
      if (!plan?.alive.includes(target)) dead.push({ endpoint: id, target });
    }
  }
  for (const [use, by] of useChanges) {
    if (by === 0) continue;
    const was = installed.backendUses.get(use) ?? 0;
    if (was + by > 0) installed.backendUses.set(use, was + by);
    else installed.backendUses.delete(use);
    if (was === 0) batches.add(backendsSet, backendUseElement(use));
    else if (was + by <= 0) batches.remove(backendsSet, backendUseElement(use));
    batches.mark();
  }
  return dead;
};
