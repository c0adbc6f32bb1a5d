/**
 * Replication of persistence entries: from the packets of this node to the kernels of its peers, and back. Wires the parts:
 *
 *   packet reports, dumps → KernelSource → Replica → PeerHub → websocket → peer's PeerHub → Replica → KernelSink → peer's map
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { type Ipv4, ipv4Number, isIpv6 } from '../model/address.js';
import { createKeyColumns, protocolPortNumber } from '../model/columns.js';
import type { PersistenceEntry } from '../model/persistence.js';
import type { Endpoint } from '../model/service.js';
import { isWritable } from '../replication/compare.js';
import { GroupBook } from '../replication/groups.js';
import { receivedRows } from '../replication/inheritance.js';
import { rowKey } from '../replication/kernel-plan.js';
import { mark } from '../replication/marks.js';
import { type BackendPair, Replica } from '../replication/replica.js';
import { Verdicts } from '../replication/verdicts.js';
import { persistMap } from '../ruleset/layout.js';
import type { EventsMessage } from '../wire/frames.js';
import { createGeneralPlane } from './general-plane.js';
import { KernelSink } from './kernel-sink.js';
import { KernelSource } from './kernel-source.js';
import { type DocumentPeers, PeerHub } from './peer-hub.js';
import type { Replicator, ReplicatorConfig, ReplicatorPorts } from './replicate-types.js';
import { createWatch, entriesOf, lookOf } from './sync-look.js';
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
/** Entries whose life is extended per tick after a takeover. */
const extendRows = 4_000;

const sessionTiming = { helloMs: limits.syncHelloMs, pingMs: 1_000, silenceMs: 4_000, digestMs: 10_000 };
export const mapShape = `${persistMap.name} ${persistMap.key.join('.')}:${(persistMap.data as readonly string[]).join('.')}`;

export const createReplicator = (ports: ReplicatorPorts, config: ReplicatorConfig): Replicator => {
  const { clock, random, nft, persistence } = ports;
  const log = ports.log.child({ part: 'replication' });
  const { enabled } = config.replication;
  const peers = enabled ? config.nodes.map(({ name }) => name).filter((name) => name !== config.node) : [];
  const groups = new GroupBook(
    config.node,
    config.groups.map(({ name, addresses }) => ({
      name,
      addresses: addresses.map(({ address }) => (isIpv6(address) ? address : ipv4Number(address))),
    })),
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
      ...(general && {
        general: general.parts({
          frameEntries: limits.syncGeneralEntries,
          windowEntries: limits.syncWindowEntries,
        }),
      }),
    },
    write: (rows, done) => sink.write(rows, done),
    onEvents: (...told) => onEvents?.(...told),
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
  const look = lookOf({ hub, groups, clock }, replica, general, ports.serviceAt);
  const listeners = new Set<(readiness: SyncReadiness) => void>();
  let startedAtMs = clock.nowMs();
  let announced = '';
  const none: Record<string, string> = {};
  let digests = { atMs: Number.NEGATIVE_INFINITY, texts: none, general: none };
  const suspects: BackendPair[] = [];
  /** Entries taken over with less than half of their life left, the most urgent first. */
  let inherited: number[] = [];
  let recheckTimer: NodeJS.Timeout | undefined;
  let running = false;

  const readiness = (): SyncReadiness => {
    if (!enabled) return { ready: true, reasons: ['replication is off'], position: '' };
    const nowMs = clock.nowMs();
    const sinks = general ? [sink, general.sink] : [sink];
    return readinessOf({ hub, sinks, groups, node: config.node, head: replica.head, nowMs, startedAtMs });
  };

  const announce = (withPosition: boolean): void => {
    const current = readiness();
    const text = JSON.stringify(withPosition ? current : { ...current, position: '' });
    if (text === announced) return;
    announced = text;
    for (const listener of listeners) listener(current);
  };

  /** Brings rows in line with what the services now say of their backend. */
  const judge = (pair: BackendPair): void => {
    const { address, protocolPort, backend, backendPort } = pair;
    const verdict = verdicts.of(address, protocolPort, backend, backendPort);
    // Most pairs, most of the time: what packets wrote is right.
    if (verdict.writable && groups.isActive(groups.groupOf(address))) return;
    const nowMs = clock.nowMs();
    const changed: number[] = [];
    const removed = createKeyColumns();
    for (const row of replica.rowsOfBackend(address, protocolPort, backend, backendPort)) {
      const group = replica.table.group[row]!;
      const inKernel = (replica.table.marks[row]! & mark.inKernel) !== 0;
      if (groups.isActive(group)) {
        if (verdict.writable) continue;
        replica.remove(row, groups.epochOf(group), nowMs);
        replica.table.marks[row]! &= ~mark.inKernel;
        replica.pushKey(removed, row);
      } else if (verdict.writable !== inKernel) changed.push(row);
    }
    source
      .review(removed)
      .catch((thrown) => log.warn({ error: errorFrom(thrown).message }, 'entries of a failed backend stay'));
    if (changed.length > 0) sink.write(changed);
    hub.pumpSoon();
  };

  const recheck = (): void => {
    for (const pair of replica.pairs()) judge(pair);
    general?.judgeAll();
  };

  const extendInherited = (): void => {
    if (inherited.length === 0) return;
    const nowMs = clock.nowMs();
    const { table } = replica;
    const rows = inherited.splice(0, extendRows).filter((row) => {
      const group = table.group[row]!;
      return groups.isActive(group) && replica.extend(row, groups.epochOf(group), nowMs);
    });
    if (rows.length === 0) return;
    sink.write(rows);
    hub.pumpSoon();
  };

  const tick = (): void => {
    const nowMs = clock.nowMs();
    extendInherited();
    replica.sweep(sweepRows, nowMs);
    source.tick(nowMs, tickMs);
    general?.tick(nowMs, tickMs);
    hub.tick();
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
        inherited = receivedRows(replica, group, clock.nowMs());
        extendInherited();
        general?.becameActive(group);
      }
      source.roleChanged();
      general?.source.roleChanged();
      announce(false);
    },
    peers,
    attachEvents(wanted) {
      onEvents = wanted;
      return (peer, message) => hub.sendEvents(peer, message);
    },
    attachDocuments(wanted) {
      documents = wanted;
      return (peer, message) => hub.sendMessage(peer, message);
    },
    readiness,
    onReadiness(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rulesChanged() {
      if (!enabled) return;
      verdicts.forget();
      general?.forget();
      for (const pair of suspects.splice(0)) judge(pair);
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
      const facts = { enabled, hub, source, sink, replica, groups, clock, general };
      return syncStatus({
        ...facts,
        readiness: readiness(),
        digests: digests.texts,
        generalDigests: digests.general,
      });
    },
    dump() {
      const nowMs = clock.nowMs();
      const entries: PersistenceEntry[] = [];
      for (let row = 0; row < replica.table.used; row++) {
        if (replica.isLive(row, nowMs)) entries.push(look.persistence.entry(row, nowMs));
      }
      return entries;
    },
    show: (client) => entriesOf(look, client),
    watch: createWatch(look),
    dumpGeneral: () => general?.dump() ?? [],
    verify: () =>
      verifySync({
        ...{ persistence, hub, replica, groups, verdicts, clock, enabled },
        ...(general && { more: general.differences }),
      }),
    async run(signal) {
      if (!enabled) {
        log.warn({}, 'replication is off: a failover loses persistence');
        return;
      }
      running = true;
      startedAtMs = clock.nowMs();
      const timer = setInterval(tick, tickMs);
      try {
        // Listening comes first: what packets write during the scan is reported.
        source.start(await ports.openPacketLog(config.replication.logGroup));
        const adopted = source
          .adopt()
          .catch((thrown) =>
            log.warn({ error: errorFrom(thrown).message }, 'the kernel map could not be read'),
          )
          .finally(() => {
            sink.thorough = false;
          });
        await Promise.race([adopted, new Promise((resolve) => setTimeout(resolve, adoptMs).unref())]);
        await general?.start();
        await ports.links.start(hub);
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
      } finally {
        running = false;
        clearInterval(timer);
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
