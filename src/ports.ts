/** What the applications need of the outside: interfaces only. `shell/` implements them, `test/fakes/` imitates them. */

import type { ElementBytes, NftTable, TableName, Transaction } from './netlink/nft/ast.js';

/** Monotonic time in milliseconds (fractions allowed) since an arbitrary start. Never wall-clock time. */
export interface Clock {
  nowMs(): number;
}

/** Seedable randomness; `next` is uniform in [0, 1). */
export interface Random {
  next(): number;
}

export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(bindings: object): Log;
}

/** A change that somebody else made to a table of ours, or the loss of notifications (`overrun`). */
export interface ForeignChange {
  readonly table: TableName | undefined;
  readonly kind: 'table-deleted' | 'changed' | 'overrun';
  /** What was seen, for the log: message type, object name, port id of the writer. */
  readonly detail: string;
}

/** nf_tables. Every failure is a RelevoError with a `kernel-*` code; a failed commit changed nothing. */
export interface Nft {
  /** Sends one transaction as one atomic batch and waits for the kernel's verdict. */
  commit(transaction: Transaction): Promise<void>;
  /** All elements of a set or map, with remaining lifetimes. Rejects with `kernel-missing` if it is not there. */
  dumpElements(table: TableName, set: string): Promise<ElementBytes[]>;
  /** Chains, sets and rule comments of one table; undefined if the table does not exist. */
  readTable(table: TableName): Promise<NftTable | undefined>;
  /** Tells of changes to tables of ours which this Nft did not make. Returns the unsubscriber. */
  onForeignChange(listener: (change: ForeignChange) => void): () => void;
  close(): void;
}

/** The result of an external program; a non-zero exit is a result, failing to start or a timeout is an error. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** External programs: argv arrays, a timeout, a limit on output, a fixed PATH of system folders. */
export interface Runner {
  run(
    file: string,
    args: readonly string[],
    options?: { input?: string; timeoutMs?: number },
  ): Promise<CommandResult>;
}

export interface Files {
  read(path: string): Promise<string | undefined>;
  /** Writes beside, syncs, renames: readers see the old or the new content, never a mixture. */
  writeAtomic(path: string, content: string, mode?: number): Promise<void>;
}
