/**
 * The generation of a namespace's nf_tables: a number of 32 bits that each commit which changes something raises by one, whoever makes it and in
 * whichever table (nf_tables_commit). A batch that is refused or finds nothing to change leaves it as it is (seen on Linux 6.1 and 6.18).
 */

import { ByteWriter, type Received } from '../attributes.js';
import { beginMessage, endMessage, NLM_F_REQUEST, writeNfgen } from '../message.js';
import type { Operation, Transaction } from './ast.js';
import {
  messageType,
  msg,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
} from './numbers.js';

/** struct nfgenmsg before it, then NFTA_GEN_ID as the first attribute. */
const generationAt = 4 + 4;

/** The number in a NFT_MSG_NEWGEN whose content begins at `from`; undefined when it is cut. */
export const readGenerationNumber = (received: Received, from: number, to: number): number | undefined =>
  to - from >= generationAt + 4 ? received.view.getUint32(from + generationAt, false) : undefined;

const message = (type: number, sequence: number, subsystem: number): Uint8Array => {
  const writer = new ByteWriter(32);
  const start = beginMessage(writer, type, NLM_F_REQUEST, sequence);
  writeNfgen(writer, 0, subsystem);
  endMessage(writer, start);
  return writer.finish();
};

export const getGeneration = (sequence: number): Uint8Array =>
  message(messageType(msg.getGeneration), sequence, 0);

/** Changes nothing, but has waited for the mutex of commits: whoever was committing has finished and told it. */
export const emptyBatch = (sequence: number): Uint8Array => {
  const begin = message(NFNL_MSG_BATCH_BEGIN, sequence, NFNL_SUBSYS_NFTABLES);
  const end = message(NFNL_MSG_BATCH_END, sequence + 1, NFNL_SUBSYS_NFTABLES);
  const both = new Uint8Array(begin.length + end.length);
  both.set(begin);
  both.set(end, begin.length);
  return both;
};

const certainlyChanges = (operation: Operation): boolean => {
  switch (operation.op) {
    case 'add-rule':
    case 'delete-chain':
    case 'delete-set':
    case 'delete-object':
    case 'delete-flowtable':
      return true;
    case 'delete-table':
      return operation.destroy !== true;
    case 'add-elements':
      return operation.create === true && operation.elements.length > 0;
    case 'delete-elements':
      return operation.elements.length > 0;
    default:
      // Passes over what is there already, or what is not.
      return false;
  }
};

/** True when it raises the generation, once, provided that the kernel takes it; false: it may find nothing to change. */
export const raisesGeneration = ({ operations }: Transaction): boolean => operations.some(certainlyChanges);

/** Whether the batch can begin with a table that is certainly there: see `encodeTransaction`. */
export const canEcho = ({ operations }: Transaction): boolean => {
  const op = operations[0]?.op;
  return op === 'add-elements' || op === 'delete-elements' || op === 'destroy-elements';
};

/** Elements written or taken out, of all sets. */
export const elementCount = ({ operations }: Transaction): number => {
  let count = 0;
  for (const operation of operations) if ('elements' in operation) count += operation.elements.length;
  return count;
};
