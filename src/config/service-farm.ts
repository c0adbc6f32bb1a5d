/** One farm of a services document: nftlb's attributes, in any order, into a service. */

import { limits } from '../limits.js';
import type { Ipv4 } from '../model/address.js';
import type { Backend, Endpoint, HashField, Protocol, Service } from '../model/service.js';
import { addressesOf } from './address-names.js';
import { type Place, type Problems, under } from './place.js';
import {
  type AddressDraft,
  families,
  laterFamilies,
  laterProtocols,
  protocols,
  readAddresses,
} from './service-address.js';
import { noMark, readBackend } from './service-backend.js';
import {
  type Reading,
  readAddress,
  readAttributes,
  readChoice,
  readInteger,
  readName,
  readObjects,
  readPorts,
  readText,
  readUnsupported,
  readUnsupportedList,
  readWords,
} from './service-values.js';

interface Draft {
  readonly object: Readonly<Record<string, unknown>>;
  name?: string;
  mode: Service['mode'];
  protocol: Protocol;
  virtual: AddressDraft;
  addresses: AddressDraft[];
  scheduler: Service['scheduler'];
  hashFields: HashField[];
  persistence: Service['persistence'];
  persistTtlMs: number;
  replicate: Service['replicate'];
  sourceAddress?: Ipv4;
  state: Service['state'];
  backends: Backend[];
}

type Attribute = (value: unknown, draft: Draft, reading: Reading) => void;

const laterFields = ['srcmac', 'dstmac'];
const longestTtlSeconds = 31_536_000;
const without =
  (off: RegExp): Attribute =>
  (value, _draft, reading) =>
    readUnsupported(value, reading, off);
/** Accepted and without effect: says how something would be logged or limited that is off. */
const anyText: Attribute = (value, _draft, reading) => void readText(value, reading);
const zero = /^0*$/;
const noRate = /^0*(\/\w+)?$/;

const attributes = new Map<string, Attribute>(
  Object.entries({
    name(value, draft, reading) {
      const name = readName(value, reading, limits.serviceNameChars);
      if (name !== undefined) draft.name = name;
    },
    family: (value, _draft, reading) => void readChoice(value, reading, families, laterFamilies),
    mode(value, draft, reading) {
      draft.mode = readChoice(value, reading, ['snat', 'dnat'], ['dsr', 'stlsdnat', 'local']) ?? draft.mode;
    },
    protocol(value, draft, reading) {
      draft.protocol = readChoice(value, reading, protocols, laterProtocols) ?? draft.protocol;
    },
    'virtual-addr'(value, draft, reading) {
      const address = readAddress(value, reading);
      if (address) draft.virtual.address = address;
    },
    'virtual-ports'(value, draft, reading) {
      // An empty list beside an empty virtual-addr says nothing: the addresses say it all.
      if (value === '' && (draft.object['virtual-addr'] ?? '') === '') return;
      draft.virtual.ports = readPorts(value, reading);
    },
    addresses(value, draft, reading) {
      draft.addresses.push(...readAddresses(value, reading));
    },
    scheduler(value, draft, reading) {
      draft.scheduler = readChoice(value, reading, ['weight', 'rr', 'hash'], ['symhash']) ?? draft.scheduler;
    },
    'sched-param'(value, draft, reading) {
      draft.hashFields = readWords(value, reading, ['srcip', 'dstip', 'srcport', 'dstport'], laterFields);
    },
    persistence(value, draft, reading) {
      const keys = readWords(value, reading, ['srcip'], ['dstip', 'srcport', 'dstport', ...laterFields]);
      draft.persistence = keys.length > 0 ? ['srcip'] : [];
    },
    'persist-ttl'(value, draft, reading) {
      draft.persistTtlMs = (readInteger(value, reading, 1, longestTtlSeconds) ?? 60) * 1000;
    },
    replicate(value, draft, reading) {
      draft.replicate = readChoice(value, reading, ['all', 'persistence', 'none']) ?? draft.replicate;
    },
    'source-addr'(value, draft, reading) {
      const address = readAddress(value, reading);
      if (address) draft.sourceAddress = address;
    },
    state(value, draft, reading) {
      draft.state = readChoice(value, reading, ['up', 'down', 'off']) ?? draft.state;
    },
    backends(value, draft, reading) {
      readObjects(value, reading, (object, place) => {
        const backend = readBackend(object, place, reading.problems);
        if (backend) draft.backends.push(backend);
      });
      if (Array.isArray(value) && value.length > limits.backendsPerService) {
        reading.problems.report(
          reading.place,
          `has ${value.length} backends, more than ${limits.backendsPerService}`,
        );
      }
    },
    /** Computed by nftlb; comes back with what it printed. */
    priority: anyText,
    helper: without(/^(none)?$/),
    log: without(/^(none)?$/),
    'log-prefix': anyText,
    'log-rtlimit': anyText,
    mark: without(noMark),
    'limits-ttl': anyText,
    'new-rtlimit': without(noRate),
    'new-rtlimit-burst': without(zero),
    'new-rtlimit-log-prefix': anyText,
    'rst-rtlimit': without(noRate),
    'rst-rtlimit-burst': without(zero),
    'rst-rtlimit-log-prefix': anyText,
    'est-connlimit': without(zero),
    'est-connlimit-log-prefix': anyText,
    'tcp-strict': without(/^(off)?$/),
    'tcp-strict-log-prefix': anyText,
    queue: without(/^(-1)?$/),
    verdict: without(/^(log drop accept)?$/),
    'flow-offload': without(/^(off)?$/),
    'intra-connect': without(/^(off)?$/),
    responsettl: anyText,
    iface: anyText,
    oface: anyText,
    'ether-addr': anyText,
    policies: (value, _draft, reading) => readUnsupportedList(value, reading, 'policies'),
    sessions: (value, _draft, reading) => readUnsupportedList(value, reading, 'static sessions'),
  } satisfies Record<string, Attribute>),
);

interface Reached {
  readonly endpoints: Endpoint[];
  /** Beside each endpoint; '' where the address has no name of its own. */
  readonly names: string[];
}

const endpointsOf = (draft: Draft, problems: Problems, place: Place): Reached => {
  const endpoints: Endpoint[] = [];
  const names: string[] = [];
  const indexById = new Map<string, number>();
  const add = (from: AddressDraft): void => {
    if (!from.address) return;
    const protocol = from.protocol ?? draft.protocol;
    for (const port of from.ports ?? []) {
      // nftlb prints the old form and the address that it stands for: the same thing twice.
      const id = `${protocol} ${from.address} ${port}`;
      const known = indexById.get(id);
      if (known === undefined) {
        indexById.set(id, endpoints.length);
        endpoints.push({ protocol, address: from.address, port });
        names.push(from.name ?? '');
      } else if (from.name !== undefined) names[known] = from.name;
    }
  };
  const { virtual, object } = draft;
  if (virtual.address && !('virtual-ports' in object)) {
    problems.report(under(place, 'virtual-ports'), 'is missing: the ports of the service');
  }
  if (virtual.ports && !virtual.address && !('virtual-addr' in object)) {
    problems.report(under(place, 'virtual-addr'), 'is missing: the address of the service');
  }
  add(virtual);
  for (const address of draft.addresses) add(address);
  return { endpoints, names };
};

const checkBackends = (
  draft: Draft,
  endpoints: readonly Endpoint[],
  problems: Problems,
  place: Place,
): void => {
  const indexByName = new Map<string, number>();
  const indexByTarget = new Map<string, number>();
  draft.backends.forEach((backend, index) => {
    const at = under(under(place, 'backends'), index);
    const twin = indexByName.get(backend.name);
    if (twin !== undefined)
      problems.report(under(at, 'name'), `'${backend.name}' is the name of backends[${twin}] too`);
    else indexByName.set(backend.name, index);
    const target = `${backend.address} ${backend.port ?? ''}`;
    const same = indexByTarget.get(target);
    if (same !== undefined) {
      problems.report(
        under(at, 'ip-addr'),
        `has the address and port of backends[${same}]: give one of them more weight instead`,
      );
    } else indexByTarget.set(target, index);
    if (backend.sourceAddress && draft.mode !== 'snat') {
      problems.report(under(at, 'source-addr'), 'needs mode snat: dnat keeps the client address');
    }
    const own = endpoints.find(
      (one) => one.address === backend.address && one.port === (backend.port ?? one.port),
    );
    if (own) problems.report(under(at, 'ip-addr'), `${own.address} port ${own.port} is the service itself`);
  });
};

export const readFarm = (
  object: Readonly<Record<string, unknown>>,
  place: Place,
  problems: Problems,
): Service | undefined => {
  const before = problems.count;
  const draft: Draft = {
    object,
    mode: 'snat',
    protocol: 'tcp',
    virtual: { place },
    addresses: [],
    scheduler: 'rr',
    hashFields: [],
    persistence: [],
    persistTtlMs: 60_000,
    replicate: 'all',
    state: 'up',
    backends: [],
  };
  readAttributes(object, attributes, draft, { problems, place });
  if (!('name' in object)) problems.report(under(place, 'name'), 'is missing: every farm needs a name');
  const { endpoints, names } = endpointsOf(draft, problems, place);
  checkBackends(draft, endpoints, problems, place);
  if (draft.sourceAddress && draft.mode !== 'snat') {
    problems.report(under(place, 'source-addr'), 'needs mode snat: dnat keeps the client address');
  }
  if (endpoints.length === 0 && problems.count === before) {
    problems.report(place, 'has no address: add virtual-addr and virtual-ports, or addresses');
  }
  if (problems.count > before || draft.name === undefined) return undefined;
  const { name, mode, scheduler, persistence, persistTtlMs, replicate, state, backends } = draft;
  const hashFields =
    scheduler !== 'hash' ? [] : draft.hashFields.length > 0 ? draft.hashFields : (['srcip'] as const);
  return {
    name,
    mode,
    family: 'ipv4',
    addresses: addressesOf(name, endpoints, names),
    endpoints,
    scheduler,
    hashFields,
    persistence,
    persistTtlMs,
    replicate,
    ...(draft.sourceAddress && { sourceAddress: draft.sourceAddress }),
    state,
    backends,
  };
};
