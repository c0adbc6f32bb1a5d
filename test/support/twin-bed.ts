/**
 * Two load balancers beside each other between the same client and the same backends, with replication between them. Which one packets
 * go through is a matter of routes: `route` is the failover. This process is the client, and the replication links run over its loopback.
 *
 *   client 10.40.0.2, fd40::2 ── 10.40.0.1, fd40::1 lb1 ── 10.5x.0.1, fd5x::1 ┐
 *          10.41.0.2, fd41::2 ── 10.41.0.1, fd41::1 lb2 ── 10.6x.0.1, fd6x::1 ┴ backend x, 10.5x.0.2, fd5x::2
 */

import { rm } from 'node:fs/promises';
import type { FeatureFacts } from '../../src/app/feature-engine.js';
import { type Bed, backendAddress, backendAddress6, createBed, vip, vip6 } from './bed.js';
import { type BedNode, type BedNodeOptions, createBedNode, createSyncFiles } from './sync-bed.js';

export interface TwinBed extends Bed {
  readonly lb2: string;
  node(name: 'lb1' | 'lb2', options: BedNodeOptions): BedNode;
  /** Stops every node. */
  stop(): Promise<void>;
  /** From now on everything passes this one. */
  route(name: 'lb1' | 'lb2'): void;
  /** Stock nft in the namespace of one of them. */
  list(name: 'lb1' | 'lb2', ...args: string[]): string;
}

export const createTwinBed = async (options: { backends: number; clients: number }): Promise<TwinBed> => {
  const bed = await createBed(options);
  const { namespaces, lb: lb1 } = bed;
  const { id } = namespaces;
  const client = `${id}-c`;
  const lb2 = namespaces.add('lb2');
  const ip = (namespace: string, ...args: string[]): string => namespaces.run(namespace, 'ip', ...args);
  const backends = Array.from({ length: options.backends }, (_, at) => at + 1);
  const sysctls = [
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.default.rp_filter=0',
  ];
  namespaces.run(lb2, 'sysctl', '-qw', ...sysctls);
  namespaces.link(
    { ns: client, dev: `${id}c2`, cidr: '10.41.0.2/16' },
    { ns: lb2, dev: `${id}f2`, cidr: '10.41.0.1/16' },
  );
  ip(client, '-6', 'addr', 'add', 'fd41::2/64', 'dev', `${id}c2`, 'nodad');
  ip(lb2, '-6', 'addr', 'add', 'fd41::1/64', 'dev', `${id}f2`, 'nodad');
  ip(lb2, 'route', 'add', '10.40.0.0/16', 'via', '10.41.0.2');
  ip(lb2, '-6', 'route', 'add', 'fd40::/64', 'via', 'fd41::2');
  for (const index of backends) {
    const backend = `${id}-b${index}`;
    namespaces.run(
      backend,
      'sysctl',
      '-qw',
      'net.ipv4.conf.all.rp_filter=0',
      `net.ipv4.conf.${id}b${index}.rp_filter=0`,
    );
    namespaces.link(
      { ns: lb2, dev: `${id}m${index}`, cidr: `10.6${index}.0.1/24` },
      { ns: backend, dev: `${id}n${index}`, cidr: `10.6${index}.0.2/24` },
    );
    ip(lb2, '-6', 'addr', 'add', `fd6${index}::1/64`, 'dev', `${id}m${index}`, 'nodad');
    ip(backend, '-6', 'addr', 'add', `fd6${index}::2/64`, 'dev', `${id}n${index}`, 'nodad');
    ip(lb2, 'route', 'add', `${backendAddress(index)}/32`, 'via', `10.6${index}.0.2`);
    ip(lb2, '-6', 'route', 'add', `${backendAddress6(index)}/128`, 'via', `fd6${index}::2`);
    // For services whose packets arrive as they were sent.
    ip(backend, 'addr', 'add', `${vip}/32`, 'dev', 'lo');
    ip(backend, '-6', 'addr', 'add', `${vip6}/128`, 'dev', 'lo', 'nodad');
  }
  const script = new URL('./echo-server.mjs', import.meta.url).pathname;
  await Promise.all(
    backends.map((index) => {
      const places = [`80@${vip}`, `80@${vip6}`];
      const child = namespaces.start(`${id}-b${index}`, process.execPath, script, `b${index}`, ...places);
      return new Promise((resolve) => child.stdout?.once('data', resolve));
    }),
  );
  const files = await createSyncFiles(['lb1', 'lb2']);
  const nodes: BedNode[] = [];
  const etherAddress = (namespace: string, device: string): string =>
    namespaces.run(namespace, 'cat', `/sys/class/net/${device}/address`).trim();
  const linkIndex = (namespace: string, device: string): number =>
    Number(namespaces.run(namespace, 'cat', `/sys/class/net/${device}/ifindex`));
  const devices = {
    lb1: { namespace: lb1, front: `${id}f`, back: (index: number) => [`${id}l${index}`, `${id}b${index}`] },
    lb2: { namespace: lb2, front: `${id}f2`, back: (index: number) => [`${id}m${index}`, `${id}n${index}`] },
  } as const;
  const factsOf = (name: 'lb1' | 'lb2'): Partial<FeatureFacts> => {
    const { namespace, front, back } = devices[name];
    const links = new Map(
      [front, ...backends.map((index) => back(index)[0]!)].map((device) => [
        device,
        { index: linkIndex(namespace, device), etherAddress: etherAddress(namespace, device) },
      ]),
    );
    const neighbours = new Map(
      backends.flatMap((index) => {
        const [device, other] = back(index) as [string, string];
        const neighbour = { device, etherAddress: etherAddress(`${id}-b${index}`, other) };
        return [
          [backendAddress(index), neighbour],
          [backendAddress6(index), neighbour],
        ] as const;
      }),
    );
    return {
      devices: [front],
      link: (device) => links.get(device),
      neighbour: (address) => neighbours.get(address),
    };
  };
  const stop = async (): Promise<void> => {
    for (const node of nodes.splice(0)) await node.stop();
  };
  return {
    ...bed,
    lb2,
    node(name, nodeOptions) {
      const node = createBedNode(files, name, devices[name].namespace, {
        facts: factsOf(name),
        ...nodeOptions,
      });
      nodes.push(node);
      return node;
    },
    route(name) {
      const second = name === 'lb2';
      const front = second ? '41' : '40';
      ip(client, 'route', 'replace', `${vip}/32`, 'via', `10.${front}.0.1`);
      ip(client, '-6', 'route', 'replace', `${vip6}/128`, 'via', `fd${front}::1`);
      for (const index of backends) {
        const network = `${second ? '6' : '5'}${index}`;
        const backend = `${id}-b${index}`;
        // Datagrams go out from the address that they have come to, whatever way they take.
        const [from4, from6] = [backendAddress(index), backendAddress6(index)];
        ip(backend, 'route', 'replace', 'default', 'via', `10.${network}.0.1`, 'src', from4);
        ip(backend, '-6', 'route', 'replace', 'default', 'via', `fd${network}::1`, 'src', from6);
      }
    },
    list: (name, ...args) => namespaces.run(devices[name].namespace, '/usr/sbin/nft', ...args),
    stop,
    async dispose() {
      await stop();
      await bed.dispose();
      await rm(files.dir, { recursive: true, force: true });
    },
  };
};
