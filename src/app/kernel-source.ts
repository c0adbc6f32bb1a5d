/**
 * Where this node's own entries come from: reports of packets that made one, and a dump of the kernel's map compared with the
 * replica, which finds refreshes (no event tells of them, FACTS.md), losses, and what somebody else changed.
 */

import { errorFrom } from '../errors.js';
import { ipv4FromNumber } from '../model/address.js';
import type { ElementBytes } from '../netlink/nft/ast.js';
import type { Clock, Log, LoggedPacket, Nft, PacketLog } from '../ports.js';
import { compareDump } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import { mark } from '../replication/marks.js';
import { readSighting, type Sighting } from '../replication/packet.js';
import { full, type Replica } from '../replication/replica.js';
import { rowState } from '../replication/table.js';
import { nextThreshold, thresholds } from '../replication/threshold.js';
import type { Verdicts } from '../replication/verdicts.js';
import { persistMap, serviceTable } from '../ruleset/layout.js';
import type { KernelSink } from './kernel-sink.js';

export interface KernelSourceOptions {
  readonly nft: Nft;
  readonly clock: Clock;
  readonly log: Log;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Verdicts;
  readonly sink: KernelSink;
  /** There is something to send. */
  readonly onChange: () => void;
}

/** A dump costs at most this share of the time, as far as lifetimes allow. */
const dumpShare = 1 / 100;
const shortestPauseMs = 2_000;
const longestPauseMs = 60_000;
const rateWindowMs = 100;

export class KernelSource {
  lostReports = 0;
  reports = 0;
  unreadable = 0;
  /** Entries that a dump found and no report had told of. */
  foundByDump = 0;
  fullEntries = 0;

  readonly #options: KernelSourceOptions;
  readonly #sighting: Sighting = { client: 0, address: 0, protocolPort: 0, backend: 0, backendPort: 0 };
  #packetLog: PacketLog | undefined;
  #threshold: number = thresholds.low;
  #windowStartMs = 0;
  #windowPackets = 0;
  #timer: NodeJS.Timeout | undefined;
  #comparing: Promise<void> | undefined;
  #compareAgain = false;
  #stopped = false;

  constructor(options: KernelSourceOptions) {
    this.#options = options;
  }

  /** Takes what the kernel already holds into the replica, as entries of unknown origin. */
  async adopt(): Promise<number> {
    const { replica, clock, groups } = this.#options;
    const elements = await this.#dump();
    const nowMs = clock.nowMs();
    const { rows } = compareDump({ ...this.#options, elements, nowMs, startedAtMs: nowMs, adopt: true });
    for (const row of rows) replica.table.marks[row]! |= mark.inKernel;
    if (rows.length > 0) {
      this.#options.log.info(
        { entries: rows.length, groups: groups.names.length },
        'adopted persistence entries',
      );
    }
    return rows.length;
  }

  start(packetLog: PacketLog): void {
    this.#packetLog = packetLog;
    packetLog.onPackets((packets) => this.#onPackets(packets));
    packetLog.onLoss((detail) => {
      this.lostReports++;
      this.#options.log.warn({ detail }, 'reports of new sessions were lost: comparing with the kernel');
      this.compareSoon(0);
    });
    this.#setThreshold(thresholds.low);
    this.compareSoon(shortestPauseMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#packetLog?.close();
  }

  /** Called every now and then, so that the threshold falls when nothing arrives any more. */
  tick(nowMs: number): void {
    if (this.#windowStartMs > 0 && nowMs - this.#windowStartMs > rateWindowMs) this.#adapt(nowMs);
  }

  compareSoon(delayMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.compare().catch((thrown) => {
        this.#options.log.warn({ error: errorFrom(thrown).message }, 'comparing with the kernel failed');
        this.compareSoon(shortestPauseMs);
      });
    }, delayMs);
  }

  /** One dump at a time; asked for during one, another follows. */
  compare(): Promise<void> {
    if (this.#comparing) {
      this.#compareAgain = true;
      return this.#comparing;
    }
    this.#comparing = this.#compareOnce().finally(() => {
      this.#comparing = undefined;
    });
    return this.#comparing;
  }

  async #compareOnce(): Promise<void> {
    const { clock, replica, sink, verdicts } = this.#options;
    const startedAtMs = clock.nowMs();
    const elements = await this.#dump();
    const nowMs = clock.nowMs();
    const headBefore = replica.head;
    const result = compareDump({ ...this.#options, elements, nowMs, startedAtMs, adopt: false });
    this.foundByDump += result.found;
    if (result.rows.length > 0) sink.write(result.rows);
    if (result.strays.length > 0) await this.#destroyStrays(result.strays);
    if (replica.head !== headBefore) this.#options.onChange();
    const costMs = clock.nowMs() - startedAtMs;
    const pauseMs = Math.min(costMs / dumpShare, verdicts.shortestTtlMs / 4, longestPauseMs);
    const again = this.#compareAgain;
    this.#compareAgain = false;
    this.compareSoon(again ? 0 : Math.max(shortestPauseMs, pauseMs));
  }

  async #dump(): Promise<ElementBytes[]> {
    try {
      return await this.#options.nft.dumpElements(serviceTable, persistMap.name);
    } catch (thrown) {
      const error = errorFrom(thrown);
      // No map yet: the rule engine makes it with the first service.
      if (error.code === 'kernel-missing') return [];
      throw error;
    }
  }

  async #destroyStrays(elements: readonly ElementBytes[]): Promise<void> {
    const keys = elements.map(({ key }) => ({ key }));
    const operation = {
      op: 'destroy-elements',
      table: serviceTable,
      set: persistMap,
      elements: keys,
    } as const;
    await this.#options.nft.commit({
      reason: `${keys.length} persistence entries that the active node does not have`,
      operations: [operation],
    });
  }

  #onPackets(packets: readonly LoggedPacket[]): void {
    const { clock, replica, groups, verdicts } = this.#options;
    const nowMs = clock.nowMs();
    const sighting = this.#sighting;
    const dead: number[] = [];
    for (const packet of packets) {
      if (!readSighting(packet, sighting)) {
        this.unreadable++;
        continue;
      }
      const { client, address, protocolPort, backend, backendPort } = sighting;
      const group = groups.groupOf(address);
      if (group < 0 || !groups.isActive(group)) continue;
      const { belongs, writable, ttlMs } = verdicts.of(address, protocolPort, backend, backendPort);
      if (!belongs) continue;
      const epoch = groups.epochOf(group);
      const row = replica.originate(
        client,
        address,
        protocolPort,
        backend,
        backendPort,
        ttlMs,
        ttlMs,
        epoch,
        nowMs,
      );
      if (row === full) this.fullEntries++;
      if (row < 0) continue;
      replica.table.marks[row]! |= mark.inKernel;
      if (!writable) dead.push(row);
    }
    this.reports += packets.length;
    this.#windowPackets += packets.length;
    if (this.#windowStartMs === 0) this.#windowStartMs = nowMs;
    else if (nowMs - this.#windowStartMs > rateWindowMs) this.#adapt(nowMs);
    if (dead.length > 0) this.#buryDead(dead, nowMs);
    this.#options.onChange();
  }

  /** A packet on its way while its backend failed has written the entry back: out with it, here and at the peers. */
  #buryDead(rows: readonly number[], nowMs: number): void {
    const { replica, groups, sink } = this.#options;
    const { table } = replica;
    for (const row of rows) {
      if (table.state[row] === rowState.live) replica.remove(row, groups.epochOf(table.group[row]!), nowMs);
    }
    const client = ipv4FromNumber(table.backend[rows[0]!]!);
    this.#options.log.debug({ entries: rows.length, backend: client }, 'entries of a failed backend removed');
    sink.write(rows);
  }

  #adapt(nowMs: number): void {
    const rate = (this.#windowPackets * 1000) / (nowMs - this.#windowStartMs);
    this.#windowStartMs = this.#windowPackets > 0 ? nowMs : 0;
    this.#windowPackets = 0;
    const threshold = nextThreshold(this.#threshold, rate);
    if (threshold !== this.#threshold) this.#setThreshold(threshold);
  }

  #setThreshold(threshold: number): void {
    this.#threshold = threshold;
    const log = this.#packetLog;
    log?.setThreshold(threshold * (log.reportsPerPacket ?? 1)).catch((thrown) => {
      this.#options.log.warn({ error: errorFrom(thrown).message }, 'the threshold of packet reports stays');
    });
  }
}
