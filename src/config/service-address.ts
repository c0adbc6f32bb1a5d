/** Addresses, of a farm and of their own: what clients connect to. */

import { limits } from '../limits.js';
import { type Ip, isIpv6 } from '../model/address.js';
import type { PortRange, ServiceAddress } from '../model/service.js';
import { type Place, under } from './place.js';
import { readPorts } from './ports.js';
import { type KnownValues, readEntries, type Scope, withKnownValues } from './reading.js';
import {
  type JsonObject,
  type Reading,
  readAddress,
  readAttributes,
  readChoice,
  readText,
} from './service-values.js';

export const protocols = ['tcp', 'udp', 'sctp', 'all'] as const;
export const families = ['ipv4', 'ipv6', 'dual', 'inet'] as const;

/** With its name, and not complete before the farm is. */
export interface AddressDraft {
  readonly name: string;
  /** The name only stands for the place in the list: it gets the one that nftlb gives. */
  readonly nameless?: boolean;
  readonly place?: Place | undefined;
  address?: Ip | undefined;
  ports?: readonly PortRange[] | undefined;
  protocol?: ServiceAddress['protocol'] | undefined;
}

type Attribute<Draft> = (value: unknown, draft: Draft, reading: Reading) => void;

export const reachedAttributes: Readonly<Record<string, Attribute<AddressDraft>>> = {
  // Read beforehand: it says which address this is.
  name: () => undefined,
  // The address says it.
  family: (value, _draft, reading) => void readChoice(value, reading, families),
  'ip-addr'(value, draft, reading) {
    const address = readAddress(value, reading);
    if (address) draft.address = address;
    else if (address === '') reading.problems.report(reading.place, 'must be an address of the service');
  },
  ports(value, draft, reading) {
    const ports = readPorts(value, reading);
    if (ports) draft.ports = ports;
  },
  protocol(value, draft, reading) {
    const protocol = readChoice(value, reading, protocols);
    if (protocol) draft.protocol = protocol;
  },
  // Computed.
  used: (value, _draft, reading) => void readText(value, reading),
};

export const addressValues: KnownValues = new Map<string, readonly [string, ...string[]]>([
  ['family', families],
  ['protocol', protocols],
]);

const attributes = new Map(Object.entries(reachedAttributes));

/** Every port is every port of all protocols, as nftlb has it. */
export const reached = (address: Ip, ports: readonly PortRange[], protocol: ServiceAddress['protocol']) => ({
  address,
  protocol: ports.length === 0 ? ('all' as const) : protocol,
  ports,
});

export const familyOf = (address: Ip): 'ipv4' | 'ipv6' => (isIpv6(address) ? 'ipv6' : 'ipv4');

/** The addresses that `value` leaves of a farm's; one that is known outside farms comes with its values. */
export const readFarmAddresses = (
  value: unknown,
  reading: Reading,
  scope: Scope,
  before: readonly AddressDraft[],
): AddressDraft[] => {
  const list = readEntries<AddressDraft>(value, reading, scope, {
    what: 'address',
    nameIsEnough: true,
    before,
    nameChars: limits.addressNameChars,
    nameless: (_object, index) => (scope.request ? undefined : String(index)),
    read(object: JsonObject, place, name, old) {
      const shared = old ? undefined : scope.shared.get(name);
      const nameless = object.name === undefined;
      const draft: AddressDraft = { ...shared, ...old, name, place, ...(nameless && { nameless }) };
      readAttributes(withKnownValues(object, addressValues, scope), attributes, draft, {
        problems: scope.problems,
        place,
      });
      for (const [key, known, what] of [
        ['ip-addr', draft.address, 'the address that clients reach'],
        ['ports', draft.ports, 'such as 80, 80,443 or 5060-5090; empty for every port'],
      ] as const) {
        if (known === undefined && !(key in object))
          scope.problems.report(under(place, key), `is missing: ${what}`);
      }
      return draft;
    },
    rename: (draft, name) => ({ ...draft, name }),
  });
  if (list.length > limits.addressesPerService) {
    scope.problems.report(reading.place, `more than ${limits.addressesPerService} addresses in one farm`);
  }
  return list;
};
