/** One farm of a services document or of a request: nftlb's attributes, in any order, into a service. */

import { limits } from '../limits.js';
import type { Ip } from '../model/address.js';
import type { Backend, HashField, Helper, PortRange, Service } from '../model/service.js';
import { namedAddresses } from './address-names.js';
import type { Place } from './place.js';
import { readPorts } from './ports.js';
import { type KnownValues, readEntries, type Scope, withKnownValues } from './reading.js';
import { type AddressDraft, families, protocols, readFarmAddresses } from './service-address.js';
import { readBackend } from './service-backend.js';
import { finishFarm } from './service-finish.js';
import { readHealth } from './service-health.js';
import {
  type LimitsDraft,
  type LogDraft,
  limitAttributes,
  limitsDraftOf,
  logAttributes,
  logDraftOf,
  longestTtlSeconds,
  readVerdict,
  type VerdictDraft,
} from './service-limits.js';
import { readPolicyLinks, readSessions, type SessionDraft } from './service-sessions.js';
import {
  type JsonObject,
  type Reading,
  readAddress,
  readAttributes,
  readChoice,
  readEther,
  readFlag,
  readInteger,
  readInterface,
  readMark,
  readText,
  readWords,
} from './service-values.js';

type Plain =
  | 'mode'
  | 'scheduler'
  | 'hashFields'
  | 'persistence'
  | 'persistTtlMs'
  | 'persistFull'
  | 'replicate'
  | 'state'
  | 'helper'
  | 'mark'
  | 'counters'
  | 'countersSurvive'
  | 'flowOffload'
  | 'intraConnect'
  | 'responseTtl'
  | 'sourceAddress'
  | 'health'
  | 'inputInterface'
  | 'outputInterface'
  | 'etherAddress';

export interface FarmDraft extends LimitsDraft, LogDraft, VerdictDraft {
  readonly scope: Scope;
  readonly name: string;
  /** What is there before a request. */
  readonly old: Service | undefined;
  plain: { -readonly [K in Plain]?: Service[K] | undefined };
  family?: Service['family'];
  /** The old form of the first address. */
  virtual: { address?: Ip; ports?: readonly PortRange[]; protocol?: AddressDraft['protocol'] };
  addresses: AddressDraft[];
  sessions: readonly SessionDraft[];
  policies: readonly string[];
  backends: readonly Backend[];
}

type Attribute = (value: unknown, draft: FarmDraft, reading: Reading) => void;

const modes = ['snat', 'dnat', 'dsr', 'stlsdnat', 'local'] as const;
const schedulers = ['rr', 'weight', 'hash', 'symhash', 'maglev', 'leastconn'] as const;
/** In the order in which nftlb prints them. */
export const hashFields: readonly HashField[] = ['srcip', 'dstip', 'srcport', 'dstport', 'srcmac', 'dstmac'];
const helpers: readonly ('none' | Helper)[] = ['none', 'ftp', 'pptp', 'sip', 'snmp', 'tftp'];
const states = ['up', 'down', 'off', 'config_error'] as const;
const onOff = ['off', 'on'] as const;

const farmValues: KnownValues = new Map<string, readonly [string, ...string[]]>([
  ['family', families],
  ['mode', modes],
  ['protocol', protocols],
  ['scheduler', schedulers],
  ['helper', helpers as [string, ...string[]]],
  ['state', states],
  ['tcp-strict', onOff],
  ['counters', [...onOff, 'survive']],
  ['flow-offload', onOff],
  ['intra-connect', onOff],
]);

const fieldsOf = (value: unknown, reading: Reading): HashField[] => {
  const words = readWords(value, reading, hashFields);
  return hashFields.filter((field) => words.includes(field));
};

const attributes = new Map<string, Attribute>(
  Object.entries({
    ...limitAttributes,
    ...logAttributes,
    verdict: readVerdict,
    // Read beforehand: it says which farm this is.
    name: () => undefined,
    family(value, draft, reading) {
      const family = readChoice(value, reading, families);
      if (family) draft.family = family === 'inet' ? 'dual' : family;
    },
    mode(value, { plain }, reading) {
      plain.mode = readChoice(value, reading, modes);
    },
    protocol(value, { virtual }, reading) {
      const protocol = readChoice(value, reading, protocols);
      if (protocol) virtual.protocol = protocol;
    },
    'virtual-addr'(value, { virtual }, reading) {
      const address = readAddress(value, reading);
      if (address) virtual.address = address;
    },
    'virtual-ports'(value, { virtual }, reading) {
      const ports = readPorts(value, reading);
      if (ports) virtual.ports = ports;
    },
    addresses(value, draft, reading) {
      draft.addresses = readFarmAddresses(value, reading, draft.scope, draft.addresses);
    },
    scheduler(value, { plain }, reading) {
      plain.scheduler = readChoice(value, reading, schedulers);
    },
    'sched-param'(value, { plain }, reading) {
      plain.hashFields = fieldsOf(value, reading);
    },
    persistence(value, { plain }, reading) {
      plain.persistence = fieldsOf(value, reading);
    },
    'persist-ttl'(value, { plain }, reading) {
      plain.persistTtlMs = (readInteger(value, reading, 1, longestTtlSeconds) ?? 60) * 1000;
    },
    'persist-full'(value, { plain }, reading) {
      plain.persistFull = readChoice(value, reading, ['skip', 'evict']);
    },
    replicate(value, { plain }, reading) {
      plain.replicate = readChoice(value, reading, ['all', 'persistence', 'none']);
    },
    'source-addr'(value, { plain }, reading) {
      plain.sourceAddress = readAddress(value, reading) || undefined;
    },
    state(value, { plain, old }, reading) {
      const state = readChoice(value, reading, states);
      // Printed for what is up and cannot be served.
      plain.state = state === 'config_error' ? (old?.state ?? 'up') : state;
    },
    helper(value, { plain }, reading) {
      const helper = readChoice(value === '' ? 'none' : value, reading, helpers);
      plain.helper = helper === 'none' ? undefined : helper;
    },
    mark(value, { plain }, reading) {
      plain.mark = readMark(value, reading);
    },
    counters(value, { plain }, reading) {
      plain.countersSurvive = value === 'survive' || undefined;
      plain.counters = value === 'survive' ? true : readFlag(value, reading);
    },
    'flow-offload'(value, { plain }, reading) {
      plain.flowOffload = readFlag(value, reading) || undefined;
    },
    'intra-connect'(value, { plain }, reading) {
      plain.intraConnect = readFlag(value, reading) || undefined;
    },
    responsettl(value, { plain }, reading) {
      plain.responseTtl = readInteger(value, reading, 1, longestTtlSeconds);
    },
    health(value, { plain }, reading) {
      plain.health = readHealth(value, reading);
    },
    iface(value, { plain }, reading) {
      plain.inputInterface = readInterface(value, reading);
    },
    oface(value, { plain }, reading) {
      plain.outputInterface = readInterface(value, reading);
    },
    'ether-addr'(value, { plain }, reading) {
      plain.etherAddress = readEther(value, reading);
    },
    /** Computed; comes back with what was printed. */
    priority: (value, _draft, reading) => void readText(value, reading),
    'persist-refused': (value, _draft, reading) => void readText(value, reading),
    'state-reason': (value, _draft, reading) => void readText(value, reading),
    policies(value, draft, reading) {
      draft.policies = readPolicyLinks(value, reading, draft.scope, draft.policies);
    },
    sessions(value, draft, reading) {
      draft.sessions = readSessions(value, reading, draft.scope, draft.sessions);
    },
    backends(value, draft, reading) {
      const { scope, backends } = draft;
      draft.backends = readEntries(value, reading, scope, {
        what: 'backend',
        hasState: true,
        before: backends,
        nameChars: limits.serviceNameChars,
        read: (object, place, name, old) => readBackend(object, place, name, old, scope),
        rename: (backend, name) => ({ ...backend, name }),
      });
      if (draft.backends.length > limits.backendsPerService) {
        const message = `has ${draft.backends.length} backends, more than ${limits.backendsPerService}`;
        reading.problems.report(reading.place, message);
      }
    },
  } satisfies Record<string, Attribute>),
);

const draftOf = (name: string, old: Service | undefined, scope: Scope): FarmDraft => ({
  scope,
  name,
  old,
  plain: { ...old },
  ...(old?.family === 'dual' && { family: 'dual' }),
  virtual: {},
  addresses: old ? namedAddresses(old) : [],
  sessions: old?.staticSessions ?? [],
  policies: old?.policies ?? [],
  backends: old?.backends ?? [],
  ...limitsDraftOf(old?.limits),
  ...logDraftOf(old?.log),
  ...(old?.verdict && { verdict: old.verdict }),
});

/** `old`: the farm that a request changes. */
export const readFarm = (
  object: JsonObject,
  place: Place,
  name: string,
  old: Service | undefined,
  scope: Scope,
): Service | undefined => {
  const before = scope.problems.count;
  const draft = draftOf(name, old, scope);
  readAttributes(withKnownValues(object, farmValues, scope), attributes, draft, {
    problems: scope.problems,
    place,
  });
  const service = finishFarm(draft, object, place);
  return scope.problems.count > before ? undefined : service;
};
