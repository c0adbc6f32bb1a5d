/** One backend of a services document. */

import type { Ip } from '../model/address.js';
import type { Backend, BackendState } from '../model/service.js';
import { type Place, under } from './place.js';
import { type KnownValues, type Scope, withKnownValues } from './reading.js';
import {
  type JsonObject,
  type Reading,
  readAddress,
  readAttributes,
  readChoice,
  readEther,
  readInteger,
  readLogPrefix,
  readMark,
  readText,
} from './service-values.js';

type Draft = { -readonly [K in keyof Backend]?: Backend[K] | undefined };

export const maxWeight = 65_535;
export const maxPriority = 65_535;
export const maxCount = 4_294_967_295;

type Attribute = (value: unknown, draft: Draft, reading: Reading) => void;

const states = ['up', 'down', 'off', 'drain', 'available', 'config_error'] as const;
export const backendValues: KnownValues = new Map([['state', states]]);

const someAddress = (value: unknown, reading: Reading): Ip | undefined =>
  readAddress(value, reading) || undefined;

const attributes = new Map<string, Attribute>(
  Object.entries({
    // Read beforehand: it says which backend this is.
    name: () => undefined,
    'ip-addr'(value, draft, reading) {
      const address = readAddress(value, reading);
      if (address) draft.address = address;
      else if (address === '') reading.problems.report(reading.place, 'must be the address of the backend');
    },
    port(value, draft, reading) {
      // nftlb: no port keeps the client's.
      const none = value === '' || value === 0 || value === '0';
      draft.port = none ? undefined : readInteger(value, reading, 1, 65_535);
    },
    weight(value, draft, reading) {
      draft.weight = readInteger(value, reading, 1, maxWeight) ?? 1;
    },
    priority(value, draft, reading) {
      draft.priority = readInteger(value, reading, 1, maxPriority) ?? 1;
    },
    state(value, draft, reading) {
      // `available` is what is printed for a rank that is not in use, `config_error` for what cannot be served: both are up.
      const state = readChoice(value, reading, states);
      const isUp = state === undefined || state === 'available' || state === 'config_error';
      draft.state = isUp ? ('up' satisfies BackendState) : state;
    },
    'source-addr'(value, draft, reading) {
      draft.sourceAddress = someAddress(value, reading);
    },
    mark(value, draft, reading) {
      draft.mark = readMark(value, reading);
    },
    'est-connlimit'(value, draft, reading) {
      draft.connectionLimit = readInteger(value, reading, 0, maxCount) || undefined;
    },
    'est-connlimit-log-prefix'(value, draft, reading) {
      draft.connectionLimitLogPrefix = readLogPrefix(value, reading);
    },
    'ether-addr'(value, draft, reading) {
      draft.etherAddress = readEther(value, reading);
    },
    // nftlb finds them by itself, and so do we.
    iface: (value, _draft, reading) => void readText(value, reading),
    oface: (value, _draft, reading) => void readText(value, reading),
    // Counted, of a backend that drains.
    'drain-sessions': (value, _draft, reading) => void readText(value, reading),
    'drain-connections': (value, _draft, reading) => void readText(value, reading),
    // Printed beside `config_error`.
    'state-reason': (value, _draft, reading) => void readText(value, reading),
  } satisfies Record<string, Attribute>),
);

/** `old`: what a request finds there. */
export const readBackend = (
  object: JsonObject,
  place: Place,
  name: string,
  old: Backend | undefined,
  scope: Scope,
): Backend | undefined => {
  const { problems } = scope;
  const before = problems.count;
  const draft: Draft = old ? { ...old } : {};
  readAttributes(withKnownValues(object, backendValues, scope), attributes, draft, { problems, place });
  if (draft.address === undefined && !('ip-addr' in object)) {
    problems.report(under(place, 'ip-addr'), 'is missing: the address of the backend');
  }
  const { address, port, sourceAddress, mark, connectionLimit, connectionLimitLogPrefix, etherAddress } =
    draft;
  if (problems.count > before || address === undefined) return undefined;
  return {
    name,
    address,
    ...(port !== undefined && { port }),
    weight: draft.weight ?? 1,
    priority: draft.priority ?? 1,
    state: draft.state ?? 'up',
    ...(sourceAddress && { sourceAddress }),
    ...(mark !== undefined && { mark }),
    ...(connectionLimit !== undefined && { connectionLimit }),
    ...(connectionLimitLogPrefix !== undefined && { connectionLimitLogPrefix }),
    ...(etherAddress !== undefined && { etherAddress }),
  };
};
