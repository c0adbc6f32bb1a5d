/** The main path of a node: build ports, build apps, start in order, stop in reverse. */

import { createControlApi } from './api/control.js';
import { createConntrackd } from './app/conntrackd.js';
import { createGuard } from './app/guard.js';
import { createLifetime } from './app/lifetime.js';
import { createGuardStores } from './app/maintenance-store.js';
import { createNodeControl } from './app/node.js';
import { wireNode } from './app/node-wiring.js';
import { createReplicator, type Replicator } from './app/replicate.js';
import { createServicesInForce } from './app/services-in-force.js';
import { createServicesStore } from './app/services-store.js';
import { sysctlsFor } from './conntrack/sysctls.js';
import { joinDocument } from './document.js';
import { generalPorts, startEngine } from './engine.js';
import { watchHealth } from './health.js';
import { version } from './model/version.js';
import { serveNftlbApi } from './nftlb-api.js';
import type { PersistenceIndex } from './ports.js';
import { keepRecords } from './records.js';
import { readApiAccess } from './shell/api-access.js';
import { sleep, systemClock, systemTimers } from './shell/clock.js';
import { readNodeConfig, readSecret } from './shell/config-files.js';
import { listenOnSocket } from './shell/control-socket.js';
import { createDaemons } from './shell/daemons.js';
import { createFiles } from './shell/files.js';
import { startGuardThread } from './shell/guard-thread.js';
import { sha256 } from './shell/hash.js';
import { createLog } from './shell/log.js';
import { memoryBytes, releaseMemory } from './shell/memory.js';
import { createPersistenceMap } from './shell/persistence-map.js';
import { systemRandom } from './shell/process.js';
import { createRenewedLinks, renewEtcd } from './shell/renewal.js';
import { createRunner } from './shell/runner.js';
import { applySysctls } from './shell/sysctl.js';

/** What a restart waits for neighbours that the kernel has forgotten: traffic goes on by the rules of the process before. */
const neighbourWaitMs = 1_000;

/** Runs a node until the signal aborts. Rejects when the node cannot start, with what to do about it. */
export const runAgent = async (configPath: string, signal: AbortSignal): Promise<void> => {
  const config = await readNodeConfig(configPath);
  const secret = await readSecret(config.secretFile);
  const access = config.api && (await readApiAccess(config.api));
  const log = createLog(config.logLevel, { node: config.node });
  const clock = systemClock;
  const files = createFiles();
  const lifetime = createLifetime(log);

  try {
    const sysctls = await applySysctls(sysctlsFor(config));
    const refused = sysctls.filter(({ ok }) => !ok);
    const complaints = refused.map(({ reason }) => reason ?? 'a sysctl could not be set');
    for (const complaint of complaints) log.error({}, complaint);

    let replicator: Replicator;
    const persistenceIndex: PersistenceIndex = {
      keysOfBackend: (...backend) => replicator.index?.keysOfBackend(...backend) ?? [],
    };
    const { nft, packets, context, kernel, machine, engine } = await startEngine(
      config,
      log,
      lifetime,
      persistenceIndex,
    );
    replicator = createReplicator(
      {
        nft,
        persistence: createPersistenceMap(),
        links: createRenewedLinks(config, systemRandom, log),
        clock,
        random: systemRandom,
        log,
        openPacketLog: async () => packets!,
        serviceAt: (endpoint) => engine.serviceAt(endpoint),
        general: generalPorts(engine, config),
        electedEpoch: (name) => guard.state()?.groups.find((group) => group.name === name)?.epoch ?? 0,
      },
      { ...config, software: version },
    );
    const conntrackd = createConntrackd(
      { runner: createRunner(), files, daemons: createDaemons(), clock, log, sleep },
      config,
    );
    const store = createServicesStore(files, config.stateDir, log, sha256);
    lifetime.onStop(() => store.flush());
    const guard = createGuard(
      {
        log,
        timers: systemTimers,
        startThread: startGuardThread,
        ...createGuardStores(files, config.stateDir),
      },
      config,
      secret,
    );
    const records = await keepRecords(config, { guard, replicator, log, lifetime });
    const services = createServicesInForce(engine, store, log);
    const found = await engine.adopt();
    const stored = await store.load();
    if (stored) await machine.find(stored.services, neighbourWaitMs);
    if (stored) await engine.apply(stored, 'services in force before the restart');
    const shared = { services, engine, store, replicator, clock, log, found: stored !== undefined };
    const document = joinDocument(config.node, { ...shared, events: records.events }, lifetime.signal);
    const parts = {
      ...{ config, clock, log },
      engine,
      guard,
      replicator,
      conntrackd,
      services,
      document,
      ...records,
      memoryBytes,
      releaseMemory,
      context,
      kernel,
      complaints,
      takeovers: new Map<string, number>(),
    };
    records.events.record(
      'start',
      found.found ? 'adopted the rules in the kernel' : 'no rules in the kernel yet',
      found,
    );
    // Before a peer can send anything: a document that came unheard left what was known of services as it was.
    const unwire = wireNode(parts);
    for (const part of [engine, replicator]) lifetime.background(part.run(lifetime.signal));
    await conntrackd.start(lifetime.signal);
    lifetime.onStop(() => conntrackd.stop());
    lifetime.onStop(unwire);
    await guard.start();
    lifetime.onStop(() => guard.stop());
    lifetime.onStop(renewEtcd(config, guard.renewEtcd, log));
    lifetime.background(watchHealth(config, parts, lifetime.signal));
    const api = createControlApi(createNodeControl(parts), log);
    await listenOnSocket(api, config.controlSocket);
    lifetime.onStop(() => api.close());
    if (config.api && access) {
      const { listen, tls: tlsFiles } = config.api;
      await serveNftlbApi(services, { ...access, listen, tlsFiles, log }, lifetime);
    }
    log.info({ version, cluster: config.cluster, safety: guard.state()?.safetyText }, 'node is running');

    await lifetime.last(signal);
    log.info({}, 'stopping');
  } finally {
    await lifetime.stop();
  }
};
