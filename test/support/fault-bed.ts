/**
 * The bed of replication (`sync-bed.ts`) for faults: each node is a process inside its namespace, so that it can be killed; the link between
 * them is a wire of the kernel with a proxy before it. Their clocks were never set alike: lb2's monotonic one is an hour ahead.
 *
 *   lb1 ── proxy 10.60.0.1:7100 ── (loss, cut) ── 10.60.0.2:7000 lb2
 */

import { readFileSync } from 'node:fs';
import { type Ipv4, ipv4FromNumber } from '../../src/model/address.js';
import type { ClusterNode } from '../../src/model/node.js';
import type { Service } from '../../src/model/service.js';
import { engineFlags } from '../../src/shell/engine-flags.js';
import { AgentProcess } from './agent-process.js';
import type { ProxyBehaviour, ProxyCommand, ProxyCounts } from './byte-proxy.js';
import { type KernelMap, readKernelMap } from './map-oracle.js';
import { createSyncBed, floodedFrom, type SyncBed, servicePort, syncService, vip } from './sync-bed.js';

type Name = 'lb1' | 'lb2';

const syncPort = 7000;
const proxyPort = 7100;
const node = (name: string, address: string, port: number): ClusterNode => ({
  name,
  heartbeat: [],
  sync: { address: address as Ipv4, port },
});
/** lb1 dials, as the lower name does. */
const nodesOf: Record<Name, readonly ClusterNode[]> = {
  lb1: [node('lb1', '10.60.0.1', syncPort), node('lb2', '10.60.0.1', proxyPort)],
  lb2: [node('lb1', '10.60.0.1', syncPort), node('lb2', '10.60.0.2', syncPort)],
};

export interface FaultBed {
  readonly bed: SyncBed;
  /** The process of a node that was started last. */
  agent(name: Name): AgentProcess;
  /** A new process for it; the kernel keeps what it has. */
  begin(name: Name, options?: StartOptions): readonly [AgentProcess, Promise<unknown>];
  /** The same, until it runs. */
  start(name: Name, options?: StartOptions): Promise<AgentProcess>;
  /** The kernel loses what it has, as when a machine starts anew. */
  wipe(name: Name): void;
  behave(behaviour: ProxyBehaviour): Promise<void>;
  /** Of the wire: packets go nowhere, and nobody is told. */
  wire(up: boolean): void;
  /** Share of the packets that the receiving kernel throws away, in both directions; 0 ends it. */
  lose(percent: number): void;
  /** Packets thrown away so far. */
  lost(): number;
  proxy<T = void>(command: ProxyCommand): Promise<T>;
  counts(): Promise<ProxyCounts>;
  map(name: Name): Promise<KernelMap>;
  /** Whether a node's kernel has an entry for this client. */
  has(name: Name, client: number, port?: number): boolean;
  memoryMiB(name: Name): number;
  setActive(epoch: number): Promise<void>;
  dispose(): Promise<void>;
}

export interface StartOptions {
  /** Entries that its kernel holds before the agent looks. */
  readonly fill?: number;
  /** How long they live. */
  readonly fillMs?: number;
  /** Default: `faultServices`. */
  readonly services?: readonly Service[];
}

export const briefPort = 54;
export const briefTtlMs = 2_000;
const main = syncService();
/** One whose entries live five minutes, and one whose live two seconds. */
export const faultServices: readonly Service[] = [
  main,
  {
    ...main,
    name: 'brief',
    endpoints: [{ ...main.endpoints[0]!, port: briefPort }],
    persistTtlMs: briefTtlMs,
  },
];

const script = (file: string): string => new URL(file, import.meta.url).pathname;

const key = (client: number, port = servicePort): string =>
  `${ipv4FromNumber(floodedFrom + client)} . ${vip} . udp . ${port}`;

export const createFaultBed = async (): Promise<FaultBed> => {
  const bed = await createSyncBed();
  const { namespaces, lb1, lb2 } = bed;
  const { id } = namespaces;
  const [dev1, dev2] = [`${id}x`, `${id}y`];
  namespaces.link({ ns: lb1, dev: dev1, cidr: '10.60.0.1/24' }, { ns: lb2, dev: dev2, cidr: '10.60.0.2/24' });
  const inside = (namespace: string, ...command: string[]): string[] => [
    '/usr/sbin/ip',
    'netns',
    'exec',
    namespace,
    ...command,
  ];
  const proxyArgs = ['10.60.0.1', proxyPort, '10.60.0.2', syncPort].map(String);
  const proxy = new AgentProcess(
    inside(lb1, process.execPath, '--import=tsx', script('./byte-proxy.ts'), ...proxyArgs),
  );
  const running = new Map<Name, AgentProcess>();
  /** A program takes a second to load: the next one for the node that is killed most loads while nothing waits for it. */
  const spares = new Map<Name, AgentProcess>();
  const namespaceOf = (name: Name): string => (name === 'lb1' ? lb1 : lb2);
  const fresh = (name: Name): AgentProcess => {
    const files = { dir: bed.files.dir, nodes: nodesOf[name] };
    return new AgentProcess(
      inside(
        namespaceOf(name),
        ...(name === 'lb2' ? ['/usr/bin/unshare', '--time', '--monotonic=3600', '--boottime=3600'] : []),
        ...[process.execPath, ...engineFlags, '--import=tsx', script('./replication-agent.ts')],
        ...[name, namespaceOf(name), JSON.stringify(files), '0'],
      ),
    );
  };
  const begin: FaultBed['begin'] = (name, { fill = 0, fillMs = 300_000, services = faultServices } = {}) => {
    const waiting = spares.get(name);
    spares.delete(name);
    const agent = waiting ?? fresh(name);
    running.set(name, agent);
    if (!spares.has('lb2')) spares.set('lb2', fresh('lb2'));
    return [agent, agent.ask({ kind: 'start', fill, fillMs, services })];
  };
  const ends = [
    { namespace: lb1, dev: dev1 },
    { namespace: lb2, dev: dev2 },
  ];
  const ask = <T>(command: ProxyCommand): Promise<T> => proxy.ask<T>(command);
  return {
    bed,
    agent: (name) => running.get(name)!,
    begin,
    async start(name, options) {
      const [agent, started] = begin(name, options);
      await started;
      return agent;
    },
    wipe(name) {
      bed.nft(namespaceOf(name), 'flush', 'ruleset');
    },
    behave: (behaviour) => ask({ kind: 'behave', behaviour }),
    wire(up) {
      namespaces.run(lb2, 'ip', 'link', 'set', dev2, up ? 'up' : 'down');
    },
    lose(percent) {
      for (const { namespace, dev } of ends) {
        if (bed.nft(namespace, 'list', 'tables').includes('inet fault'))
          bed.nft(namespace, 'delete', 'table', 'inet', 'fault');
        if (percent === 0) continue;
        const drop = `iifname ${dev} numgen random mod 100 < ${percent} counter drop`;
        bed.nft(
          namespace,
          `add table inet fault; add chain inet fault in { type filter hook input priority -500; }; add rule inet fault in ${drop}`,
        );
      }
    },
    lost() {
      const listings = ends.map(({ namespace }) => bed.nft(namespace, 'list', 'table', 'inet', 'fault'));
      return listings.reduce((sum, text) => sum + Number(/packets (\d+)/.exec(text)?.[1] ?? 0), 0);
    },
    proxy: ask,
    counts: () => ask({ kind: 'counts' }),
    map: (name) => readKernelMap(namespaceOf(name)),
    has(name, client, port) {
      try {
        bed.nft(namespaceOf(name), 'get', 'element', 'ip', 'relevo', 'persist', `{ ${key(client, port)} }`);
        return true;
      } catch {
        return false;
      }
    },
    memoryMiB(name) {
      const { pid } = running.get(name)!;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    async setActive(epoch) {
      await running.get('lb1')!.ask({ kind: 'active', epoch });
    },
    async dispose() {
      await Promise.all([...running.values(), ...spares.values(), proxy].map((child) => child.kill()));
      await bed.dispose();
    },
  };
};
