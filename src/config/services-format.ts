/** Services → nftlb's JSON: its names, its order of keys, every value a string. */

import type { Backend, Service, ServicesDocument } from '../model/service.js';
import { namedAddresses } from './address-names.js';

export interface Farm {
  readonly [attribute: string]: string | readonly Readonly<Record<string, string>>[];
}

/** The level of backends in use: the best one that has a backend up. */
const levelOf = (service: Service): number => {
  const levels = service.backends.filter(({ state }) => state === 'up').map(({ priority }) => priority);
  return levels.length > 0 ? Math.min(...levels) : 1;
};

const formatBackend = (backend: Backend, level: number): Record<string, string> => ({
  name: backend.name,
  'ip-addr': backend.address,
  port: backend.port === undefined ? '' : String(backend.port),
  ...(backend.sourceAddress && { 'source-addr': backend.sourceAddress }),
  weight: String(backend.weight),
  priority: String(backend.priority),
  mark: '0x0',
  'est-connlimit': '0',
  // Of a level that is not in use; reads back as up.
  state: backend.state === 'up' && backend.priority !== level ? 'available' : backend.state,
});

export const formatService = (service: Service): Farm => {
  const addresses = namedAddresses(service);
  const [first] = addresses;
  const level = levelOf(service);
  return {
    name: service.name,
    family: 'ipv4',
    'virtual-addr': first?.address ?? '',
    'virtual-ports': first?.ports.join(',') ?? '',
    'source-addr': service.sourceAddress ?? '',
    mode: service.mode,
    protocol: first?.protocol ?? 'tcp',
    scheduler: service.scheduler,
    'sched-param': service.hashFields.join(' ') || 'none',
    persistence: service.persistence.join(' ') || 'none',
    'persist-ttl': String(service.persistTtlMs / 1000),
    helper: 'none',
    log: 'none',
    'log-rtlimit': '0/second',
    mark: '0x0',
    priority: String(level),
    state: service.state,
    'limits-ttl': '120',
    'new-rtlimit': '0/second',
    'new-rtlimit-burst': '0',
    'rst-rtlimit': '0/second',
    'rst-rtlimit-burst': '0',
    'est-connlimit': '0',
    'tcp-strict': 'off',
    queue: '-1',
    verdict: 'log drop accept',
    addresses: addresses.map(({ name, address, ports, protocol }) => ({
      name,
      family: 'ipv4',
      'ip-addr': address,
      ports: ports.join(','),
      protocol,
      used: '1',
    })),
    backends: service.backends.map((backend) => formatBackend(backend, level)),
    policies: [],
    // Not nftlb's, hence behind what is: what peers keep for this service.
    replicate: service.replicate,
  };
};

/** The whole document as text, indented as nftlb does. */
export const formatServices = (document: ServicesDocument): string =>
  `${JSON.stringify({ farms: document.services.map(formatService) }, null, 8)}\n`;
