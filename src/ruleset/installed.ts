/** What the kernel holds for the services: the engine's picture, kept endpoint by endpoint so that a change costs what it changes. */

import { protocolNumber } from '../model/service.js';
import type { SetSpec } from '../netlink/nft/ast.js';
import { type Bank, createBank } from './bank.js';
import type { Batches } from './batches.js';
import { chainOperations } from './chain-operations.js';
import {
  type Chain,
  kindChain,
  plainChains,
  postroutingNat,
  recordChains,
  recorderChain,
  recorderRule,
} from './chains.js';
import type { EngineContext } from './context.js';
import {
  type BackendUse,
  backendUse,
  kindElement,
  putBackend,
  putPair,
  putService,
  putSlot,
  putSource,
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
  readonly backendUses: Map<BackendUse, number>;
  readonly bank: Bank;
  /** Kinds whose chain and element are there. */
  readonly kinds: Set<KindNumber>;
  /** Recorder sets that are there, in the order of the rules of chain `record`. */
  readonly recorders: Map<string, SetSpec>;
  /** Which rules `postrouting_nat` has; without any there is no such chain. */
  readonly use: { sources: boolean; masquerading: boolean };
}

export const nothingInstalled = (): Installed => ({
  endpoints: new Map(),
  backendUses: new Map(),
  bank: createBank(),
  kinds: new Set(),
  recorders: new Map(),
  use: { sources: false, masquerading: false },
});

const make = (chains: readonly Chain[], batches: Batches): void => {
  for (const chain of chains) batches.structure(...chainOperations(serviceTable, chain));
};

/** Chains and rules stay until the next start when nobody needs them any more. */
const needSources = ({ use }: Installed, sources: ReadonlyMap<TargetId, number>, batches: Batches): void => {
  const before = { ...use };
  for (const source of sources.values()) use[source === 0 ? 'masquerading' : 'sources'] = true;
  if (use.sources === before.sources && use.masquerading === before.masquerading) return;
  const chain = postroutingNat(use);
  if (before.sources || before.masquerading) {
    batches.structure({ op: 'flush-chain', table: serviceTable, chain: chain.name });
  }
  make([chain], batches);
};

/** Makes sure that the chains a plan refers to are there. */
const needStructure = (
  installed: Installed,
  { plan, kind }: InstalledEndpoint,
  context: EngineContext,
  batches: Batches,
): void => {
  needSources(installed, plan.sources, batches);
  if (kind !== undefined && !installed.kinds.has(kind)) {
    if (installed.kinds.size === 0) make(plainChains, batches);
    installed.kinds.add(kind);
    batches.structure(...chainOperations(serviceTable, kindChain(kindOf(kind)!)));
    batches.add(kindsMap, kindElement(kind));
    batches.mark();
  }
  if (plan.recorder !== undefined && !installed.recorders.has(plan.recorder)) {
    const { ttlMs, reported } = recorderOf(plan.recorder)!;
    const set = recorderSet(ttlMs, reported);
    if (installed.recorders.size === 0) make(recordChains([]), batches);
    installed.recorders.set(plan.recorder, set);
    batches.structure(
      { op: 'add-set', table: serviceTable, set },
      ...chainOperations(serviceTable, recorderChain(plan.recorder, context)),
      { op: 'add-rule', table: serviceTable, rule: recorderRule(plan.recorder) },
    );
  }
};

const emptyPlan = { slots: [], recorder: undefined, alive: [], sources: new Map(), backends: [] } as const;

const diffPairs = (
  before: { readonly set: SetSpec | undefined; readonly targets: readonly TargetId[] },
  after: { readonly set: SetSpec | undefined; readonly targets: readonly TargetId[] },
  plan: EndpointPlan,
  batches: Batches,
): void => {
  const same = before.set === after.set;
  if (before.set) {
    for (const target of before.targets) {
      if (!same || !after.targets.includes(target)) putPair(batches.removing(before.set), plan, target);
    }
  }
  if (after.set) {
    for (const target of after.targets) {
      if (!same || !before.targets.includes(target)) putPair(batches.adding(after.set), plan, target);
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
    if (source === 0) putPair(batches.removing(masqueradingSet), plan, target);
    else putSource(batches.removing(sourcesMap), plan, target, source);
  }
  for (const [target, source] of after) {
    if (before.get(target) === source) continue;
    if (source === 0) putPair(batches.adding(masqueradingSet), plan, target);
    else putSource(batches.adding(sourcesMap), plan, target, source);
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
    if (before?.kind !== undefined) putService(batches.removing(servicesMap), plan, before.kind);
    if (after?.kind !== undefined) {
      const fresh = before?.kind === undefined;
      putService(fresh ? batches.activating() : batches.adding(servicesMap), plan, after.kind);
    }
  }
  for (let slot = 0; slot < Math.max(old.slots.length, next.slots.length); slot++) {
    const from = old.slots[slot];
    const to = next.slots[slot];
    if (from === to) continue;
    if (from !== undefined) putSlot(batches.removing(slotsMap), plan, slot, from);
    if (to !== undefined) putSlot(batches.adding(slotsMap), plan, slot, to);
  }
  const setOf = (name: string | undefined): SetSpec | undefined =>
    name === undefined ? undefined : installed.recorders.get(name);
  diffPairs(
    { set: setOf(old.recorder), targets: old.alive },
    { set: setOf(next.recorder), targets: next.alive },
    plan,
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

export interface Losses {
  /** Whose persistence entries must go in the same transaction. */
  readonly dead: readonly DeadPair[];
  /**
   * udp: a client that goes on sending from its port keeps its flow, and with it the failed backend, for ever. TCP finds out by itself,
   * and a connection may outlive a false alarm.
   */
  readonly stranded: readonly DeadPair[];
}

/**
 * Writes the difference into `batches` and takes it as done in `installed`; when the kernel refuses it, `installed` is worthless and
 * must be read back.
 */
export const changeEndpoints = (
  installed: Installed,
  changes: readonly EndpointChange[],
  context: EngineContext,
  batches: Batches,
): Losses => {
  const dead: DeadPair[] = [];
  const stranded: DeadPair[] = [];
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
    if (!before) continue;
    for (const target of before.plan.alive) {
      if (!plan?.alive.includes(target)) dead.push({ endpoint: id, target });
    }
    if (before.plan.protocol !== protocolNumber.udp) continue;
    for (const target of before.plan.usable) {
      if (!plan?.usable.includes(target)) stranded.push({ endpoint: id, target });
    }
  }
  for (const [use, by] of useChanges) {
    if (by === 0) continue;
    const was = installed.backendUses.get(use) ?? 0;
    if (was + by > 0) installed.backendUses.set(use, was + by);
    else installed.backendUses.delete(use);
    if (was === 0) putBackend(batches.adding(backendsSet), use);
    else if (was + by <= 0) putBackend(batches.removing(backendsSet), use);
    batches.mark();
  }
  return { dead, stranded };
};
