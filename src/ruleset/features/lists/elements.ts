/**
 * Elements of policies. They are too many to be counted and compared at every change as other elements are: an index knows what the kernel
 * was given, and a change costs what it names. Lifetimes are relative: a list that is written again does not start them anew, unless what is
 * listed has run out meanwhile.
 */

import { ipBytes, isIpv6 } from '../../../model/address.js';
import type { Policy, PolicyElement } from '../../../model/service.js';
import type { ElementBytes, SetSpec } from '../../../netlink/nft/ast.js';
import { prefixMask } from '../../../netlink/nft/encode-key.js';
import { keyText } from '../../same-element.js';
import { hostNumber } from '../bytes.js';
import { knownListsSet, listSet, numberOf } from './layout.js';

/** Must be in one transaction; several such may be in different ones, in this order. */
export interface ListStep {
  readonly set: SetSpec;
  /** What may have expired already. */
  readonly destroy: readonly ElementBytes[];
  readonly add: readonly ElementBytes[];
}

/** One element as the kernel has it, unless its time is over. */
export interface Held {
  readonly element: PolicyElement;
  /** Full lifetime; undefined: it stays. */
  readonly timeoutMs: number | undefined;
  /** On the clock of whoever calls; infinite for what stays. */
  readonly deadlineMs: number;
}

type Network = Pick<PolicyElement, 'address' | 'prefixLength'>;
type Head = Omit<Policy, 'elements'>;

export interface PolicyIndex {
  head: Head;
  /** By prefix length, then by the key's bytes as text. */
  readonly byLength: Map<number, Map<string, Held>>;
  /** Of all timed elements together, in whatever order: tells after a restart whether an absent one has expired or is new. */
  timed: number;
  /** The elements as a list, made when asked for. */
  list: readonly PolicyElement[] | undefined;
}

export interface ListChange {
  readonly steps: readonly ListStep[];
  /** The first network of a prefix length came, or the last one left: the policy's structure differs. */
  readonly lengthsChanged: boolean;
  /** After a refusal by the kernel. */
  undo(): void;
}

/** Of IPv4 addresses without making arrays: a list has hundreds of thousands. */
const ipv4Key = (address: string, prefixLength: number): string => {
  let number = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === 0x2e) {
      number = (number << 8) | part;
      part = 0;
    } else part = part * 10 + code - 0x30;
  }
  number = (number << 8) | part;
  if (prefixLength < 32) number &= prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
  return String.fromCharCode(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
};

/** The network's bytes as text. */
const keyOf = ({ address, prefixLength }: Network): string => {
  if (!isIpv6(address)) return ipv4Key(address, prefixLength);
  const bytes = ipBytes(address);
  if (prefixLength < 128) {
    const mask = prefixMask(bytes.length, prefixLength);
    for (let at = 0; at < bytes.length; at++) bytes[at]! &= mask[at]!;
  }
  return keyText(bytes);
};

const bytesOf = (key: string): Uint8Array => {
  const bytes = new Uint8Array(key.length);
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at);
  return bytes;
};

const headOf = ({ elements: _elements, ...head }: Policy): Head => head;

export const emptyIndex = (policy: Policy): PolicyIndex => ({
  head: headOf(policy),
  byLength: new Map(),
  timed: 0,
  list: undefined,
});

export const copyOf = (index: PolicyIndex): PolicyIndex => ({
  ...index,
  byLength: new Map([...index.byLength].map(([length, ofLength]) => [length, new Map(ofLength)])),
});

const heldIn = ({ byLength }: PolicyIndex, length: number, key: string): Held | undefined =>
  byLength.get(length)?.get(key);

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

const held = (head: Head, element: PolicyElement, nowMs: number): Held => {
  const timeoutMs = timeoutOf(head, element);
  return { element, timeoutMs, deadlineMs: timeoutMs === undefined ? Infinity : nowMs + timeoutMs };
};

/** Of the same network named twice, what lives longer. */
const longest = (a: Held | undefined, b: Held): Held => (a && a.deadlineMs >= b.deadlineMs ? a : b);

export type Wanted = Map<number, Map<string, Held>>;

export const wantedOf = (policy: Policy, nowMs: number): Wanted => {
  const wanted: Wanted = new Map();
  for (const element of policy.elements) {
    const { prefixLength } = element;
    let ofLength = wanted.get(prefixLength);
    if (!ofLength) {
      ofLength = new Map();
      wanted.set(prefixLength, ofLength);
    }
    const key = keyOf(element);
    ofLength.set(key, longest(ofLength.get(key), held(policy, element, nowMs)));
  }
  return wanted;
};

/** `PolicyIndex.timed` of a whole list. */
export const timedOf = (wanted: Wanted): number => {
  let timed = 0;
  for (const [length, ofLength] of wanted) {
    for (const [key, one] of ofLength) timed = (timed ^ timedHash(length, key, one)) >>> 0;
  }
  return timed;
};

const elementBytes = (key: string, { timeoutMs, deadlineMs }: Held, nowMs: number): ElementBytes => {
  if (timeoutMs === undefined) return { key: bytesOf(key) };
  const leftMs = deadlineMs - nowMs;
  return { key: bytesOf(key), timeoutMs, ...(leftMs < timeoutMs && { expiresMs: Math.max(1, leftMs) }) };
};

/** Elements in one step: several steps fill a transaction. */
const stepLength = 2_000;

/** Collects by set: what is new, what takes another's place, what goes. In this order nobody is off the list for a moment. */
export const createSteps = (head: Head, nowMs: number) => {
  const kinds = { add: new Map(), change: new Map(), remove: new Map() } as Record<
    'add' | 'change' | 'remove',
    Map<number, ElementBytes[]>
  >;
  const push = (kind: keyof typeof kinds, length: number, element: ElementBytes): void => {
    const list = kinds[kind].get(length);
    if (list) list.push(element);
    else kinds[kind].set(length, [element]);
  };
  return {
    add: (length: number, key: string, one: Held) => push('add', length, elementBytes(key, one, nowMs)),
    change: (length: number, key: string, one: Held) => push('change', length, elementBytes(key, one, nowMs)),
    remove: (length: number, key: string) => push('remove', length, { key: bytesOf(key) }),
    finish: (): ListStep[] =>
      (['add', 'change', 'remove'] as const).flatMap((kind) =>
        [...kinds[kind]].flatMap(([length, elements]) => {
          const steps: ListStep[] = [];
          const set = listSet(head, length);
          for (let from = 0; from < elements.length; from += stepLength) {
            const some = elements.slice(from, from + stepLength);
            steps.push({
              set,
              destroy: kind === 'add' ? [] : some.map(({ key }) => ({ key })),
              add: kind === 'remove' ? [] : some,
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

export const knownStep = (index: PolicyIndex): ListStep => {
  const key = knownKey(index.head);
  return { set: knownListsSet, destroy: [{ key }], add: [{ key, comment: knownComment(index) }] };
};

interface Edit {
  readonly length: number;
  readonly key: string;
  readonly next: Held | undefined;
}

/** Performs edits on the index and collects what the kernel has to do. `restart`: an equal timed element starts anew. */
const perform = (index: PolicyIndex, edits: Iterable<Edit>, nowMs: number, restart: boolean): ListChange => {
  const steps = createSteps(index.head, nowMs);
  const lengths = [...index.byLength.keys()];
  const { timed } = index;
  const undone: Edit[] = [];
  for (const { length, key, next } of edits) {
    const before = heldIn(index, length, key);
    if (before && next && before.timeoutMs === next.timeoutMs) {
      const stays = next.timeoutMs === undefined || (!restart && before.deadlineMs > nowMs);
      if (stays) {
        if (before.element !== next.element)
          replace(index, length, key, { ...before, element: next.element });
        continue;
      }
    }
    if (!before && !next) continue;
    undone.push({ length, key, next: replace(index, length, key, next) });
    if (!next) steps.remove(length, key);
    else if (before) steps.change(length, key, next);
    else steps.add(length, key, next);
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

export interface PolicyDelta {
  /** One that is there already starts its lifetime anew, or gets another. */
  readonly added?: readonly PolicyElement[];
  /** Passed over when not there. */
  readonly removed?: readonly Network[];
}

/** A few elements more or less: the cost of what is named, however long the list is. */
export const policyChange = (index: PolicyIndex, delta: PolicyDelta, nowMs: number): ListChange => {
  const edits: Edit[] = [];
  for (const element of delta.removed ?? []) {
    edits.push({ length: element.prefixLength, key: keyOf(element), next: undefined });
  }
  for (const element of delta.added ?? []) {
    const next = held(index.head, element, nowMs);
    edits.push({ length: element.prefixLength, key: keyOf(element), next });
  }
  return perform(index, edits, nowMs, true);
};

function* differences(index: PolicyIndex, wanted: Wanted): Generator<Edit> {
  for (const [length, ofLength] of wanted) {
    for (const [key, next] of ofLength) yield { length, key, next };
  }
  for (const [length, ofLength] of [...index.byLength]) {
    for (const key of [...ofLength.keys()]) {
      if (!wanted.get(length)?.has(key)) yield { length, key, next: undefined };
    }
  }
}

/** The whole list anew: what it has in common with the one before stays untouched. */
export const policyReplacement = (index: PolicyIndex, policy: Policy, nowMs: number): ListChange => {
  const before = index.head;
  index.head = headOf(policy);
  const change = perform(index, differences(index, wantedOf(policy, nowMs)), nowMs, false);
  return {
    ...change,
    undo() {
      change.undo();
      index.head = before;
    },
  };
};

export const elementsOf = (index: PolicyIndex): readonly PolicyElement[] => {
  index.list ??= [...index.byLength.values()].flatMap((ofLength) =>
    [...ofLength.values()].map(({ element }) => element),
  );
  return index.list;
};
