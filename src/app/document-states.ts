/** States of backends on all nodes: what is said here goes to the peers, what they say goes to the kernel. */

import { limits } from '../limits.js';
import type { BackendState, Service } from '../model/service.js';
import { BackendStates, type StateEntry } from '../replication/document/states.js';
import type { DocumentMessage } from '../wire/frames.js';

const entriesPerMessage = 2_000;

export interface SharedStatesOptions {
  readonly node: string;
  readonly send: (peer: string, message: DocumentMessage) => void;
  /** Peers that take part now. */
  readonly peers: () => readonly string[];
  /** Brings it into force; resolves also where there is no such backend. */
  readonly enforce: (entry: StateEntry) => Promise<void>;
  readonly service: (name: string) => Service | undefined;
}

export class SharedStates {
  readonly #options: SharedStatesOptions;
  readonly #states: BackendStates;
  /** By backend: what is not told yet, and whom it came from. */
  #waiting = new Map<string, { readonly entry: StateEntry; readonly from: string | undefined }>();

  constructor(options: SharedStatesOptions) {
    this.#options = options;
    this.#states = new BackendStates(options.node, limits.backendStates);
  }

  said(service: string, backend: string, state: BackendState): void {
    const entry = this.#states.set(service, backend, state);
    if (!entry) return;
    this.#tell(entry, undefined);
    this.#states.prune((name) => this.#options.service(name) !== undefined);
  }

  /** Why a backend is down, on a node that has not found it so itself; undefined: it is not down, or nobody else says so. */
  saidElsewhere(service: string, backend: string): string | undefined {
    const author = this.#states.author(service, backend);
    const isDown = this.#states.get(service, backend) === 'down';
    return isDown && author !== undefined && author !== this.#options.node ? `said by ${author}` : undefined;
  }

  connected(peer: string): void {
    this.#send(peer, [...this.#states.entries()]);
  }

  async heard(peer: string, entries: readonly StateEntry[]): Promise<void> {
    for (const entry of entries) {
      if (!this.#states.merge(entry)) continue;
      this.#tell(entry, peer);
      await this.#options.enforce(entry);
    }
  }

  /** A service as a version has it, with the states that are in force. */
  current(service: Service): Service {
    const before = this.#options.service(service.name);
    const backends = service.backends.map((backend) => {
      const known = before?.backends.find(({ name }) => name === backend.name)?.state;
      const state = this.#states.get(service.name, backend.name) ?? known ?? backend.state;
      return state === backend.state ? backend : { ...backend, state };
    });
    return backends.every((backend, at) => backend === service.backends[at])
      ? service
      : { ...service, backends };
  }

  #tell(entry: StateEntry, from: string | undefined): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    this.#waiting.set(`${entry.service}\0${entry.backend}`, { entry, from });
  }

  #flush(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (const peer of this.#options.peers()) {
      this.#send(
        peer,
        waiting.filter(({ from }) => from !== peer).map(({ entry }) => entry),
      );
    }
  }

  #send(peer: string, entries: readonly StateEntry[]): void {
    for (let at = 0; at < entries.length; at += entriesPerMessage) {
      this.#options.send(peer, { kind: 'states', entries: entries.slice(at, at + entriesPerMessage) });
    }
  }
}
