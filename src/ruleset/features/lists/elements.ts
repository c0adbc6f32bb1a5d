/**
 * Elements of policies. They are too many to be counted and compared at every change as other elements are: an index knows what the kernel
 * was given, and a change costs what it names. Lifetimes are relative: a list that is written again does not start them anew, unless what is
 * listed has run out meanwhile.
 */

import type { Policy, PolicyElement } from '../../../model/service.js';
import type { ElementList, SetSpec } from '../../../netlink/nft/ast.js';
import { hostNumber } from '../bytes.js';
import { elementList, keyList, type ListElement } from './element-list.js';
import { knownListsSet, listSet, numberOf } from './layout.js';
import { keyOf, type Network } from './network-key.js';

/** Must be in one transaction; several such may be in different ones, in this order. */
export interface ListStep {
  readonly set: SetSpec;
  /** What may have expired already. */
  readonly destroy: ElementList;
  readonly add: ElementList;
}

/** One element as the kernel has it, unless its time is over. */
export interface Held {
  readonly element: PolicyElement;
  /** Full lifetime; undefined: it stays. */
  readonly timeoutMs: number | undefined;
  /** On the clock of whoever calls; infinite for what stays. */
  readonly deadlineMs: number;
}

type Head = Omit<Policy, 'elements'>;

export interface PolicyIndex {
  readonly head: Head;
  /** By prefix length, then by the key's bytes as text. */
  readonly byLength: Map<number, Map<string, Held>>;
  /** Of all timed elements together, in whatever order: tells after a restart whether an absent one has expired or is new. */
  timed: number;
  /** The elements as a list, made when asked for. */
  list: readonly PolicyElement[] | undefined;
  /** Made of elements that said what is left of their lifetimes, which is not to be kept. */
  readonly hadLeft?: boolean;
}

export interface Adoption {
  readonly index: PolicyIndex;
  readonly steps: readonly ListStep[];
}

export interface ListChange {
  readonly steps: readonly ListStep[];
  /** The first network of a prefix length came, or the last one left: the policy's structure differs. */
  readonly lengthsChanged: boolean;
  /** After a refusal by the kernel. */
  undo(): void;
}

const headOf = ({ elements: _elements, ...head }: Policy): Head => head;

export const emptyIndex = (policy: Policy): PolicyIndex => ({
  head: headOf(policy),
  byLength: new Map(),
  timed: 0,
  list: undefined,
});

/** Equal for the same timed element in the same list, and likely different for others. */
const timedHash = (length: number, key: string, { timeoutMs }: Held): number =>
  timeoutMs === undefined ? 0 : numberOf(`${length} ${timeoutMs} ${key}`);

/** Sets or (`undefined`) removes one; returns what was there. */
const replace = (
  index: PolicyIndex,
  length: number,
  key: string,
  next: Held | undefined,
): Held | undefined => {
  const { byLength } = index;
  let ofLength = byLength.get(length);
  const before = ofLength?.get(key);
  if (before) index.timed = (index.timed ^ timedHash(length, key, before)) >>> 0;
  if (next) {
    if (!ofLength) {
      ofLength = new Map();
      byLength.set(length, ofLength);
    }
    ofLength.set(key, next);
    index.timed = (index.timed ^ timedHash(length, key, next)) >>> 0;
  } else if (ofLength?.delete(key) && ofLength.size === 0) byLength.delete(length);
  index.list = undefined;
  return before;
};

const timeoutOf = (head: Head, element: PolicyElement): number | undefined =>
  element.timeoutMs ?? head.timeoutMs;

const withoutLeft = ({ leftMs: _leftMs, ...element }: PolicyElement): PolicyElement => element;

/** What is left counts from now on: it is not kept with the element. */
const held = (head: Head, one: PolicyElement, nowMs: number): Held => {
  const { leftMs } = one;
  const timeoutMs = timeoutOf(head, one);
  // Lists have hundreds of thousands: an object is made only where one is needed.
  const element = leftMs === undefined ? one : withoutLeft(one);
  if (timeoutMs === undefined) return { element, timeoutMs, deadlineMs: Infinity };
  return { element, timeoutMs, deadlineMs: nowMs + Math.min(timeoutMs, leftMs ?? timeoutMs) };
};

/** Of the same network named twice, what lives longer. */
const longest = (a: Held | undefined, b: Held): Held => (a && a.deadlineMs >= b.deadlineMs ? a : b);

/** The list as it is written, every lifetime from now on. */
export const indexOf = (policy: Policy, nowMs: number): PolicyIndex => {
  const head = headOf(policy);
  const byLength: PolicyIndex['byLength'] = new Map();
  let hadLeft = false;
  let anyTimed = false;
  for (const element of policy.elements) {
    const { prefixLength } = element;
    hadLeft ||= element.leftMs !== undefined;
    let ofLength = byLength.get(prefixLength);
    if (!ofLength) {
      ofLength = new Map();
      byLength.set(prefixLength, ofLength);
    }
    const key = keyOf(element);
    const one = held(head, element, nowMs);
    anyTimed ||= one.timeoutMs !== undefined;
    // Of networks that stay, one named twice is the same as once.
    ofLength.set(key, anyTimed ? longest(ofLength.get(key), one) : one);
  }
  let timed = 0;
  if (anyTimed) {
    for (const [length, ofLength] of byLength) {
      for (const [key, one] of ofLength) timed = (timed ^ timedHash(length, key, one)) >>> 0;
    }
  }
  return hadLeft
    ? { head, byLength, timed, list: undefined, hadLeft }
    : { head, byLength, timed, list: policy.elements };
};

const listElement = (key: string, { timeoutMs, deadlineMs }: Held, nowMs: number): ListElement => {
  if (timeoutMs === undefined) return { key };
  const leftMs = Math.ceil(deadlineMs - nowMs);
  return { key, timeoutMs, ...(leftMs < timeoutMs && { expiresMs: Math.max(1, leftMs) }) };
};

/** Elements in one step: several steps fill a transaction. */
const stepLength = 2_000;

/** Collects by set: what is new, what takes another's place, what goes. In this order nobody is off the list for a moment. */
export const createSteps = (head: Head, nowMs: number) => {
  const kinds = {
    add: new Map<number, ListElement[]>(),
    change: new Map<number, ListElement[]>(),
    remove: new Map<number, ListElement[]>(),
  };
  const push = (kind: keyof typeof kinds, length: number, element: ListElement): void => {
    const list = kinds[kind].get(length);
    if (list) list.push(element);
    else kinds[kind].set(length, [element]);
  };
  return {
    add: (length: number, key: string, one: Held) => push('add', length, listElement(key, one, nowMs)),
    change: (length: number, key: string, one: Held) => push('change', length, listElement(key, one, nowMs)),
    remove: (length: number, key: string) => push('remove', length, { key }),
    finish: (): ListStep[] =>
      (['add', 'change', 'remove'] as const).flatMap((kind) =>
        [...kinds[kind]].flatMap(([length, elements]) => {
          const steps: ListStep[] = [];
          const set = listSet(head, length);
          for (let from = 0; from < elements.length; from += stepLength) {
            const some = elements.slice(from, from + stepLength);
            steps.push({
              set,
              destroy: elementList(kind === 'add' ? [] : some.map(({ key }) => ({ key }))),
              add: elementList(kind === 'remove' ? [] : some),
            });
          }
          return steps;
        }),
      ),
  };
};

const hex = (number: number): string => number.toString(16).padStart(8, '0');

/** Which timed elements the kernel was given: the comment of the policy's element in `knownListsSet`. */
export const knownComment = ({ head, timed }: PolicyIndex): string => `${hex(timed)} ${head.name}`;
export const knownKey = ({ name }: Pick<Policy, 'name'>): Uint8Array => hostNumber(numberOf(name));

/** A list without timed elements has none there: what is gone is not to be taken for known when it comes again. */
export const knownStep = (index: PolicyIndex): ListStep => {
  const key = knownKey(index.head);
  const add = index.timed === 0 ? [] : [{ key, comment: knownComment(index) }];
  return { set: knownListsSet, destroy: [{ key }], add };
};

interface Edit {
  readonly length: number;
  readonly key: string;
  readonly next: Held | undefined;
}

export interface PolicyDelta {
  /** One that is there already starts its lifetime anew, or gets another. */
  readonly added?: readonly PolicyElement[];
  /** Passed over when not there. */
  readonly removed?: readonly Network[];
}

/** A few elements more or less, in place: the cost of what is named, however long the list is. */
export const policyChange = (index: PolicyIndex, delta: PolicyDelta, nowMs: number): ListChange => {
  const edits: Edit[] = [
    ...(delta.removed ?? []).map((one) => ({ length: one.prefixLength, key: keyOf(one), next: undefined })),
    ...(delta.added ?? []).map((one) => ({
      length: one.prefixLength,
      key: keyOf(one),
      next: held(index.head, one, nowMs),
    })),
  ];
  const steps = createSteps(index.head, nowMs);
  const lengths = [...index.byLength.keys()];
  const { timed } = index;
  const undone: Edit[] = [];
  for (const { length, key, next } of edits) {
    const before = replace(index, length, key, next);
    undone.push({ length, key, next: before });
    if (!next) {
      if (before) steps.remove(length, key);
    } else if (!before) steps.add(length, key, next);
    else if (before.timeoutMs !== undefined || next.timeoutMs !== undefined) steps.change(length, key, next);
  }
  const lengthsChanged =
    lengths.length !== index.byLength.size || lengths.some((length) => !index.byLength.has(length));
  return {
    steps: [...steps.finish(), ...(index.timed === timed ? [] : [knownStep(index)])],
    lengthsChanged,
    undo() {
      for (const { length, key, next } of undone.reverse()) replace(index, length, key, next);
    },
  };
};

/** No element of the policy ever expires. */
const stays = ({ timeoutMs, elements }: Policy): boolean =>
  timeoutMs === undefined && elements.every((element) => element.timeoutMs === undefined);

/** All elements of a list that stays and of which the kernel has none. */
const freshSteps = ({ head, byLength }: PolicyIndex): ListStep[] => {
  const list: ListStep[] = [];
  for (const [length, ofLength] of byLength) {
    const set = listSet(head, length);
    const keys = [...ofLength.keys()];
    for (let from = 0; from < keys.length; from += stepLength) {
      list.push({ set, destroy: [], add: keyList(keys.slice(from, from + stepLength)) });
    }
  }
  return list;
};

/** The whole list anew, as an index of its own: what it has in common with the one before stays untouched. */
export const policyReplacement = (before: PolicyIndex, policy: Policy, nowMs: number): Adoption => {
  const index = indexOf(policy, nowMs);
  if (before.byLength.size === 0 && before.timed === 0 && stays(policy)) {
    return { index, steps: freshSteps(index) };
  }
  const steps = createSteps(policy, nowMs);
  for (const [length, ofLength] of index.byLength) {
    const known = before.byLength.get(length);
    for (const [key, next] of ofLength) {
      const was = known?.get(key);
      if (!was) steps.add(length, key, next);
      else if (was.timeoutMs !== next.timeoutMs || was.deadlineMs <= nowMs) steps.change(length, key, next);
      else if (next.timeoutMs !== undefined) ofLength.set(key, { ...next, deadlineMs: was.deadlineMs });
    }
  }
  for (const [length, ofLength] of before.byLength) {
    const kept = index.byLength.get(length);
    for (const key of ofLength.keys()) if (!kept?.has(key)) steps.remove(length, key);
  }
  return {
    index,
    steps: [...steps.finish(), ...(index.timed === before.timed ? [] : [knownStep(index)])],
  };
};

/** What there is of a list, without making one. */
export interface PolicyList {
  readonly policy: Head;
  readonly size: number;
  has(network: Network): boolean;
  /** As it is configured, whether its time is over or not. */
  get(network: Network): PolicyElement | undefined;
  /** What is left of its lifetime, 0 when it is over; undefined: it stays, or is not there. */
  leftMs(network: Network): number | undefined;
}

export const listOf = ({ head, byLength }: PolicyIndex, nowMs: () => number): PolicyList => ({
  policy: head,
  get size() {
    let size = 0;
    for (const ofLength of byLength.values()) size += ofLength.size;
    return size;
  },
  has: (network) => byLength.get(network.prefixLength)?.has(keyOf(network)) ?? false,
  get: (network) => byLength.get(network.prefixLength)?.get(keyOf(network))?.element,
  leftMs(network) {
    const one = byLength.get(network.prefixLength)?.get(keyOf(network));
    return one?.timeoutMs === undefined ? undefined : Math.max(0, Math.round(one.deadlineMs - nowMs()));
  },
});

/** The policy with one element of each prefix length: structure follows from it as from the whole. */
export const sampleOf = ({ head, byLength }: PolicyIndex): Policy => ({
  ...head,
  elements: [...byLength.values()].flatMap((ofLength) => {
    const first = ofLength.values().next().value;
    return first ? [first.element] : [];
  }),
});

export const elementsOf = (index: PolicyIndex): readonly PolicyElement[] => {
  index.list ??= [...index.byLength.values()].flatMap((ofLength) =>
    [...ofLength.values()].map(({ element }) => element),
  );
  return index.list;
};
