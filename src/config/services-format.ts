/** Services → nftlb's JSON: its names, its order of keys, every value a string. */

import type { Backend, BackendState, Service, ServicesDocument } from '../model/service.js';
import { type NamedAddress, namedAddresses } from './address-names.js';
import {
  listText,
  mapped,
  markText,
  optional,
  rateText,
  type Text,
  verdictText,
  wordsText,
} from './format-values.js';
import { formatPolicy, formatSharedAddress } from './policies-format.js';
import { portsText } from './ports.js';
import { familyOf } from './service-address.js';
import { healthText } from './service-health.js';
import { defaultBanMs, defaultLogPrefix } from './service-limits.js';
import { clientText } from './service-sessions.js';

export interface Farm {
  readonly [attribute: string]: string | Text | readonly Text[];
}

/** Why a service, or one of its backends, is not served as it is configured: found out by the engine. */
export interface StateReasons {
  of(service: string): readonly { readonly backend?: string; readonly reason: string }[];
}

/** What is left on backends that drain. */
export type DrainingByBackend = ReadonlyMap<
  string,
  { readonly sessions: number; readonly connections: number }
>;

export interface FormatOptions {
  /** By name of the service, then of the backend. */
  readonly draining?: ReadonlyMap<string, DrainingByBackend>;
  /** Newcomers that were not remembered because there is no room, by name of the service. */
  readonly refused?: ReadonlyMap<string, number>;
  readonly reasons?: StateReasons;
  /** What the check of a backend that is down has found, as far as this node asks. */
  readonly failures?: (service: string, backend: string) => string | undefined;
  /** Also what nftlb keeps and never prints. */
  readonly full?: boolean;
}

/** The level of backends in use: the best one that has a backend up. */
const levelOf = (service: Service): number => {
  let level = Number.POSITIVE_INFINITY;
  for (const { state, priority } of service.backends)
    if (state === 'up' && priority < level) level = priority;
  return Number.isFinite(level) ? level : 1;
};

/** `reason`: why this is not served, though it is up; `failed`: what the check found of a backend that is down. */
const stateText = (
  state: BackendState | 'available',
  reason: string | undefined,
  failed?: string | undefined,
): Text =>
  reason !== undefined && (state === 'up' || state === 'available')
    ? { state: 'config_error', 'state-reason': reason }
    : { state, ...(state === 'down' && optional('state-reason', failed)) };

const formatBackend = (
  backend: Backend,
  level: number,
  reason: string | undefined,
  full: boolean | undefined,
  left: { readonly sessions: number; readonly connections: number } | undefined,
  failed: string | undefined,
): Text => ({
  name: backend.name,
  'ip-addr': backend.address,
  port: backend.port === undefined ? '' : String(backend.port),
  ...optional('source-addr', backend.sourceAddress),
  weight: String(backend.weight),
  priority: String(backend.priority),
  mark: markText(backend.mark),
  'est-connlimit': String(backend.connectionLimit ?? 0),
  ...optional('est-connlimit-log-prefix', backend.connectionLimitLogPrefix),
  // Of a level that is not in use; reads back as up.
  ...stateText(
    backend.state === 'up' && backend.priority !== level ? 'available' : backend.state,
    reason,
    failed,
  ),
  ...(left && {
    'drain-sessions': String(left.sessions),
    'drain-connections': String(left.connections),
  }),
  ...(full && optional('ether-addr', backend.etherAddress)),
});

const formatAddress = ({ name, address, ports, protocol }: NamedAddress): Text => ({
  name,
  family: familyOf(address),
  'ip-addr': address,
  ports: portsText(ports),
  protocol,
  used: '1',
});

const formatLimits = ({ limits = {} }: Service): Text => ({
  'limits-ttl': String((limits.banMs ?? defaultBanMs) / 1000),
  'new-rtlimit': rateText(limits.newConnections),
  'new-rtlimit-burst': String(limits.newConnections?.burst ?? 0),
  ...optional('new-rtlimit-log-prefix', limits.newConnectionsLogPrefix),
  'rst-rtlimit': rateText(limits.resets),
  'rst-rtlimit-burst': String(limits.resets?.burst ?? 0),
  ...optional('rst-rtlimit-log-prefix', limits.resetsLogPrefix),
  'est-connlimit': String(limits.connectionsPerClient ?? 0),
  ...optional('est-connlimit-log-prefix', limits.connectionsLogPrefix),
  'tcp-strict': limits.tcpStrict ? 'on' : 'off',
  ...optional('tcp-strict-log-prefix', limits.tcpStrictLogPrefix),
  queue: String(limits.queue ?? -1),
});

/** Not nftlb's, hence behind what is; only `replicate` is printed always. */
const formatExtensions = ({ limits, persistFull, replicate, counters, countersSurvive }: Service): Text => ({
  ...(limits?.connections !== undefined && { 'service-connlimit': String(limits.connections) }),
  ...(limits?.synproxy && { synproxy: 'on' }),
  ...optional('persist-full', persistFull),
  replicate,
  ...(counters !== undefined && { counters: countersSurvive ? 'survive' : counters ? 'on' : 'off' }),
});

export const formatService = (
  service: Service,
  { reasons, full, draining, refused, failures }: FormatOptions = {},
): Farm => {
  const addresses = namedAddresses(service);
  const [first] = addresses;
  const level = levelOf(service);
  const found = reasons?.of(service.name) ?? [];
  const reasonOf = (backend: string | undefined): string | undefined =>
    found
      .filter((one) => one.backend === backend)
      .map(({ reason }) => reason)
      .join('; ') || undefined;
  const { log, staticSessions = [] } = service;
  const left = draining?.get(service.name);
  return {
    name: service.name,
    // A farm without an address has none of the attributes that are its address's.
    ...(first && {
      family: service.family,
      'virtual-addr': first.address,
      'virtual-ports': portsText(first.ports),
    }),
    'source-addr': service.sourceAddress ?? '',
    mode: service.mode,
    ...(service.mode === 'stlsdnat' && { responsettl: String(service.responseTtl ?? 60) }),
    ...(first && { protocol: first.protocol }),
    scheduler: service.scheduler,
    'sched-param': wordsText(service.hashFields),
    persistence: wordsText(service.persistence),
    'persist-ttl': String(service.persistTtlMs / 1000),
    helper: service.helper ?? 'none',
    log: wordsText(log?.points ?? []),
    ...(log?.prefix !== undefined && log.prefix !== defaultLogPrefix && { 'log-prefix': log.prefix }),
    'log-rtlimit': rateText(log?.rate),
    mark: markText(service.mark),
    priority: String(level),
    ...stateText(service.state, reasonOf(undefined)),
    ...formatLimits(service),
    verdict: verdictText(service.verdict),
    ...(service.flowOffload && { 'flow-offload': 'on' }),
    ...(service.intraConnect && { 'intra-connect': 'on' }),
    addresses: addresses.map(formatAddress),
    backends: service.backends.map((backend) =>
      formatBackend(
        backend,
        level,
        reasonOf(backend.name),
        full,
        left?.get(backend.name),
        failures?.(service.name, backend.name),
      ),
    ),
    policies: (service.policies ?? []).map((name) => ({ name })),
    ...(staticSessions.length > 0 && {
      sessions: staticSessions.map(({ client, backend }) => ({ client: clientText(client), backend })),
    }),
    ...formatExtensions(service),
    ...(service.health && { health: healthText(service.health) }),
    ...optional('persist-refused', refused?.get(service.name)?.toString()),
    ...(full && {
      ...optional('iface', service.inputInterface),
      ...optional('oface', service.outputInterface),
      ...optional('ether-addr', service.etherAddress),
    }),
  };
};

/** The whole document as text, indented as nftlb does, in pieces: whoever sends or writes it need not hold up everything else. */
export function* servicesText(document: ServicesDocument): Generator<string> {
  const { services, addresses = [], policies = [] } = document;
  const lists: [string, Iterable<unknown>][] = [
    ['farms', mapped(services, (one) => formatService(one, { full: true }))],
  ];
  if (addresses.length > 0)
    lists.push(['addresses', mapped(addresses, (one) => formatSharedAddress(one, 0))]);
  if (policies.length > 0) lists.push(['policies', mapped(policies, (one) => formatPolicy(one, 0))]);
  yield '{';
  for (const [index, [key, entries]] of lists.entries()) {
    yield `${index === 0 ? '' : ','}\n        "${key}": `;
    yield* listText(entries, 1);
  }
  yield '\n}\n';
}

export const formatServices = (document: ServicesDocument): string => [...servicesText(document)].join('');
