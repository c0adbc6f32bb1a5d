/**
 * States of backends: last word wins, per backend, without versions. Health checkers repeat them every second; what they say is about now
 * and no edit of the document.
 */

import type { BackendState } from '../../model/service.js';

/** Logical time: one more than the highest heard; of two equal ones the higher node name wins. */
export interface Stamp {
  readonly count: number;
  readonly node: string;
}

export interface StateEntry extends Stamp {
  readonly service: string;
  readonly backend: string;
  readonly state: BackendState;
}

const isNewer = (a: Stamp, b: Stamp): boolean => (a.count !== b.count ? a.count > b.count : a.node > b.node);

export class BackendStates {
  /** By service, then by backend: also of those that are gone, for they may come back. */
  readonly #services = new Map<string, Map<string, StateEntry>>();
  readonly #node: string;
  readonly #limit: number;
  #count = 0;
  #size = 0;

  constructor(node: string, limit: number) {
    this.#node = node;
    this.#limit = limit;
  }

  get(service: string, backend: string): BackendState | undefined {
    return this.#services.get(service)?.get(backend)?.state;
  }

  /** Who has the last word on it. */
  author(service: string, backend: string): string | undefined {
    return this.#services.get(service)?.get(backend)?.node;
  }

  has(service: string): boolean {
    return this.#services.has(service);
  }

  /** Said here; undefined when it says so already. */
  set(service: string, backend: string, state: BackendState): StateEntry | undefined {
    if (this.get(service, backend) === state) return undefined;
    const entry = { service, backend, state, count: ++this.#count, node: this.#node };
    this.#write(entry);
    return entry;
  }

  /** Said by another node; false when what is known is newer. */
  merge(entry: StateEntry): boolean {
    this.#count = Math.max(this.#count, entry.count);
    const known = this.#services.get(entry.service)?.get(entry.backend);
    if (known && !isNewer(entry, known)) return false;
    this.#write(entry);
    return true;
  }

  *entries(): Generator<StateEntry> {
    for (const backends of this.#services.values()) yield* backends.values();
  }

  /** Makes room: services that are not there any more lose their states. */
  prune(isThere: (service: string) => boolean): void {
    if (this.#size <= this.#limit) return;
    for (const [service, backends] of this.#services) {
      if (isThere(service)) continue;
      this.#size -= backends.size;
      this.#services.delete(service);
    }
  }

  #write(entry: StateEntry): void {
    let backends = this.#services.get(entry.service);
    if (!backends) {
      backends = new Map();
      this.#services.set(entry.service, backends);
    }
    if (!backends.has(entry.backend)) this.#size++;
    backends.set(entry.backend, entry);
  }
}
