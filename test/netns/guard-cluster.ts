/** Two guards and a witness in namespaces on one switch, and an observer that asks for the floating address by ARP. */

import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { GuardState } from '../../src/app/guard.js';
import type { Ipv4 } from '../../src/model/address.js';
import type { NodeConfig } from '../../src/model/node.js';
import { arpRequest, ETH_P_ARP, parseArp } from '../../src/netlink/arp.js';
import { engineFlags } from '../../src/shell/engine-flags.js';
import { createFrameSocket } from '../../src/shell/frames.js';
import { insideNamespace } from '../support/inside.js';
import { createNamespaces, type TestNamespaces } from '../support/netns.js';
import type { RunnerRole } from './guard-runner.js';

const runner = new URL('./guard-runner.ts', import.meta.url).pathname;
const root = new URL('../..', import.meta.url).pathname;
export const floating = '10.9.0.100' as Ipv4;
const address = (text: string): Ipv4 => text as Ipv4;

export const defaultTiming: NodeConfig['timing'] = {
  leaseMs: 120,
  renewMs: 30,
  heartbeatMs: 30,
  deadMs: 100,
  syncWaitMs: 60_000,
  announceMs: 30_000,
};

/** One line of a runner's output. */
export interface Said {
  readonly atMs: number;
  readonly event?: { readonly kind: string; readonly [key: string]: unknown };
  readonly handover?: { readonly ok: boolean; readonly tookMs?: number; readonly reason?: string };
  readonly state?: GuardState;
  readonly started?: string;
  readonly stopped?: string;
  readonly failed?: string;
  readonly message?: string;
  readonly code?: string;
}

export interface Runner {
  readonly child: ChildProcess;
  /** The process of node, not of `ip netns exec` (which execs into it): signals reach it directly. */
  readonly said: Said[];
  order(order: object): void;
  /** The first line that satisfies, of those said since `fromIndex`. */
  hears(what: (said: Said) => boolean, label: string, fromIndex?: number, timeoutMs?: number): Promise<Said>;
  state(): Promise<GuardState>;
}

export interface Answer {
  readonly atMs: number;
  readonly mac: string;
}

export interface Observer {
  readonly answers: Answer[];
  stop(): void;
}

export interface GuardCluster {
  readonly ns: TestNamespaces;
  readonly names: { readonly client: string; readonly witness: string; readonly sw: string };
  node(name: string): string;
  mac(name: string): string;
  config(name: string, change?: Partial<NodeConfig>): NodeConfig;
  start(role: RunnerRole, namespace: string): Runner;
  startNode(name: string, change?: Partial<NodeConfig>, secret?: string): Promise<Runner>;
  startWitness(cluster?: string): Promise<Runner>;
  observe(everyMs: number): Observer;
  dispose(): Promise<void>;
}

const secretText = 'a secret for tests';

const startRunner = (ns: TestNamespaces, role: RunnerRole, namespace: string): Runner => {
  const child = ns.start(
    namespace,
    'env',
    '-C',
    root,
    process.execPath,
    // As agents and witnesses have them: without, two real-time threads can wait for V8's helpers until nothing else runs for a second.
    ...engineFlags,
    ...(process.env.GUARD_PROF ? ['--cpu-prof', `--cpu-prof-dir=${process.env.GUARD_PROF}`] : []),
    '--import=tsx',
    runner,
    JSON.stringify(role),
  );
  const said: Said[] = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  createInterface({ input: child.stdout! }).on('line', (line) => {
    said.push({ atMs: performance.now(), ...(JSON.parse(line) as object) });
    for (const look of waiting) look();
  });
  const self: Runner = {
    child,
    said,
    order: (order) => child.stdin?.write(`${JSON.stringify(order)}\n`),
    hears: (what, label, fromIndex = 0, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          const tail = said.slice(-12).map((one) => JSON.stringify(one));
          reject(new Error(`never heard: ${label}\n${tail.join('\n')}\n${stderr}`));
        }, timeoutMs);
        const look = (): void => {
          const found = said.slice(fromIndex).find(what);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async state() {
      const from = said.length;
      self.order({ order: 'state' });
      return (await self.hears((one) => one.state !== undefined, 'state', from)).state!;
    },
  };
  return self;
};

const observe = (namespace: string, device: string, mac: string, everyMs: number): Observer => {
  const socket = insideNamespace(namespace, () => createFrameSocket(device, ETH_P_ARP));
  const answers: Answer[] = [];
  socket.onFrame((frame) => {
    const packet = parseArp(frame);
    if (packet?.operation !== 'reply' || packet.senderAddress !== floating) return;
    // Announcements are broadcast; what counts is who answers a question.
    if (packet.targetMac !== mac) return;
    answers.push({ atMs: performance.now(), mac: packet.senderMac });
  });
  const timer = setInterval(() => socket.send(arpRequest(mac, address('10.9.0.1'), floating)), everyMs);
  return {
    answers,
    stop() {
      clearInterval(timer);
      socket.close();
    },
  };
};

export const createGuardCluster = (): GuardCluster => {
  const ns = createNamespaces();
  const sw = ns.add('sw');
  const client = ns.add('cl');
  const witness = ns.add('wi');
  const lb = { lb1: ns.add('lb1'), lb2: ns.add('lb2') } as Record<string, string>;
  for (const one of ['iptables', 'ip6tables', 'arptables']) {
    ns.run(sw, 'sysctl', '-qw', `net.bridge.bridge-nf-call-${one}=0`);
  }
  ns.run(sw, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
  ns.run(sw, 'ip', 'link', 'set', 'br0', 'up');
  ns.run(sw, 'ip', 'link', 'add', 'br1', 'type', 'bridge');
  ns.run(sw, 'ip', 'link', 'set', 'br1', 'up');
  const plug = (namespace: string, dev: string, port: string, cidr: string, bridge: string): void => {
    ns.link({ ns: namespace, dev, cidr }, { ns: sw, dev: port });
    ns.run(sw, 'ip', 'link', 'set', port, 'master', bridge);
  };
  plug(client, 'front0', 'f-cl', '10.9.0.1/24', 'br0');
  plug(lb.lb1!, 'front0', 'f-lb1', '10.9.0.11/24', 'br0');
  plug(lb.lb2!, 'front0', 'f-lb2', '10.9.0.12/24', 'br0');
  plug(witness, 'front0', 'f-wi', '10.9.0.20/24', 'br0');
  plug(lb.lb1!, 'sync0', 's-lb1', '10.9.1.11/24', 'br1');
  plug(lb.lb2!, 'sync0', 's-lb2', '10.9.1.12/24', 'br1');

  const clusterNode = (name: string, last: number): NodeConfig['nodes'][number] => ({
    name,
    heartbeat: [
      { address: address(`10.9.1.${last}`), port: 5300 },
      { address: address(`10.9.0.${last}`), port: 5300 },
    ],
    sync: { address: address(`10.9.1.${last}`), port: 5301 },
  });
  const config = (name: string, change: Partial<NodeConfig> = {}): NodeConfig => ({
    cluster: 'test',
    node: name,
    nodes: [clusterNode('lb1', 11), clusterNode('lb2', 12)],
    groups: [
      {
        name: 'front',
        addresses: [{ address: floating, prefixLength: 24, interface: 'front0' }],
        preempt: false,
        trackLinks: ['front0'],
      },
    ],
    witness: { kind: 'arbiter', at: [{ address: address('10.9.0.20'), port: 5300 }] },
    timing: defaultTiming,
    secretFile: '',
    tls: { ca: '', cert: '', key: '' },
    replication: { enabled: false, logGroup: 1 },
    conntrackd: {
      manage: false,
      enabled: false,
      interface: 'sync0',
      local: address('10.9.1.11'),
      peers: [],
      port: 3780,
    },
    stateDir: '',
    controlSocket: '',
    logLevel: 'info',
    engine: { interfaces: 'all', counters: false },
    protect: true,
    ...change,
  });
  const macOf = (namespace: string): string =>
    ns.run(namespace, 'cat', '/sys/class/net/front0/address').trim();
  const start = (role: RunnerRole, namespace: string): Runner => startRunner(ns, role, namespace);
  return {
    ns,
    names: { client, witness, sw },
    node: (name) => lb[name]!,
    mac: (name) => macOf(lb[name]!),
    config,
    start,
    async startNode(name, change = {}, secret = secretText) {
      const started = start({ role: 'guard', config: config(name, change), secret }, lb[name]!);
      await started.hears((said) => said.started === name, `start of ${name}`);
      started.order({ order: 'ready', ready: true, reason: '' });
      return started;
    },
    async startWitness(cluster = 'test') {
      const listen = [{ address: address('10.9.0.20'), port: 5300 }];
      const role = { role: 'witness', cluster, listen, leaseMs: 120, secret: secretText } as const;
      const started = start(role, witness);
      await started.hears((said) => said.started === 'witness', 'start of the witness');
      return started;
    },
    observe: (everyMs) => observe(client, 'front0', macOf(client), everyMs),
    dispose: () => ns.dispose(),
  };
};

/** True for the report that a node has become active (or another role). */
export const becomes =
  (role: string) =>
  (said: Said): boolean =>
    said.event?.kind === 'role' && said.event.to === role;

export const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
