/** The main path of `relevo nftlb`: one node without a cluster, where nftlb stood. No guard, no replication, no conntrackd, no state on disk. */

import { probeKernel } from './app/kernel-features.js';
import { createLifetime } from './app/lifetime.js';
import { keepPersistRoom } from './app/persist-room.js';
import { createReconciler } from './app/reconcile.js';
import { createServicesInForce } from './app/services-in-force.js';
import { formatProblems } from './config/problems.js';
import { parseServices } from './config/services.js';
import { RelevoError } from './errors.js';
import { checkBackends } from './health.js';
import { startMachine } from './machine.js';
import { serveNftlbApi } from './nftlb-api.js';
import type { Log } from './ports.js';
import { plainContext } from './ruleset/context.js';
import type { Shortcoming } from './ruleset/feature.js';
import { systemClock, systemTimers } from './shell/clock.js';
import { createConnections } from './shell/connections.js';
import { createNft } from './shell/nft.js';
import { createPersistenceMap } from './shell/persistence-map.js';
import { createSetReader } from './shell/set-reader.js';

export interface NftlbNodeOptions {
  /** A services document to begin with. */
  readonly document: string | undefined;
  /** Apply it and end; the rules stay. */
  readonly exit: boolean;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Where `tls` comes from: read again at SIGHUP. */
  readonly tlsFiles: { readonly cert: string; readonly key: string } | undefined;
  readonly log: Log;
  /** Told once requests are answered. */
  readonly ready: () => void;
}

const noStore = {
  save: async () => undefined,
  saveLater: () => undefined,
  saveState: async () => undefined,
  saveElements: () => undefined,
};

const parse = (text: string) => {
  const parsed = parseServices(text);
  if ('document' in parsed) return parsed.document;
  throw new RelevoError(
    'bad-document',
    `the configuration was refused, nothing was changed:\n${formatProblems(parsed.problems)}`,
  );
};

/** What a start waits for backends to answer ARP: three questions, a second apart. */
const neighbourWaitMs = 3_000;

/** Nobody is left who could serve it later. */
const refuseWhatIsNotServed = (shortcomings: readonly Shortcoming[]): void => {
  if (shortcomings.length === 0) return;
  const lines = shortcomings.map(
    ({ service, backend, reason }) =>
      `farms['${service}']${backend === undefined ? '' : `.backends['${backend}']`}: ${reason}`,
  );
  throw new RelevoError('unsupported', `the rest is in force, but not:\n${lines.join('\n')}`);
};

/** Rejects when the configuration or the kernel refuses, and when the address is taken. */
export const runNftlbNode = async (options: NftlbNodeOptions, signal: AbortSignal): Promise<void> => {
  const { log } = options;
  const document = options.document === undefined ? { services: [] } : parse(options.document);
  const lifetime = createLifetime(log);
  try {
    const nft = createNft({ log });
    lifetime.onStop(() => nft.close());
    const connections = createConnections();
    lifetime.onStop(() => connections.close());
    const kernel = await probeKernel(nft, log);
    const machine = await startMachine('all', kernel, log, lifetime);
    const persistence = createPersistenceMap();
    lifetime.onStop(() => persistence.close());
    const engine = createReconciler(
      { nft, log, clock: systemClock, connections, facts: machine.facts, flows: machine.flows, persistence },
      plainContext,
    );
    machine.follow(engine);
    const sets = createSetReader();
    lifetime.onStop(() => sets.close());
    lifetime.onStop(keepPersistRoom({ sets, nft, timers: systemTimers, log }, engine));
    await engine.adopt();
    await machine.find(document.services, neighbourWaitMs);
    await engine.apply(document, 'the configuration file');
    if (options.exit) return refuseWhatIsNotServed(engine.shortcomings());
    lifetime.background(engine.run(lifetime.signal));
    const services = createServicesInForce(engine, noStore);
    const record = (kind: string, message: string) => log.info({ kind }, message);
    checkBackends({ engine, services, log, record, owns: () => true }, lifetime.signal);
    const { host: address, port } = options;
    await serveNftlbApi(services, { ...options, listen: { address, port } }, lifetime);
    options.ready();
    await lifetime.last(signal);
  } finally {
    await lifetime.stop();
  }
};
