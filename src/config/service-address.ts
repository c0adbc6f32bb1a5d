/** The addresses of a farm: what clients connect to. */

import { limits } from '../limits.js';
import type { Ipv4 } from '../model/address.js';
import type { Protocol } from '../model/service.js';
import { didYouMean, type Place, under } from './place.js';
import {
  type Reading,
  readAddress,
  readChoice,
  readName,
  readObjects,
  readPorts,
  readText,
  readUnsupported,
  readUnsupportedList,
} from './service-values.js';

export interface AddressDraft {
  readonly place: Place;
  name?: string;
  address?: Ipv4;
  ports?: readonly number[];
  protocol?: Protocol;
}

export const protocols = ['tcp', 'udp'] as const;
export const laterProtocols = ['sctp', 'all'];
export const families = ['ipv4'] as const;
export const laterFamilies = ['ipv6', 'dual', 'inet'];

const addressAttributes = new Map<string, (value: unknown, draft: AddressDraft, reading: Reading) => void>([
  [
    'name',
    (value, draft, reading) => {
      const name = readName(value, reading, limits.addressNameChars);
      if (name !== undefined) draft.name = name;
    },
  ],
  ['family', (value, _draft, reading) => void readChoice(value, reading, families, laterFamilies)],
  [
    'ip-addr',
    (value, draft, reading) => {
      const address = readAddress(value, reading);
      if (address) draft.address = address;
      else if (address === '') reading.problems.report(reading.place, 'must be an address of the service');
    },
  ],
  [
    'ports',
    (value, draft, reading) => {
      draft.ports = readPorts(value, reading);
    },
  ],
  [
    'protocol',
    (value, draft, reading) => {
      const protocol = readChoice(value, reading, protocols, laterProtocols);
      if (protocol) draft.protocol = protocol;
    },
  ],
  ['used', (value, _draft, reading) => void readText(value, reading)],
  ['verdict', (value, _draft, reading) => readUnsupported(value, reading, /^(log drop accept)?$/)],
  ['log-prefix', (value, _draft, reading) => void readText(value, reading)],
  ['log-rtlimit', (value, _draft, reading) => void readText(value, reading)],
  ['policies', (value, _draft, reading) => readUnsupportedList(value, reading, 'policies')],
]);

export const readAddresses = (value: unknown, reading: Reading): AddressDraft[] => {
  const { problems } = reading;
  const addresses: AddressDraft[] = [];
  readObjects(value, reading, (object, place) => {
    const draft: AddressDraft = { place };
    for (const key in object) {
      const at = under(place, key);
      const attribute = addressAttributes.get(key);
      if (attribute) attribute(object[key], draft, { problems, place: at });
      else
        problems.report(
          at,
          `unknown attribute${didYouMean(key, addressAttributes.keys()) || ': remove it'}`,
          'unknown-attribute',
        );
    }
    for (const key of ['ip-addr', 'ports']) {
      if (!(key in object)) problems.report(under(place, key), 'is missing');
    }
    addresses.push(draft);
  });
  return addresses;
};
