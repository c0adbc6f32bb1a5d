/**
 * Replication on real kernels: two load balancers in namespaces, with real rules, maps and packet reports; clients flood the first
 * one. The replication links run over TLS on loopback, outside.
 *
 *   clients 10.64.0.0/10 ── 10.40.0.1 lb1 10.51.0.1 ── 10.51.0.2 backend       lb2 (standby, no traffic)
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeatureFacts, noFacts } from '../../src/app/feature-engine.js';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Reconciler } from '../../src/app/reconcile-types.js';
import { createReplicator, type Replicator } from '../../src/app/replicate.js';
import { createSurvivingCounters, type SurvivingCounters } from '../../src/app/surviving-counters.js';
import { type Ipv4, parseIpv4 } from '../../src/model/address.js';
import type { ClusterNode } from '../../src/model/node.js';
import type { Service } from '../../src/model/service.js';
import type { ServiceCounters } from '../../src/model/status.js';
import type { Clock, Log, Nft } from '../../src/ports.js';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';
import { createElementReader } from '../../src/shell/element-reader.js';
import { createNft } from '../../src/shell/nft.js';
import { createPacketLog } from '../../src/shell/packet-log.js';
import { createPeerLinks } from '../../src/shell/peer-links.js';
import { createPersistenceMap } from '../../src/shell/persistence-map.js';
import { insideNamespace } from './inside.js';
import { createNamespaces, systemPath, type TestNamespaces } from './netns.js';

export const vip = parseIpv4('198.51.100.10')!;
export const servicePort = 53;
/** Address of client 0 of a flood. */
export const floodedFrom = 0x0a400000;
const backend = parseIpv4('10.51.0.2')!;
const logGroup = 7010;

export const syncService = (changes: Partial<Service> = {}): Service => ({
  name: 'dns',
  family: 'ipv4',
  mode: 'dnat',
  addresses: [],
  endpoints: [{ protocol: 'udp', address: vip, port: servicePort }],
  scheduler: 'rr',
  hashFields: [],
  persistence: ['srcip'],
  persistTtlMs: 300_000,
  replicate: 'all',
  state: 'up',
  backends: [1, 2].map((number) => ({
    name: `b${number}`,
    address: backend,
    port: 8000 + number,
    weight: 1,
    priority: 1,
    state: 'up',
  })),
  ...changes,
});

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export interface SyncBedFiles {
  readonly dir: string;
  readonly nodes: readonly ClusterNode[];
}

/** Certificates and addresses of a cluster on loopback, under a temporary folder. */
export const createSyncFiles = async (names: readonly string[]): Promise<SyncBedFiles> => {
  const dir = await mkdtemp(join(tmpdir(), 'relevo-bed-'));
  await initAuthority(dir, 'bed');
  const nodes: ClusterNode[] = [];
  for (const name of names) {
    await issueCertificate(dir, name);
    nodes.push({ name, heartbeat: [], sync: { address: '127.0.0.1' as Ipv4, port: await freePort() } });
  }
  return { dir, nodes };
};

export interface BedNode {
  readonly nft: Nft;
  readonly replicator: Replicator;
  readonly lines: readonly string[];
  /** Another document, from now on. */
  apply(services: readonly Service[]): Promise<void>;
  /** With what other nodes have carried. */
  counters(): Promise<readonly ServiceCounters[]>;
  /**
   * Applies services and starts replicating; `between`: done when the maps are there and nobody has looked into them; `services`: instead
   * of those of the options.
   */
  start(between?: () => Promise<void>, services?: readonly Service[]): Promise<void>;
  /** Ends the agent; the kernel keeps what it has. */
  stop(): Promise<void>;
}

const logTo = (lines: string[]): Log => ({
  debug() {},
  info: (_, message) => lines.push(message),
  warn: (_, message) => lines.push(message),
  error: (facts, message) => lines.push(`${message} ${JSON.stringify(facts)}`),
  child: () => logTo(lines),
});

export interface BedNodeOptions {
  readonly service?: Service;
  /** Instead of one. */
  readonly services?: readonly Service[];
  /** What the engine knows of the machine. */
  readonly facts?: Partial<FeatureFacts>;
  readonly enabled?: boolean;
  /** Repairs what somebody else changes. */
  readonly watch?: boolean;
  /** Default: the monotonic one. */
  readonly clock?: Clock;
  /** Looks at what is written to the kernel. */
  readonly wrap?: (nft: Nft) => Nft;
}

/** One agent's rule engine and replicator, with its kernel sockets inside `namespace`. */
export const createBedNode = (
  files: SyncBedFiles,
  name: string,
  namespace: string,
  options: BedNodeOptions = {},
): BedNode => {
  const { dir, nodes } = files;
  const lines: string[] = [];
  const log = logTo(lines);
  const clock = options.clock ?? { nowMs: () => Number(process.hrtime.bigint()) / 1e6 };
  const random = { next: () => Math.random() };
  const enabled = options.enabled ?? true;
  // A socket belongs to the namespace that it was made in, wherever it is used.
  const { nft, packetLog, hintLog } = insideNamespace(namespace, () => ({
    nft: createNft({ log }),
    packetLog: createPacketLog({ group: logGroup }),
    hintLog: createPacketLog({ group: logGroup + 1 }),
  }));
  let reconciler: Reconciler | undefined;
  const tls = { ca: join(dir, 'ca.crt'), cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
  const replicator = createReplicator(
    {
      nft: options.wrap?.(nft) ?? nft,
      persistence: createPersistenceMap({ within: (body) => insideNamespace(namespace, body) }),
      links: createPeerLinks({ node: name, nodes, tls }, random),
      clock,
      random,
      log,
      openPacketLog: async () => {
        await packetLog.ready;
        return packetLog;
      },
      serviceAt: (endpoint) => reconciler?.serviceAt(endpoint),
      general: {
        services: () => reconciler?.view().services ?? new Map(),
        idOf: (name) => reconciler!.idOf(name),
        hasSet: (table, set) => reconciler?.hasSet(table, set) ?? false,
        elements: createElementReader({ within: (body) => insideNamespace(namespace, body) }),
        openHintLog: async () => {
          await hintLog.ready;
          return hintLog;
        },
      },
    },
    {
      cluster: 'bed',
      node: name,
      nodes,
      groups: [
        {
          name: 'front',
          addresses: [{ address: vip, prefixLength: 32, interface: 'front0' }],
          preempt: false,
          trackLinks: [],
        },
      ],
      replication: { enabled, logGroup },
      software: '0.1.0',
    },
  );
  const abort = new AbortController();
  const counters: SurvivingCounters = createSurvivingCounters({
    ...{ node: name, peers: replicator.peers, log },
    read: () => reconciler!.counters(),
    service: (wanted) => reconciler?.view().services.get(wanted),
    services: () => reconciler?.view().services.values() ?? [],
    send: replicator.attachCounters((carried) => counters.hear(carried)),
  });
  let ended: Promise<unknown> = Promise.resolve();
  return {
    nft,
    replicator,
    lines,
    async start(between, services = options.services ?? [options.service ?? syncService()]) {
      const ports = {
        ...{ nft, log, clock, facts: { ...noFacts, ...options.facts } },
        ...(replicator.index && { persistenceIndex: replicator.index }),
      };
      if (enabled) await packetLog.ready;
      const reporting = { logGroup, hintGroup: logGroup + 1 };
      reconciler = createReconciler(ports, { ...(enabled && reporting), floating: [], protect: false });
      reconciler.onEvent((event) => {
        if (event.kind === 'applied') replicator.rulesChanged();
        else if (event.kind === 'repaired' && event.persistenceLost) replicator.refill();
      });
      await reconciler.adopt();
      await reconciler.apply({ services });
      await between?.();
      counters.run(abort.signal);
      const made = reconciler;
      // Subscribes before it waits for anything: the socket opens in there.
      const watched = options.watch && insideNamespace(namespace, () => made.run(abort.signal));
      ended = Promise.all([replicator.run(abort.signal), watched]);
    },
    counters: () => counters.counters(),
    async apply(next) {
      await reconciler!.apply({ services: next });
    },
    async stop() {
      if (abort.signal.aborted) return;
      abort.abort();
      await ended;
      packetLog.close();
      hintLog.close();
      nft.close();
      // The descriptors close in a later turn; until then the log group stays taken.
      await new Promise((resolve) => setTimeout(resolve, 50));
    },
  };
};

export interface SyncBed {
  readonly namespaces: TestNamespaces;
  readonly files: SyncBedFiles;
  readonly lb1: string;
  readonly lb2: string;
  node(name: 'lb1' | 'lb2', options?: BedNodeOptions): BedNode;
  /** Sends `count` new clients; resolves with what the generator reports. */
  flood(first: number, count: number, perSecond: number, file?: string, port?: number): Promise<FloodReport>;
  nft(namespace: string, ...args: string[]): string;
  dispose(): Promise<void>;
}

export interface FloodReport {
  readonly sent: number;
  readonly failed: number;
  readonly tookMs: number;
}

export const createSyncBed = async (): Promise<SyncBed> => {
  const namespaces = createNamespaces();
  const { id } = namespaces;
  const [clients, lb1, lb2, back] = ['c', 'lb1', 'lb2', 'b'].map((label) => namespaces.add(label)) as [
    string,
    string,
    string,
    string,
  ];
  namespaces.link(
    { ns: clients, dev: `${id}c`, cidr: '10.40.0.2/16' },
    { ns: lb1, dev: `${id}f`, cidr: '10.40.0.1/16' },
  );
  namespaces.link(
    { ns: lb1, dev: `${id}k`, cidr: '10.51.0.1/24' },
    { ns: back, dev: `${id}b`, cidr: '10.51.0.2/24' },
  );
  namespaces.run(clients, 'ip', 'route', 'add', 'default', 'via', '10.40.0.1');
  // Clients are many and silent: nothing comes back, and the backend has nothing to say.
  namespaces.run(
    back,
    'nft',
    'add table ip t; add chain ip t i { type filter hook prerouting priority -500; policy drop; }',
  );
  const sysctls = [
    'net.ipv4.ip_forward=1',
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.default.rp_filter=0',
    `net.ipv4.conf.${id}f.rp_filter=0`,
    // Thousands of flows a second must not fill the connection table for half a minute each.
    'net.netfilter.nf_conntrack_udp_timeout=1',
  ];
  namespaces.run(lb1, 'sysctl', '-qw', ...sysctls);
  // The backend does not answer ARP under its own policy before the first packet: say where it is.
  const mac = namespaces.run(back, 'cat', `/sys/class/net/${id}b/address`).trim();
  namespaces.run(lb1, 'ip', 'neigh', 'replace', '10.51.0.2', 'lladdr', mac, 'dev', `${id}k`);
  const files = await createSyncFiles(['lb1', 'lb2']);
  const running: BedNode[] = [];
  return {
    namespaces,
    files,
    lb1,
    lb2,
    node(name, options) {
      const node = createBedNode(files, name, name === 'lb1' ? lb1 : lb2, options);
      running.push(node);
      return node;
    },
    flood(first, count, perSecond, file, port = servicePort) {
      const script = new URL('./flood.ts', import.meta.url).pathname;
      const numbers = [port, first, count, perSecond].map(String);
      const child = namespaces.start(
        clients,
        process.execPath,
        '--import=tsx',
        script,
        vip,
        ...numbers,
        ...(file ? [file] : []),
      );
      return new Promise((resolve, reject) => {
        let [out, err] = ['', ''];
        child.stdout?.on('data', (part) => {
          out += part;
        });
        child.stderr?.on('data', (part) => {
          err += part;
        });
        child.once('exit', () => {
          if (out.includes('{')) resolve(JSON.parse(out) as FloodReport);
          else reject(new Error(`the generator failed: ${err}`));
        });
      });
    },
    nft: (namespace, ...args) =>
      execFileSync('/usr/sbin/ip', ['netns', 'exec', namespace, '/usr/sbin/nft', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: systemPath },
        maxBuffer: 256 * 1024 * 1024,
      }),
    async dispose() {
      for (const node of running) await node.stop();
      await namespaces.dispose();
      await rm(files.dir, { recursive: true, force: true });
    },
  };
};
