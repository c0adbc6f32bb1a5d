/** The services in force as objects by key, with a digest that costs what a change names. */

import { parseNetwork } from '../config/networks.js';
import { formatSharedAddress, policyObject } from '../config/policies-format.js';
import { formatProblems } from '../config/problems.js';
import { changeText, type LeftOf, readChange } from '../config/services-delta.js';
import { formatService } from '../config/services-format.js';
import { RelevoError } from '../errors.js';
import { applyTo, type ServicesChange, type ServicesView } from '../model/change.js';
import type { Policy, PolicyElement, Service, ServicesDocument, SharedAddress } from '../model/service.js';
import type { Hash } from '../ports.js';
import type { Content } from '../replication/document/types.js';
import type { PolicyList } from '../ruleset/features/lists/elements.js';
import {
  type DocumentChange,
  elementDifference,
  elementOfKey,
  elementPrefix,
  elementsNumber,
  folded,
  splitChange,
  widerKey,
} from './document-elements.js';

export type DocumentObject =
  | { readonly kind: 'service'; readonly value: Service }
  | { readonly kind: 'address'; readonly value: SharedAddress }
  | { readonly kind: 'policy'; readonly value: Policy }
  | { readonly kind: 'element'; readonly value: PolicyElement };

export const emptyView: ServicesView = { services: new Map(), addresses: new Map(), policies: new Map() };

const prefix = { service: 's ', address: 'a ', policy: 'p ' } as const;

export const toObjects = ({ services, addresses, policies }: ServicesChange): DocumentChange => {
  const objects = new Map<string, DocumentObject | undefined>();
  for (const [name, value] of services)
    objects.set(prefix.service + name, value && { kind: 'service', value });
  for (const [name, value] of addresses)
    objects.set(prefix.address + name, value && { kind: 'address', value });
  for (const [name, value] of policies) objects.set(prefix.policy + name, value && { kind: 'policy', value });
  return objects;
};

/** `view`: where the lists are that elements are of. */
export const toChange = (objects: DocumentChange, view: ServicesView): ServicesChange => {
  const { whole, elements } = splitChange(objects);
  const services = new Map<string, Service | undefined>();
  const addresses = new Map<string, SharedAddress | undefined>();
  const policies = new Map<string, Policy | undefined>();
  for (const [key, object] of whole) {
    const name = key.slice(2);
    if (key.startsWith(prefix.service))
      services.set(name, object?.kind === 'service' ? object.value : undefined);
    else if (key.startsWith(prefix.address))
      addresses.set(name, object?.kind === 'address' ? object.value : undefined);
    else policies.set(name, object?.kind === 'policy' ? object.value : undefined);
  }
  for (const [name, changes] of elements) {
    const policy = view.policies.get(name);
    if (policy) policies.set(name, folded(policy, changes));
  }
  return { services, addresses, policies };
};

export const viewOf = ({ services, addresses = [], policies = [] }: ServicesDocument): ServicesView => ({
  services: new Map(services.map((one) => [one.name, one])),
  addresses: new Map(addresses.map((one) => [one.name, one])),
  policies: new Map(policies.map((one) => [one.name, one])),
});

/** What would be in force. */
export const documentAfter = (view: ServicesView, change: ServicesChange): ServicesDocument => {
  const [services, addresses, policies] = [
    new Map(view.services),
    new Map(view.addresses),
    new Map(view.policies),
  ];
  applyTo(services, change.services);
  applyTo(addresses, change.addresses);
  applyTo(policies, change.policies);
  return {
    services: [...services.values()],
    ...(addresses.size > 0 && { addresses: [...addresses.values()] }),
    ...(policies.size > 0 && { policies: [...policies.values()] }),
  };
};

const textOf = (object: DocumentObject): string => {
  switch (object.kind) {
    case 'service': {
      const backends = object.value.backends.map((backend) => ({ ...backend, state: 'up' as const }));
      return JSON.stringify(formatService({ ...object.value, backends }, { full: true }));
    }
    case 'address':
      return JSON.stringify(formatSharedAddress(object.value, 0));
    case 'policy':
      return JSON.stringify(policyObject({ ...object.value, elements: [] }));
    case 'element':
      return '';
  }
};

/** Lists and elements of lists add up alike: a list is its head and all of its elements. */
const objectNumber = (object: DocumentObject, hash: Hash): bigint => {
  if (object.kind === 'element') return elementsNumber([object.value]);
  const head = BigInt(`0x${hash(`${object.kind} ${textOf(object)}`).slice(0, 32)}`);
  return object.kind === 'policy' ? head + elementsNumber(object.value.elements) : head;
};

const modulus = 1n << 128n;

export interface DocumentContent extends Content<DocumentObject> {
  /** What differs, states of backends apart. */
  differenceTo(view: ServicesView): DocumentChange;
  /** In force now is what the change has made of what was there before. */
  advance(change: DocumentChange, undo: DocumentChange): void;
  digest(): string;
  /** Text for a peer or the disk; `whole`: of everything as the change would leave it. */
  encode(change: DocumentChange, whole: boolean): string;
  /** As a change of what is in force. Throws `bad-document`. */
  decode(text: string, whole: boolean): DocumentChange;
}

/** An apply of a list that differs in no more elements than these changes them alone. */
const fewElements = 1_000;

export const createDocumentContent = (
  view: () => ServicesView,
  hash: Hash,
  listOf: (policy: string) => PolicyList | undefined = () => undefined,
): DocumentContent => {
  const known = new WeakMap<object, bigint>();
  const numberOf = (object: DocumentObject | undefined): bigint => {
    if (!object) return 0n;
    let number = known.get(object.value);
    if (number === undefined) {
      number = objectNumber(object, hash);
      known.set(object.value, number);
    }
    return number;
  };
  const sumOf = (objects: DocumentChange): bigint => {
    let sum = 0n;
    for (const object of objects.values()) sum += numberOf(object);
    return sum;
  };
  const text = (sum: bigint): string =>
    (((sum % modulus) + modulus) % modulus).toString(16).padStart(32, '0');
  const get = (key: string): DocumentObject | undefined => {
    const about = elementOfKey(key);
    if (about) {
      const network = parseNetwork(about.text);
      const value = network && listOf(about.policy)?.get(network);
      return value && { kind: 'element', value };
    }
    const name = key.slice(2);
    const { services, addresses, policies } = view();
    if (key.startsWith(prefix.service)) {
      const value = services.get(name);
      return value && { kind: 'service', value };
    }
    if (key.startsWith(prefix.address)) {
      const value = addresses.get(name);
      return value && { kind: 'address', value };
    }
    const value = policies.get(name);
    return value && { kind: 'policy', value };
  };
  let total = sumOf(toObjects(view()));

  /** Of two lists with the same head and about the same elements: those alone. */
  const fewChanges = (
    old: DocumentObject,
    object: DocumentObject,
  ): Map<string, DocumentObject | undefined> | undefined => {
    if (old.kind !== 'policy' || object.kind !== 'policy' || textOf(old) !== textOf(object)) return undefined;
    if (!listOf(object.value.name)) return undefined;
    const changes = elementDifference(old.value, object.value, fewElements);
    return (
      changes && new Map([...changes].map(([text, value]) => [text, value && { kind: 'element', value }]))
    );
  };

  const differenceTo = (wanted: ServicesView): DocumentChange => {
    const change = new Map<string, DocumentObject | undefined>();
    const [after, before] = [toObjects(wanted), toObjects(view())];
    for (const [key, object] of after) {
      const old = before.get(key);
      if (old?.value === object?.value || numberOf(old) === numberOf(object)) continue;
      const few = old && object && fewChanges(old, object);
      if (!few) change.set(key, object);
      else for (const [text, value] of few) change.set(`${elementPrefix}${key.slice(2)} ${text}`, value);
    }
    for (const key of before.keys()) if (!after.has(key)) change.set(key, undefined);
    return change;
  };
  return {
    get,
    differenceTo,
    digest: () => text(total),
    digestAfter(change) {
      let sum = total;
      for (const [key, object] of change) sum += numberOf(object) - numberOf(get(key));
      return text(sum);
    },
    advance(change, undo) {
      total += sumOf(change) - sumOf(undo);
    },
    wider: widerKey,
    encode(change, whole) {
      const leftOf: LeftOf = (policy, element) => listOf(policy)?.leftMs(element);
      if (whole)
        return changeText(viewOf(documentAfter(view(), toChange(change, view()))), new Map(), leftOf);
      const { whole: rest, elements } = splitChange(change);
      return changeText(toChange(rest, view()), elements, leftOf);
    },
    decode(encoded, whole) {
      const read = readChange(encoded, whole ? emptyView : view());
      if ('problems' in read) {
        throw new RelevoError(
          'bad-document',
          `its document is not valid here: ${formatProblems(read.problems)}`,
        );
      }
      if (!whole) {
        const objects = new Map(toObjects(read.change));
        for (const [policy, changes] of read.elements) {
          for (const [text, value] of changes)
            objects.set(`${elementPrefix}${policy} ${text}`, value && { kind: 'element', value });
        }
        return objects;
      }
      const { services, addresses, policies } = read.change;
      const only = <T>(map: ReadonlyMap<string, T | undefined>): Map<string, T> =>
        new Map([...map].flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const])));
      return differenceTo({
        services: only(services),
        addresses: only(addresses),
        policies: only(policies),
      });
    },
  };
};
