/**
 * Replication of persistence entries: from the packets of this node to the kernels of its peers, and back. Wires the parts:
 *
 *   packet reports, dumps → KernelSource → Replica → PeerHub → websocket → peer's PeerHub → Replica → KernelSink → peer's map
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { type Ipv4, ipv4Number, isIpv6 } from '../model/address.js';
import { protocolPortNumber } from '../model/columns.js';
import type { Endpoint } from '../model/service.js';
import { isWritable } from '../replication/compare.js';
import { ServiceCosts } from '../replication/costs.js';
import { takesEntries } from '../replication/direction.js';
import { GroupBook } from '../replication/groups.js';
import { rowKey } from '../replication/kernel-plan.js';
import { type BackendPair, Replica } from '../replication/replica.js';
import { Verdicts } from '../replication/verdicts.js';
import { persistMap } from '../ruleset/layout.js';
import type { Carried, EventsMessage } from '../wire/frames.js';
import { every } from './every.js';
import { createGeneralPlane } from './general-plane.js';
import { KernelSink } from './kernel-sink.js';
import { KernelSource } from './kernel-source.js';
import { type DocumentPeers, PeerHub } from './peer-hub.js';
import { createUpkeep } from './replica-upkeep.js';
import type { Replicator, ReplicatorConfig, ReplicatorPorts } from './replicate-types.js';
import { createComparer } from './sync-compare.js';
import { allEntries, createWatch, entriesOf, lookOf } from './sync-look.js';
import { readinessOf, type SyncReadiness } from './sync-readiness.js';
import { digestTexts, syncStatus } from './sync-status.js';
import { verifySync } from './sync-verify.js';

export type { Replicator, ReplicatorConfig, ReplicatorPorts } from './replicate-types.js';

const tickMs = 200;
/** Rows looked at per tick for what has expired: a hundred thousand in ten seconds, a million in under two minutes. */
const sweepRows = 2_048;
const tombstoneMs = 60_000;
/** After a change of services, all pairs are judged anew at leisure; those that the rule engine asked about at once. */
const recheckMs = 1_000;
/** Peers need not wait longer until a large map has been read. */
const adoptMs = 2_000;
const digestAgeMs = 1_000;

const sessionTiming = { helloMs: limits.syncHelloMs, pingMs: 1_000, silenceMs: 4_000, digestMs: 10_000 };
export const mapShape = `${persistMap.name} ${persistMap.key.join('.')}:${(persistMap.data as readonly string[]).join('.')}`;

export const createReplicator = (ports: ReplicatorPorts, config: ReplicatorConfig): Replicator => {
  const { clock, random, nft, persistence } = ports;
  const log = ports.log.child({ part: 'replication' });
  const { enabled, direction = 'both' } = config.replication;
  const peers = enabled ? config.nodes.map(({ name }) => name).filter((name) => name !== config.node) : [];
  const groups = new GroupBook(
    config.node,
    config.groups.map(({ name, addresses }) => ({
      name,
      addresses: addresses.map(({ address }) => (isIpv6(address) ? address : ipv4Number(address))),
    })),
    ports.electedEpoch,
  );
  const replica = new Replica({
    maxEntries: limits.replicaEntries,
    logEntries: enabled ? limits.syncQueueEntries : 1,
    tombstoneMs,
    seed: Math.floor(random.next() * 2 ** 32),
    groupOf: groups.groupOf,
  });
  const verdicts = new Verdicts(ports.serviceAt);
  const writable = (row: number): boolean => isWritable(replica.table, verdicts, row);
  const sink = new KernelSink({ nft, clock, log, replica, writable });
  let documents: DocumentPeers | undefined;
  let onCarried: ((carried: readonly Carried[]) => void) | undefined;
  let onEvents: ((peer: string, message: EventsMessage) => void) | undefined;
  const general =
    ports.general && enabled
      ? createGeneralPlane({
          ...ports.general,
          nft,
          clock,
          log,
          groups,
          seed: Math.floor(random.next() * 2 ** 32),
          logEntries: limits.syncQueueEntries,
          tombstoneMs,
          onChange: () => hub.pumpSoon(),
        })
      : undefined;
  const upkeep = createUpkeep({
    ...{ replica, groups, verdicts, sink, clock },
    extendRows: 4_000,
    review: (keys, unread) => source.reviewed(keys, unread),
    onChange: () => hub.pumpSoon(),
  });
  const costs = new ServiceCosts(clock.nowMs());
  const hub: PeerHub = new PeerHub({
    clock,
    log,
    replica,
    groups,
    peers,
    session: {
      node: config.node,
      cluster: config.cluster,
      software: config.software,
      session: Array.from({ length: 4 }, () => Math.floor(random.next() * 2 ** 24).toString(36)).join('-'),
      maps: [mapShape],
      flow: { frameEntries: limits.syncFrameEntries, windowEntries: limits.syncWindowEntries },
      timing: sessionTiming,
      direction,
      ...(general && {
        general: general.parts({
          frameEntries: limits.syncGeneralEntries,
          windowEntries: limits.syncWindowEntries,
        }),
      }),
    },
    write: (rows, done) => sink.write(rows, done),
    onAside: (peer, frame) => {
      if (frame.kind === 'events') onEvents?.(peer, frame.message);
      else if (frame.kind === 'verify') comparer.onMessage(peer, frame.message);
      else onCarried?.(frame.carried);
    },
    costs,
    documents: {
      onPeer: (...told) => documents?.onPeer(...told),
      onMessage: (...told) => documents?.onMessage(...told),
    },
    writeGeneral: (rows, done) => general?.sink.write(rows, done),
    onProgress: () => announce(false),
  });
  const source = new KernelSource({
    persistence,
    clock,
    log,
    replica,
    groups,
    verdicts,
    sink,
    onChange: () => hub.pumpSoon(),
  });
  const comparer = createComparer({
    node: config.node,
    ...{ clock, hub, groups, direction },
    plain: { map: persistence, replica, verdicts },
    general: general?.stream,
  });
  const look = lookOf({ hub, groups, clock }, replica, general, ports.serviceAt);
  const listeners = new Set<(readiness: SyncReadiness) => void>();
  let startedAtMs = clock.nowMs();
  let announced = '';
  const none: Record<string, string> = {};
  let digests = { atMs: Number.NEGATIVE_INFINITY, texts: none, general: none };
  const suspects: BackendPair[] = [];
  let recheckTimer: NodeJS.Timeout | undefined;
  let running = false;

  const readiness = (): SyncReadiness => {
    if (!enabled) return { ready: true, reasons: ['replication is off'], position: '' };
    const nowMs = clock.nowMs();
    const sinks = general ? [sink, general.sink] : [sink];
    return readinessOf({
      hub,
      sinks,
      groups,
      node: config.node,
      head: replica.head,
      nowMs,
      startedAtMs,
      direction,
    });
  };

  const announce = (withPosition: boolean): void => {
    const current = readiness();
    const text = JSON.stringify(withPosition ? current : { ...current, position: '' });
    if (text === announced) return;
    announced = text;
    for (const listener of listeners) listener(current);
  };

  const recheck = (): void => {
    for (const pair of replica.pairs()) upkeep.judge(pair);
    upkeep.writeWaiting();
    general?.judgeAll();
  };

  const tick = (): void => {
    const nowMs = clock.nowMs();
    upkeep.extend();
    replica.sweep(sweepRows, nowMs);
    source.tick(nowMs, tickMs);
    general?.tick(nowMs, tickMs);
    hub.tick();
    costs.tick(nowMs);
    announce(true);
  };

  return {
    index: enabled
      ? {
          keysOfBackend: (endpoint: Endpoint, backendAddress: Ipv4, backendPort: number) => {
            const address = ipv4Number(endpoint.address);
            const protocolPort = protocolPortNumber(endpoint.protocol, endpoint.port);
            const backend = ipv4Number(backendAddress);
            // Asked about because it is being purged: judged anew as soon as that is done.
            suspects.push({ address, protocolPort, backend, backendPort });
            const rows = replica.rowsOfBackend(address, protocolPort, backend, backendPort);
            return rows.map((row) => rowKey(replica.table, row));
          },
        }
      : undefined,
    setActive(name, epoch, active) {
      const group = groups.indexOf(name);
      if (!enabled || group < 0 || !groups.setActive(group, epoch, active)) return;
      log.info({ group: name, epoch, active }, active ? 'originating entries' : 'receiving entries');
      hub.announceRole(group);
      if (active) {
        upkeep.inherit(group);
        general?.becameActive(group);
      }
      source.roleChanged();
      general?.source.roleChanged();
      announce(false);
    },
    peers,
    attachEvents(wanted) {
      onEvents = wanted;
      return (peer, message) => hub.sendAside(peer, { kind: 'events', message });
    },
    attachCounters(wanted) {
      onCarried = wanted;
      return (peer, carried) => hub.sendAside(peer, { kind: 'counters', carried });
    },
    attachDocuments(wanted) {
      documents = wanted;
      return (peer, message) => hub.sendMessage(peer, message);
    },
    readiness,
    problems: () => [...ports.links.problems(), ...hub.complaints.problems()],
    onReadiness(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rulesChanged() {
      if (!enabled) return;
      verdicts.forget();
      general?.forget();
      for (const pair of suspects.splice(0)) upkeep.judge(pair);
      clearTimeout(recheckTimer);
      if (running) recheckTimer = setTimeout(recheck, recheckMs);
    },
    refill() {
      if (!enabled) return;
      sink.forgetKernel();
      const rows: number[] = [];
      for (let row = 0; row < replica.table.used; row++) {
        if (replica.isLive(row, clock.nowMs())) rows.push(row);
      }
      log.warn({ entries: rows.length }, 'writing all entries back to the kernel');
      sink.write(rows);
      general?.refill();
    },
    status() {
      const nowMs = clock.nowMs();
      // Whoever asks often must not make the node hash its entries all the time.
      if (nowMs - digests.atMs > digestAgeMs) {
        digests = {
          atMs: nowMs,
          texts: digestTexts(replica, groups, nowMs),
          general: general ? digestTexts(general.replica, groups, nowMs) : {},
        };
      }
      const facts = { enabled, hub, source, sink, replica, groups, clock, general, costs, direction };
      return syncStatus({
        ...facts,
        readiness: readiness(),
        digests: digests.texts,
        generalDigests: digests.general,
        serviceAt: ports.serviceAt,
        services: () => ports.general?.services() ?? new Map(),
      });
    },
    entries: () => allEntries(look),
    show: (client) => entriesOf(look, client),
    watch: createWatch(look),
    dumpGeneral: () => general?.dump() ?? [],
    verify: () =>
      verifySync({
        ...{ persistence, hub, replica, groups, verdicts, clock, enabled, comparer },
        node: config.node,
        takes: takesEntries(direction),
        serviceOf: ({ address, protocol, port }) => ports.serviceAt({ address, protocol, port })?.name,
        ...(general && { more: general }),
      }),
    async run(signal) {
      if (!enabled) {
        log.warn({}, 'replication is off: a failover loses persistence');
        return;
      }
      running = true;
      startedAtMs = clock.nowMs();
      const stopTicking = every(tickMs, tick);
      try {
        // Listening comes first: what packets write during the scan is reported.
        source.start(await ports.openPacketLog(config.replication.logGroup));
        await general?.start();
        const adopted = source
          .adopt()
          .catch((thrown) =>
            log.warn({ error: errorFrom(thrown).message }, 'the kernel map could not be read'),
          )
          .finally(() => {
            sink.thorough = false;
          });
        const bounded = new Promise((resolve) => setTimeout(resolve, adoptMs).unref());
        await Promise.race([Promise.all([adopted, general?.adopt()]), bounded]);
        await ports.links.start(hub);
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
      } finally {
        running = false;
        stopTicking();
        clearTimeout(recheckTimer);
        source.stop();
        sink.stop();
        general?.stop();
        ports.persistence.close();
        await ports.links
          .close()
          .catch((thrown) => log.warn({ error: errorFrom(thrown).message }, 'closing links'));
      }
    },
  };
};
