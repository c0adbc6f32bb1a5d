/** A kernel reduced to its persistence map and its packet reports: elements expire, adding again does not extend, batches are atomic. */

import { RelevoError } from '../../../src/errors.js';
import { type Ipv4, ipv4Bytes } from '../../../src/model/address.js';
import { createEntryColumns, keyAt, pushEntry } from '../../../src/model/columns.js';
import type { PersistenceEntry } from '../../../src/model/persistence.js';
import type { ElementBytes, Transaction } from '../../../src/netlink/nft/ast.js';
import type { Clock, LoggedPacket, Nft, PacketLog, PersistenceMap } from '../../../src/ports.js';
import { persistElement, persistEntry } from '../../../src/ruleset/layout.js';

interface Stored {
  readonly element: ElementBytes;
  readonly expiresAtMs: number;
}

const keyText = (key: Uint8Array): string => Buffer.from(key).toString('hex');

export class PersistKernel implements Nft {
  readonly #elements = new Map<string, Stored>();
  readonly #clock: Clock;
  commits = 0;
  threshold = 1;
  /** The next commits fail with these codes. */
  failures: RelevoError[] = [];
  /** As the kernel's dump while it widens its table: how often it shows each entry. */
  shown: (position: number) => number = () => 1;
  /** Scans that have begun, and what each waits for before its two pieces (0), and behind the first (1) and second (2). */
  scans = 0;
  scanning: (pieces: number) => Promise<void> = async () => {};
  #onPackets: ((packets: readonly LoggedPacket[]) => void) | undefined;
  #onLoss: ((detail: string) => void) | undefined;
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async commit({ operations }: Transaction): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.commits++;
    const undo = new Map(this.#elements);
    for (const operation of operations) {
      if (operation.op === 'destroy-elements') {
        for (const { key } of operation.elements) this.#elements.delete(keyText(key));
      } else if (operation.op === 'add-elements') {
        for (const element of operation.elements) {
          if (this.#add(element)) continue;
          this.#elements.clear();
          for (const [key, stored] of undo) this.#elements.set(key, stored);
          throw new RelevoError('kernel-exists', 'an element is there with other data');
        }
      } else throw new RelevoError('kernel-refused', `no ${operation.op} here`);
    }
  }

  #add(element: ElementBytes): boolean {
    const key = keyText(element.key);
    const there = this.#alive(key);
    const copy = {
      ...element,
      key: Uint8Array.from(element.key),
      data: Uint8Array.from(element.data as Uint8Array),
    };
    if (there) return keyText(there.element.data as Uint8Array) === keyText(copy.data);
    this.#elements.set(key, {
      element: copy,
      expiresAtMs: this.#clock.nowMs() + (element.expiresMs ?? element.timeoutMs!),
    });
    return true;
  }

  #alive(key: string): Stored | undefined {
    const stored = this.#elements.get(key);
    return stored && stored.expiresAtMs > this.#clock.nowMs() ? stored : undefined;
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    for (const [key, { expiresAtMs }] of this.#elements) if (expiresAtMs <= nowMs) this.#elements.delete(key);
  }

  async dumpElements(): Promise<ElementBytes[]> {
    this.#expire();
    const nowMs = this.#clock.nowMs();
    return [...this.#elements.values()].map(({ element, expiresAtMs }) => ({
      ...element,
      expiresMs: expiresAtMs - nowMs,
    }));
  }

  /** The same content by the other port. */
  persistence(): PersistenceMap {
    return {
      read: async (keys) => {
        const found = createEntryColumns();
        const wanted = new Set(keys.client.map((_, at) => JSON.stringify(keyAt(keys, at))));
        for (const entry of this.entries()) {
          const { client, address, protocol, port } = entry;
          if (wanted.has(JSON.stringify({ client, address, protocol, port }))) pushEntry(found, entry);
        }
        return found;
      },
      scan: async (visit) => {
        this.scans++;
        await this.scanning(0);
        const entries = [...this.entries().entries()];
        const half = Math.ceil(entries.length / 2);
        for (const [at, part] of [entries.slice(0, half), entries.slice(half)].entries()) {
          const piece = createEntryColumns();
          for (const [position, entry] of part) {
            for (let time = 0; time < this.shown(position); time++) pushEntry(piece, entry);
          }
          visit(piece);
          await this.scanning(at + 1);
        }
      },
      close() {},
    };
  }

  async readTable(): Promise<undefined> {
    return undefined;
  }

  async readCounters(): Promise<never[]> {
    return [];
  }

  onForeignChange(): () => void {
    return () => {};
  }

  close(): void {}

  flush(): void {
    this.#elements.clear();
  }

  /** Somebody reads the reports. */
  get listening(): boolean {
    return this.#onPackets !== undefined;
  }

  /** As a rule would: `update @persist`, and a report if it is new and not lost. */
  packet(entry: PersistenceEntry, options: { lost?: boolean } = {}): void {
    const element = persistElement(entry);
    const key = keyText(element.key);
    const there = this.#alive(key);
    const kept = there?.element ?? element;
    this.#elements.set(key, { element: kept, expiresAtMs: this.#clock.nowMs() + entry.ttlMs });
    if (!there) this.#sequence++;
    if (there || options.lost) return;
    const payload = new Uint8Array(24);
    payload[0] = 0x45;
    payload[9] = entry.protocol === 'tcp' ? 6 : 17;
    payload.set(ipv4Bytes(entry.client), 12);
    payload.set(ipv4Bytes(entry.backendAddress), 16);
    payload[20] = entry.port >> 8;
    payload[21] = entry.port & 0xff;
    payload[22] = entry.backendPort >> 8;
    payload[23] = entry.backendPort & 0xff;
    const mark = Buffer.from(ipv4Bytes(entry.address)).readUInt32LE();
    this.#onPackets?.([{ payload, prefix: '', sequence: this.#sequence, mark }]);
  }

  lose(detail: string): void {
    this.#onLoss?.(detail);
  }

  packetLog(): PacketLog {
    return {
      onPackets: (listener) => {
        this.#onPackets = listener;
        return () => {};
      },
      onLoss: (listener) => {
        this.#onLoss = listener;
        return () => {};
      },
      setThreshold: async (packets) => {
        this.threshold = packets;
      },
      close: () => {
        this.#onPackets = undefined;
      },
    };
  }

  entries(): PersistenceEntry[] {
    this.#expire();
    const nowMs = this.#clock.nowMs();
    return [...this.#elements.values()].flatMap(({ element, expiresAtMs }) => {
      const entry = persistEntry({ ...element, expiresMs: expiresAtMs - nowMs });
      return entry ? [entry] : [];
    });
  }
}

export const client = (number: number): Ipv4 => `10.9.${number >> 8}.${number & 255}` as Ipv4;
