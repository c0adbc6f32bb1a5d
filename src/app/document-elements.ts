/**
 * Elements of policies as objects of the services document beside the policies that hold them: `p bad` is a whole list, `e bad 10.0.0.1` one
 * element of it, so that a change costs what it names and two nodes may change different elements of one list.
 *
 * Invariant: no change has a list and an element of the same list.
 */

import { networkText, parseNetwork } from '../config/networks.js';
import type { Policy, PolicyElement } from '../model/service.js';
import type { Objects } from '../replication/document/history.js';
import { hashText } from '../replication/hash.js';
import type { PolicyDelta } from '../ruleset/features/lists/elements.js';
import type { DocumentObject } from './document-content.js';
import type { ApplyReport, Reconciler } from './reconcile-types.js';
import type { ServicesStore } from './services-store.js';

export type DocumentChange = Objects<DocumentObject>;
/** By the element's text; undefined: not on the list any more. */
export type ElementChanges = ReadonlyMap<string, PolicyElement | undefined>;

export const elementPrefix = 'e ';
const policyPrefix = 'p ';

export const elementKey = (policy: string, element: PolicyElement): string =>
  `${elementPrefix}${policy} ${networkText(element)}`;

/** Undefined: the key of something else. */
export const elementOfKey = (key: string): { readonly policy: string; readonly text: string } | undefined => {
  if (!key.startsWith(elementPrefix)) return undefined;
  const last = key.lastIndexOf(' ');
  return { policy: key.slice(elementPrefix.length, last), text: key.slice(last + 1) };
};

/** The key of the list that an element is on. */
export const widerKey = (key: string): string | undefined => {
  const element = elementOfKey(key);
  return element && policyPrefix + element.policy;
};

export interface SplitChange {
  /** All but elements. */
  readonly whole: DocumentChange;
  /** By policy. */
  readonly elements: ReadonlyMap<string, ElementChanges>;
}

export const splitChange = (change: DocumentChange): SplitChange => {
  const whole = new Map<string, DocumentObject | undefined>();
  const elements = new Map<string, Map<string, PolicyElement | undefined>>();
  for (const [key, object] of change) {
    const about = elementOfKey(key);
    if (!about) {
      whole.set(key, object);
      continue;
    }
    let ofPolicy = elements.get(about.policy);
    if (!ofPolicy) {
      ofPolicy = new Map();
      elements.set(about.policy, ofPolicy);
    }
    ofPolicy.set(about.text, object?.kind === 'element' ? object.value : undefined);
  }
  return { whole, elements };
};

export const deltaOf = (changes: ElementChanges): PolicyDelta => {
  const added: PolicyElement[] = [];
  const removed: PolicyElement[] = [];
  for (const [text, element] of changes) {
    if (element) added.push(element);
    else {
      const network = parseNetwork(text);
      if (network) removed.push(network);
    }
  }
  return { added, removed };
};

/** The list with other elements: costs the whole of it. */
export const folded = (policy: Policy, changes: ElementChanges): Policy => {
  const byText = new Map(policy.elements.map((element) => [networkText(element), element]));
  for (const [text, element] of changes) {
    if (element) byText.set(text, element);
    else byText.delete(text);
  }
  return { ...policy, elements: [...byText.values()] };
};

/** The change that does one and then the other. */
export const composeChanges = (first: DocumentChange, then: DocumentChange): DocumentChange => {
  const { whole, elements } = splitChange(then);
  const result = new Map([...first, ...whole]);
  const replaced = new Set([...whole.keys()].filter((key) => key.startsWith(policyPrefix)));
  if (replaced.size > 0) {
    for (const key of first.keys()) if (replaced.has(widerKey(key) ?? '')) result.delete(key);
  }
  for (const [policy, changes] of elements) {
    const list = result.get(policyPrefix + policy);
    if (list?.kind === 'policy') {
      result.set(policyPrefix + policy, { kind: 'policy', value: folded(list.value, changes) });
    } else if (!result.has(policyPrefix + policy)) {
      for (const [text, value] of changes) {
        result.set(`${elementPrefix}${policy} ${text}`, value && { kind: 'element', value });
      }
    }
  }
  return result;
};

/** Elements with which one list becomes the other; undefined: more than `most`. */
export const elementDifference = (
  before: Policy,
  after: Policy,
  most: number,
): ElementChanges | undefined => {
  const changes = new Map<string, PolicyElement | undefined>();
  const left = new Map(before.elements.map((element) => [networkText(element), element]));
  for (const element of after.elements) {
    const text = networkText(element);
    const was = left.get(text);
    left.delete(text);
    if (!was || was.timeoutMs !== element.timeoutMs) changes.set(text, element);
    if (changes.size > most) return undefined;
  }
  if (changes.size + left.size > most) return undefined;
  for (const text of left.keys()) changes.set(text, undefined);
  return changes;
};

const lanes = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;

const elementText = (element: PolicyElement): string => `${networkText(element)} ${element.timeoutMs ?? ''}`;

/** What the elements add to the digest of their list: the sum of 128 bits for each, in whatever order. */
export const elementsNumber = (elements: readonly PolicyElement[]): bigint => {
  // Below 2^53 with two million elements, each of which adds 32 bits to each sum.
  const sums = [0, 0, 0, 0];
  for (const element of elements) {
    const text = elementText(element);
    for (let lane = 0; lane < 4; lane++) sums[lane]! += hashText(text, lanes[lane]!);
  }
  return sums.reduce((number, sum) => (number << 32n) + BigInt(sum), 0n);
};

/** By policy, if nothing but elements of lists is changed. */
export const onlyElements = (change: DocumentChange): SplitChange['elements'] | undefined => {
  const { whole, elements } = splitChange(change);
  return whole.size === 0 && elements.size > 0 ? elements : undefined;
};

/** A change of elements through nftlb's interface, and the way back. */
export const elementObjects = (
  policy: string,
  { added = [], removed = [] }: PolicyDelta,
  before: readonly PolicyElement[],
): { readonly after: DocumentChange; readonly undo: DocumentChange } => {
  const after = new Map<string, DocumentObject | undefined>();
  for (const one of removed) after.set(elementKey(policy, one), undefined);
  for (const value of added) after.set(elementKey(policy, value), { kind: 'element', value });
  const undo = new Map<string, DocumentObject | undefined>([...after.keys()].map((key) => [key, undefined]));
  for (const value of before) undo.set(elementKey(policy, value), { kind: 'element', value });
  return { after, undo };
};

/** Brings them into force and onto the disk, at the cost of what they name. */
export const changeElements = async (
  elements: SplitChange['elements'],
  engine: Pick<Reconciler, 'changePolicy' | 'document'>,
  store: Pick<ServicesStore, 'saveElements'>,
): Promise<ApplyReport> => {
  let operations = 0;
  for (const [policy, changes] of elements) {
    const delta = deltaOf(changes);
    operations += (await engine.changePolicy(policy, delta)).operations;
    store.saveElements(policy, delta, () => engine.document());
  }
  return { operations, changed: [] };
};
