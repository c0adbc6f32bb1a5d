/**
 * A test bed of real packets: this process becomes the client; a load balancer and its backends are namespaces of their own.
 *
 *   client 10.40.0.2/16, 10.40.1.1–n ── 10.40.0.1 lb 10.5x.0.1 ── 10.5x.0.2 backend x
 *   client fd40::2/64, fd40::1:n     ── fd40::1       fd5x::1   ── fd5x::2
 */

import { execFileSync } from 'node:child_process';
import { type FeatureFacts, noFacts } from '../../src/app/feature-engine.js';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Reconciler } from '../../src/app/reconcile-types.js';
import { parseServices } from '../../src/config/services.js';
import type { ServicesDocument } from '../../src/model/service.js';
import type { Clock, Log, Nft } from '../../src/ports.js';
import { type EngineContext, plainContext } from '../../src/ruleset/context.js';
import type { FeatureSet } from '../../src/ruleset/units.js';
import { createConnections } from '../../src/shell/connections.js';
import { createFlows } from '../../src/shell/flows.js';
import { createNft } from '../../src/shell/nft.js';
import { createPersistenceMap } from '../../src/shell/persistence-map.js';
import { createRunner } from '../../src/shell/runner.js';
import { enterNamespace, insideNamespace } from './inside.js';
import { createNamespaces, systemPath, type TestNamespaces } from './netns.js';

export const vip = '198.51.100.10';
export const vip6 = 'fd98::10';
export const backendPort = 8080;

export const backendAddress6 = (index: number): string => `fd5${index}::2`;

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly facts: object;
}

export interface Engine {
  readonly reconciler: Reconciler;
  readonly nft: Nft;
  readonly lines: readonly LogLine[];
  /** Ends its watch and closes its sockets: what is left is what a dead agent leaves. */
  stop(): Promise<void>;
}

export interface Bed {
  readonly namespaces: TestNamespaces;
  readonly lb: string;
  /** Starts an engine in the load balancer's namespace, watching for foreign changes unless told otherwise. */
  engine(
    context?: EngineContext,
    options?: {
      readonly watch?: boolean;
      readonly facts?: Partial<FeatureFacts>;
      readonly features?: FeatureSet;
      readonly clock?: Clock;
    },
  ): Engine;
  /** The load balancer's interface towards the client, and those towards the backends. */
  readonly frontDevice: string;
  backDevice(index: number): string;
  /** Stock nft in the load balancer's namespace; throws with its stderr. */
  nft(...args: string[]): string;
  /** Stock nft lists everything, as text and as JSON. */
  listing(): string;
  dispose(): Promise<void>;
}

const recordingLog = (lines: LogLine[]): Log => {
  const at = (level: string) => (facts: object, message: string) => {
    if (level !== 'debug') lines.push({ level, message, facts });
  };
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
};

export const document = (...farms: object[]): ServicesDocument => {
  const result = parseServices({ farms });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document;
};

export const backendAddress = (index: number): string => `10.5${index}.0.2`;

/** `b1`, `b2`, … with attributes by index. */
export const backends = (count: number, attributes: Readonly<Record<number, object>> = {}): object[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `b${index + 1}`,
    'ip-addr': backendAddress(index + 1),
    port: backendPort,
    state: 'up',
    ...attributes[index + 1],
  }));

export const farm = (attributes: object): object => ({
  name: 'web',
  'virtual-addr': vip,
  'virtual-ports': 80,
  mode: 'dnat',
  protocol: 'tcp',
  scheduler: 'weight',
  backends: backends(2),
  ...attributes,
});

/** Moves this process into the client's namespace for good. */
export const createBed = async (options: { backends?: number; clients?: number } = {}): Promise<Bed> => {
  const namespaces = createNamespaces();
  const engines: Engine[] = [];
  const lb = namespaces.add('lb');
  const client = namespaces.add('c');
  const { id } = namespaces;
  namespaces.link(
    { ns: client, dev: `${id}c`, cidr: '10.40.0.2/16' },
    { ns: lb, dev: `${id}f`, cidr: '10.40.0.1/16' },
  );
  const addIpv6 = (namespace: string, dev: string, cidr: string): string =>
    namespaces.run(namespace, 'ip', '-6', 'addr', 'add', cidr, 'dev', dev, 'nodad');
  addIpv6(client, `${id}c`, 'fd40::2/64');
  addIpv6(lb, `${id}f`, 'fd40::1/64');
  namespaces.run(client, 'ip', '-6', 'route', 'add', 'default', 'via', 'fd40::1');
  namespaces.run(client, 'ip', 'route', 'add', 'default', 'via', '10.40.0.1');
  for (let index = 1; index <= (options.clients ?? 0); index++) {
    namespaces.run(client, 'ip', 'addr', 'add', `10.40.1.${index}/16`, 'dev', `${id}c`);
    addIpv6(client, `${id}c`, `fd40::1:${index}/64`);
  }
  namespaces.run(
    lb,
    'sysctl',
    '-qw',
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.default.rp_filter=0',
  );
  const ready: Promise<void>[] = [];
  for (let index = 1; index <= (options.backends ?? 2); index++) {
    const backend = namespaces.add(`b${index}`);
    namespaces.link(
      { ns: lb, dev: `${id}l${index}`, cidr: `10.5${index}.0.1/24` },
      { ns: backend, dev: `${id}b${index}`, cidr: `${backendAddress(index)}/24` },
    );
    namespaces.run(backend, 'ip', 'route', 'add', 'default', 'via', `10.5${index}.0.1`);
    addIpv6(lb, `${id}l${index}`, `fd5${index}::1/64`);
    addIpv6(backend, `${id}b${index}`, `${backendAddress6(index)}/64`);
    namespaces.run(backend, 'ip', '-6', 'route', 'add', 'default', 'via', `fd5${index}::1`);
    const script = new URL('./echo-server.mjs', import.meta.url).pathname;
    const child = namespaces.start(backend, process.execPath, script, `b${index}`, String(backendPort), '80');
    ready.push(
      new Promise((resolve, reject) => {
        child.stdout?.once('data', () => resolve());
        child.once('exit', (code) => reject(new Error(`backend ${index} ended with ${code}`)));
      }),
    );
  }
  await Promise.all(ready);
  enterNamespace(client);
  const nft = (...args: string[]): string =>
    execFileSync('/usr/sbin/ip', ['netns', 'exec', lb, '/usr/sbin/nft', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: systemPath },
      maxBuffer: 256 * 1024 * 1024,
    });
  return {
    namespaces,
    lb,
    frontDevice: `${id}f`,
    backDevice: (index) => `${id}l${index}`,
    engine(context = plainContext, { watch = true, facts, features, clock } = {}) {
      const lines: LogLine[] = [];
      const log = recordingLog(lines);
      const stopping = new AbortController();
      const made = insideNamespace(lb, () => {
        const port = createNft({ log });
        const runner = createRunner();
        const flows = createFlows();
        const persistence = createPersistenceMap({ within: (body) => insideNamespace(lb, body) });
        const connections = createConnections({
          run: (file, args, options) => runner.run('ip', ['netns', 'exec', lb, file, ...args], options),
        });
        const reconciler = createReconciler(
          {
            nft: port,
            connections,
            flows,
            persistence,
            log,
            clock: clock ?? { nowMs: () => performance.now() },
            facts: { ...noFacts, devices: [`${id}f`], ...facts },
            ...(features && { features }),
          },
          context,
        );
        // Subscribes before it waits for anything: the socket opens in here.
        return {
          port,
          connections,
          flows,
          persistence,
          reconciler,
          ended: watch ? reconciler.run(stopping.signal) : Promise.resolve(),
        };
      });
      const engine: Engine = {
        reconciler: made.reconciler,
        nft: made.port,
        lines,
        async stop() {
          stopping.abort();
          await made.ended;
          made.port.close();
          made.connections.close();
          made.flows.close();
          made.persistence.close();
        },
      };
      engines.push(engine);
      return engine;
    },
    nft,
    listing() {
      nft('-j', 'list', 'ruleset');
      return nft('list', 'ruleset');
    },
    async dispose() {
      for (const engine of engines) await engine.stop();
      await namespaces.dispose();
    },
  };
};

/** A listing without what is always there and bears a name that could be a feature's: who found no room in map `persist`. */
export const withoutConstants = (listing: string): string =>
  listing.replace(/set (general_)?persist_refused \{[^}]*\}/g, '');
