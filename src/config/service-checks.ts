/** Combinations that cannot be: each with its place, the reason and what to do. */

import { isIpv6 } from '../model/address.js';
import type { Helper, Service, ServiceAddress } from '../model/service.js';
import { createOverlaps, overlapText } from './overlaps.js';
import { type Place, type Problems, under } from './place.js';
import { checkHealth } from './service-health.js';

const helperProtocols: Readonly<Record<Helper, readonly ServiceAddress['protocol'][]>> = {
  ftp: ['tcp'],
  pptp: ['tcp'],
  snmp: ['udp'],
  tftp: ['udp'],
  sip: ['tcp', 'udp', 'all'],
};

/** How a backend is named in a place: by position in a document, by name in a request. */
export type BackendPlace = (index: number) => Place;

type Check = (service: Service, report: (key: string, message: string) => void) => void;

/** Without connection tracking, what needs it cannot work: key and whether the service uses it. */
const tracked: readonly (readonly [string, (service: Service) => boolean])[] = [
  ['helper', ({ helper }) => helper !== undefined],
  ['tcp-strict', ({ limits }) => limits?.tcpStrict === true],
  ['est-connlimit', ({ limits }) => limits?.connectionsPerClient !== undefined],
  ['service-connlimit', ({ limits }) => limits?.connections !== undefined],
  ['synproxy', ({ limits }) => limits?.synproxy === true],
  ['flow-offload', ({ flowOffload }) => flowOffload === true],
  ['scheduler', ({ scheduler }) => scheduler === 'leastconn'],
];

const checks: readonly Check[] = [
  ({ mode, ...service }, report) => {
    if (mode !== 'dsr' && mode !== 'stlsdnat') return;
    for (const [key, uses] of tracked) {
      if (uses({ mode, ...service })) {
        report(
          key,
          `needs connection tracking, which mode ${mode} is without: use dnat or snat, or remove it`,
        );
      }
    }
  },
  ({ mode, sourceAddress }, report) => {
    if (sourceAddress && mode !== 'snat' && mode !== 'local') {
      report('source-addr', `needs mode snat: ${mode} keeps the client address`);
    }
  },
  ({ mode, backends }, report) => {
    if (mode === 'local' && backends.length > 0) {
      report('backends', 'mode local serves on this node: remove the backends, or use dnat or snat');
    }
  },
  ({ helper, addresses }, report) => {
    if (!helper) return;
    const other = addresses.find(({ protocol }) => !helperProtocols[helper].includes(protocol));
    if (other)
      report(
        'helper',
        `${helper} needs protocol ${helperProtocols[helper].join(' or ')}, not ${other.protocol}`,
      );
  },
  ({ limits, addresses }, report) => {
    const other = limits?.synproxy && addresses.find(({ protocol }) => protocol !== 'tcp');
    if (other)
      report('synproxy', `answers SYNs of tcp, not of ${other.protocol}: remove it, or use protocol tcp`);
  },
];

const checkFamily = (service: Service, place: Place, backendAt: BackendPlace, problems: Problems): void => {
  const { family, addresses, backends, sourceAddress } = service;
  if (family === 'dual' || addresses.length === 0) return;
  const [wanted, remedy] = [
    family === 'ipv6',
    `the farm's family is ${family}: make it dual, or use one family`,
  ];
  for (const { address } of addresses) {
    if (isIpv6(address) !== wanted)
      problems.report(under(place, 'family'), `${address} cannot be reached: ${remedy}`);
  }
  if (sourceAddress && isIpv6(sourceAddress) !== wanted) problems.report(under(place, 'source-addr'), remedy);
  backends.forEach((backend, index) => {
    for (const [key, address] of [
      ['ip-addr', backend.address],
      ['source-addr', backend.sourceAddress],
    ] as const) {
      if (address && isIpv6(address) !== wanted) problems.report(under(backendAt(index), key), remedy);
    }
  });
};

const checkAddresses = (
  { addresses, mode, backends }: Service,
  place: Place,
  backendAt: BackendPlace,
  problems: Problems,
): void => {
  if (addresses.length > 1) {
    const overlaps = createOverlaps();
    addresses.forEach((address, index) => {
      const found = overlaps.find(String(index), [address]);
      if (found) {
        const at = under(under(place, 'addresses'), index);
        problems.report(at, `overlaps addresses[${found.owner}]: both are ${overlapText(found)}`);
      } else overlaps.add(String(index), [address]);
    });
  }
  if (mode !== 'dsr' && mode !== 'stlsdnat') return;
  const only =
    addresses.length === 1 && addresses[0]!.ports.length === 1 ? addresses[0]!.ports[0] : undefined;
  const single = only && only.first === only.last ? only.first : undefined;
  backends.forEach(({ port }, index) => {
    if (port === undefined || port === single) return;
    if (mode === 'dsr') {
      const message = 'mode dsr hands packets on as they are: leave the port empty, or use dnat or snat';
      problems.report(under(backendAt(index), 'port'), message);
    } else if (single === undefined && addresses.length > 0) {
      const message =
        'mode stlsdnat remembers nothing: with several ports, answers could not be told apart; leave it empty';
      problems.report(under(backendAt(index), 'port'), message);
    }
  });
};

const checkBackends = (service: Service, backendAt: BackendPlace, problems: Problems): void => {
  const { mode, backends, addresses } = service;
  const indexByTarget = new Map<string, number>();
  backends.forEach((backend, index) => {
    const target = `${backend.address} ${backend.port ?? ''}`;
    const same = indexByTarget.get(target);
    if (same === undefined) indexByTarget.set(target, index);
    else {
      const message = `has the address and port of '${backends[same]!.name}' (backends[${same}]): give one of them more weight instead`;
      problems.report(under(backendAt(index), 'ip-addr'), message);
    }
    if (backend.sourceAddress && mode !== 'snat') {
      problems.report(
        under(backendAt(index), 'source-addr'),
        `needs mode snat: ${mode} keeps the client address`,
      );
    }
    if (backend.connectionLimit !== undefined && (mode === 'dsr' || mode === 'stlsdnat')) {
      const message = `needs connection tracking, which mode ${mode} is without: remove it`;
      problems.report(under(backendAt(index), 'est-connlimit'), message);
    }
    const own = addresses.find(
      ({ address, ports }) =>
        address === backend.address &&
        (backend.port === undefined ||
          ports.length === 0 ||
          ports.some(({ first, last }) => first <= backend.port! && backend.port! <= last)),
    );
    if (own) {
      const message = `${own.address} port ${backend.port ?? 'of the client'} is the service itself`;
      problems.report(under(backendAt(index), 'ip-addr'), message);
    }
  });
};

export const checkService = (
  service: Service,
  place: Place,
  backendAt: BackendPlace,
  problems: Problems,
): void => {
  for (const check of checks) check(service, (key, message) => problems.report(under(place, key), message));
  checkFamily(service, place, backendAt, problems);
  checkAddresses(service, place, backendAt, problems);
  checkBackends(service, backendAt, problems);
  checkHealth(
    service,
    (key, message) => problems.report(under(place, key), message),
    (index, message) => problems.report(under(backendAt(index), 'port'), message),
  );
};
