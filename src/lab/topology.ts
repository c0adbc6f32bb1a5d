/** What a lab is made of: hosts, segments and addresses as data. Nothing here touches the machine. */

export type Segment = 'front' | 'back' | 'sync';

export interface HostLink {
  /** Name inside the host's namespace. */
  readonly device: string;
  readonly segment: Segment;
  /** With prefix length. */
  readonly address: string;
  /** Locally administered, and readable: 02:00 and the four bytes of the address. */
  readonly mac: string;
}

export interface LabHost {
  readonly name: string;
  readonly role: 'client' | 'node' | 'witness' | 'backend' | 'observer' | 'etcd';
  readonly links: readonly HostLink[];
  /** `ip route add` arguments. */
  readonly routes: readonly string[];
}

const segments: Readonly<Record<Segment, { prefix: string; device: string }>> = {
  front: { prefix: '10.10.0', device: 'front0' },
  back: { prefix: '10.20.0', device: 'back0' },
  sync: { prefix: '10.30.0', device: 'sync0' },
};
export const segmentNames = Object.keys(segments) as readonly Segment[];

const macOf = (address: string): string =>
  ['02', '00', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');

const link = (segment: Segment, host: number): HostLink => {
  const { prefix, device } = segments[segment];
  const address = `${prefix}.${host}`;
  return { device, segment, address: `${address}/24`, mac: macOf(address) };
};

/** The addresses that services are reached at, and that backends answer through. */
export const floating = {
  front: { address: '10.10.0.100', device: 'front0' },
  back: { address: '10.20.0.100', device: 'back0' },
} as const;

/** The same of a lab for IPv6, which has both. */
export const floating6 = {
  front: { address: 'fd10::100', device: 'front0' },
  back: { address: 'fd20::100', device: 'back0' },
} as const;

/** A lab's services are of one family; its nodes talk to each other over IPv4. */
export const families = ['ipv4', 'ipv6'] as const;
export type LabFamily = (typeof families)[number];

/** `10.20.0.21/24` is `fd20::21/64` too. */
export const address6Of = ({ address }: Pick<HostLink, 'address'>): string => {
  const [, segment = '', , host = ''] = /^10\.(\d+)\.(\d+)\.(\d+)\//.exec(address) ?? [];
  return `fd${segment}::${host}/64`;
};

/** Addresses of the persistent clients: all of them are the client host's (a local route), reached through it. */
export const clientRange = { prefix: '10.10.8.0/22', first: [10, 10, 8, 0], size: 1024 } as const;
export const clientRange6 = { prefix: 'fd10:0:0:8::/64', first: 'fd10:0:0:8::' } as const;
const clientAddress = '10.10.0.10';

/** `ip route add` arguments of a host in a lab for IPv6, beside its own. */
export const routes6Of = ({ role }: Pick<LabHost, 'role'>): readonly string[] => {
  switch (role) {
    case 'client':
      return [`local ${clientRange6.prefix} dev lo`];
    case 'node':
      return [`${clientRange6.prefix} via fd10::10 dev front0`];
    case 'backend':
      return [`default via ${floating6.back.address} dev back0`];
    default:
      return [];
  }
};

/** As many as a cluster may have; a lab has the first few of them. */
export const allNodeNames = ['lb1', 'lb2', 'lb3', 'lb4', 'lb5', 'lb6', 'lb7'] as const;
export type NodeName = (typeof allNodeNames)[number];
export const fewestNodes = 2;
export const nodeNamesOf = (count: number): readonly NodeName[] => allNodeNames.slice(0, count);
/** The nodes of a pair. */
export const nodeNames = nodeNamesOf(fewestNodes);
/** Three nodes and more are a majority of themselves; two need a third vote. */
export const needsWitness = (count: number, coordination: LabCoordination = 'votes'): boolean =>
  count === 2 && coordination === 'votes';
export const backendNames = ['backend1', 'backend2'] as const;

const nodeHost = (index: number): LabHost => ({
  name: `lb${index}`,
  role: 'node',
  links: [link('front', 10 + index), link('back', 10 + index), link('sync', index)],
  routes: [`${clientRange.prefix} via ${clientAddress} dev front0`],
});

const backendHost = (index: number): LabHost => ({
  name: `backend${index}`,
  role: 'backend',
  links: [link('back', 20 + index)],
  routes: [`default via ${floating.back.address} dev back0`],
});

/** What decides beside the votes (docs/coordination.md). */
export const coordinations = ['votes', 'etcd', 'keepalived'] as const;
export type LabCoordination = (typeof coordinations)[number];

/** A majority of three members outlives one. They are machines of their own, on the sync segment. */
export const etcdNames = ['etcd1', 'etcd2', 'etcd3'] as const;
const etcdHost = (index: number): LabHost => ({
  name: `etcd${index}`,
  role: 'etcd',
  links: [link('sync', 70 + index)],
  routes: [],
});

/** The hosts of a lab with so many nodes. */
export const hostsOf = (nodes: number, coordination: LabCoordination = 'votes'): readonly LabHost[] => [
  {
    name: 'client',
    role: 'client',
    links: [link('front', 10)],
    routes: [`local ${clientRange.prefix} dev lo`],
  },
  ...nodeNamesOf(nodes).map((_, index) => nodeHost(index + 1)),
  { name: 'witness', role: 'witness', links: [link('front', 50), link('sync', 50)], routes: [] },
  backendHost(1),
  backendHost(2),
  { name: 'observer', role: 'observer', links: [link('front', 60), link('back', 60)], routes: [] },
  ...(coordination === 'etcd' ? etcdNames.map((_, index) => etcdHost(index + 1)) : []),
];

/** Every host that a lab may have. */
export const allHosts = hostsOf(allNodeNames.length, 'etcd');
export const hostByName = (name: string): LabHost | undefined => allHosts.find((host) => host.name === name);

/** The switch is a namespace with one bridge per segment; its end of a host's cable bears the host's name. */
export const switchName = 'switch';
export const switchPort = (host: string, segment: Segment): string => `${host}-${segment}`;
export const bridgeOf = (segment: Segment): string => `br-${segment}`;

export const namespaceOf = (lab: string, host: string): string => `${lab}-${host}`;

/** Short enough that every namespace and file name made from it is valid and readable. */
export const labNamePattern = /^[a-z][a-z0-9-]{0,19}$/;

/** Which node a MAC address belongs to. */
export const nodeByMac = (mac: string): NodeName | undefined =>
  allNodeNames.find((name) => hostByName(name)?.links.some((each) => each.mac === mac));
