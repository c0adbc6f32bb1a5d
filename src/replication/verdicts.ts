/** What the services document says about an entry, remembered per endpoint and backend: asked a hundred thousand times a second. */

import { ipv4FromNumber } from '../model/address.js';
import { protocolOf } from '../model/columns.js';
import type { Endpoint, Service } from '../model/service.js';

export interface Verdict {
  /** There is a service with persistence, which replicates it. */
  readonly belongs: boolean;
  /** … and the backend has not failed: the kernel may hold the entry. */
  readonly writable: boolean;
  /** There is such a service, but the backend is not one of its own: removed, or about to be known. */
  readonly gone?: boolean;
  readonly ttlMs: number;
}

/** Judges entries by their columns. */
export interface Judge {
  /** Shortest lifetime among what was asked for; Infinity before the first. */
  readonly shortestTtlMs: number;
  of(address: number, protocolPort: number, backend: number, backendPort: number): Verdict;
}

/** More pairs than any document has that is in use: peers must not fill the memory with others. */
const remembered = 200_000;
const stranger: Verdict = { belongs: false, writable: false, ttlMs: 0 };
const removed: Verdict = { ...stranger, gone: true };

export class Verdicts implements Judge {
  readonly #serviceAt: (endpoint: Endpoint) => Service | undefined;
  readonly #byBackendByEndpoint = new Map<number, Map<number, Verdict>>();
  #count = 0;
  /** Shortest lifetime among what was asked for; Infinity before the first. */
  shortestTtlMs = Number.POSITIVE_INFINITY;

  constructor(serviceAt: (endpoint: Endpoint) => Service | undefined) {
    this.#serviceAt = serviceAt;
  }

  of(address: number, protocolPort: number, backend: number, backendPort: number): Verdict {
    // Exact: 32 + 1 + 16 bits, and 32 + 16.
    const endpoint = address * 0x20000 + (protocolPort >>> 16 === 17 ? 0x10000 : 0) + (protocolPort & 0xffff);
    let verdicts = this.#byBackendByEndpoint.get(endpoint);
    if (!verdicts) {
      verdicts = new Map();
      this.#byBackendByEndpoint.set(endpoint, verdicts);
    }
    const target = backend * 0x10000 + backendPort;
    let verdict = verdicts.get(target);
    if (!verdict) {
      if (++this.#count > remembered) {
        this.forget();
        return this.of(address, protocolPort, backend, backendPort);
      }
      verdict = this.#judge(address, protocolPort, backend, backendPort);
      verdicts.set(target, verdict);
      if (verdict.belongs) this.shortestTtlMs = Math.min(this.shortestTtlMs, verdict.ttlMs);
    }
    return verdict;
  }

  /** After any change of services or backends. */
  forget(): void {
    this.#byBackendByEndpoint.clear();
    this.#count = 0;
    this.shortestTtlMs = Number.POSITIVE_INFINITY;
  }

  #judge(address: number, protocolPort: number, backend: number, backendPort: number): Verdict {
    const protocol = protocolOf(protocolPort);
    if (!protocol) return stranger;
    const port = protocolPort & 0xffff;
    const service = this.#serviceAt({ address: ipv4FromNumber(address), protocol, port });
    if (!service || service.persistence.length === 0 || service.replicate === 'none') return stranger;
    const backendAddress = ipv4FromNumber(backend);
    const owners = service.backends.filter(
      (one) => one.address === backendAddress && (one.port ?? port) === backendPort,
    );
    if (owners.length === 0) return removed;
    const writable = owners.some(({ state }) => state !== 'down');
    return { belongs: true, writable, ttlMs: service.persistTtlMs };
  }
}
