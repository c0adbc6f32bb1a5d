/** Which backend takes which slot of a service without connection tracking: a pure function of the service and of who can be reached. */

import type { HashField, Service } from '../../../model/service.js';
import type { FeatureContext } from '../../feature.js';
import { backendNumber } from '../../service-ids.js';
import { fillSlots, type Slots } from '../../slots.js';
import type { Choice } from '../../transit.js';
import type { FamilyShape } from '../families.js';
import { addressOrder, numbered } from '../general-backends.js';
import { backendKey, fillable, hashedFields, type Reached, reached, stablePlaces } from './backends.js';
import { limitsRates } from './limits.js';

type Numbered = ReturnType<typeof numbered>;

export interface StatelessChoice extends Choice {
  readonly backends: Numbered;
  /** How they are reached; who is not in here takes no packet. */
  readonly ways: ReadonlyMap<Numbered[number], Reached>;
  readonly slots: Slots;
  numberOf(backend: Numbered[number]): number;
}

/** More addresses and ports would take more memory than flows do. */
const mostSlots = 4_096;
/** What the memory of flows can tell the slot from. */
const flowFields: readonly HashField[] = ['srcip', 'dstip', 'srcport', 'dstport'];

/** Addresses and ports whose tcp packets may go without memory. */
export const memorylessPlaces = (service: Service, family: FamilyShape) =>
  service.addresses
    .filter(({ address, protocol }) => family.has(address) && (protocol === 'tcp' || protocol === 'all'))
    .flatMap(({ address, ports }) =>
      ports.flatMap(({ first, last }) => (first === last ? [{ address, port: first }] : [])),
    );

/**
 * stlsdnat: an address alone says which backend it is, which port it has there and how it is reached, for this service and for all others.
 */
const isPlainly = (service: Service, family: FamilyShape): boolean => {
  const backends = service.backends.filter(({ address }) => family.has(address));
  return (
    service.outputInterface === undefined &&
    backends.every(({ etherAddress }) => etherAddress === undefined) &&
    new Set(backends.map(({ address }) => address)).size === backends.length &&
    new Set(backends.map(({ port }) => port)).size <= 1
  );
};

const isMemoryless = (
  service: Service,
  family: FamilyShape,
  hashed: readonly HashField[],
  modulus: number,
  { hintGroup, unclearAnswers }: FeatureContext,
): boolean => {
  const places = memorylessPlaces(service, family).length;
  return (
    (service.mode === 'dsr' || (isPlainly(service, family) && unclearAnswers?.(service.name) !== true)) &&
    service.persistence.length === 0 &&
    places > 0 &&
    places * modulus <= mostSlots &&
    hashed.every((field) => flowFields.includes(field)) &&
    // Flows that are to be known to other nodes must be known here.
    (hintGroup === undefined || service.replicate !== 'all') &&
    !limitsRates(service)
  );
};

const made = (service: Service, family: FamilyShape, context: FeatureContext): StatelessChoice => {
  const id = context.ids.of(service.name);
  const backends = numbered(service, family);
  const places = stablePlaces(service.backends.map(backendKey));
  const numberOf = (backend: Numbered[number]): number => backendNumber(id, places.get(backendKey(backend))!);
  const ways = new Map(
    backends.flatMap((backend) => {
      const way = reached(service, backend, context);
      return way ? [[backend, way] as const] : [];
    }),
  );
  const slots = fillSlots(
    fillable(service, backends, (backend) => ways.has(backend)),
    backends.map(({ address }) => addressOrder(address)),
  );
  const hashed = hashedFields(service);
  return {
    backends,
    ways,
    slots,
    numberOf,
    layout: { hashed, owners: slots.owners.map((owner) => numberOf(backends[owner]!)) },
    isMemoryless: isMemoryless(service, family, hashed, slots.modulus, context),
    isComplete: backends.every((backend) => backend.state === 'down' || ways.has(backend)),
  };
};

interface Made {
  readonly service: Service;
  readonly context: FeatureContext;
  readonly choice: StatelessChoice;
}
const latest = new Map<FamilyShape, Made>();

/** The latest one is remembered: whether slots are in transit is asked before what the service needs, with the same context. */
export const choose = (service: Service, family: FamilyShape, context: FeatureContext): StatelessChoice => {
  const known = latest.get(family);
  if (known?.service === service && known.context === context) return known.choice;
  const choice = made(service, family, context);
  latest.set(family, { service, context, choice });
  return choice;
};
