/**
 * A balancer with a client's side and a backends' side, each a namespace of its own. Frames end where they arrive, counted, before any
 * protocol sees them; ARP works.
 *
 *   clients 10.64.0.0/10 behind 10.40.0.2 ── 10.40.0.1 balancer 10.5x.0.1 ── 10.5x.0.2 backend x, x = 1 … 4
 */

import { createNamespaces, type TestNamespaces } from '../../../test/support/netns.js';
import { createPort, type Port } from './sender.js';

export const vip = '198.51.100.10';
export const servicePort = 80;
export const backendPort = 8080;
export const backendNumbers = [1, 2, 3, 4] as const;
export const backendAddress = (number: number): string => `10.5${number}.0.2`;

export interface Rig {
  readonly namespaces: TestNamespaces;
  readonly clients: string;
  readonly balancer: string;
  readonly backends: string;
  readonly clientDevice: string;
  readonly frontDevice: string;
  readonly backendDevices: readonly string[];
  readonly backDevices: readonly string[];
  readonly macOf: (namespace: string, device: string) => string;
  readonly clientPort: Port;
  readonly backendPort: Port;
  /** Frames that have arrived at the backends, and back at the clients, so far. */
  arrived(): { readonly there: number; readonly back: number };
  forgetConnections(): void;
  dispose(): Promise<void>;
}

/** Counts frames and lets them go no further. */
const sink = (devices: readonly string[]): string => `table netdev sink {
  counter got { }
  chain in {
    type filter hook ingress devices = { ${devices.join(', ')} } priority -500; policy accept;
    ip protocol { tcp, udp } counter name got drop
  }
}`;

export const createRig = (): Rig => {
  const namespaces = createNamespaces();
  const { id } = namespaces;
  const [clients, balancer, backends] = [namespaces.add('c'), namespaces.add('lb'), namespaces.add('b')];
  const [clientDevice, frontDevice] = [`${id}c`, `${id}f`];
  namespaces.link(
    { ns: clients, dev: clientDevice, cidr: '10.40.0.2/16' },
    { ns: balancer, dev: frontDevice, cidr: '10.40.0.1/16' },
  );
  const inBalancer = (file: string, ...args: string[]): string => namespaces.run(balancer, file, ...args);
  inBalancer('sysctl', '-qw', 'net.ipv4.conf.default.rp_filter=0', 'net.ipv4.conf.all.rp_filter=0');
  for (const number of backendNumbers) {
    namespaces.link(
      { ns: balancer, dev: `${id}k${number}`, cidr: `10.5${number}.0.1/24` },
      { ns: backends, dev: `${id}b${number}`, cidr: `${backendAddress(number)}/24` },
    );
  }
  const backendDevices = backendNumbers.map((number) => `${id}b${number}`);
  inBalancer('sysctl', '-qw', 'net.ipv4.ip_forward=1', `net.ipv4.conf.${frontDevice}.rp_filter=0`);
  inBalancer('ip', 'addr', 'add', `${vip}/32`, 'dev', frontDevice);
  inBalancer('ip', 'route', 'add', '10.64.0.0/10', 'via', '10.40.0.2');
  namespaces.run(clients, 'nft', sink([clientDevice]));
  namespaces.run(backends, 'nft', sink(backendDevices));
  // nftlb learns its neighbours from the kernel's table.
  for (const address of ['10.40.0.2', ...backendNumbers.map(backendAddress)]) {
    inBalancer('ping', '-c', '1', '-W', '5', '-q', address);
  }
  const ports = [createPort(clients), createPort(backends)] as const;
  const counted = (namespace: string): number => {
    const text = namespaces.run(namespace, 'nft', 'list', 'counters');
    return Number(/packets (\d+)/.exec(text)?.[1] ?? Number.NaN);
  };
  return {
    namespaces,
    clients,
    balancer,
    backends,
    clientDevice,
    frontDevice,
    backendDevices,
    backDevices: backendNumbers.map((number) => `${id}k${number}`),
    macOf: (namespace, device) => namespaces.run(namespace, 'cat', `/sys/class/net/${device}/address`).trim(),
    clientPort: ports[0],
    backendPort: ports[1],
    arrived: () => ({ there: counted(backends), back: counted(clients) }),
    forgetConnections: () => {
      inBalancer('conntrack', '-F');
    },
    async dispose() {
      for (const port of ports) port.close();
      await namespaces.dispose();
    },
  };
};
