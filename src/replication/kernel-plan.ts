/** What the kernel's map must be told about a row of the replica: elements to destroy and to add, in one atomic batch. */

import type { ElementBytes, Operation } from '../netlink/nft/ast.js';
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
const elementBytes = 24;

const writeWord = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};

/** Key (16 bytes) and data (8) as `persistElement` of the layout makes them, without text in between. */
const writeElement = (table: EntryTable, row: number, bytes: Uint8Array): void => {
  writeWord(bytes, 0, table.client[row]!);
  writeWord(bytes, 4, table.address[row]!);
  const protocolPort = table.protocolPort[row]!;
  bytes[8] = protocolPort >>> 16;
  bytes[12] = protocolPort >>> 8;
  bytes[13] = protocolPort;
  writeWord(bytes, 16, table.backend[row]!);
  bytes[20] = table.backendPort[row]! >>> 8;
  bytes[21] = table.backendPort[row]!;
};

/** The row's key as map `persist` has it. */
export const rowKey = (table: EntryTable, row: number): Uint8Array => {
  const bytes = new Uint8Array(elementBytes);
  writeElement(table, row, bytes);
  return bytes.subarray(0, keyBytes);
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
  const bytes = new Uint8Array(rows.length * elementBytes);
  const destroy: ElementBytes[] = [];
  const add: ElementBytes[] = [];
  const kept: boolean[] = [];
  for (const [at, row] of rows.entries()) {
    const element = bytes.subarray(at * elementBytes, (at + 1) * elementBytes);
    writeElement(table, row, element);
    const key = element.subarray(0, keyBytes);
    const wanted = replica.isLive(row, nowMs) && writable(row);
    kept.push(wanted);
    if (!wanted || thorough || table.marks[row]! & mark.inKernel) destroy.push({ key });
    if (!wanted) continue;
    const ttlMs = table.ttlMs[row]!;
    const expiresMs = Math.max(1, Math.min(ttlMs, Math.round(table.expiresAtMs[row]! - nowMs)));
    add.push({ key, data: element.subarray(keyBytes), timeoutMs: ttlMs, expiresMs });
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
