/** The main path of `relevo nftlb`: one node without a cluster, where nftlb stood. No guard, no replication, no conntrackd, no state on disk. */

import { createNftlbApi } from './api/nftlb/api.js';
import { noFacts } from './app/feature-engine.js';
import { createLeastconnLoop } from './app/leastconn.js';
import { createLifetime } from './app/lifetime.js';
import { createReconciler } from './app/reconcile.js';
import { createServicesInForce } from './app/services-in-force.js';
import { formatProblems } from './config/problems.js';
import { parseServices } from './config/services.js';
import { RelevoError } from './errors.js';
import type { Log } from './ports.js';
import { plainContext } from './ruleset/context.js';
import { createKeyCheck, listenOnAddress } from './shell/api-server.js';
import { systemClock, systemTimers } from './shell/clock.js';
import { createConnections } from './shell/connections.js';
import { createFlows } from './shell/flows.js';
import { createNft } from './shell/nft.js';

export interface NftlbNodeOptions {
  /** A services document to begin with. */
  readonly document: string | undefined;
  /** Apply it and end; the rules stay. */
  readonly exit: boolean;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly log: Log;
  /** Told once requests are answered. */
  readonly ready: () => void;
}

const noStore = { save: async () => undefined, saveLater: () => undefined, saveState: async () => undefined };

const parse = (text: string) => {
  const parsed = parseServices(text);
  if ('document' in parsed) return parsed.document;
  throw new RelevoError(
    'bad-document',
    `the configuration was refused, nothing was changed:\n${formatProblems(parsed.problems)}`,
  );
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
    const flows = createFlows();
    lifetime.onStop(() => flows.close());
    const leastconn = createLeastconnLoop({ flows, timers: systemTimers, clock: systemClock, log });
    const facts = { ...noFacts, shares: leastconn.shares };
    const engine = createReconciler({ nft, log, clock: systemClock, connections, facts }, plainContext);
    await engine.adopt();
    await engine.apply(document, 'the configuration file');
    if (options.exit) return;
    lifetime.background(engine.run(lifetime.signal));
    lifetime.onStop(leastconn.follow(engine));
    const services = createServicesInForce(engine, noStore);
    const api = createNftlbApi(services, {
      isKey: createKeyCheck(options.key),
      log,
      ...(options.tls && { tls: options.tls }),
    });
    lifetime.onStop(() => api.close());
    await listenOnAddress(api, { address: options.host, port: options.port });
    options.ready();
    await lifetime.last(signal);
  } finally {
    await lifetime.stop();
  }
};
