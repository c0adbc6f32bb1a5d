/** Keeps what the features need in step with the services: the part of the rule engine beside the plain services' maps. */

import type { Ip, IpPrefix } from '../model/address.js';
import type { Policy, Service } from '../model/service.js';
import type { ElementBytes, Family, TableName } from '../netlink/nft/ast.js';
import type { Nft } from '../ports.js';
import { isPlainName } from '../ruleset/adopt-structure.js';
import { servicesOnDevices } from '../ruleset/affected.js';
import type { Batches } from '../ruleset/batches.js';
import { createClaims } from '../ruleset/claims.js';
import { type Composition, changeUnit, type ElementChange, sweepUnused } from '../ruleset/composition.js';
import {
  adoptFeatures,
  type FeaturePicture,
  isEmptied,
  isMisshapen,
  setsToRead,
} from '../ruleset/composition-adopt.js';
import type { EngineContext } from '../ruleset/context.js';
import {
  type Contribution,
  type DeviceLink,
  type FeatureContext,
  featureTables,
  ingressTable,
  ipTable,
  type KernelFeature,
  type Neighbour,
  type Placed,
  type Shortcoming,
} from '../ruleset/feature.js';
import { adoptIds, idSets } from '../ruleset/features/identity.js';
import type { PolicyDelta } from '../ruleset/features/lists/elements.js';
import { entriesOf, isStickyName, lostPairs, strayEntries } from '../ruleset/features/sticky.js';
import type { Registry } from '../ruleset/registry.js';
import { createServiceIds } from '../ruleset/service-ids.js';
import type { Shares } from '../ruleset/slots.js';
import {
  composeAll,
  type FeatureSet,
  ofPolicy,
  ofService,
  policyUnit,
  serviceUnit,
} from '../ruleset/units.js';
import { createListEngine, type ListEngine } from './list-engine.js';
import { createTransits, type DumpSet, type Transits } from './transits.js';

/** What the engine learns of the machine, beside the services. */
export interface FeatureFacts {
  /** Read again with every change: they may come and go. */
  readonly devices: readonly string[];
  neighbour(address: Ip): Neighbour | undefined;
  networks?(): readonly IpPrefix[];
  link?(device: string): DeviceLink | undefined;
  shares?(service: string): Shares | undefined;
  supports(feature: KernelFeature): boolean;
}

export const noFacts: FeatureFacts = {
  devices: [],
  neighbour: () => undefined,
  supports: () => true,
};

export interface FeatureEngine {
  /** Writes what leads from the kernel to `wanted`. What it returns is to be called once the kernel has accepted it. */
  adopt(wanted: Registry, context: EngineContext, batches: Batches): Promise<() => void>;
  /** Writes what has changed with these services and policies, and the persistence entries that go with it. After a refusal: `adopt`. */
  change(
    services: Iterable<string>,
    policies: Iterable<string>,
    next: Registry,
    context: EngineContext,
    batches: Batches,
  ): Promise<void>;
  /** Writes the difference that a few elements of a policy make; `undo` after a refusal. */
  editPolicy(
    name: string,
    delta: PolicyDelta,
    registry: Registry,
    context: EngineContext,
    batches: Batches,
  ): { readonly policy: Policy; undo(): void };
  readonly lists: Pick<ListEngine, 'elements' | 'refused' | 'list'>;
  /** Operations that remove what nobody needs any more; empty: nothing to do. */
  sweep(): ReturnType<typeof sweepUnused>;
  /** Why services or backends are not served as configured. */
  shortcomings(service: Service): readonly Shortcoming[];
  /** The number of a service, where it has one. */
  idOf(service: string): number;
  hasSet(table: TableName, set: string): boolean;
  /** Ends transits of slots that are over; returns the services that are to be changed. */
  lookAtTransits(): Promise<readonly string[]>;
}

export const createFeatureEngine = (
  nft: Nft,
  features: FeatureSet,
  facts: FeatureFacts,
  nowMs: () => number,
): FeatureEngine => {
  const lists = createListEngine(nft, nowMs);
  const ids = createServiceIds();
  let transits = createTransits(nowMs);
  let current: Registry | undefined;
  const newClaims = () => createClaims(() => current?.services() ?? []);
  let claims = newClaims();
  let composition: Composition | undefined;
  /** Families whose table the kernel has. */
  let there = new Set<Family>();
  let latest: FeatureContext | undefined;
  /** What all that is composed goes by, and so the same for all: another choice means every service that uses it. */
  let devices: readonly string[] = [];

  /** Takes note of interfaces that have come or gone; returns whose rules stand on them. */
  const movedWithDevices = (registry: Registry): readonly string[] => {
    const now = facts.devices;
    if (now.join() === devices.join()) return [];
    devices = [...now];
    return servicesOnDevices(registry);
  };

  const contextOf = (registry: Registry, context: EngineContext, book: Transits): FeatureContext => {
    latest = {
      ...context,
      ids,
      devices,
      policies: registry.policies,
      addresses: registry.addresses,
      neighbour: (address) => facts.neighbour(address),
      networks: () => facts.networks?.() ?? [],
      link: (device) => facts.link?.(device),
      shares: (service) => facts.shares?.(service),
      transit: (service, family) => book.of(service, family),
      unclearAnswers: (service) => claims.isUnclear(service),
      supports: (feature) => facts.supports(feature),
    };
    return latest;
  };
  const readElements = async (
    name: TableName,
    sets: readonly string[],
  ): Promise<Map<string, ElementBytes[]>> => {
    const elements = new Map<string, ElementBytes[]>();
    for (const set of sets) elements.set(set, await nft.dumpElements(name, set));
    return elements;
  };

  const destroy = (
    { structures }: Composition,
    table: TableName,
    sticky: string,
    elements: readonly ElementBytes[],
    batches: Batches,
  ): void => {
    const found = structures.get(`${table.family} set ${sticky}`)?.what;
    if (elements.length === 0 || found?.kind !== 'set') return;
    batches.operation('remove', { op: 'destroy-elements', table, set: found.set, elements });
  };

  const hasSet = ({ family }: TableName, set: string): boolean =>
    composition?.structures.has(`${family} set ${set}`) ?? false;

  return {
    async adopt(wanted, engineContext, batches) {
      const tables = await Promise.all(
        featureTables.map(async (name) => ({ name, table: await nft.readTable(name) })),
      );
      ids.keep(wanted.services());
      for (const { name, table } of tables) {
        for (const { name: set } of table?.sets ?? []) {
          if (!idSets.includes(set)) continue;
          adoptIds(ids, set, await nft.dumpElements(name, set), wanted.services());
        }
      }
      devices = [...facts.devices];
      const ingress = tables.find(({ name }) => name === ingressTable)?.table;
      // What the kernel has lost is known here.
      const book = createTransits(nowMs, undefined, ingress ? [] : transits.states());
      const context = contextOf(wanted, engineContext, book);
      const inIngress = new Set(ingress?.sets.map(({ name }) => name));
      const dump: DumpSet = async (set) => (inIngress.has(set) ? nft.dumpElements(ingressTable, set) : []);
      if (ingress)
        await book.restore(wanted.services(), (service) => ids.of(service), dump, transits.states());
      current = wanted;
      claims = newClaims();
      for (const service of wanted.services()) claims.note(service.name, service);
      const noted = function* () {
        for (const service of wanted.services()) {
          book.note(service.name, service, context);
          yield service;
        }
      };
      const next = composeAll(features, wanted.policies.values(), noted(), context);
      const pictures: FeaturePicture[] = [];
      for (const { name, table } of tables) {
        const there = new Set(table?.sets.map((set) => set.name));
        const sets = setsToRead(next, name).filter((set) => there.has(set));
        let picture: FeaturePicture = { name, table, elements: await readElements(name, sets) };
        if (name !== ipTable && isMisshapen(next, picture)) {
          batches.structure({ op: 'delete-table', table: name, destroy: true });
          picture = { name, table: undefined, elements: new Map() };
        }
        pictures.push(picture);
      }
      adoptFeatures(
        next,
        pictures,
        {
          protect: engineContext.protect,
          isOthers: ({ family }, name) => family === ipTable.family && isPlainName(name),
        },
        batches,
      );
      for (const { name, table } of tables) {
        for (const { name: set } of table?.sets ?? []) {
          if (!isStickyName(set) || !next.structures.has(`${name.family} set ${set}`)) continue;
          const keepers = [...next.elements.values()].flatMap(({ what }) =>
            what.table.family === name.family ? [what] : [],
          );
          destroy(next, name, set, strayEntries(set, await nft.dumpElements(name, set), keepers), batches);
        }
      }
      const picture = pictures.find(({ name }) => name === ingressTable);
      const acceptLists = await lists.adopt(wanted.policies.values(), picture?.table, batches);
      return () => {
        transits = book;
        composition = next;
        for (const policy of acceptLists()) wanted.setPolicy(policy);
        there = new Set([
          ...tables.flatMap(({ name, table }) => (table && !isEmptied(name) ? [name.family] : [])),
          ...[...next.structures.values()].map(({ what }) => what.table.family),
          ipTable.family,
        ]);
      };
    },
    async change(services, policies, next, engineContext, batches) {
      if (!composition) return;
      const removed: Placed[] = [];
      const added: Placed[] = [];
      const note = (change: ElementChange): void => {
        removed.push(...change.removed);
        added.push(...change.added);
      };
      const touched = new Set([...services, ...movedWithDevices(next)]);
      current = next;
      for (const name of [...touched]) {
        for (const other of claims.note(name, next.get(name))) touched.add(other);
      }
      const context = contextOf(next, engineContext, transits);
      const units: (readonly [unit: string, contribution: Contribution | undefined])[] = [];
      for (const name of policies) {
        const policy = next.policies.get(name);
        units.push([policyUnit(name), policy && ofPolicy(features, policy, context)]);
      }
      for (const name of touched) {
        const service = next.get(name);
        transits.note(name, service, context);
        units.push([serviceUnit(name), service && ofService(features, service, context)]);
        if (!service) ids.release(name);
      }
      for (const [, contribution] of units) {
        for (const { table } of contribution?.structure ?? []) {
          if (there.has(table.family)) continue;
          there.add(table.family);
          batches.structure({ op: 'add-table', table, ...(engineContext.protect && { owner: true }) });
        }
      }
      for (const name of policies) {
        const remembered = lists.change(name, next.policies.get(name), batches);
        if (remembered) next.setPolicy(remembered);
      }
      for (const [unit, contribution] of units) note(changeUnit(composition, unit, contribution, batches));
      for (const { table, sticky, pairs } of lostPairs(removed, added)) {
        destroy(composition, table, sticky, entriesOf(await nft.dumpElements(table, sticky), pairs), batches);
      }
    },
    editPolicy(name, delta, registry, engineContext, batches) {
      const { policy, lengthsChanged, undo } = lists.edit(name, delta, batches);
      const sample = lengthsChanged ? lists.sample(name) : undefined;
      if (sample && composition) {
        const contribution = ofPolicy(features, sample, contextOf(registry, engineContext, transits));
        changeUnit(composition, policyUnit(name), contribution, batches);
      }
      return { policy, undo };
    },
    lists,
    sweep() {
      lists.swept();
      return composition ? sweepUnused(composition) : [];
    },
    shortcomings: (service) =>
      latest ? features.services.flatMap((feature) => feature.shortcomings?.(service, latest!) ?? []) : [],
    idOf: (service) => ids.of(service),
    hasSet,
    lookAtTransits: () =>
      transits.look(
        (service) => ids.of(service),
        async (set) => (hasSet(ingressTable, set) ? nft.dumpElements(ingressTable, set) : []),
      ),
  };
};
