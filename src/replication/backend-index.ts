/** Which rows point to a backend of an endpoint: linked lists inside the table, so that a dead backend's entries are found at once. */

import type { EntryTable } from './table.js';

const none = -1;

/** Exact below 2^53: 32 bits of address, 1 of protocol (tcp or udp), 16 of port. */
const endpointKey = (address: number, protocolPort: number): number =>
  address * 0x20000 + (protocolPort >>> 16 === 17 ? 0x10000 : 0) + (protocolPort & 0xffff);
const backendKey = (backend: number, port: number): number => backend * 0x10000 + port;

export class BackendIndex {
  readonly #table: EntryTable;
  readonly #listByBackendByEndpoint = new Map<number, Map<number, number>>();
  #head: number[] = [];
  #size: number[] = [];
  #free: number[] = [];

  constructor(table: EntryTable) {
    this.#table = table;
  }

  add(row: number): void {
    const table = this.#table;
    const endpoint = endpointKey(table.address[row]!, table.protocolPort[row]!);
    let lists = this.#listByBackendByEndpoint.get(endpoint);
    if (!lists) {
      lists = new Map();
      this.#listByBackendByEndpoint.set(endpoint, lists);
    }
    const backend = backendKey(table.backend[row]!, table.backendPort[row]!);
    let list = lists.get(backend);
    if (list === undefined) {
      list = this.#free.pop() ?? this.#head.length;
      this.#head[list] = none;
      this.#size[list] = 0;
      lists.set(backend, list);
    }
    const first = this.#head[list]!;
    table.list[row] = list;
    table.link[row] = first;
    table.back[row] = none;
    if (first !== none) table.back[first] = row;
    this.#head[list] = row;
    this.#size[list]!++;
  }

  remove(row: number): void {
    const table = this.#table;
    const list = table.list[row]!;
    if (list === none) return;
    const next = table.link[row]!;
    const previous = table.back[row]!;
    if (previous === none) this.#head[list] = next;
    else table.link[previous] = next;
    if (next !== none) table.back[next] = previous;
    table.list[row] = none;
    this.#size[list]!--;
    if (this.#size[list] === 0) this.#drop(row, list);
  }

  /** Rows of one backend of one endpoint. */
  rows(address: number, protocolPort: number, backend: number, backendPort: number): number[] {
    const list = this.#listByBackendByEndpoint
      .get(endpointKey(address, protocolPort))
      ?.get(backendKey(backend, backendPort));
    const rows: number[] = [];
    if (list === undefined) return rows;
    for (let row = this.#head[list]!; row !== none; row = this.#table.link[row]!) rows.push(row);
    return rows;
  }

  /** One row for every endpoint and backend that has any. */
  *representatives(): Generator<number> {
    for (const lists of this.#listByBackendByEndpoint.values()) {
      for (const list of lists.values()) yield this.#head[list]!;
    }
  }

  #drop(row: number, list: number): void {
    const table = this.#table;
    const endpoint = endpointKey(table.address[row]!, table.protocolPort[row]!);
    const lists = this.#listByBackendByEndpoint.get(endpoint);
    lists?.delete(backendKey(table.backend[row]!, table.backendPort[row]!));
    if (lists?.size === 0) this.#listByBackendByEndpoint.delete(endpoint);
    this.#free.push(list);
  }
}
