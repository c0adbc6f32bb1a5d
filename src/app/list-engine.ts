/** Keeps the elements of policies in step with the kernel: indexes in memory, steps into batches, counters out of dumps. */

import { RelevoError } from '../errors.js';
import type { Policy } from '../model/service.js';
import type { Counted, ElementBytes, NftTable } from '../netlink/nft/ast.js';
import type { Nft } from '../ports.js';
import type { Batches } from '../ruleset/batches.js';
import { ingressTable } from '../ruleset/feature.js';
import { adoptPolicy } from '../ruleset/features/lists/adoption.js';
import { type ListedElement, listedElement, sumOf } from '../ruleset/features/lists/counters.js';
import {
  elementsOf,
  emptyIndex,
  knownKey,
  knownStep,
  type ListChange,
  type ListStep,
  listOf,
  type PolicyDelta,
  type PolicyIndex,
  type PolicyList,
  policyChange,
  policyReplacement,
  sampleOf,
} from '../ruleset/features/lists/elements.js';
import { knownListsSet, listSet, refusedSet } from '../ruleset/features/lists/layout.js';
import { keyText } from '../ruleset/same-element.js';

export interface ListEngine {
  /**
   * Writes what leads from the kernel to `policies`; `table` is what is there of the ingress table. What it returns is to be called once
   * the kernel has accepted it, and returns policies that are to be remembered otherwise (`change`).
   */
  adopt(policies: Iterable<Policy>, table: NftTable | undefined, batches: Batches): Promise<() => Policy[]>;
  /**
   * Writes the difference that the policy's elements make; undefined: the policy is gone. Returns the policy as it is to be remembered when
   * that is another one: what is left of lifetimes is true now only.
   */
  change(name: string, policy: Policy | undefined, batches: Batches): Policy | undefined;
  /** The same for a few elements. The policy it returns lists its elements when asked to. */
  edit(name: string, delta: PolicyDelta, batches: Batches): ListChange & { readonly policy: Policy };
  list(name: string): PolicyList | undefined;
  /** One element of each prefix length: what the structure follows from. */
  sample(name: string): Policy | undefined;
  /** Sets that nobody needed have been removed from the kernel. */
  swept(): void;
  /** Elements as they are in the kernel. */
  elements(policy: Policy): Promise<{ readonly listed: readonly ListedElement[]; readonly matched: Counted }>;
  /** Packets refused, by number of the service. */
  refused(policy: Policy): Promise<readonly { readonly key: Uint8Array; readonly counter?: Counted }[]>;
}

const write = (steps: readonly ListStep[], batches: Batches): void => {
  const table = ingressTable;
  for (const { set, destroy, add } of steps) {
    if (destroy.length > 0) {
      batches.operation('remove', { op: 'destroy-elements', table, set, elements: destroy });
    }
    if (add.length > 0) batches.operation('add', { op: 'add-elements', table, set, elements: add });
    batches.mark();
  }
};

const view = (index: PolicyIndex): Policy => ({
  ...index.head,
  get elements() {
    return elementsOf(index);
  },
});

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof RelevoError && thrown.code === 'kernel-missing';

export const createListEngine = (nft: Nft, nowMs: () => number): ListEngine => {
  let indexes = new Map<string, PolicyIndex>();
  /** Of policies that are gone, while their sets are still there. */
  const retired = new Map<string, PolicyIndex>();

  const dump = (set: string): Promise<ElementBytes[]> =>
    nft.dumpElements(ingressTable, set).catch((thrown: unknown) => {
      if (isMissing(thrown)) return [];
      throw thrown;
    });

  /** `family name`: sets of different families are different sets. */
  const retiredKey = ({ name, family }: Pick<Policy, 'name' | 'family'>): string => `${family} ${name}`;

  return {
    async adopt(policies, table, batches) {
      const there = new Set(table?.sets.map(({ name }) => name));
      const known = new Map<string, ElementBytes>();
      if (there.has(knownListsSet.name)) {
        for (const element of await dump(knownListsSet.name)) known.set(keyText(element.key), element);
      }
      const next = new Map<string, PolicyIndex>();
      const lists: ListStep[] = [];
      for (const policy of policies) {
        const knownAs = keyText(knownKey(policy));
        const byLength = new Map<number, ElementBytes[]>();
        for (const length of new Set(policy.elements.map(({ prefixLength }) => prefixLength))) {
          const set = listSet(policy, length).name;
          if (there.has(set)) byLength.set(length, await dump(set));
        }
        const found = { byLength, known: known.get(knownAs)?.comment };
        known.delete(knownAs);
        const { index, steps } = adoptPolicy(policy, found, nowMs(), indexes.get(policy.name));
        next.set(policy.name, index);
        lists.push(...steps);
      }
      // Of policies that are gone.
      const gone = [...known.values()].map(({ key }) => ({ key }));
      if (gone.length > 0) lists.push({ set: knownListsSet, destroy: gone, add: [] });
      write(lists, batches);
      return () => {
        indexes = next;
        retired.clear();
        return [...next.values()].filter(({ hadLeft }) => hadLeft).map(view);
      };
    },
    change(name, policy, batches) {
      const index = indexes.get(name);
      if (index && index.head.family !== policy?.family) {
        const unknown = { ...index, timed: 0 };
        if (index.timed !== 0) write([knownStep(unknown)], batches);
        retired.set(retiredKey(index.head), unknown);
        indexes.delete(name);
      }
      if (!policy) return undefined;
      const known = indexes.get(name) ?? retired.get(retiredKey(policy)) ?? emptyIndex(policy);
      const { index: next, steps } = policyReplacement(known, policy, nowMs());
      retired.delete(retiredKey(policy));
      indexes.set(name, next);
      write(steps, batches);
      return next.hadLeft ? view(next) : undefined;
    },
    edit(name, delta, batches) {
      const index = indexes.get(name);
      if (!index) throw new RelevoError('not-found', `there is no policy '${name}'`, { policy: name });
      const change = policyChange(index, delta, nowMs());
      write(change.steps, batches);
      return { ...change, policy: view(index) };
    },
    list(name) {
      const index = indexes.get(name);
      return index && listOf(index, nowMs);
    },
    sample(name) {
      const index = indexes.get(name);
      return index && sampleOf(index);
    },
    swept: () => retired.clear(),
    async elements(policy) {
      const lengths = [...(indexes.get(policy.name)?.byLength.keys() ?? [])].sort((a, b) => b - a);
      const listed: ListedElement[] = [];
      const sums: { readonly counter: Counted }[] = [];
      for (const length of lengths) {
        const elements = await dump(listSet(policy, length).name);
        for (const element of elements) listed.push(listedElement(policy, length, element));
        sums.push({ counter: sumOf(elements) });
      }
      return { listed, matched: sumOf(sums) };
    },
    refused: (policy) => dump(refusedSet(policy).name),
  };
};
