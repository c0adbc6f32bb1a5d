/**
 * The rule engine: keeps the kernel's table equal to the services document. One change at a time, each one atomic transaction, each
 * with its reason; after any refusal the picture in memory is thrown away and read back.
 */

import { errorFrom } from '../errors.js';
import type { Endpoint } from '../model/service.js';
import type { FlowPattern } from '../netlink/conntrack.js';
import type { ForeignChange } from '../ports.js';
import { adopt, rebuild } from '../ruleset/adopt.js';
import { type KernelPicture, mustRebuild } from '../ruleset/adopt-structure.js';
import { type Batches, createBatches } from '../ruleset/batches.js';
import type { EngineContext } from '../ruleset/context.js';
import { everyFeature } from '../ruleset/features/index.js';
import type { PolicyDelta } from '../ruleset/features/lists/elements.js';
import { strandedFlows } from '../ruleset/features/stranded.js';
import { endpointOf } from '../ruleset/ids.js';
import { changeEndpoints, type DeadPair, type Installed } from '../ruleset/installed.js';
import { persistMap, servicesMap } from '../ruleset/layout.js';
import { createRegistry, type Registry, type RegistryChange } from '../ruleset/registry.js';
import { createFeatureEngine, noFacts } from './feature-engine.js';
import { cannotProtect, isDrift } from './kernel-refusals.js';
import {
  keysOfDead,
  keysOfStale,
  patternOf,
  readKernel,
  readPersistence,
  uniqueKeys,
} from './reconcile-kernel.js';
import { countServices, createQueries, sessionSources } from './reconcile-queries.js';
import { keysOfSessions, type MapKeys } from './reconcile-sessions.js';
import type { ApplyReport, ReconcileEvent, ReconcilePorts, Reconciler } from './reconcile-types.js';
import { watchForeignChanges } from './reconcile-watch.js';
import { createQueue } from './serial-queue.js';

const tidyAfterMs = 2_000;

const destroyEntries = (batches: Batches, keys: Iterable<Uint8Array>): void => {
  for (const key of keys) {
    batches.destroy(persistMap, { key });
    batches.mark();
  }
};

const keysPerMessage = 2_000;

const destroyKeys = (batches: Batches, { table, set, keys }: MapKeys): void => {
  for (let from = 0; from < keys.length; from += keysPerMessage) {
    const elements = keys.slice(from, from + keysPerMessage).map((key) => ({ key }));
    batches.operation('remove', { op: 'destroy-elements', table, set, elements });
    batches.mark();
  }
};

export const createReconciler = (ports: ReconcilePorts, wish: EngineContext): Reconciler => {
  let context = wish;
  const { nft, log, clock } = ports;
  const features = createFeatureEngine(nft, ports.features ?? everyFeature, ports.facts ?? noFacts, () =>
    clock.nowMs(),
  );
  const listeners = new Set<(event: ReconcileEvent) => void>();
  const queue = createQueue();
  let registry: Registry = createRegistry(context);
  /** Undefined: unknown, to be read from the kernel before the next change. */
  let installed: Installed | undefined;
  let picture: KernelPicture | undefined;
  /** Until the first document is in force, what the kernel holds is not ours to judge. */
  let inForce = false;
  let repairs = 0;
  let sweepWaits = false;
  let tidying: NodeJS.Timeout | undefined;

  const emit = (event: ReconcileEvent): void => {
    for (const listener of listeners) listener(event);
  };

  const commit = async (batches: Batches, reason: string): Promise<void> => {
    if (batches.size === 0) return;
    const lists = batches.finish();
    for (const [index, operations] of lists.entries()) {
      const part = lists.length > 1 ? ` (${index + 1} of ${lists.length})` : '';
      await nft.commit({ reason: `${reason}${part}`, operations });
    }
  };

  /** The way from whatever is in the kernel to `wanted`. */
  const difference = async (wanted: Registry) => {
    const batches = createBatches();
    let found = picture ?? (await readKernel(nft));
    picture = undefined;
    const hasPersistence = found.table?.sets.some(({ name }) => name === persistMap.name);
    const persistence = hasPersistence ? await readPersistence(nft) : [];
    if (found.table && mustRebuild(found.table)) {
      log.warn({}, 'the table has the layout of another version: making it anew');
      rebuild(persistence, batches);
      found = { table: undefined, elements: new Map() };
    }
    const result = adopt(found, wanted.plans(), context, batches);
    destroyEntries(batches, keysOfStale(wanted, persistence));
    const accept = await features.adopt(wanted, context, batches);
    return { batches, result, accept };
  };

  const align = async (wanted: Registry, reason: string): Promise<number> => {
    installed = undefined;
    const { batches, result, accept } = await difference(wanted);
    const { size } = batches;
    try {
      await commit(batches, reason);
    } catch (thrown) {
      const error = errorFrom(thrown);
      if (!context.protect || !cannotProtect(error)) throw error;
      log.warn({ error: error.message }, 'the table of services is not protected from other programs');
      context = { ...context, protect: false };
      return align(wanted, reason);
    }
    accept();
    installed = result;
    return size;
  };

  /** What to do when the kernel has refused: it holds something else than was thought, or it means it. */
  const alignAfter = (wanted: Registry, reason: string) => (thrown: unknown) => {
    const error = errorFrom(thrown);
    if (!isDrift(error)) throw error;
    log.warn({ error: error.message }, 'the kernel holds something else than expected: reading it again');
    return align(wanted, reason);
  };

  /** Entries that packets wrote while the purge was on its way, or that no index knew. */
  const sweep = (): void => {
    if (sweepWaits) return;
    sweepWaits = true;
    queue(async () => {
      sweepWaits = false;
      if (!installed) return;
      const keys = keysOfStale(registry, await readPersistence(nft));
      if (keys.length === 0) return;
      const batches = createBatches();
      destroyEntries(batches, keys);
      await commit(batches, `purge ${keys.length} persistence entries without a backend`);
      emit({ kind: 'purged', entries: keys.length });
    }).catch((thrown) => log.warn({ error: errorFrom(thrown).message }, 'stale persistence entries stay'));
  };

  /** Behind the change: the next datagram of each flow then meets the slots as they are now. */
  const forget = (pattern: FlowPattern): void => {
    ports.connections
      ?.forget(pattern)
      .catch((thrown) =>
        log.warn({ error: errorFrom(thrown).message }, 'udp flows stay with a backend that failed'),
      );
  };

  /** Only what is reported is in a replica. */
  const isIndexed = (endpoint: Endpoint): boolean =>
    context.logGroup !== undefined && registry.ownerOf(endpoint)?.replicate !== 'none';

  const advance = async (change: RegistryChange, reason: string): Promise<number> => {
    if (!installed) return align(change.next, reason);
    const current = installed;
    // Until the kernel has said yes, nobody knows what is there.
    installed = undefined;
    const batches = createBatches();
    await features.change(
      [...change.changed, ...change.affected],
      change.policies,
      change.next,
      context,
      batches,
    );
    const { dead, stranded } = changeEndpoints(current, change.endpoints(), context, batches);
    destroyEntries(batches, uniqueKeys(await keysOfDead(nft, dead, ports.persistenceIndex, isIndexed)));
    const { size } = batches;
    await commit(batches, reason);
    installed = current;
    for (const pair of stranded) forget(patternOf(pair));
    for (const pattern of change.before.flatMap((old) => strandedFlows(old, change.next.get(old.name)))) {
      forget(pattern);
    }
    // The replica hears of what packets wrote meanwhile and destroys it by itself; a dump of a large map takes the kernel seconds.
    const isHeard = (pair: DeadPair): boolean =>
      ports.persistenceIndex !== undefined && isIndexed(endpointOf(pair.endpoint));
    if (!dead.every(isHeard)) sweep();
    return size;
  };

  /** After a refusal: what a half-sent cold start has left behind goes back to the services in force. */
  const restore = async (): Promise<void> => {
    if (!inForce) return;
    try {
      await align(registry, 'back to the services in force');
    } catch (thrown) {
      log.error({ error: errorFrom(thrown).message }, 'the services in force could not be restored');
    }
  };

  const perform = async (change: RegistryChange, reason: string): Promise<ApplyReport> => {
    const startMs = clock.nowMs();
    let operations: number;
    try {
      operations = await advance(change, reason).catch(alignAfter(change.next, reason));
    } catch (thrown) {
      const error = errorFrom(thrown);
      change.undo();
      log.error({ error: error.message, code: error.code, ...error.facts }, `refused: ${reason}`);
      await restore();
      emit({ kind: 'refused', reason, error });
      throw error;
    }
    registry = change.next;
    inForce = true;
    const tookMs = clock.nowMs() - startMs;
    log.debug({ operations, services: change.changed.length, tookMs }, reason);
    emit({ kind: 'applied', reason, operations, changed: change.changed, tookMs });
    tidyLater();
    return { operations, changed: change.changed };
  };

  /** What nobody needs any more costs little: it goes when nothing else has been done for a while (removing a chain takes the kernel 10 ms). */
  const tidyLater = (): void => {
    clearTimeout(tidying);
    tidying = setTimeout(() => {
      tidying = undefined;
      queue(async () => {
        if (!installed) return;
        const operations = features.sweep();
        if (operations.length > 0)
          await nft.commit({ reason: 'remove what nobody needs any more', operations });
      }).catch((thrown) => {
        // What is there is not what was thought: the next change reads it again.
        installed = undefined;
        log.warn({ error: errorFrom(thrown).message }, 'what nobody needs any more stays');
      });
    }, tidyAfterMs);
    tidying.unref();
  };

  /** Facts that features go by have changed for these services. */
  const reconsider = async (services: readonly string[], reason: string): Promise<void> => {
    if (!inForce) return;
    if (!installed) await align(registry, reason);
    const current = installed;
    installed = undefined;
    const batches = createBatches();
    await features.change(services, [], registry, context, batches);
    await commit(batches, reason).catch(alignAfter(registry, reason));
    installed ??= current;
    // Facts may change all the time: what waits to be tidied must not wait for ever.
    if (!tidying) tidyLater();
  };

  const changePolicy = async (name: string, delta: PolicyDelta): Promise<ApplyReport> => {
    if (!installed) await align(registry, 'read the kernel again');
    const current = installed;
    const batches = createBatches();
    const { policy, undo } = features.editPolicy(name, delta, registry, context, batches);
    installed = undefined;
    const operations = batches.size;
    try {
      await commit(batches, `policy ${name}: some elements`);
      installed = current;
      registry.setPolicy(policy);
    } catch (thrown) {
      const error = errorFrom(thrown);
      if (!isDrift(error)) {
        undo();
        await restore();
        throw error;
      }
      const before = registry.policies.get(name);
      registry.setPolicy(policy);
      try {
        await align(registry, `policy ${name}: the kernel held something else than expected`);
      } catch (again) {
        undo();
        if (before) registry.setPolicy(before);
        await restore();
        throw again;
      }
    }
    tidyLater();
    return { operations, changed: [] };
  };

  const repair = (foreign: ForeignChange): Promise<void> =>
    queue(async () => {
      if (!inForce) return;
      const startMs = clock.nowMs();
      picture = await readKernel(nft);
      // Packets' own entries were in tables of features, too.
      const persistenceLost = picture.table === undefined || foreign.kind === 'table-deleted';
      const operations = await align(registry, `repair after a foreign change: ${foreign.detail}`);
      if (operations === 0) return;
      repairs++;
      const facts = { detail: foreign.detail, operations, tookMs: clock.nowMs() - startMs, persistenceLost };
      log.warn(facts, 'repaired what somebody else changed');
      emit({ kind: 'repaired', ...facts });
    });

  return {
    adopt: () =>
      queue(async () => {
        installed = undefined;
        picture = await readKernel(nft);
        const services = picture.elements.get(servicesMap.name)?.length ?? 0;
        return { found: picture.table !== undefined, services };
      }),
    apply: (document, reason = 'apply the services document') =>
      queue(() => perform(registry.change(document), reason)),
    preview: (document) =>
      queue(async () => {
        const { changed, next } = registry.change(document);
        return { changed, operations: (await difference(next)).batches.size };
      }),
    setBackendState: (service, backend, state) =>
      queue(async () => {
        const change = registry.changeBackend(service, backend, state);
        if (!change) return { operations: 0, changed: [] };
        return perform(change, `${service}: backend ${backend} is ${state}`);
      }),
    changePolicy: (name, delta) => queue(() => changePolicy(name, delta)),
    change: (change, reason) => queue(() => perform(registry.changeSome(change), reason)),
    deleteSessions: (filter) =>
      queue(async () => {
        const found = await keysOfSessions(sessionSources(nft, features, registry), filter);
        const batches = createBatches();
        for (const one of found) destroyKeys(batches, one);
        if (found.length > 0) await commit(batches, `${filter.service}: drop sessions`);
      }),
    reconsider: (services, reason) => queue(() => reconsider(services, reason)),
    ...createQueries(ports, features, () => registry, wish),
    status: () => ({ ...countServices(registry), repairs }),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    run: (signal) => {
      signal.addEventListener('abort', () => clearTimeout(tidying), { once: true });
      return watchForeignChanges(
        nft,
        log,
        repair,
        ({ detail }) => emit({ kind: 'foreign-change', detail }),
        signal,
      );
    },
  };
};
