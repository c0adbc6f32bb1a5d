/**
 * Backends that take a limited number of connections. Counting is done in postrouting, where the choice is final: `ct count` keeps a
 * connection in its list even when it matches, so counting earlier would count connections that then go elsewhere. The one that fills
 * a backend puts the backend's number into `full`; whoever is scheduled there afterwards is given another one at once. What two
 * processors let through at the same moment beyond the limit is dropped (its client tries again), so there are never more.
 *
 * `full` is left again when a packet that ends a TCP connection finds room. `ct count` looks for what has ended once per jiffy only, so
 * the packet may come too early to see it: then the next new connection tries in half a second. What ends without a packet (UDP flows, dead
 * peers) is noticed after `fullMs`: one new connection tries, and is dropped if the backend is full still.
 *
 * The timeouts of nf_conntrack are taken to be the kernel's own; `ct count` clears a limited number of ended connections per jiffy (8 in
 * older kernels), so a backend with thousands of new connections a second may seem full when it is not.
 */

import type { Backend, Service } from '../../../model/service.js';
import type { Key, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Contribution, FeatureContext, Placed, Structure } from '../../feature.js';
import { fingerprint, rule } from '../../rules.js';
import { backendNumber } from '../../service-ids.js';
import { recordChain, recordOrder } from '../../stations.js';
import { addressBytes, hostNumber, joined, portBytes } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { backendPlaces, numbered, portOf } from '../general-backends.js';
import { connectionKey, persistenceIn, stickyMap } from '../general-layout.js';
import { logLine } from '../log-line.js';
import {
  chainOf,
  counterOf,
  drop,
  field,
  isIn,
  isTcp,
  jump,
  leave,
  noNumber,
  number,
  numberFrom,
  numberMap,
  refusedSet,
  serviceOfNumber,
  setOf,
  toService,
} from './parts.js';
import { fullSet, hasRoom, numbersMap, spareMap } from './picking.js';
import { logRate, logs, prefixText } from './refusal.js';

const fullMs = { tcp: 60_000, others: 30_000 } as const;
const retryMs = 500;
/** At most that of LAST_ACK and CLOSE: both sides have said that it ends. */
const endedMs = 31_000;
/** Above the timeouts that nf_conntrack has for what is new or closing (120 s), below that of an established connection. */
const closingMs = 125_000;

/** `backend number`, `ct count over limit − 1`: found by the connection that fills it. */
const fillingSet: SetSpec = {
  name: 'backend_filling',
  key: ['classid'],
  statements: [{ kind: 'ct-count', count: 0, over: true }],
};
/** `backend number`, `ct count over limit`. */
const excessSet: SetSpec = { ...fillingSet, name: 'backend_excess' };
const limitedMap = ({ type }: FamilyShape): SetSpec =>
  numberMap('limited_backends', 'classid', type, 'inet_service');
const limitedHostsMap = ({ type }: FamilyShape): SetSpec => numberMap('limited_hosts', 'classid', type);

export const isLimited = ({ backends }: Service): boolean =>
  backends.some(({ connectionLimit = 0 }) => connectionLimit > 0);

const backendOf = (
  family: FamilyShape,
  address: Key[number],
  port: Key[number],
): [string, ...Statement[]][] => [
  ['which backend', numberFrom([number, address, port], limitedMap(family))],
  ['which backend, whatever the port', numberFrom([number, address], limitedHostsMap(family))],
];

/** Chains and rules that count, the same for all services. */
const countingStructure = (family: FamilyShape): readonly Structure[] => {
  const { table } = family;
  const full = (timeoutMs: number): Statement => ({
    kind: 'dynset',
    op: 'update',
    set: fullSet.name,
    key: [number],
    timeoutMs,
  });
  const station = (order: number, purpose: string, ...statements: Statement[]): Structure => ({
    kind: 'station',
    table,
    chain: recordChain,
    order,
    rule: rule(recordChain.name, purpose, ...statements),
  });
  const part = (chain: string, order: number, purpose: string, ...statements: Statement[]): Structure => ({
    kind: 'station',
    table,
    chain: { name: chain },
    order,
    rule: rule(chain, purpose, ...statements),
  });
  const dnated: Statement[] = [
    { kind: 'ct-state', states: ['new'] },
    { kind: 'ct-status', statuses: ['dnat'] },
  ];
  return [
    setOf(family, fullSet, 'packets'),
    setOf(family, limitedMap(family)),
    setOf(family, limitedHostsMap(family)),
    setOf(family, fillingSet),
    setOf(family, excessSet),
    setOf(family, refusedSet('full')),
    part('limits_filled', 0, 'full', full(fullMs.others)),
    part('limits_filled', 1, 'full for long', isTcp, full(fullMs.tcp)),
    part('limits_excess', 0, 'full', full(fullMs.others)),
    part('limits_excess', 1, 'full for long', isTcp, full(fullMs.tcp)),
    part('limits_excess', 10, 'of the service', toService),
    part('limits_excess', 20, 'counted by service', isIn([number], refusedSet('full'))),
    part('limits_excess', 90, 'refuse', drop),
    part('limits_remember', 90, 'done', leave),
    chainOf(
      family,
      'limits_backends',
      ['counted already', { kind: 'ct-status', statuses: ['confirmed'] }, leave],
      ...backendOf(family, field(family.destination), field('th dport')),
      ['one too many', isIn([number], excessSet), jump('limits_excess')],
      ['the last that fits', isIn([number], fillingSet), jump('limits_filled')],
      ['persistence', jump('limits_remember')],
      ['of the service', toService],
    ),
    chainOf(family, 'limits_retry', [
      'soon to end',
      { kind: 'ct-expiration-below', ms: endedMs },
      full(retryMs),
    ]),
    chainOf(
      family,
      'limits_room',
      ['not known as full', hasRoom, leave],
      [
        'full still',
        isIn([number], fillingSet),
        { kind: 'verdict', verdict: { kind: 'goto', chain: 'limits_retry' } },
      ],
      ['room again', { kind: 'dynset', op: 'delete', set: fullSet.name, key: [number] }],
    ),
    chainOf(
      family,
      'limits_closing',
      ['which service', jump('identify_ct')],
      ...backendOf(
        family,
        field(family.bytes === 4 ? 'ct reply ip saddr' : 'ct reply ip6 saddr'),
        field('ct reply proto-src'),
      ),
      ['room', jump('limits_room')],
      ['no number leaves the node', noNumber],
    ),
    station(recordOrder.identify, 'which service', ...dnated, jump('identify_ct')),
    station(recordOrder.limits, 'limits of backends', ...dnated, jump('limits_backends')),
    station(recordOrder.done, 'no number leaves the node', ...dnated, noNumber),
    station(
      recordOrder.closing,
      'limits of backends',
      { kind: 'ct-state', states: ['established'] },
      { kind: 'ct-status', statuses: ['dnat'] },
      isTcp,
      { kind: 'ct-expiration-below', ms: closingMs },
      jump('limits_closing'),
    ),
  ];
};

/** The order in which backends are tried: better ranks first. */
const inTurn = (backends: readonly (readonly [Backend, Uint8Array])[]): Uint8Array[] =>
  backends
    .filter(([{ state }]) => state === 'up')
    .sort(([a], [b]) => a.priority - b.priority)
    .map(([, key]) => key);

const countAbove = (count: number, backend: Backend): Pick<Placed['element'], 'statements' | 'comment'> => ({
  statements: [{ kind: 'ct-count', count, over: true }],
  comment: fingerprint([count, backend.address, backend.port]),
});

/** Persistence of one service: who remembers numbers for how long, and who is forgotten because his backend is full. */
const remembering = (service: Service, family: FamilyShape, key: Uint8Array): Contribution => {
  const { persistTtlMs } = service;
  const persistence = persistenceIn(service, family);
  if (persistence.length === 0) return { structure: [], elements: [] };
  const { table } = family;
  const numbers = numbersMap(persistence, family);
  const clientOf = connectionKey(persistence, family);
  const keepers: SetSpec = {
    name: `remember_${persistence.join('_')}_${persistTtlMs}ms`,
    key: ['classid'],
  };
  const part = (chain: string, order: number, purpose: string, ...statements: Statement[]): Structure => ({
    kind: 'station',
    table,
    chain: { name: chain },
    order,
    rule: rule(chain, purpose, ...statements),
  });
  const known: readonly (readonly [set: SetSpec, data: Key])[] = [
    [numbers, [number]],
    [stickyMap(persistence, false, family), [field(family.destination), field('th dport')]],
    [stickyMap(persistence, true, family), [field(family.destination)]],
  ];
  return {
    structure: [
      ...known.map(([set]) => setOf(family, set, 'packets')),
      setOf(family, keepers),
      part('limits_remember', 10, keepers.name, isIn([serviceOfNumber], keepers), {
        kind: 'dynset',
        op: 'update',
        set: numbers.name,
        key: [...clientOf.slice(0, -1), serviceOfNumber],
        data: [number],
        timeoutMs: persistTtlMs,
      }),
      ...known.map(([{ name }, data]) =>
        part('limits_excess', 30, `forget ${name}`, {
          kind: 'dynset',
          op: 'delete',
          set: name,
          key: clientOf,
          data,
        }),
      ),
    ],
    elements: [{ table, set: keepers, element: { key } }],
  };
};

/** What a service with limited backends needs in one family. */
export const backendLimits = (
  service: Service,
  family: FamilyShape,
  context: FeatureContext,
): Contribution => {
  const { table } = family;
  const id = context.ids.of(service.name);
  const serviceKey = hostNumber(id);
  const backends = numbered(service, family);
  const places = backendPlaces(backends);
  const keyed = backends.map((one, index) => [one, hostNumber(backendNumber(id, places[index]!))] as const);
  const remembered = remembering(service, family, serviceKey);
  const structure: Structure[] = [...countingStructure(family), ...remembered.structure];
  const elements: Placed[] = [counterOf(family, 'full', serviceKey), ...remembered.elements];
  const put = (set: SetSpec, element: Placed['element'], activates = false): void => {
    elements.push({ table, set, element, ...(activates && { activates }) });
  };
  for (const [backend, key] of keyed) {
    const { connectionLimit: limit = 0, connectionLimitLogPrefix: prefix } = backend;
    const address = joined(serviceKey, addressBytes(backend.address));
    const port = portOf(service, backend);
    if (limit > 0) {
      put(fillingSet, { key, ...countAbove(limit - 1, backend) });
      put(excessSet, { key, ...countAbove(limit, backend) });
    }
    if (port === undefined) put(limitedHostsMap(family), { key: address, data: key }, true);
    else put(limitedMap(family), { key: joined(address, portBytes(port)), data: key }, true);
    if (limit === 0 || !prefix || !logs(service)) continue;
    const text = prefixText(prefix, 'est-connlimit', service, backend.name);
    const line = logLine(text, context, 'info');
    const set: SetSpec = { name: `log_full_${fingerprint(line)}`, key: ['classid'] };
    const chain = `limits_${set.name}`;
    structure.push(setOf(family, set), chainOf(family, chain, ['log', logRate, line]), {
      kind: 'station',
      table,
      chain: { name: 'limits_filled' },
      order: 10,
      rule: rule('limits_filled', set.name, isIn([number], set), jump(chain)),
    });
    put(set, { key });
  }
  const turns = inTurn(keyed);
  structure.push(setOf(family, spareMap));
  turns.forEach((key, index) => {
    put(spareMap, { key: index === 0 ? serviceKey : turns[index - 1]!, data: key });
  });
  return { structure, elements };
};
