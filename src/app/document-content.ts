/** The services in force as objects by key, with a digest that costs what a change names. */

import { formatSharedAddress, policyObject } from '../config/policies-format.js';
import { formatProblems } from '../config/problems.js';
import { changeText, readChange } from '../config/services-delta.js';
import { formatService } from '../config/services-format.js';
import { RelevoError } from '../errors.js';
import { applyTo, type ServicesChange, type ServicesView } from '../model/change.js';
import type { Policy, Service, ServicesDocument, SharedAddress } from '../model/service.js';
import type { Hash } from '../ports.js';
import type { Objects } from '../replication/document/history.js';
import type { Content } from '../replication/document/types.js';

export type DocumentObject =
  | { readonly kind: 'service'; readonly value: Service }
  | { readonly kind: 'address'; readonly value: SharedAddress }
  | { readonly kind: 'policy'; readonly value: Policy };

type DocumentChange = Objects<DocumentObject>;

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

export const toChange = (objects: DocumentChange): ServicesChange => {
  const services = new Map<string, Service | undefined>();
  const addresses = new Map<string, SharedAddress | undefined>();
  const policies = new Map<string, Policy | undefined>();
  for (const [key, object] of objects) {
    const name = key.slice(2);
    if (key.startsWith(prefix.service))
      services.set(name, object?.kind === 'service' ? object.value : undefined);
    else if (key.startsWith(prefix.address))
      addresses.set(name, object?.kind === 'address' ? object.value : undefined);
    else policies.set(name, object?.kind === 'policy' ? object.value : undefined);
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
      return JSON.stringify(policyObject(object.value));
  }
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

export const createDocumentContent = (view: () => ServicesView, hash: Hash): DocumentContent => {
  const known = new WeakMap<object, bigint>();
  const numberOf = (object: DocumentObject | undefined): bigint => {
    if (!object) return 0n;
    let number = known.get(object.value);
    if (number === undefined) {
      number = BigInt(`0x${hash(`${object.kind} ${textOf(object)}`).slice(0, 32)}`);
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

  const differenceTo = (wanted: ServicesView): DocumentChange => {
    const change = new Map<string, DocumentObject | undefined>();
    const [after, before] = [toObjects(wanted), toObjects(view())];
    for (const [key, object] of after) {
      const old = before.get(key);
      if (old?.value !== object?.value && numberOf(old) !== numberOf(object)) change.set(key, object);
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
    encode: (change, whole) =>
      changeText(whole ? viewOf(documentAfter(view(), toChange(change))) : toChange(change)),
    decode(encoded, whole) {
      const read = readChange(encoded, whole ? emptyView : view());
      if ('problems' in read) {
        throw new RelevoError(
          'bad-document',
          `its document is not valid here: ${formatProblems(read.problems)}`,
        );
      }
      if (!whole) return toObjects(read.change);
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
