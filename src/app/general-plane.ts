/**
 * Replication of what map `persist` does not hold: persistence of general services, persistence and flows of services without connection
 * tracking, bans. The same parts as for map `persist`, over columns of numbers that stand for logical identities (`GeneralBook`):
 *
 *   reports → GeneralHints ┐
 *   look-ups, scans → KernelSource → Replica → second stream of the peers' sessions → Replica → KernelSink → the peer's sets
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { ipFromBytes, ipv4Number, isIpv6 } from '../model/address.js';
import { bytesOfText } from '../model/general-columns.js';
import { valuesOf } from '../model/general-shape.js';
import type { GeneralEntry } from '../model/persistence.js';
import type { Service } from '../model/service.js';
import type { TableName } from '../netlink/nft/ast.js';
import type { Clock, ElementReader, Log, Nft, PacketLog } from '../ports.js';
import { isWritable } from '../replication/compare.js';
import { GeneralBook } from '../replication/general/book.js';
import type { GeneralParts } from '../replication/general/channel.js';
import { Directory } from '../replication/general/directory.js';
import { isStateless } from '../replication/general/places.js';
import { createGeneralPlanner } from '../replication/general/plan.js';
import { GeneralVerdicts } from '../replication/general/verdicts.js';
import type { GroupBook } from '../replication/groups.js';
import { Replica } from '../replication/replica.js';
import { GeneralHints } from './general-hints.js';
import { createGeneralMap } from './general-map.js';
import { KernelSink } from './kernel-sink.js';
import { KernelSource } from './kernel-source.js';
import { createUpkeep } from './replica-upkeep.js';
import { type Described, type Describer, kernelDifferences, type LocalDifference } from './sync-verify.js';

/** What the plane needs beside what replication has anyway. */
export interface GeneralPorts {
  /** Services in force, by name. */
  readonly services: () => ReadonlyMap<string, Service>;
  readonly idOf: (service: string) => number;
  readonly hasSet: (table: TableName, set: string) => boolean;
  readonly elements: ElementReader;
  readonly openHintLog: () => Promise<PacketLog>;
}

export interface GeneralPlaneOptions extends GeneralPorts {
  readonly nft: Nft;
  readonly clock: Clock;
  readonly log: Log;
  readonly groups: GroupBook;
  readonly seed: number;
  readonly logEntries: number;
  readonly tombstoneMs: number;
  readonly onChange: () => void;
}

const sweepRows = 1_024;
/** Numbers of keys that nobody has any more are taken back this often. */
const collectMs = 60_000;

export type GeneralPlane = ReturnType<typeof createGeneralPlane>;

export const createGeneralPlane = (options: GeneralPlaneOptions) => {
  const { nft, clock, log, groups, elements } = options;
  const book = new GeneralBook();
  const directory = new Directory({
    services: options.services,
    idOf: options.idOf,
    hasSet: options.hasSet,
    groupOf: (address) => groups.groupOf(isIpv6(address) ? address : ipv4Number(address)),
    groups: groups.names.length,
  });
  const replica = new Replica({
    maxEntries: limits.generalEntries,
    logEntries: options.logEntries,
    tombstoneMs: options.tombstoneMs,
    seed: options.seed,
    groupOf: book.groupOf,
    identity: book,
  });
  // Its columns are replaced as it grows: never taken out of it.
  const { table } = replica;
  const verdicts = new GeneralVerdicts(book, directory);
  const map = createGeneralMap({ nft, elements, book, directory });
  const sink = new KernelSink({
    nft,
    clock,
    log,
    replica,
    writable: (row) => isWritable(replica.table, verdicts, row),
    planner: createGeneralPlanner(replica, book, directory),
  });
  const shared = { clock, log, replica, groups, verdicts, sink, onChange: options.onChange };
  const source = new KernelSource({ ...shared, persistence: map });
  const hints = new GeneralHints({
    ...shared,
    map,
    book,
    directory,
    onLoss: (detail) => source.lost(detail),
  });
  let collectedAtMs = 0;

  const isBan = (row: number): boolean => book.shapeAt(replica.table.protocolPort[row]!).kind === 'ban';

  const upkeep = createUpkeep({
    ...shared,
    extendRows: 2_000,
    review: (keys, unread) => source.reviewed(keys, unread),
    isExtended: (row) => !isBan(row),
    isNumbered: (row) => isStateless(book.shapeAt(replica.table.protocolPort[row]!)),
  });

  const viewOf = (
    client: number,
    service: number,
    backend: number,
  ): Pick<GeneralEntry, 'kind' | 'service' | 'client' | 'backendAddress'> => {
    const { service: name, key, shape } = book.identityOf(client, service);
    const address = bytesOfText(book.backendAt(backend));
    return {
      kind: shape.kind,
      service: name,
      client: valuesOf(key),
      ...(address.length > 0 && { backendAddress: ipFromBytes(address, 0, address.length) }),
    };
  };
  const describe = (client: number, service: number, backend: number, port: number): Described => {
    const { kind, service: name, client: who, backendAddress = 'banned' } = viewOf(client, service, backend);
    return {
      who: `${kind} of ${name}, client ${who.join(' ')}`,
      where: `${backendAddress} port ${port}`,
      service: name,
      client: who.join(' '),
    };
  };
  const describer: Describer = {
    columns: ({ client, address, backend, backendPort }, at) =>
      describe(client[at]!, address[at]!, backend[at]!, backendPort[at]!),
    row: (row) =>
      describe(table.client[row]!, table.address[row]!, table.backend[row]!, table.backendPort[row]!),
  };
  const view = (row: number, nowMs: number): GeneralEntry => ({
    ...viewOf(table.client[row]!, table.address[row]!, table.backend[row]!),
    backendPort: table.backendPort[row]!,
    ttlMs: table.ttlMs[row]!,
    remainingMs: Math.max(0, Math.round(table.expiresAtMs[row]! - nowMs)),
  });

  return {
    replica,
    sink,
    source,
    hints,
    parts: (flow: GeneralParts['flow']): GeneralParts => ({ replica, book, flow }),
    /** The election's word: a takeover gives persistence the half of a life that it may lack. A ban ends when it would have ended. */
    becameActive(group: number): void {
      upkeep.inherit(group);
    },
    /** What is said of backends may be different from now on; what must leave the kernel does at the next `judgeAll`. */
    forget(): void {
      directory.forget();
      verdicts.forget();
    },
    judgeAll(): void {
      for (const pair of replica.pairs()) upkeep.judge(pair);
      upkeep.writeWaiting();
    },
    refill(): void {
      sink.forgetKernel();
      const nowMs = clock.nowMs();
      const rows: number[] = [];
      for (let row = 0; row < replica.table.used; row++) if (replica.isLive(row, nowMs)) rows.push(row);
      sink.write(rows);
    },
    tick(nowMs: number, intervalMs: number): void {
      upkeep.extend();
      replica.sweep(sweepRows, nowMs);
      source.tick(nowMs, intervalMs);
      if (nowMs - collectedAtMs < collectMs) return;
      collectedAtMs = nowMs;
      book.collect(replica.table);
    },
    entry: view,
    dump(): GeneralEntry[] {
      const nowMs = clock.nowMs();
      const entries: GeneralEntry[] = [];
      for (let row = 0; row < replica.table.used; row++) {
        if (replica.isLive(row, nowMs)) entries.push(view(row, nowMs));
      }
      return entries;
    },
    describer,
    stream: { map, replica, verdicts, book },
    differences: (): Promise<LocalDifference[]> =>
      kernelDifferences({ persistence: map, replica, verdicts, clock }, describer),
    async start(): Promise<void> {
      hints.start(await options.openHintLog());
    },
    /** Takes what the kernel already holds into the replica. */
    async adopt(): Promise<void> {
      await source
        .adopt()
        .catch((thrown) =>
          log.warn(
            { error: errorFrom(thrown).message },
            'the kernel maps of general services could not be read',
          ),
        );
      source.watch();
      sink.thorough = false;
    },
    stop(): void {
      source.stop();
      sink.stop();
      hints.stop();
      map.close();
    },
  };
};
