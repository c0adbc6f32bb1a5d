/** Services → nftlb's JSON: its names, its order of keys, every value a string. */

import type { Backend, Endpoint, Service, ServicesDocument } from '../model/service.js';

export interface Farm {
  readonly [attribute: string]: string | readonly Readonly<Record<string, string>>[];
}

interface AddressGroup {
  readonly address: string;
  readonly protocol: string;
  readonly ports: number[];
}

const groupsOf = (endpoints: readonly Endpoint[]): AddressGroup[] => {
  const groups = new Map<string, AddressGroup>();
  for (const { address, protocol, port } of endpoints) {
    const id = `${protocol} ${address}`;
    const group = groups.get(id);
    if (group) group.ports.push(port);
    else groups.set(id, { address, protocol, ports: [port] });
  }
  return [...groups.values()];
};

const formatBackend = (backend: Backend): Record<string, string> => ({
  name: backend.name,
  'ip-addr': backend.address,
  port: backend.port === undefined ? '' : String(backend.port),
  ...(backend.sourceAddress && { 'source-addr': backend.sourceAddress }),
  weight: String(backend.weight),
  priority: String(backend.priority),
  mark: '0x0',
  'est-connlimit': '0',
  state: backend.state,
});

export const formatService = (service: Service): Farm => {
  const groups = groupsOf(service.endpoints);
  const [first] = groups;
  const ranks = service.backends.filter(({ state }) => state === 'up').map(({ priority }) => priority);
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
    persistence: service.persistence,
    'persist-ttl': String(service.persistTtlMs / 1000),
    // Not nftlb's: what peers keep for this service.
    replicate: service.replicate,
    helper: 'none',
    log: 'none',
    'log-rtlimit': '0/second',
    mark: '0x0',
    priority: String(ranks.length > 0 ? Math.min(...ranks) : 1),
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
    addresses: groups.map((group, index) => ({
      name: `${service.name}-addr${index === 0 ? '' : index + 1}`,
      family: 'ipv4',
      'ip-addr': group.address,
      ports: group.ports.join(','),
      protocol: group.protocol,
    })),
    backends: service.backends.map(formatBackend),
    policies: [],
  };
};

/** The whole document as text, indented as nftlb does. */
export const formatServices = (document: ServicesDocument): string =>
  `${JSON.stringify({ farms: document.services.map(formatService) }, null, 8)}\n`;
