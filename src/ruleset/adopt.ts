/**
 * From whatever the kernel holds to what the services want, in as few changes as possible: a start, a restart, and the repair after
 * somebody else's hands. Nothing is flushed that is right, and what packets wrote stays.
 */

import type { ElementBytes, SetSpec } from '../netlink/nft/ast.js';
import { adoptStructure, type KernelPicture, recordersFound } from './adopt-structure.js';
import type { Batches } from './batches.js';
import type { EngineContext } from './context.js';
import {
  backendUse,
  kindElement,
  putBackend,
  putPair,
  putService,
  putSlot,
  putSource,
  readServiceElement,
} from './elements.js';
import type { EndpointId } from './ids.js';
import { type Installed, nothingInstalled } from './installed.js';
import {
  backendsSet,
  kindsMap,
  masqueradingSet,
  persistMap,
  recorderOf,
  recorderSet,
  servicesMap,
  serviceTable,
  slotsMap,
  sourcesMap,
} from './layout.js';
import type { PackedElements } from './packed.js';
import type { EndpointPlan } from './plan.js';
import { keyText, sameData } from './same-element.js';

/** What the kernel has and nobody has asked for yet. */
const createLeftovers = (picture: KernelPicture, batches: Batches) => {
  const bySet = new Map<SetSpec, Map<string, ElementBytes>>();
  const leftoversOf = (set: SetSpec): Map<string, ElementBytes> => {
    let left = bySet.get(set);
    if (!left) {
      left = new Map();
      for (const element of picture.elements.get(set.name) ?? []) left.set(keyText(element.key), element);
      bySet.set(set, left);
    }
    return left;
  };
  return {
    leftoversOf,
    /** Looks at the element just put at the end of `list`: takes it back when the kernel has it. True when it is a new one. */
    settle(set: SetSpec, list: PackedElements): boolean {
      const left = leftoversOf(set);
      if (left.size === 0) return true;
      const element = list.at(list.length - 1)!;
      const key = keyText(element.key);
      const found = left.get(key);
      if (!found) return true;
      left.delete(key);
      if (sameData(found.data, element.data)) list.pop();
      else batches.removing(set).push(found);
      return false;
    },
    removeRest(set: SetSpec): void {
      for (const element of leftoversOf(set).values()) {
        batches.removing(set).push(element);
        batches.mark();
      }
    },
  };
};

const endpointIdOf = (service: { address: number; protocol: number; port: number }): EndpointId =>
  (service.address * 2 + (service.protocol === 17 ? 1 : 0)) * 65_536 + service.port;

const adoptBank = (installed: Installed, picture: KernelPicture): void => {
  for (const element of picture.elements.get(servicesMap.name) ?? []) {
    const service = readServiceElement(element);
    if (service) installed.bank.adopt(endpointIdOf(service), service.kind);
  }
};

/** What is no longer served goes first, before the slots that it reads. */
const removeUnserved = (
  installed: Installed,
  found: ReadonlyMap<string, ElementBytes>,
  batches: Batches,
): void => {
  for (const element of found.values()) {
    const service = readServiceElement(element);
    const endpoint = service && installed.endpoints.get(endpointIdOf(service));
    if (endpoint?.kind === undefined) batches.removing(servicesMap).push(element);
  }
  batches.mark();
};

/**
 * Writes into `batches` what leads from `picture` to `plans`, and returns the engine's picture afterwards. Persistence entries are
 * not looked at: whether one counts is not a matter of the rules.
 */
export const adopt = (
  picture: KernelPicture,
  plans: Iterable<EndpointPlan>,
  context: EngineContext,
  batches: Batches,
): Installed => {
  const installed = nothingInstalled();
  adoptBank(installed, picture);
  const wantedRecorders = new Set<string>();
  for (const plan of plans) {
    const kind = plan.kind ? installed.bank.assign(plan.id, plan.kind) : undefined;
    installed.endpoints.set(plan.id, { plan, kind });
    if (kind !== undefined) installed.kinds.add(kind);
    if (plan.recorder !== undefined) wantedRecorders.add(plan.recorder);
    for (const source of plan.sources.values())
      installed.use[source === 0 ? 'masquerading' : 'sources'] = true;
    for (const target of plan.backends) {
      const use = backendUse(plan.protocol, target);
      installed.backendUses.set(use, (installed.backendUses.get(use) ?? 0) + 1);
    }
  }
  const known = recordersFound(picture).filter((name) => wantedRecorders.has(name));
  for (const name of new Set([...known, ...wantedRecorders])) {
    const { ttlMs, reported } = recorderOf(name)!;
    installed.recorders.set(name, recorderSet(ttlMs, reported));
  }
  const { kinds, recorders, use } = installed;
  const unused = adoptStructure(picture, kinds, recorders, use, context, batches);
  const { settle, removeRest, leftoversOf } = createLeftovers(picture, batches);
  const kindsFound = leftoversOf(kindsMap);
  for (const number of installed.kinds) {
    const element = kindElement(number);
    const key = keyText(element.key);
    const found = kindsFound.get(key);
    kindsFound.delete(key);
    if (found && sameData(found.data, element.data)) continue;
    if (found)
      batches.structure({ op: 'delete-elements', table: serviceTable, set: kindsMap, elements: [found] });
    batches.add(kindsMap, element);
  }
  removeUnserved(installed, leftoversOf(servicesMap), batches);
  // An empty kernel has nothing to compare with.
  const backendsFound = leftoversOf(backendsSet).size > 0;
  const slotsFound = leftoversOf(slotsMap).size > 0;
  for (const use of installed.backendUses.keys()) {
    const list = batches.adding(backendsSet);
    putBackend(list, use);
    if (backendsFound) settle(backendsSet, list);
    batches.mark();
  }
  for (const { plan, kind } of installed.endpoints.values()) {
    const slots = batches.adding(slotsMap);
    for (let slot = 0; slot < plan.slots.length; slot++) {
      putSlot(slots, plan, slot, plan.slots[slot]!);
      if (slotsFound) settle(slotsMap, slots);
    }
    if (plan.recorder !== undefined) {
      const set = installed.recorders.get(plan.recorder)!;
      for (const target of plan.alive) {
        const list = batches.adding(set);
        putPair(list, plan, target);
        settle(set, list);
      }
    }
    for (const [target, source] of plan.sources) {
      const set = source === 0 ? masqueradingSet : sourcesMap;
      const list = batches.adding(set);
      if (source === 0) putPair(list, plan, target);
      else putSource(list, plan, target, source);
      settle(set, list);
    }
    if (kind !== undefined) {
      // Served already: its kind changes with its slots. Not yet: it waits until they are all there.
      const list = leftoversOf(servicesMap).size > 0 ? batches.adding(servicesMap) : batches.activating();
      putService(list, plan, kind);
      settle(servicesMap, list);
    }
    batches.mark();
  }
  for (const set of [slotsMap, sourcesMap, masqueradingSet, backendsSet, ...installed.recorders.values()]) {
    removeRest(set);
  }
  for (const element of kindsFound.values()) {
    batches.cleanup({ op: 'delete-elements', table: serviceTable, set: kindsMap, elements: [element] });
  }
  batches.cleanup(...unused);
  return installed;
};

/** Everything that a table made anew must get back: entries that packets or peers wrote. */
export const rebuild = (kept: readonly ElementBytes[], batches: Batches): void => {
  batches.structure({ op: 'delete-table', table: serviceTable, destroy: true });
  for (const element of kept) {
    batches.add(persistMap, element);
    batches.mark();
  }
};
