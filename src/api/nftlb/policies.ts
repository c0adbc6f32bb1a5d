/** Policies and their elements, and addresses: their own, and those of farms. */

import type { FastifyInstance } from 'fastify';
import type { ServicesInForce } from '../../app/services-in-force.js';
import { namedAddresses } from '../../config/address-names.js';
import { mapped } from '../../config/format-values.js';
import { parseNetworks } from '../../config/networks.js';
import { type ElementCounter, formatPolicy, formatSharedAddress } from '../../config/policies-format.js';
import { isObject, show } from '../../config/service-values.js';
import { RelevoError } from '../../errors.js';
import type { ServicesView } from '../../model/change.js';
import type { Policy, PolicyElement, SharedAddress } from '../../model/service.js';
import type { PolicyList } from '../../ruleset/features/lists/elements.js';
import { answering, listPieces, responseOf, sendPieces } from './answers.js';
import type { Changes } from './changes.js';
import { parseBody } from './requests.js';

interface Named {
  readonly Params: { readonly name: string };
}
interface Element {
  readonly Params: { readonly name: string; readonly element: string; readonly prefix?: string };
}

const policyIn = (view: ServicesView, name: string): Policy => {
  const policy = view.policies.get(name);
  if (policy) return policy;
  throw new RelevoError('not-found', `Unknown policy '${name}'`);
};

/** How many farms and addresses name each. */
const policyUses = (view: ServicesView): ReadonlyMap<string, number> => {
  const uses = new Map<string, number>();
  for (const { policies = [] } of [...view.services.values(), ...view.addresses.values()]) {
    for (const name of policies) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
};

/** Addresses of farms as nftlb lists them, too; one that farms share stands there once. */
const addressesIn = (view: ServicesView): Map<string, { address: SharedAddress; used: number }> => {
  const found = new Map<string, { address: SharedAddress; used: number }>();
  for (const service of view.services.values()) {
    for (const address of namedAddresses(service)) {
      const { name } = address;
      const known = found.get(name);
      const shared = view.addresses.get(name) ?? { ...address, policies: [] };
      found.set(name, { address: shared, used: (known?.used ?? 0) + 1 });
    }
  }
  for (const address of view.addresses.values()) {
    if (!found.has(address.name)) found.set(address.name, { address, used: 0 });
  }
  return found;
};

/** `10.2.0.0/16`, whose length may be a part of the path of its own; a range stands for the networks that it is made of. */
const elementsOf = (
  { name, element, prefix }: Element['Params'],
  list: PolicyList,
): readonly PolicyElement[] => {
  const text = prefix === undefined ? element : `${element}/${prefix}`;
  const networks = parseNetworks(text);
  if (networks?.every((network) => list.has(network))) return networks;
  throw new RelevoError('not-found', `Unknown element '${text}' in policy '${name}'`);
};

export const addAddressRoutes = (app: FastifyInstance, services: ServicesInForce, changes: Changes): void => {
  const format = ({ address, used }: { address: SharedAddress; used: number }) =>
    formatSharedAddress(address, used);
  app.get('/addresses', (_request, reply) =>
    sendPieces(reply, listPieces('addresses', mapped(addressesIn(services.view()).values(), format))),
  );
  app.get<Named>('/addresses/:name', ({ params }, reply) => {
    const one = addressesIn(services.view()).get(params.name);
    return sendPieces(reply, listPieces('addresses', one ? [format(one)] : []));
  });
  app.delete('/addresses', ({ body }) => changes.remove('error stopping address', 'addresses', body));
  app.delete<Named>('/addresses/:name', ({ params: { name } }) =>
    changes.perform('error stopping address', `delete address ${name}`, () => ({
      addresses: [{ name, action: 'delete' }],
    })),
  );
};

export const addPolicyRoutes = (app: FastifyInstance, services: ServicesInForce, changes: Changes): void => {
  const format = async (policies: readonly Policy[]) => {
    const uses = policyUses(services.view());
    const counted = new Map<string, ReadonlyMap<string, ElementCounter>>();
    for (const { name } of policies) counted.set(name, await services.elementCounters(name));
    return mapped(policies, (one) => formatPolicy(one, uses.get(one.name) ?? 0, counted.get(one.name)));
  };
  app.get('/policies', async (_request, reply) =>
    sendPieces(reply, listPieces('policies', await format([...services.view().policies.values()]))),
  );
  app.get<Named>('/policies/:name', async ({ params }, reply) => {
    const policy = services.view().policies.get(params.name);
    return sendPieces(reply, listPieces('policies', await format(policy ? [policy] : [])));
  });
  app.delete('/policies', ({ body }) => changes.remove('error stopping policy', 'policies', body));
  app.delete<Named>('/policies/:name', ({ params: { name } }) =>
    changes.perform('error stopping policy', `delete policy ${name}`, () => ({
      policies: [{ name, action: 'delete' }],
    })),
  );
  const replace = ({ params: { name }, body }: { params: Named['Params']; body: unknown }) => {
    const parsed = parseBody(body);
    const entry: unknown = Array.isArray(parsed.policies) ? parsed.policies[0] : parsed;
    if (!isObject(entry) || !Array.isArray(entry.elements)) {
      throw new RelevoError('bad-request', 'the body must have a list of elements');
    }
    if (entry.name !== undefined && entry.name !== name) {
      throw new RelevoError('bad-request', `the body names ${show(entry.name)} and the path '${name}'`);
    }
    return changes.perform('the object to modify is unknown', `${name}: replace the elements`, (view) => {
      policyIn(view, name);
      return { policies: [{ ...entry, name, action: 'flush' }] };
    });
  };
  for (const path of ['', '/elements']) app.patch<Named>(`/policies/:name${path}`, replace);
  const answerTo = (name: string): string =>
    services.view().policies.has(name)
      ? 'error deleting policy element'
      : 'could not get the policy elements';
  app.delete<Named>('/policies/:name/elements', ({ params: { name } }) =>
    changes.perform(answerTo(name), `${name}: delete all elements`, (view) => {
      policyIn(view, name);
      return { policies: [{ name, action: 'flush' }] };
    }),
  );
  for (const path of ['/:element', '/:element/:prefix']) {
    app.delete<Element>(`/policies/:name/elements${path}`, ({ params }) =>
      answering(answerTo(params.name), async () => {
        const build = (list: PolicyList) => ({ removed: elementsOf(params, list) });
        // Throws as for any other unknown policy.
        if (!(await services.changePolicy(params.name, build))) policyIn(services.view(), params.name);
        return responseOf([]);
      }),
    );
  }
};
