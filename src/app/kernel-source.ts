/**
 * Where this node's own entries come from: reports of packets that made one, look-ups that find refreshes (no event tells
 * of them, FACTS.md), and now and then a scan of the kernel's map, which finds what was lost and what somebody else changed.
 */

import { errorFrom } from '../errors.js';
import { ipv4FromNumber } from '../model/address.js';
import { createEntryColumns, createKeyColumns, type KeyColumns } from '../model/columns.js';
import type { LoggedPacket, PacketLog } from '../ports.js';
import { adoptEntries, Comparison } from '../replication/compare.js';
import { mark } from '../replication/marks.js';
import { pushSighting, readSighting, type Sighting } from '../replication/packet.js';
import { RefreshChecker } from '../replication/refresh.js';
import { full } from '../replication/replica.js';
import { rowState } from '../replication/table.js';
import { lowestThreshold, nextThreshold } from '../replication/threshold.js';
import { adoptKernel } from './adoption.js';
import { type BackendReview, createBackendReview, type KernelSourceOptions } from './backend-review.js';

/** A scan costs the kernel much where the map is large: at most this share of the time. */
const scanShare = 1 / 200;
const shortestPauseMs = 60_000;
const longestPauseMs = 3_600_000;
/** After a change of roles: not while clients are being taken over. */
const rolePauseMs = 10_000;
/** Scans asked for by losses of reports: a third of the time at most. */
const urgentShare = 1 / 2;
/** Every entry is looked at once in this time, or in a fraction of the shortest lifetime. */
const checkRoundMs = 1_000;
const checksPerTick = 2_000;
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
  #threshold: number = lowestThreshold;
  #windowStartMs = 0;
  #windowPackets = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = 0;
  #adopted: Promise<void> = Promise.resolve();
  #comparing: Promise<void> | undefined;
  #compareAgain = false;
  #scannedAtMs = 0;
  #scanCostMs = 0;
  #lookingUp = false;
  readonly #review: BackendReview;
  readonly #refreshes: RefreshChecker;
  #stopped = false;

  constructor(options: KernelSourceOptions) {
    this.#options = options;
    this.#refreshes = new RefreshChecker(options);
    this.#review = createBackendReview(options);
  }

  /** Takes what the kernel already holds into the replica, which is whole after that. */
  adopt(): Promise<void> {
    const { replica, clock, log, onChange } = this.#options;
    const startedAtMs = clock.nowMs();
    replica.whole = false;
    const adopting = adoptKernel(this.#options, () => !this.#stopped)
      .then((entries) => {
        if (entries > 0) log.info({ entries }, 'adopted persistence entries');
      })
      .finally(() => {
        this.#scanCostMs = clock.nowMs() - startedAtMs;
        replica.whole = true;
        onChange();
      });
    this.#adopted = adopting.catch(() => {});
    return adopting;
  }

  /** Without reports: looks for refreshes, and scans. */
  watch(): void {
    this.compareSoon(shortestPauseMs);
  }

  start(packetLog: PacketLog): void {
    this.#packetLog = packetLog;
    packetLog.onPackets((packets) => this.#onPackets(packets));
    packetLog.onLoss((detail) => this.lost(detail));
    this.#setThreshold(lowestThreshold);
    this.compareSoon(shortestPauseMs);
  }

  /** Reports were lost: what they told of is to be found. */
  lost(detail: string): void {
    this.lostReports++;
    this.#options.log.warn({ detail }, 'reports of new sessions were lost: comparing with the kernel');
    this.compareSoon(
      Math.max(0, this.#scannedAtMs + this.#scanCostMs / urgentShare - this.#options.clock.nowMs()),
    );
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#review.stop();
    this.#packetLog?.close();
  }

  /** Called every `intervalMs`: looks for refreshes, and lowers the threshold when nothing arrives any more. */
  tick(nowMs: number, intervalMs: number): void {
    this.#checkRefreshes(nowMs, intervalMs);
    if (this.#windowStartMs > 0 && nowMs - this.#windowStartMs > rateWindowMs) this.#adapt(nowMs);
  }

  /** What packets did here under the other role is to be looked at, some time. */
  roleChanged(): void {
    this.compareSoon(Math.max(rolePauseMs, this.#scanCostMs * 10));
  }

  compareSoon(delayMs: number): void {
    if (this.#stopped) return;
    const dueAtMs = this.#options.clock.nowMs() + delayMs;
    // What is due sooner stays so: a loss of reports is not put off by a change of roles, nor by the end of the scan that it came into.
    if (this.#timer && this.#dueAtMs <= dueAtMs) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.compare().catch((thrown) => {
        this.#options.log.warn({ error: errorFrom(thrown).message }, 'comparing with the kernel failed');
        this.compareSoon(shortestPauseMs);
      });
    }, delayMs).unref();
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
    await this.#adopted;
    const { clock, replica, sink, persistence } = this.#options;
    const startedAtMs = clock.nowMs();
    const headBefore = replica.head;
    const comparison = new Comparison(this.#options, startedAtMs);
    let exists = true;
    await persistence
      .scan((piece) => {
        const before = replica.head;
        comparison.take(piece, clock.nowMs());
        if (replica.head !== before) this.#options.onChange();
      }, replica.live)
      .catch((thrown) => {
        if (errorFrom(thrown).code !== 'kernel-missing') throw thrown;
        exists = false;
      });
    this.#scannedAtMs = clock.nowMs();
    this.#scanCostMs = this.#scannedAtMs - startedAtMs;
    if (exists && !this.#stopped) {
      comparison.finish(this.#scannedAtMs);
      this.foundByDump += comparison.found;
      if (comparison.rows.length > 0) sink.write(comparison.rows);
      await sink.destroy(comparison.strays);
      await this.#lookUp(comparison.doubtful);
    }
    if (replica.head !== headBefore) this.#options.onChange();
    const again = this.#compareAgain;
    this.#compareAgain = false;
    const pauseMs = Math.min(longestPauseMs, Math.max(shortestPauseMs, this.#scanCostMs / scanShare));
    this.compareSoon(again ? this.#scanCostMs / urgentShare : pauseMs);
  }

  #checkRefreshes(nowMs: number, intervalMs: number): void {
    if (this.#lookingUp || this.#stopped) return;
    const { replica, verdicts, log } = this.#options;
    const roundMs = Math.max(intervalMs, Math.min(checkRoundMs, verdicts.shortestTtlMs / 32));
    const rows = Math.ceil((replica.table.used * intervalMs) / roundMs);
    const due = this.#refreshes.due(rows, checksPerTick, nowMs);
    if (due.length === 0) return;
    this.#lookingUp = true;
    this.#lookUp(due)
      .catch((thrown) =>
        log.warn({ error: errorFrom(thrown).message }, 'looking for refreshed entries failed'),
      )
      .finally(() => {
        this.#lookingUp = false;
      });
  }

  async #lookUp(rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    const { clock, replica, persistence, sink } = this.#options;
    const keys = createKeyColumns();
    for (const row of rows) replica.pushKey(keys, row);
    const askedAtMs = clock.nowMs();
    const found = await persistence.read(keys);
    if (this.#stopped) return;
    const headBefore = replica.head;
    const toKernel = this.#refreshes.apply(rows, found, askedAtMs, clock.nowMs());
    if (toKernel.length > 0) sink.write(toKernel);
    if (replica.head !== headBefore) this.#options.onChange();
  }

  /** Entries of a backend that has failed or gone, by their keys. */
  reviewed(keys: KeyColumns, unread = false): void {
    this.#review.now(keys, unread);
  }

  #onPackets(packets: readonly LoggedPacket[]): void {
    const { clock, replica, groups, verdicts } = this.#options;
    const nowMs = clock.nowMs();
    const sighting = this.#sighting;
    const dead: number[] = [];
    const unowned = createEntryColumns();
    for (const packet of packets) {
      if (!readSighting(packet, sighting)) {
        this.unreadable++;
        continue;
      }
      const { client, address, protocolPort, backend, backendPort } = sighting;
      const group = groups.groupOf(address);
      if (group < 0 || !groups.countsHere(group)) continue;
      const { belongs, writable, gone, ttlMs } = verdicts.of(address, protocolPort, backend, backendPort);
      if (gone) this.#review.soon(sighting);
      if (!belongs) continue;
      if (!groups.isActive(group)) {
        if (writable) pushSighting(unowned, sighting, ttlMs);
        continue;
      }
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
    adoptEntries(replica, unowned, nowMs);
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
    this.#packetLog?.setThreshold(threshold).catch((thrown) => {
      this.#options.log.warn({ error: errorFrom(thrown).message }, 'the threshold of packet reports stays');
    });
  }
}
