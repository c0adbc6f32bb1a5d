/** The main path of a node: build ports, build apps, start in order, stop in reverse. */

import { createControlApi } from './api/control.js';
import { createConntrackd } from './app/conntrackd.js';
import { engineContext } from './app/engine-context.js';
import { createEpochStore } from './app/epoch-store.js';
import { createEventRecorder } from './app/events.js';
import { createGuard } from './app/guard.js';
import { createNodeControl } from './app/node.js';
import { wireNode } from './app/node-wiring.js';
import { createReconciler } from './app/reconcile.js';
import { createReplicator, type Replicator } from './app/replicate.js';
import { createServicesStore } from './app/services-store.js';
import { sysctlsFor } from './conntrack/sysctls.js';
import { errorFrom } from './errors.js';
import { version } from './model/version.js';
import type { PersistenceIndex } from './ports.js';
import { sleep, systemClock, systemTimers } from './shell/clock.js';
import { readNodeConfig, readSecret } from './shell/config-files.js';
import { listenOnSocket } from './shell/control-socket.js';
import { createDaemons } from './shell/daemons.js';
import { createFiles } from './shell/files.js';
import { startGuardThread } from './shell/guard-thread.js';
import { createLog } from './shell/log.js';
import { createNft } from './shell/nft.js';
import { createPacketLog } from './shell/packet-log.js';
import { createPeerLinks } from './shell/peer-links.js';
import { createPersistenceMap } from './shell/persistence-map.js';
import { memoryBytes, systemRandom, wallTime } from './shell/process.js';
import { createRunner } from './shell/runner.js';
import { applySysctls } from './shell/sysctl.js';

/** Runs a node until the signal aborts. Rejects when the node cannot start, with what to do about it. */
export const runAgent = async (configPath: string, signal: AbortSignal): Promise<void> => {
  const config = await readNodeConfig(configPath);
  const secret = await readSecret(config.secretFile);
  const log = createLog(config.logLevel, { node: config.node });
  const clock = systemClock;
  const files = createFiles();
  const running = new AbortController();
  const cleanups: (() => unknown)[] = [];
  const failed = new Promise<never>((_, reject) => {
    running.signal.addEventListener('abort', () => reject(running.signal.reason), { once: true });
  });
  failed.catch(() => undefined);
  /** A part that ends before the node does has failed, and the node with it: a supervisor starts it again. */
  const background = (run: Promise<void>): void => {
    const done = run.catch((thrown) => running.abort(errorFrom(thrown)));
    cleanups.push(() => {
      running.abort();
      return done;
    });
  };

  try {
    const sysctls = await applySysctls(sysctlsFor(config));
    const complaints = sysctls.flatMap(({ ok, reason }) =>
      ok ? [] : [reason ?? 'a sysctl could not be set'],
    );
    for (const complaint of complaints) log.error({}, complaint);

    const nft = createNft({ log });
    cleanups.push(() => nft.close());
    const packets = config.replication.enabled
      ? createPacketLog({ group: config.replication.logGroup })
      : undefined;
    await packets?.ready;
    const context = { ...engineContext(config), reportBeforeNat: packets?.needsBeforeNat ?? false };
    let replicator: Replicator;
    const persistenceIndex: PersistenceIndex = {
      keysOfBackend: (...backend) => replicator.index?.keysOfBackend(...backend) ?? [],
    };
    const engine = createReconciler(
      { nft, log, clock, ...(config.replication.enabled ? { persistenceIndex } : {}) },
      context,
    );
    const links = createPeerLinks(config, systemRandom);
    replicator = createReplicator(
      {
        nft,
        persistence: createPersistenceMap(),
        links,
        clock,
        random: systemRandom,
        log,
        openPacketLog: async () => packets!,
        serviceAt: (endpoint) => engine.serviceAt(endpoint),
      },
      { ...config, software: version },
    );
    const conntrackd = createConntrackd(
      { runner: createRunner(), files, daemons: createDaemons(), clock, log, sleep },
      config,
    );
    const events = createEventRecorder(clock, wallTime);
    const store = createServicesStore(files, config.stateDir, log);
    const guard = createGuard(
      {
        log,
        timers: systemTimers,
        startThread: startGuardThread,
        epochs: createEpochStore(files, config.stateDir),
      },
      config,
      secret,
    );
    const parts = {
      config,
      clock,
      engine,
      guard,
      replicator,
      conntrackd,
      store,
      events,
      memoryBytes,
      context,
      complaints,
      takeovers: new Map<string, number>(),
    };

    const found = await engine.adopt();
    const stored = await store.load();
    if (stored) await engine.apply(stored, 'services in force before the restart');
    events.record(
      'start',
      found.found ? 'adopted the rules in the kernel' : 'no rules in the kernel yet',
      found,
    );
    background(engine.run(running.signal));
    background(replicator.run(running.signal));
    await conntrackd.start(running.signal);
    cleanups.push(() => conntrackd.stop());
    cleanups.push(wireNode(parts));
    await guard.start();
    cleanups.push(() => guard.stop());
    const api = createControlApi(createNodeControl(parts), log);
    await listenOnSocket(api, config.controlSocket);
    cleanups.push(() => api.close());
    log.info({ version, cluster: config.cluster, safety: guard.state()?.safetyText }, 'node is running');

    await Promise.race([
      failed,
      new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    ]);
    log.info({}, 'stopping');
  } finally {
    for (const cleanup of cleanups.reverse()) {
      try {
        await cleanup();
      } catch (thrown) {
        log.warn({ error: errorFrom(thrown).message }, 'while stopping');
      }
    }
  }
};
