/** What a change of policies and shared addresses means for services that have not changed themselves. */

import type { Policy, Service, SharedAddress } from '../model/service.js';
import { sameMeaning } from '../model/service-equality.js';
import { isStateless } from './features/traffic-elements.js';

/** What services are meant by. */
interface Named {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly addresses: ReadonlyMap<string, SharedAddress>;
}

const none: readonly string[] = [];

/** Services whose rules name the interfaces that clients' packets arrive on. */
export const servicesOnDevices = (all: Named & { services(): Iterable<Service> }): readonly string[] => {
  const everywhere = [...all.policies.values()].some((policy) => policy.global);
  const listed = (service: Service): boolean =>
    everywhere ||
    (service.policies ?? []).length > 0 ||
    service.addresses.some(
      ({ name }) => name !== undefined && (all.addresses.get(name)?.policies ?? []).length > 0,
    );
  return [...all.services()].flatMap((service) =>
    isStateless(service) || service.flowOffload === true || listed(service) ? [service.name] : [],
  );
};

/** New, different or gone. */
export const changedNames = <T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): readonly string[] => {
  const changed = [...after].filter(
    ([name, one]) => !before.has(name) || !sameMeaning(before.get(name), one),
  );
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [...changed.map(([name]) => name), ...gone];
};

/** All but the elements, which are no service's concern. */
const headDiffers = (a: Policy | undefined, b: Policy | undefined): boolean => {
  if (!a || !b) return true;
  const { elements: _a, ...before } = a;
  const { elements: _b, ...after } = b;
  return !sameMeaning(before, after);
};

/**
 * Services that have not changed themselves and meet a policy that has, by name, through a shared address, or because it is global.
 * `before` has what was there of `policies` and `addresses`, the names of what has changed.
 */
export const servicesMeeting = (
  policies: readonly string[],
  addresses: Iterable<string>,
  before: Named,
  after: Named & { services(): Iterable<Service> },
  except: readonly string[],
): readonly string[] => {
  const names = new Set(
    policies.filter((name) => headDiffers(before.policies.get(name), after.policies.get(name))),
  );
  const places = new Set(addresses);
  if (names.size === 0 && places.size === 0) return none;
  const everywhere = [...names].some(
    (name) => before.policies.get(name)?.global || after.policies.get(name)?.global,
  );
  const meets = (named: readonly string[] = []): boolean => named.some((policy) => names.has(policy));
  for (const one of after.addresses.values()) if (meets(one.policies)) places.add(one.name);
  const known = new Set(except);
  return [...after.services()].flatMap((service) =>
    !known.has(service.name) &&
    (everywhere ||
      meets(service.policies) ||
      service.addresses.some(({ name }) => name !== undefined && places.has(name)))
      ? [service.name]
      : [],
  );
};
