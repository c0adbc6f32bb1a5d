/**
 * What each service costs on the way to peers: entries and bytes of the frames that carry them, all peers together. The bytes of a frame are
 * shared out among the services in it by their entries, so that services add up to what was sent.
 */

import type { KeyColumns } from '../model/columns.js';
import type { GeneralKeys } from '../model/general-columns.js';
import type { SyncFrame } from '../wire/frames.js';
import { Rate } from './rate.js';

/** Endpoints and names that are remembered: services come and go for years. */
const most = 100_000;

class Cost {
  entries = 0;
  bytes = 0;
  readonly entryRate: Rate;
  readonly byteRate: Rate;

  constructor(nowMs: number) {
    this.entryRate = new Rate(nowMs);
    this.byteRate = new Rate(nowMs);
  }
}

/** `key`: what the caller makes of an endpoint or a name of a service. */
export interface ServiceCost {
  readonly service: string;
  readonly entries: number;
  readonly bytes: number;
  readonly entriesPerSecond: number;
  readonly bytesPerSecond: number;
}

export class ServiceCosts {
  /** By address, then by protocol and port. */
  readonly #plain = new Map<number, Map<number, Cost>>();
  readonly #named = new Map<string, Cost>();
  #known = 0;
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  take(frame: SyncFrame, bytes: number): void {
    if (frame.kind === 'delta') {
      const { upserts, deletions } = frame;
      const perEntry = bytes / (upserts.client.length + deletions.client.length);
      this.#takePlain(upserts, perEntry);
      this.#takePlain(deletions, perEntry);
    } else if (frame.kind === 'snapshot-chunk') {
      this.#takePlain(frame.entries, bytes / frame.entries.client.length);
    } else if (frame.kind === 'general') {
      const { body } = frame;
      if (body.kind === 'delta') {
        const perEntry = bytes / (body.upserts.key.length + body.deletions.key.length);
        this.#takeNamed(body.upserts, perEntry);
        this.#takeNamed(body.deletions, perEntry);
      } else if (body.kind === 'snapshot-chunk') {
        this.#takeNamed(body.entries, bytes / body.entries.key.length);
      }
    }
  }

  /** To be called now and then. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const cost of this.#all()) {
      cost.entryRate.take(cost.entries, nowMs);
      cost.byteRate.take(cost.bytes, nowMs);
    }
  }

  /** By service, the dearest first; what has no name any more is left out. */
  list(nameOf: (address: number, protocolPort: number) => string | undefined, nowMs: number): ServiceCost[] {
    const sums = new Map<string, ServiceCost>();
    const add = (service: string, cost: Cost): void => {
      const before = sums.get(service);
      sums.set(service, {
        service,
        entries: (before?.entries ?? 0) + cost.entries,
        bytes: Math.round((before?.bytes ?? 0) + cost.bytes),
        entriesPerSecond: (before?.entriesPerSecond ?? 0) + cost.entryRate.perSecond(cost.entries, nowMs),
        bytesPerSecond: (before?.bytesPerSecond ?? 0) + cost.byteRate.perSecond(cost.bytes, nowMs),
      });
    };
    for (const [address, ports] of this.#plain) {
      for (const [protocolPort, cost] of ports) {
        const name = nameOf(address, protocolPort);
        if (name !== undefined) add(name, cost);
      }
    }
    for (const [name, cost] of this.#named) add(name, cost);
    return [...sums.values()].sort((one, other) => other.bytesPerSecond - one.bytesPerSecond);
  }

  *#all(): Iterable<Cost> {
    for (const ports of this.#plain.values()) yield* ports.values();
    yield* this.#named.values();
  }

  #takePlain({ address, protocolPort }: KeyColumns, perEntry: number): void {
    // Entries of one service come in runs: a look-up for each run.
    for (let from = 0; from < address.length; ) {
      let until = from + 1;
      while (address[until] === address[from] && protocolPort[until] === protocolPort[from]) until++;
      add(this.#plainCost(address[from]!, protocolPort[from]!), until - from, perEntry);
      from = until;
    }
  }

  #takeNamed({ service }: Pick<GeneralKeys, 'service'>, perEntry: number): void {
    for (let from = 0; from < service.length; ) {
      let until = from + 1;
      while (service[until] === service[from]) until++;
      let cost = this.#named.get(service[from]!);
      if (!cost) {
        cost = this.#made();
        this.#named.set(service[from]!, cost);
      }
      add(cost, until - from, perEntry);
      from = until;
    }
  }

  #plainCost(address: number, protocolPort: number): Cost {
    const ports = this.#plain.get(address);
    const known = ports?.get(protocolPort);
    if (known) return known;
    const cost = this.#made();
    const current = this.#plain.get(address);
    if (current) current.set(protocolPort, cost);
    else this.#plain.set(address, new Map([[protocolPort, cost]]));
    return cost;
  }

  #made(): Cost {
    if (++this.#known > most) {
      this.#known = 1;
      this.#plain.clear();
      this.#named.clear();
    }
    return new Cost(this.#nowMs);
  }
}

const add = (cost: Cost, entries: number, perEntry: number): void => {
  cost.entries += entries;
  cost.bytes += entries * perEntry;
};
