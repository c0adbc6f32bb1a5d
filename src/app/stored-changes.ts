/** Small changes kept beside the services document until the next one is written: states of backends, elements of policies. Pure. */

import { z } from 'zod';
import { networkText, parseNetwork } from '../config/networks.js';
import type { BackendState, PolicyElement, ServicesDocument } from '../model/service.js';
import type { PolicyDelta } from '../ruleset/features/lists/elements.js';

export const statesShape = z.record(z.string(), z.record(z.string(), z.enum(['up', 'down', 'off', 'drain'])));
/** By service, then by backend. */
export type States = z.infer<typeof statesShape>;

/** `policy → 10.2.0.0/16 → lifetime in milliseconds`; 0: it stays, null: it is off the list. */
export const elementsShape = z.record(z.string(), z.record(z.string(), z.number().nullable()));
type StoredElements = z.infer<typeof elementsShape>;

/** Elements by policy; a map, because names come from outside and there may be thousands. */
export interface ElementJournal {
  readonly size: number;
  note(policy: string, delta: PolicyDelta): void;
  stored(): StoredElements;
}

/** `stored`: what the last process left. */
export const createElementJournal = (stored: StoredElements = {}): ElementJournal => {
  const byPolicy = new Map(
    Object.entries(stored).map(([name, elements]) => [name, new Map(Object.entries(elements))]),
  );
  let size = 0;
  for (const noted of byPolicy.values()) size += noted.size;
  return {
    get size() {
      return size;
    },
    note(policy, { added = [], removed = [] }) {
      let noted = byPolicy.get(policy);
      if (!noted) {
        noted = new Map();
        byPolicy.set(policy, noted);
      }
      size -= noted.size;
      for (const { address, prefixLength } of removed)
        noted.set(networkText({ address, prefixLength }), null);
      for (const one of added) noted.set(networkText(one), one.timeoutMs ?? 0);
      size += noted.size;
    },
    stored: () => Object.fromEntries([...byPolicy].map(([name, noted]) => [name, Object.fromEntries(noted)])),
  };
};

export const withStates = (document: ServicesDocument, states: States): ServicesDocument => ({
  ...document,
  services: document.services.map((service) => {
    const changed = states[service.name];
    if (!changed) return service;
    const backends = service.backends.map((backend) => ({
      ...backend,
      state: (changed[backend.name] as BackendState | undefined) ?? backend.state,
    }));
    return { ...service, backends };
  }),
});

export const withElements = (document: ServicesDocument, stored: StoredElements): ServicesDocument => {
  if (!document.policies || Object.keys(stored).length === 0) return document;
  const policies = document.policies.map((policy) => {
    const changed = stored[policy.name];
    if (!changed) return policy;
    const byText = new Map<string, PolicyElement>(policy.elements.map((one) => [networkText(one), one]));
    for (const [text, timeoutMs] of Object.entries(changed)) {
      const network = parseNetwork(text);
      if (timeoutMs === null) byText.delete(text);
      else if (network) byText.set(text, timeoutMs === 0 ? network : { ...network, timeoutMs });
    }
    return { ...policy, elements: [...byText.values()] };
  });
  return { ...document, policies };
};
