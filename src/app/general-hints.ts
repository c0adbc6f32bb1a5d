/**
 * From reports of newcomers to entries of the replica: each report names a key, which is looked up in the kernel. The element is made a
 * moment after the report, so a key that is not there yet is asked for a few times more; what comes later still is for the scans.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { createKeyColumns } from '../model/columns.js';
import type { Clock, LoggedPacket, PacketLog, PersistenceMap } from '../ports.js';
import { adoptEntry, takeFromKernel } from '../replication/compare.js';
import type { GeneralBook } from '../replication/general/book.js';
import type { Directory } from '../replication/general/directory.js';
import { readHints } from '../replication/general/hint.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import { rowState } from '../replication/table.js';
import type { Judge } from '../replication/verdicts.js';
import type { KernelSink } from './kernel-sink.js';

export interface GeneralHintsOptions {
  readonly map: PersistenceMap;
  readonly clock: Clock;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Judge;
  readonly book: GeneralBook;
  readonly directory: Directory;
  readonly sink: KernelSink;
  /** There is something to send. */
  readonly onChange: () => void;
  /** Reports were lost, or too many wait. */
  readonly onLoss: (detail: string) => void;
}

interface Waiting {
  readonly service: string;
  readonly group: number;
  readonly key: string;
  tries: number;
}

/** After the first look-up, which is at once. */
const pausesMs = [5, 50, 500];

export class GeneralHints {
  reports = 0;
  /** Packets that name no entry of ours. */
  unreadable = 0;
  /** Keys whose entry did not come. */
  missed = 0;

  readonly #options: GeneralHintsOptions;
  #fresh = new Map<string, Waiting>();
  #waiting = 0;
  #looking = false;
  #packetLog: PacketLog | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: GeneralHintsOptions) {
    this.#options = options;
  }

  start(packetLog: PacketLog): void {
    this.#packetLog = packetLog;
    packetLog.onPackets((packets) => this.#onPackets(packets));
    packetLog.onLoss((detail) => this.#options.onLoss(detail));
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#packetLog?.close();
  }

  #onPackets(packets: readonly LoggedPacket[]): void {
    const { directory, groups } = this.#options;
    this.reports += packets.length;
    for (const packet of packets) {
      const hints = readHints(packet, directory);
      if (hints.length === 0) this.unreadable++;
      for (const { owner, key } of hints) {
        if (!groups.countsHere(owner.group)) continue;
        this.#ask({ service: owner.service.name, group: owner.group, key, tries: 0 });
      }
    }
  }

  #ask(waiting: Waiting): void {
    if (this.#fresh.size + this.#waiting >= limits.generalHints) {
      this.missed++;
      this.#options.onLoss(`more than ${limits.generalHints} reports wait for their entries`);
      return;
    }
    this.#fresh.set(`${waiting.service} ${waiting.key}`, waiting);
    if (this.#looking) return;
    this.#looking = true;
    // What else arrives in this turn of the event loop is asked for together.
    setImmediate(() => {
      this.#look()
        // What was asked for is not known now: a scan finds it.
        .catch((thrown) => this.#options.onLoss(`a look-up failed: ${errorFrom(thrown).message}`))
        .finally(() => {
          this.#looking = false;
        });
    });
  }

  async #look(): Promise<void> {
    const { map, book, clock, replica, groups, sink } = this.#options;
    while (this.#fresh.size > 0) {
      const asked = [...this.#fresh.values()];
      this.#fresh = new Map();
      const keys = createKeyColumns();
      for (const { service, group, key } of asked) book.pushKey(keys, service, group, key);
      const found = await map.read(keys);
      const nowMs = clock.nowMs();
      const headBefore = replica.head;
      const dead: number[] = [];
      const seen = new Set<number>();
      for (let at = 0; at < found.client.length; at++) {
        seen.add(found.client[at]!);
        const group = replica.groupOf(found.address[at]!);
        if (!groups.isActive(group)) {
          if (groups.countsHere(group)) adoptEntry(replica, found, at, nowMs);
          continue;
        }
        const row = takeFromKernel(this.#options, found, at, groups.epochOf(group), nowMs);
        // Written by a packet on its way while its backend failed: out with it again.
        if (row >= 0 && replica.table.state[row] === rowState.tombstone) dead.push(row);
      }
      if (dead.length > 0) sink.write(dead);
      if (replica.head !== headBefore) this.#options.onChange();
      asked.forEach((waiting, at) => {
        if (!seen.has(keys.client[at]!)) this.#later(waiting);
      });
    }
  }

  #later(waiting: Waiting): void {
    const pauseMs = pausesMs[waiting.tries];
    if (pauseMs === undefined) {
      this.missed++;
      return;
    }
    waiting.tries++;
    this.#waiting++;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#waiting--;
      this.#ask(waiting);
    }, pauseMs).unref();
    this.#timers.add(timer);
  }
}
