/**
 * Numbers of this node for what general entries are about, so that they fit the columns of a Replica: `client` is a number for the whole
 * key, `address` one for the service in its group, `protocolPort` one for the shape, `backend` one for an address. They never leave the
 * node: digests and frames are made of what they stand for.
 *
 * Invariant: a number of a key stands for it as long as a row of the table has it, and for one round of `collect` after that.
 */

import { createEntryColumns, type EntryColumns, type KeyColumns } from '../../model/columns.js';
import {
  createGeneralEntries,
  createGeneralKeys,
  type GeneralEntries,
  type GeneralKeys,
} from '../../model/general-columns.js';
import { type EntryShape, headLength, shapeOf } from '../../model/general-shape.js';
import { hashText, type RowIdentity } from '../hash.js';
import { type EntryTable, rowState } from '../table.js';

/** A text's number, and back. */
class Names {
  readonly #numberByText = new Map<string, number>();
  readonly #texts: string[] = [];

  number(text: string): number {
    let number = this.#numberByText.get(text);
    if (number === undefined) {
      number = this.#texts.length;
      this.#texts.push(text);
      this.#numberByText.set(text, number);
    }
    return number;
  }

  text(number: number): string {
    return this.#texts[number]!;
  }

  get size(): number {
    return this.#texts.length;
  }
}

export interface GeneralIdentity {
  readonly service: string;
  readonly group: number;
  readonly key: string;
  readonly shape: EntryShape;
}

export class GeneralBook implements RowIdentity {
  readonly #services = new Names();
  readonly #serviceNames: string[] = [];
  readonly #serviceGroups: number[] = [];
  readonly #shapes = new Names();
  readonly #backends = new Names();
  readonly #numberByKey = new Map<string, number>();
  #keys: (string | undefined)[] = [];
  #hashes: number[] = [];
  /** Round of `collect` in which a key was last asked for. */
  #rounds: number[] = [];
  #free: number[] = [];
  #round = 1;

  get keys(): number {
    return this.#numberByKey.size;
  }

  /** Names of services and addresses of backends that have been met: they are not forgotten. */
  get names(): number {
    return this.#services.size + this.#backends.size;
  }

  service(name: string, group: number): number {
    const number = this.#services.number(`${group} ${name}`);
    this.#serviceNames[number] = name;
    this.#serviceGroups[number] = group;
    return number;
  }

  readonly groupOf = (service: number): number => this.#serviceGroups[service] ?? -1;

  nameOf(service: number): string {
    return this.#serviceNames[service]!;
  }

  shapeAt(number: number): EntryShape {
    return shapeOf(this.#shapes.text(number))!;
  }

  backend(address: string): number {
    return this.#backends.number(address);
  }

  backendAt(number: number): string {
    return this.#backends.text(number);
  }

  keyAt(number: number): string {
    const text = this.#keys[number]!;
    return text.slice(text.indexOf(' ') + 1);
  }

  /** The number of a sound key of a service. */
  keyNumber(service: string, group: number, key: string): number {
    const text = `${this.service(service, group)} ${key}`;
    let number = this.#numberByKey.get(text);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#keys.length;
      this.#numberByKey.set(text, number);
      this.#keys[number] = text;
      this.#hashes[number] = hashText(key, hashText(service));
    }
    this.#rounds[number] = this.#round;
    return number;
  }

  pushKey(into: KeyColumns, service: string, group: number, key: string): void {
    into.client.push(this.keyNumber(service, group, key));
    into.address.push(this.service(service, group));
    into.protocolPort.push(this.#shapes.number(key.slice(0, headLength(key))));
  }

  keyColumns(keys: GeneralKeys, group: number, into: KeyColumns): void {
    for (let at = 0; at < keys.key.length; at++) this.pushKey(into, keys.service[at]!, group, keys.key[at]!);
  }

  entryColumns(entries: GeneralEntries, group: number): EntryColumns {
    const columns = createEntryColumns();
    this.keyColumns(entries, group, columns);
    for (const backend of entries.backend) columns.backend.push(this.#backends.number(backend));
    columns.backendPort.push(...entries.backendPort);
    columns.ttlMs.push(...entries.ttlMs);
    columns.remainingMs.push(...entries.remainingMs);
    return columns;
  }

  generalKeys(columns: KeyColumns): GeneralKeys {
    const keys = createGeneralKeys();
    this.#fill(keys, columns);
    return keys;
  }

  generalEntries(columns: EntryColumns): GeneralEntries {
    const entries = createGeneralEntries();
    this.#fill(entries, columns);
    for (const backend of columns.backend) entries.backend.push(this.backendAt(backend));
    entries.backendPort.push(...columns.backendPort);
    entries.ttlMs.push(...columns.ttlMs);
    entries.remainingMs.push(...columns.remainingMs);
    return entries;
  }

  identityOf(client: number, address: number): GeneralIdentity {
    const key = this.keyAt(client);
    return { service: this.nameOf(address), group: this.groupOf(address), key, shape: shapeOf(key)! };
  }

  bucketOf(client: number): number {
    return this.#hashes[client]! >>> 24;
  }

  hashEntry(client: number, _address: number, _shape: number, backend: number, backendPort: number): number {
    return hashText(
      String.fromCharCode(backendPort),
      hashText(this.backendAt(backend), this.#hashes[client]!),
    );
  }

  /** Forgets keys that no row has and nobody has asked for since the last call. Walks the table. */
  collect(table: EntryTable): void {
    const used = new Uint8Array(this.#keys.length);
    for (let row = 0; row < table.used; row++) {
      if (table.state[row] !== rowState.free) used[table.client[row]!] = 1;
    }
    for (let number = 0; number < this.#keys.length; number++) {
      const text = this.#keys[number];
      if (text === undefined || used[number] || this.#rounds[number]! >= this.#round) continue;
      this.#numberByKey.delete(text);
      this.#keys[number] = undefined;
      this.#free.push(number);
    }
    this.#round++;
  }

  #fill(into: GeneralKeys, columns: KeyColumns): void {
    for (let at = 0; at < columns.client.length; at++) {
      into.service.push(this.nameOf(columns.address[at]!));
      into.key.push(this.keyAt(columns.client[at]!));
    }
  }
}
