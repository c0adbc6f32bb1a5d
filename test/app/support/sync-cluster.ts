/** Replicators of a cluster in one process: real certificates, TLS and websockets on loopback; kernels and reports imitated. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { createReplicator, type Replicator } from '../../../src/app/replicate.js';
import type { Ipv4 } from '../../../src/model/address.js';
import type { ClusterNode, Direction } from '../../../src/model/node.js';
import type { PersistenceEntry } from '../../../src/model/persistence.js';
import type { BackendState, Service } from '../../../src/model/service.js';
import type { Clock, Log, PeerLink, PeerLinks } from '../../../src/ports.js';
import { initAuthority, issueCertificate } from '../../../src/shell/certificates.js';
import { createPeerLinks } from '../../../src/shell/peer-links.js';
import { client, PersistKernel } from './persist-kernel.js';

export const vip = '10.0.0.100' as Ipv4;
export const backends = ['10.1.0.1', '10.1.0.2'] as Ipv4[];

export class ShiftedClock implements Clock {
  shiftMs = 0;
  nowMs(): number {
    return Number(process.hrtime.bigint()) / 1e6 + this.shiftMs;
  }
}

export interface SyncNode {
  readonly name: string;
  readonly replicator: Replicator;
  readonly kernel: PersistKernel;
  readonly clock: ShiftedClock;
  readonly complaints: string[];
  service: Service;
  /** Bytes that have come from a peer, counted outside of what is tested. */
  readonly received: ReadonlyMap<string, number>;
  /** Every link that opened, to look at. */
  readonly links: readonly PeerLink[];
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const logTo = (complaints: string[]): Log => ({
  debug() {},
  info() {},
  warn: (_, message) => complaints.push(message),
  error: (_, message) => complaints.push(message),
  child: () => logTo(complaints),
});

export const serviceOf = (states: readonly BackendState[], changes: Partial<Service> = {}): Service => ({
  name: 'web',
  family: 'ipv4',
  mode: 'dnat',
  addresses: [],
  endpoints: [{ protocol: 'tcp', address: vip, port: 80 }],
  scheduler: 'rr',
  hashFields: [],
  persistence: ['srcip'],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  backends: states.map((state, at) => ({
    name: `b${at}`,
    address: backends[at]!,
    port: 8080,
    weight: 1,
    priority: 1,
    state,
  })),
  ...changes,
});

export const entry = (number: number, backend = number % 2, ttlMs = 60_000): PersistenceEntry => ({
  client: client(number),
  address: vip,
  protocol: 'tcp',
  port: 80,
  backendAddress: backends[backend]!,
  backendPort: 8080,
  ttlMs,
  remainingMs: ttlMs,
});

const watched = (links: PeerLinks, opened: PeerLink[], received: Map<string, number>): PeerLinks => ({
  ...links,
  start: (listener) =>
    links.start({
      onOpen(link) {
        opened.push(link);
        listener.onOpen(link);
      },
      onFrame(link, frame) {
        received.set(link.peer, (received.get(link.peer) ?? 0) + frame.length);
        listener.onFrame(link, frame);
      },
      onDrain: (link) => listener.onDrain(link),
      onClose: (link, reason) => listener.onClose(link, reason),
      onFailure: (peer, message, refused) => listener.onFailure(peer, message, refused),
    }),
});

export interface SyncCluster {
  /** Where the authority and all certificates are. */
  readonly dir: string;
  portOf(name: string): number;
  /** A websocket to a node's sync port with the certificate of another: a peer that says what it likes. */
  dial(from: string, to: string): Promise<WebSocket>;
  start(name: string, options?: StartOptions): Promise<SyncNode>;
}

export interface StartOptions {
  readonly cluster?: string;
  readonly enabled?: boolean;
  readonly direction?: Direction;
  /** Of an earlier node: its kernel survives the restart of the agent. */
  readonly kernel?: PersistKernel;
  readonly service?: Service;
  readonly electedEpoch?: (group: string) => number;
}

export const createSyncCluster = async (
  t: ExecutionContext,
  names: readonly string[],
): Promise<SyncCluster> => {
  const dir = await mkdtemp(join(tmpdir(), 'relevo-sync-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  await initAuthority(dir, 'prod');
  const nodes: ClusterNode[] = [];
  for (const name of names) {
    await issueCertificate(dir, name);
    nodes.push({ name, heartbeat: [], sync: { address: '127.0.0.1' as Ipv4, port: await freePort() } });
  }
  return {
    dir,
    portOf: (name) => nodes.find((node) => node.name === name)!.sync.port,
    async dial(from, to) {
      const { address, port } = nodes.find(({ name }) => name === to)!.sync;
      const socket = new WebSocket(`wss://${address}:${port}/`, {
        rejectUnauthorized: false,
        cert: await readFile(join(dir, `${from}.crt`)),
        key: await readFile(join(dir, `${from}.key`)),
      });
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('open', resolve));
      return socket;
    },
    async start(name, options = {}) {
      const clock = new ShiftedClock();
      const kernel = options.kernel ?? new PersistKernel(clock);
      const complaints: string[] = [];
      const tls = { ca: join(dir, 'ca.crt'), cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
      const random = { next: () => Math.random() };
      const opened: PeerLink[] = [];
      const received = new Map<string, number>();
      const links = watched(createPeerLinks({ node: name, nodes, tls }, random), opened, received);
      const replicator = createReplicator(
        {
          nft: kernel,
          persistence: kernel.persistence(),
          links,
          clock,
          random,
          log: logTo(complaints),
          ...(options.electedEpoch && { electedEpoch: options.electedEpoch }),
          openPacketLog: async () => kernel.packetLog(),
          serviceAt: (endpoint) =>
            endpoint.address === vip && endpoint.port === 80 && endpoint.protocol === 'tcp'
              ? node.service
              : undefined,
          general: {
            services: () => new Map(),
            idOf: () => 0,
            hasSet: () => false,
            elements: { read: async (questions) => questions.map(() => undefined), close() {} },
            openHintLog: async () => ({
              onPackets: () => () => {},
              onLoss: () => () => {},
              setThreshold: async () => {},
              close() {},
            }),
          },
        },
        {
          cluster: options.cluster ?? 'prod',
          node: name,
          nodes,
          groups: [
            {
              name: 'front',
              addresses: [{ address: vip, prefixLength: 24, interface: 'front0' }],
              preempt: false,
              trackLinks: [],
            },
          ],
          replication: {
            ...{ enabled: options.enabled ?? true, logGroup: 7010 },
            direction: options.direction ?? 'both',
          },
          software: '0.1.0',
        },
      );
      const abort = new AbortController();
      const done = replicator.run(abort.signal);
      const stop = async (): Promise<void> => {
        abort.abort();
        await done;
      };
      t.teardown(stop);
      const service = options.service ?? serviceOf(['up', 'up']);
      const node: SyncNode = {
        ...{ name, replicator, kernel, clock, complaints, service },
        ...{ links: opened, received, stop },
      };
      if (options.enabled !== false) await until(() => kernel.listening);
      return node;
    },
  };
};

/** Two nodes in step, of which lb1 is active. */
export const createSyncPair = async (t: ExecutionContext, options?: StartOptions) => {
  const cluster = await createSyncCluster(t, ['lb1', 'lb2']);
  const [lb1, lb2] = [await cluster.start('lb1', options), await cluster.start('lb2', options)];
  lb1.replicator.setActive('front', 1, true);
  await until(() => lb2.replicator.status().peers[0]?.state === 'in sync');
  return { cluster, lb1, lb2 };
};

/** Resolves when it holds; after fifteen seconds fails and says what was seen instead. */
export const until = async (condition: () => boolean, seen: () => unknown = () => ''): Promise<void> => {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`did not happen within 15 s: ${JSON.stringify(seen())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** The kernel's content without lifetimes, to compare. */
export const content = (kernel: PersistKernel): string[] =>
  kernel
    .entries()
    .map((one) => `${one.client} → ${one.backendAddress}`)
    .sort();
