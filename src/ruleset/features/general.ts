/**
 * Services that are translated and are more than the plain maps can say (`plain.ts`): IPv6, port ranges, every port, sctp, persistence
 * over several fields, static sessions, backends that may be full. Known by their number, so all their addresses and ports share
 * slots and persistence.
 */

import type { Ip } from '../../model/address.js';
import { protocolNumber, type Service } from '../../model/service.js';
import type { ElementBytes, SetSpec, Statement } from '../../netlink/nft/ast.js';
import type { Contribution, FeatureContext, Placed, ServiceFeature, Structure } from '../feature.js';
import { isPlain } from '../plain.js';
import { rule } from '../rules.js';
import { backendNumber } from '../service-ids.js';
import { fillSlots } from '../slots.js';
import {
  generalNatChain,
  guardChain,
  guardOrder,
  recordChain,
  recordOrder,
  type StationChain,
  sourceChain,
} from '../stations.js';
import { addressBytes, etherBytes, hostNumber, joined, portBytes, protocolBytes } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { addressOrder, backendPlaces, numbered, portOf, sourceOf } from './general-backends.js';
import { type GeneralKind, generalKindChain, generalKindName, generalKindNumber } from './general-kind.js';
import {
  connectionKey,
  generalBackendsSet,
  generalDispatch,
  generalHostsSet,
  generalKindsMap,
  generalMasqueradingSet,
  generalSourcesMap,
  keeperSet,
  kindOfMap,
  picksMap,
  pinnedMap,
  portKeepersMap,
  stickyMap,
  targetsMap,
} from './general-layout.js';
import { hintGroupOf } from './hints.js';
import { identity, protocolsOf } from './identity.js';
import { afterPick } from './limits/picking.js';
import { fields, forgetNumber, jumpTo, stationsIn } from './statements.js';

/** A service that this feature translates. */
export const isGeneral = (service: Service): boolean =>
  (service.mode === 'dnat' || service.mode === 'snat') && !isPlain(service);

const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };

const schedulers: Readonly<Record<Service['scheduler'], GeneralKind['scheduler']>> = {
  weight: 'random',
  rr: 'rr',
  hash: 'hash',
  maglev: 'hash',
  symhash: 'symhash',
  // In turn over shares that follow the connections there are: chance would add differences of its own.
  leastconn: 'rr',
};
const banks = 64;

/** A static session's client in register form. */
export const clientBytes = (service: Service, client: readonly string[]): Uint8Array =>
  joined(
    ...service.persistence.map((field, index) => {
      const text = client[index]!;
      if (field === 'srcip' || field === 'dstip') return addressBytes(text as Ip);
      return field === 'srcmac' || field === 'dstmac' ? etherBytes(text) : portBytes(Number(text));
    }),
  );

const inFamily = (
  family: FamilyShape,
  service: Service,
  context: FeatureContext,
): Contribution | undefined => {
  const known = identity(service, family, context.ids);
  if (!known) return undefined;
  const { table, type } = family;
  const structure: Structure[] = [...known.structure];
  const elements: Placed[] = [...known.elements];
  const id = context.ids.of(service.name);
  const number = hostNumber(id);
  const need = (...sets: SetSpec[]): void => {
    for (const set of sets) structure.push({ kind: 'set', table, set, filledBy: 'us' });
  };
  const put = (set: SetSpec, element: ElementBytes, activates = false): void => {
    elements.push({ table, set, element, ...(activates && { activates }) });
  };
  const station = (chain: StationChain, order: number, purpose: string, ...statements: Statement[]): void => {
    structure.push(stationsIn(table, chain)(order, purpose, ...statements));
  };

  const backends = numbered(service, family);
  const places = backendPlaces(backends);
  const numberOf = (index: number): Uint8Array => hostNumber(backendNumber(id, places[index]!));
  const slots = fillSlots(
    { scheduler: service.scheduler, backends },
    backends.map(({ address }) => addressOrder(address)),
    service.scheduler === 'leastconn' ? context.shares?.(service.name) : undefined,
  );
  const { persistence } = service;
  const hintGroup = hintGroupOf(context, service, 'client');
  const pinned = (service.staticSessions ?? []).length > 0;
  const kind: GeneralKind = {
    scheduler: schedulers[service.scheduler],
    modulus: slots.modulus,
    fields: schedulers[service.scheduler] === 'hash' ? service.hashFields : [],
    bank: schedulers[service.scheduler] === 'rr' ? (id >>> 12) % banks : 0,
    persistence,
    pinned,
    limited: backends.some(({ connectionLimit = 0 }) => connectionLimit > 0),
    ...(persistence.length > 0 && hintGroup !== undefined && { hintGroup }),
  };
  const sticky = [stickyMap(persistence, false, family), stickyMap(persistence, true, family)];
  need(kindOfMap, generalKindsMap, picksMap, targetsMap(family), portKeepersMap(family));
  if (persistence.length > 0) {
    for (const set of sticky) structure.push({ kind: 'set', table, set, filledBy: 'packets' });
  }
  if (pinned) need(pinnedMap(persistence, family));
  const extra = kind.limited ? afterPick.structure(family, kind) : [];
  structure.push(...extra, { kind: 'chain', table, chain: generalKindChain(kind, family) });

  const kindNumber = hostNumber(generalKindNumber(kind));
  put(generalKindsMap, { key: kindNumber, data: { kind: 'goto', chain: generalKindName(kind) } });
  put(kindOfMap, { key: number, data: kindNumber });
  slots.owners.forEach((owner, slot) => {
    put(picksMap, { key: joined(number, hostNumber(slot)), data: numberOf(owner) });
  });

  need(generalBackendsSet(family), generalHostsSet(family));
  const protocols = [...new Set(service.addresses.flatMap((one) => protocolsOf(one)))];
  const masquerading = generalMasqueradingSet(family);
  const sources = generalSourcesMap(family);
  const keepers = [false, true].map((keepsPort) =>
    keeperSet(persistence, service.persistTtlMs, keepsPort, family),
  );
  if (persistence.length > 0) need(...keepers);
  if (service.mode === 'snat') need(sources, masquerading);
  backends.forEach((backend, index) => {
    const address = addressBytes(backend.address);
    const to = portOf(service, backend);
    // A static session goes to a backend in maintenance too, not to one that has failed.
    if (backend.state !== 'down') {
      const key = numberOf(index);
      if (to === undefined) put(portKeepersMap(family), { key, data: address });
      else put(targetsMap(family), { key, data: joined(address, portBytes(to)) });
      if (persistence.length > 0) {
        const tail = to === undefined ? address : joined(address, portBytes(to));
        put(keepers[to === undefined ? 1 : 0]!, { key: joined(number, tail) });
      }
    }
    for (const protocol of protocols) {
      const host = joined(address, protocolBytes(protocolNumber[protocol]));
      if (to === undefined) put(generalHostsSet(family), { key: host });
      else put(generalBackendsSet(family), { key: joined(host, portBytes(to)) });
    }
    if (service.mode === 'snat') {
      const source = sourceOf(service, backend, family, context);
      const key = joined(number, address);
      if (source === undefined) put(masquerading, { key });
      else put(sources, { key, data: addressBytes(source) });
    }
  });
  for (const { client, backend } of service.staticSessions ?? []) {
    const index = backends.findIndex(({ name }) => name === backend);
    if (index < 0) continue;
    put(pinnedMap(persistence, family), {
      key: joined(clientBytes(service, client), number),
      data: numberOf(index),
    });
  }

  station(
    guardChain,
    guardOrder.strict,
    'invalid, to a service',
    { kind: 'ct-state', states: ['invalid'] },
    jumpTo('general_invalid'),
  );
  structure.splice(-1, 0, {
    kind: 'chain',
    table,
    chain: {
      name: 'general_invalid',
      rules: [
        rule('general_invalid', 'which service', jumpTo('identify')),
        rule(
          'general_invalid',
          'of a service',
          { kind: 'lookup', key: fields('meta priority'), set: kindOfMap.name },
          drop,
        ),
        rule(
          'general_invalid',
          'of a backend',
          {
            kind: 'lookup',
            key: fields(family.source, 'meta l4proto', 'th sport'),
            set: generalBackendsSet(family).name,
          },
          drop,
        ),
        rule(
          'general_invalid',
          'of a backend',
          { kind: 'lookup', key: fields(family.source, 'meta l4proto'), set: generalHostsSet(family).name },
          drop,
        ),
      ],
    },
  });
  generalDispatch.forEach(([purpose, statement], index) => {
    station(generalNatChain, (index + 1) * 10, purpose, statement);
  });

  const dnated: Statement[] = [
    { kind: 'ct-state', states: ['new'] },
    { kind: 'ct-status', statuses: ['dnat'] },
  ];
  if (persistence.length > 0) {
    station(recordChain, recordOrder.identify, 'which service', ...dnated, jumpTo('identify_ct'));
    keepers.forEach((keeper, at) => {
      const chain = keeper.name;
      const data = at === 0 ? fields(family.destination, 'th dport') : fields(family.destination);
      structure.push({
        kind: 'chain',
        table,
        chain: {
          name: chain,
          rules: [
            rule(chain, 'remember', {
              kind: 'dynset',
              op: 'update',
              set: sticky[at]!.name,
              key: connectionKey(persistence, family),
              data,
              timeoutMs: service.persistTtlMs,
            }),
          ],
        },
      });
      station(
        recordChain,
        recordOrder.persistence,
        chain,
        ...dnated,
        { kind: 'lookup', key: [...fields('meta priority'), ...data], set: keeper.name },
        jumpTo(chain),
      );
    });
    station(recordChain, recordOrder.done, 'no number leaves the node', ...dnated, forgetNumber);
  }
  if (service.mode === 'snat') {
    const status: Statement = { kind: 'ct-status', statuses: ['dnat'] };
    const key = fields('meta priority', family.destination);
    station(sourceChain, 10, 'which service', status, jumpTo('identify_ct'));
    station(sourceChain, 20, 'source', status, {
      kind: 'nat',
      type: 'snat',
      key,
      map: sources.name,
      dataTypes: [type],
    });
    station(
      sourceChain,
      30,
      'the node',
      status,
      { kind: 'lookup', key, set: masquerading.name },
      { kind: 'masquerade' },
    );
  }
  // The switch at last: what leads packets here.
  return {
    structure,
    elements: [...elements.filter((one) => !one.activates), ...elements.filter((one) => one.activates)],
  };
};

export const general: ServiceFeature = {
  name: 'general',
  contribute(service, context) {
    if (!isGeneral(service) || service.state !== 'up') return undefined;
    const parts = families.flatMap((family) => inFamily(family, service, context) ?? []);
    if (parts.length === 0) return undefined;
    return {
      structure: parts.flatMap(({ structure }) => structure),
      elements: parts.flatMap(({ elements }) => elements),
    };
  },
  shortcomings(service) {
    if (!isGeneral(service)) return [];
    const reasons = [
      ...(service.persistFull === 'evict'
        ? ['persist-full evict: nobody gives way yet, newcomers are scheduled without persistence: say skip']
        : []),
    ];
    return reasons.map((reason) => ({ service: service.name, reason }));
  },
};
