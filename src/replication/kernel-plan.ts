/** What the kernel's map must be told about a row of the replica: elements to destroy and to add, in one atomic batch. */

import type { ElementBytes, ElementList, Operation } from '../netlink/nft/ast.js';
import { persistMap, serviceTable } from '../ruleset/layout.js';
import { mark } from './marks.js';
import type { Replica } from './replica.js';
import type { EntryTable } from './table.js';

export interface KernelPlan {
  readonly operations: Operation[];
  readonly added: number;
  readonly destroyed: number;
  /** By position in `rows`: will the kernel have it? */
  readonly kept: readonly boolean[];
}

const keyBytes = 16;
const dataBytes = 8;

const writeWord = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};

/** The key as `persistElement` of the layout makes it, without text in between. */
const writeKey = (table: EntryTable, row: number, bytes: Uint8Array, at: number): void => {
  writeWord(bytes, at, table.client[row]!);
  writeWord(bytes, at + 4, table.address[row]!);
  const protocolPort = table.protocolPort[row]!;
  bytes[at + 8] = protocolPort >>> 16;
  bytes[at + 12] = protocolPort >>> 8;
  bytes[at + 13] = protocolPort;
};

const writeData = (table: EntryTable, row: number, bytes: Uint8Array, at: number): void => {
  writeWord(bytes, at, table.backend[row]!);
  bytes[at + 4] = table.backendPort[row]! >>> 8;
  bytes[at + 5] = table.backendPort[row]!;
};

/** Elements of the map in one buffer, with lifetimes if they carry data. */
class PersistElements implements ElementList {
  length = 0;
  readonly packed: {
    readonly bytes: Uint8Array;
    readonly keyBytes: number;
    readonly dataBytes: number;
    readonly timeoutMs?: Uint32Array;
    readonly expiresMs?: Uint32Array;
  };

  constructor(room: number, kind: 'keys' | 'entries') {
    this.packed =
      kind === 'keys'
        ? { bytes: new Uint8Array(room * keyBytes), keyBytes, dataBytes: 0 }
        : {
            bytes: new Uint8Array(room * (keyBytes + dataBytes)),
            keyBytes,
            dataBytes,
            timeoutMs: new Uint32Array(room),
            expiresMs: new Uint32Array(room),
          };
  }

  push(table: EntryTable, row: number, nowMs: number): void {
    const { bytes, timeoutMs, expiresMs } = this.packed;
    const at = this.length++;
    if (!timeoutMs || !expiresMs) {
      writeKey(table, row, bytes, at * keyBytes);
      return;
    }
    writeKey(table, row, bytes, at * (keyBytes + dataBytes));
    writeData(table, row, bytes, at * (keyBytes + dataBytes) + keyBytes);
    const ttlMs = table.ttlMs[row]!;
    timeoutMs[at] = ttlMs;
    expiresMs[at] = Math.max(1, Math.min(ttlMs, Math.round(table.expiresAtMs[row]! - nowMs)));
  }

  at(index: number): ElementBytes | undefined {
    if (index < 0 || index >= this.length) return undefined;
    const { bytes, timeoutMs, expiresMs } = this.packed;
    if (!timeoutMs || !expiresMs) return { key: bytes.subarray(index * keyBytes, (index + 1) * keyBytes) };
    const from = index * (keyBytes + dataBytes);
    return {
      key: bytes.subarray(from, from + keyBytes),
      data: bytes.subarray(from + keyBytes, from + keyBytes + dataBytes),
      timeoutMs: timeoutMs[index]!,
      expiresMs: expiresMs[index]!,
    };
  }

  *[Symbol.iterator](): Generator<ElementBytes> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!;
  }
}

/** The row's key as map `persist` has it. */
export const rowKey = (table: EntryTable, row: number): Uint8Array => {
  const bytes = new Uint8Array(keyBytes);
  writeKey(table, row, bytes, 0);
  return bytes;
};

/**
 * Rows that live and may be in the kernel are added, after destroying what an older state left there (adding again would not
 * extend it, FACTS.md); all others are destroyed. `thorough`: destroy whatever is added, when marks have proved wrong.
 */
export const planRows = (
  replica: Replica,
  rows: readonly number[],
  writable: (row: number) => boolean,
  nowMs: number,
  thorough: boolean,
): KernelPlan => {
  const { table } = replica;
  const destroy = new PersistElements(rows.length, 'keys');
  const add = new PersistElements(rows.length, 'entries');
  const kept: boolean[] = [];
  for (const row of rows) {
    const wanted = replica.isLive(row, nowMs) && writable(row);
    kept.push(wanted);
    if (!wanted || thorough || table.marks[row]! & mark.inKernel) destroy.push(table, row, nowMs);
    if (wanted) add.push(table, row, nowMs);
  }
  const operations: Operation[] = [];
  if (destroy.length > 0) {
    operations.push({ op: 'destroy-elements', table: serviceTable, set: persistMap, elements: destroy });
  }
  if (add.length > 0) {
    operations.push({ op: 'add-elements', table: serviceTable, set: persistMap, elements: add });
  }
  return { operations, added: add.length, destroyed: destroy.length, kept };
};
