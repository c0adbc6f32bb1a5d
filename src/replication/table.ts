/**
 * Rows of fixed-width columns with an open-addressing index: a million entries in 95 MB without an object for any of
 * them, so that neither memory nor garbage collection grows with the number of clients.
 *
 * Invariants: a row keeps its number until it is freed; `index` holds every row that is not free, each reachable from the
 * slot of its hash by linear probing without a gap; a freed row is on the free list, linked by `link`.
 */

import { RelevoError } from '../errors.js';
import { hashKey, type RowIdentity, wordIdentity } from './hash.js';

/** Free; holds an entry; remembers a deletion. */
export const rowState = { free: 0, live: 1, tombstone: 2 } as const;

const firstCapacity = 1024;
/**
 * From here on all rows at once: the columns are not copied again, which took 20 to 60 ms for 65,000 entries, and memory
 * counts only where a row has been used (zeroed pages of the kernel).
 */
const smallCapacity = 16_384;
const none = -1;

const grown = <T extends Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array>(
  column: T,
  capacity: number,
): T => {
  const larger = new (column.constructor as new (length: number) => T)(capacity);
  larger.set(column);
  return larger;
};

export class EntryTable {
  client = new Uint32Array(firstCapacity);
  address = new Uint32Array(firstCapacity);
  protocolPort = new Uint32Array(firstCapacity);
  backend = new Uint32Array(firstCapacity);
  backendPort = new Uint16Array(firstCapacity);
  ttlMs = new Uint32Array(firstCapacity);
  /** On the local monotonic clock. */
  expiresAtMs = new Float64Array(firstCapacity);
  epoch = new Float64Array(firstCapacity);
  /** In this node's own log if `own` is set, otherwise in its origin's. */
  sequence = new Float64Array(firstCapacity);
  changedAtMs = new Float64Array(firstCapacity);
  state = new Uint8Array(firstCapacity);
  own = new Uint8Array(firstCapacity);
  group = new Uint8Array(firstCapacity);
  /** Part of the digest that the key falls into, and what the entry adds to it. */
  bucket = new Uint8Array(firstCapacity);
  entryHash = new Uint32Array(firstCapacity);
  /** Free for the owner of the table: what it knows about the kernel's copy. */
  marks = new Uint8Array(firstCapacity);
  /** Number of the snapshot that last brought this row. */
  stamp = new Uint32Array(firstCapacity);
  /** Next row in the list of one backend, or in the free list. */
  link = new Int32Array(firstCapacity);
  back = new Int32Array(firstCapacity);
  list = new Int32Array(firstCapacity);

  /** Rows below this number have been used at least once. */
  used = 0;
  /** Rows that are not free. */
  count = 0;

  readonly #maxRows: number;
  readonly #seed: number;
  #index = new Int32Array(firstCapacity * 2).fill(none);
  #free = none;

  readonly #identity: RowIdentity;

  constructor(maxRows: number, seed: number, identity: RowIdentity = wordIdentity) {
    this.#maxRows = maxRows;
    this.#seed = seed;
    this.#identity = identity;
  }

  get capacity(): number {
    return this.client.length;
  }

  /** The row of this key in whatever state, or -1. */
  find(client: number, address: number, protocolPort: number): number {
    const mask = this.#index.length - 1;
    let slot = hashKey(client, address, protocolPort, this.#seed) & mask;
    for (;;) {
      const row = this.#index[slot]!;
      if (row === none) return none;
      if (
        this.client[row] === client &&
        this.address[row] === address &&
        this.protocolPort[row] === protocolPort
      ) {
        return row;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** A live row for a key that is not there; -1 when the table is full. */
  insert(client: number, address: number, protocolPort: number): number {
    if (this.count >= this.#maxRows) return none;
    let row = this.#free;
    if (row !== none) this.#free = this.link[row]!;
    else {
      if (this.used === this.capacity) this.#grow();
      row = this.used++;
    }
    this.client[row] = client;
    this.address[row] = address;
    this.protocolPort[row] = protocolPort;
    this.bucket[row] = this.#identity.bucketOf(client, address, protocolPort);
    this.state[row] = rowState.live;
    this.marks[row] = 0;
    this.own[row] = 0;
    this.stamp[row] = 0;
    this.list[row] = none;
    this.#place(row);
    this.count++;
    return row;
  }

  free(row: number): void {
    if (this.state[row] === rowState.free)
      throw new RelevoError('internal', 'a table row was freed twice', { row });
    this.#unplace(row);
    this.state[row] = rowState.free;
    this.sequence[row] = 0;
    this.own[row] = 0;
    this.link[row] = this.#free;
    this.#free = row;
    this.count--;
  }

  #hash(row: number): number {
    return hashKey(this.client[row]!, this.address[row]!, this.protocolPort[row]!, this.#seed);
  }

  #place(row: number): void {
    const mask = this.#index.length - 1;
    let slot = this.#hash(row) & mask;
    while (this.#index[slot] !== none) slot = (slot + 1) & mask;
    this.#index[slot] = row;
  }

  /** Takes a row out of the index and moves later ones of its run back, so that no probe meets a gap. */
  #unplace(row: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = this.#hash(row) & mask;
    while (index[hole] !== row) hole = (hole + 1) & mask;
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & mask;
      const candidate = index[slot]!;
      if (candidate === none) break;
      const distanceFromHome = (slot - (this.#hash(candidate) & mask)) & mask;
      if (distanceFromHome < ((slot - hole) & mask)) continue;
      index[hole] = candidate;
      hole = slot;
    }
    index[hole] = none;
  }

  #grow(): void {
    const wanted = this.capacity < smallCapacity ? smallCapacity : this.#maxRows;
    const capacity = Math.min(wanted, Math.max(this.#maxRows, firstCapacity));
    this.client = grown(this.client, capacity);
    this.address = grown(this.address, capacity);
    this.protocolPort = grown(this.protocolPort, capacity);
    this.backend = grown(this.backend, capacity);
    this.backendPort = grown(this.backendPort, capacity);
    this.ttlMs = grown(this.ttlMs, capacity);
    this.expiresAtMs = grown(this.expiresAtMs, capacity);
    this.epoch = grown(this.epoch, capacity);
    this.sequence = grown(this.sequence, capacity);
    this.changedAtMs = grown(this.changedAtMs, capacity);
    this.state = grown(this.state, capacity);
    this.own = grown(this.own, capacity);
    this.group = grown(this.group, capacity);
    this.bucket = grown(this.bucket, capacity);
    this.entryHash = grown(this.entryHash, capacity);
    this.marks = grown(this.marks, capacity);
    this.stamp = grown(this.stamp, capacity);
    this.link = grown(this.link, capacity);
    this.back = grown(this.back, capacity);
    this.list = grown(this.list, capacity);
    let slots = this.#index.length;
    while (slots < capacity * 2) slots *= 2;
    this.#index = new Int32Array(slots).fill(none);
    for (let row = 0; row < this.used; row++) if (this.state[row] !== rowState.free) this.#place(row);
  }
}
