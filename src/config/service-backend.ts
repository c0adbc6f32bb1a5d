/** One backend of a services document. */

import { limits } from '../limits.js';
import type { Ipv4 } from '../model/address.js';
import type { Backend, BackendState } from '../model/service.js';
import { type Place, type Problems, under } from './place.js';
import {
  type Reading,
  readAddress,
  readAttributes,
  readChoice,
  readInteger,
  readName,
  readText,
  readUnsupported,
} from './service-values.js';

interface Draft {
  name?: string;
  address?: Ipv4;
  port?: number;
  weight: number;
  priority: number;
  state: BackendState;
  sourceAddress?: Ipv4;
}

export const maxWeight = 65_535;
export const maxPriority = 65_535;
export const noMark = /^(0x)?0*$/i;

type Attribute = (value: unknown, draft: Draft, reading: Reading) => void;

const attributes = new Map<string, Attribute>(
  Object.entries({
    name(value, draft, reading) {
      const name = readName(value, reading, limits.serviceNameChars);
      if (name !== undefined) draft.name = name;
    },
    'ip-addr'(value, draft, reading) {
      const address = readAddress(value, reading);
      if (address) draft.address = address;
      else if (address === '') reading.problems.report(reading.place, 'must be the address of the backend');
    },
    port(value, draft, reading) {
      // nftlb: no port keeps the client's.
      if (value === '' || value === 0 || value === '0') return;
      const port = readInteger(value, reading, 1, 65_535);
      if (port !== undefined) draft.port = port;
    },
    weight(value, draft, reading) {
      draft.weight = readInteger(value, reading, 1, maxWeight) ?? 1;
    },
    priority(value, draft, reading) {
      draft.priority = readInteger(value, reading, 1, maxPriority) ?? 1;
    },
    state(value, draft, reading) {
      // `available` is what nftlb prints for a backend of a rank that is not in use.
      const state = readChoice(value, reading, ['up', 'down', 'off', 'available']);
      draft.state = state === undefined || state === 'available' ? 'up' : state;
    },
    'source-addr'(value, draft, reading) {
      const address = readAddress(value, reading);
      if (address) draft.sourceAddress = address;
    },
    mark: (value, _draft, reading) => readUnsupported(value, reading, noMark),
    'est-connlimit': (value, _draft, reading) => readUnsupported(value, reading, /^0*$/),
    'est-connlimit-log-prefix': (value, _draft, reading) => void readText(value, reading),
    'ether-addr': (value, _draft, reading) => void readText(value, reading),
    iface: (value, _draft, reading) => void readText(value, reading),
    oface: (value, _draft, reading) => void readText(value, reading),
  } satisfies Record<string, Attribute>),
);

export const readBackend = (
  object: Readonly<Record<string, unknown>>,
  place: Place,
  problems: Problems,
): Backend | undefined => {
  const before = problems.count;
  const draft: Draft = { weight: 1, priority: 1, state: 'up' };
  readAttributes(object, attributes, draft, { problems, place });
  if (!('name' in object)) problems.report(under(place, 'name'), 'is missing: every backend needs a name');
  if (!('ip-addr' in object))
    problems.report(under(place, 'ip-addr'), 'is missing: the address of the backend');
  const { name, address } = draft;
  if (problems.count > before || name === undefined || address === undefined) return undefined;
  return {
    name,
    address,
    ...(draft.port !== undefined && { port: draft.port }),
    weight: draft.weight,
    priority: draft.priority,
    state: draft.state,
    ...(draft.sourceAddress && { sourceAddress: draft.sourceAddress }),
  };
};
