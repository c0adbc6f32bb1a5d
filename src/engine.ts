/** The rule engine of a node with what it needs of the outside: sockets to the kernel, what the kernel can do, and log lines of services. */

import { engineContext, hintGroup } from './app/engine-context.js';
import type { GeneralPorts } from './app/general-plane.js';
import { type KernelFeatures, probeKernel } from './app/kernel-features.js';
import type { Lifetime } from './app/lifetime.js';
import { keepPersistRoom } from './app/persist-room.js';
import { createReconciler } from './app/reconcile.js';
import type { Reconciler } from './app/reconcile-types.js';
import { followServiceLog } from './app/service-log.js';
import { type Machine, startMachine } from './machine.js';
import type { NodeConfig } from './model/node.js';
import type { Log, Nft, PacketLog, PersistenceIndex } from './ports.js';
import type { EngineContext } from './ruleset/context.js';
import { systemClock, systemTimers } from './shell/clock.js';
import { createConnections } from './shell/connections.js';
import { createElementReader } from './shell/element-reader.js';
import { createNft } from './shell/nft.js';
import { createPacketLog } from './shell/packet-log.js';
import { createPersistenceMap } from './shell/persistence-map.js';
import { createSetReader } from './shell/set-reader.js';

export interface EngineParts {
  readonly nft: Nft;
  /** Newcomers that the rules report, for replication. */
  readonly packets: PacketLog | undefined;
  readonly context: EngineContext;
  readonly kernel: KernelFeatures;
  readonly machine: Machine;
  readonly engine: Reconciler;
}

/** The agent's own log takes what rules send to the group. */
const readServiceLog = async (group: number, log: Log, lifetime: Lifetime): Promise<void> => {
  const packets = createPacketLog({ group });
  lifetime.onStop(() => packets.close());
  followServiceLog({
    packets,
    write: (prefix, facts) => log.info({ prefix, ...facts }, 'packet of a service'),
    lost: (detail) => log.warn({ detail }, 'log lines of services were lost'),
  });
  await packets.ready;
};

export const startEngine = async (
  config: NodeConfig,
  log: Log,
  lifetime: Lifetime,
  persistenceIndex: PersistenceIndex,
): Promise<EngineParts> => {
  const nft = createNft({ log });
  lifetime.onStop(() => nft.close());
  const kernel = await probeKernel(nft, log);
  const connections = createConnections();
  lifetime.onStop(() => connections.close());
  const { replication } = config;
  const packets = replication.enabled ? createPacketLog({ group: replication.logGroup }) : undefined;
  await packets?.ready;
  if (config.engine.logGroup !== undefined) await readServiceLog(config.engine.logGroup, log, lifetime);
  const context = engineContext(config);
  const machine = await startMachine(config.engine.interfaces, kernel, log, lifetime);
  const persistence = createPersistenceMap();
  lifetime.onStop(() => persistence.close());
  const engine = createReconciler(
    {
      nft,
      log,
      clock: systemClock,
      connections,
      facts: machine.facts,
      flows: machine.flows,
      persistence,
      ...(replication.enabled && { persistenceIndex }),
    },
    context,
  );
  machine.follow(engine);
  const sets = createSetReader();
  lifetime.onStop(() => sets.close());
  lifetime.onStop(keepPersistRoom({ sets, nft, timers: systemTimers, log }, engine));
  return { nft, packets, context, kernel, machine, engine };
};

/** What replication of general entries asks of the engine and the kernel. */
export const generalPorts = (engine: Reconciler, config: NodeConfig): GeneralPorts => ({
  services: () => engine.view().services,
  idOf: (service) => engine.idOf(service),
  hasSet: (table, set) => engine.hasSet(table, set),
  elements: createElementReader(),
  async openHintLog() {
    const packets = createPacketLog({ group: hintGroup(config) });
    await packets.ready;
    return packets;
  },
});
