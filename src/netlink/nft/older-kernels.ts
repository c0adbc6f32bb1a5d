/**
 * Kernels that lack what the ruleset is written with, down to Linux 6.1: what they refuse says what they lack, and the same transaction is
 * said in other words. Nothing is asked beforehand, and nothing is known of versions.
 *
 * - Maps looked up as sets (`nft_lookup_init`, Linux 6.5): the value goes to a register that nobody reads.
 * - NFT_MSG_DESTROY* (Linux 6.3): each thing is deleted by a message of its own; what the kernel does not have is left out the next time.
 */

import type { Ack } from '../message.js';
import type { Operation, Transaction } from './ast.js';
import type { EncodedTransaction } from './encode.js';
import { lookedUpAt } from './refusal.js';

/** What a kernel has turned out to lack: grows, and holds for every later transaction. */
export interface Lacking {
  /** Names of maps by table ("ip relevo"). */
  readonly valued: Map<string, Set<string>>;
  destroys: boolean;
}

/** For one transaction. */
export interface Dialect {
  readonly lacking: Lacking;
  /** What is to be destroyed and is not there: `placeOf`. */
  readonly absent: Set<string>;
}

export const nothingLacking = (): Lacking => ({ valued: new Map(), destroys: false });

/** An operation of a transaction, and an element of it. */
export const placeOf = (operation: number, element: number): string => `${operation}.${element}`;

const EINVAL = 22;
const ENOENT = 2;

const destroys = (operation: Operation): boolean =>
  operation.op === 'destroy-elements' || (operation.op === 'delete-table' && operation.destroy === true);

const learnFrom = (
  { lacking, absent }: Dialect,
  transaction: Transaction,
  encoded: EncodedTransaction,
  { sequence, errno, offset }: Ack,
): boolean => {
  const origin = encoded.locate(sequence);
  const operation = origin && transaction.operations[origin.operation];
  if (!operation) return false;
  if (destroys(operation)) {
    if (!lacking.destroys) {
      // A type of message that the kernel does not know: it points at nothing (nfnetlink_rcv_batch).
      lacking.destroys = errno === EINVAL && offset === undefined;
      return lacking.destroys;
    }
    if (errno !== ENOENT) return false;
    absent.add(placeOf(origin.operation, origin.firstElement));
    return true;
  }
  if (operation.op !== 'add-rule' || errno !== EINVAL || offset === undefined) return false;
  const map = lookedUpAt(encoded.bytes, origin.messageStart + offset);
  const table = `${operation.table.family} ${operation.table.name}`;
  const known = lacking.valued.get(table) ?? new Set();
  if (map === undefined || known.has(map)) return false;
  lacking.valued.set(table, known.add(map));
  return true;
};

/** Whether the refusals tell something new: then it is worth while to send the transaction again. What else was refused may follow from it. */
export const learn = (
  dialect: Dialect,
  transaction: Transaction,
  encoded: EncodedTransaction,
  refusals: readonly Ack[],
): boolean =>
  refusals.reduce((learned, ack) => learnFrom(dialect, transaction, encoded, ack) || learned, false);
