/** A transaction as one nf_tables batch, and the way back from a sequence number in the kernel's answer to the operation it names. */

import { RelevoError } from '../../errors.js';
import { ByteWriter } from '../attributes.js';
import {
  beginMessage,
  endMessage,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  writeNfgen,
} from '../message.js';
import type { ChainSpec, FlowtableSpec, ObjectSpec, Operation, TableName, Transaction } from './ast.js';
import { writeRule } from './encode-rule.js';
import { packedListBytes, writeElements, writeSet } from './encode-set.js';
import { IPPROTO_TCP, IPPROTO_UDP } from './fields.js';
import {
  familyNumber,
  hookNumber,
  messageType,
  msg,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFT_TABLE_F_OWNER,
  NFT_TABLE_F_PERSIST,
  objectTypeNumber,
  verdictCode,
} from './numbers.js';
import { type Dialect, placeOf } from './older-kernels.js';

export interface EncodedTransaction {
  /** The whole batch, to be sent by one sendmsg(2). */
  readonly bytes: Uint8Array;
  /** Sequence number of NFNL_MSG_BATCH_BEGIN: errors about the batch as such carry it. */
  readonly firstSequence: number;
  /** The last message that asks for an acknowledgement: its answer ends the conversation. */
  readonly ackSequence: number;
  readonly nextSequence: number;
  /** Which operation a sequence number belongs to, where its message starts, and its first element; undefined for the frame. */
  locate(sequence: number): MessageOrigin | undefined;
}

export interface MessageOrigin {
  readonly operation: number;
  readonly messageStart: number;
  readonly firstElement: number;
}

class BatchWriter {
  // Most batches are small, and memory of their own outside the heap is what collections cost by.
  readonly writer = new ByteWriter(1024);
  readonly origins: MessageOrigin[] = [];
  sequence: number;
  /** Where the flags of the last message are, to ask for its acknowledgement at the end. */
  lastFlagsAt = -1;
  setId = 0;

  constructor(
    readonly firstSequence: number,
    readonly dialect: Dialect | undefined,
  ) {
    this.sequence = firstSequence;
  }

  frame(type: number): void {
    const start = beginMessage(this.writer, type, NLM_F_REQUEST, this.sequence++);
    writeNfgen(this.writer, 0, NFNL_SUBSYS_NFTABLES);
    endMessage(this.writer, start);
  }

  /** One message for a table's thing; `body` writes what follows NFTA_*_TABLE. */
  message(
    operation: number,
    message: number,
    flags: number,
    table: TableName,
    body: () => void,
    firstElement = 0,
  ): void {
    this.origins.push({ operation, messageStart: this.writer.length, firstElement });
    this.lastFlagsAt = this.writer.length + 6;
    const start = beginMessage(this.writer, messageType(message), NLM_F_REQUEST | flags, this.sequence++);
    writeNfgen(this.writer, familyNumber[table.family]);
    this.writer.attributeString(1, table.name);
    body();
    endMessage(this.writer, start);
  }
}

const writeDevices = (writer: ByteWriter, type: number, devices: readonly string[]): void => {
  const list = writer.begin(type);
  for (const device of devices) writer.attributeString(1, device);
  writer.end(list);
};

const writeChain = (writer: ByteWriter, chain: ChainSpec): void => {
  writer.attributeString(3, chain.name);
  const { hook } = chain;
  if (!hook) return;
  writer.attributeString(7, hook.type);
  writer.attributeU32Be(5, verdictCode[hook.policy]);
  const nested = writer.begin(4);
  writer.attributeU32Be(1, hookNumber[hook.hook] ?? 0);
  writer.attributeU32Be(2, hook.priority);
  if (hook.devices?.length === 1) writer.attributeString(3, hook.devices[0]!);
  else if (hook.devices) writeDevices(writer, 4, hook.devices);
  writer.end(nested);
};

const NFTA_OBJ_DATA = 4;
const objectHead = (writer: ByteWriter, { type, name }: Pick<ObjectSpec, 'type' | 'name'>): void => {
  writer.attributeString(2, name);
  writer.attributeU32Be(3, objectTypeNumber[type]);
};

const writeObject = (writer: ByteWriter, object: ObjectSpec): void => {
  objectHead(writer, object);
  const data = writer.begin(NFTA_OBJ_DATA);
  if (object.type === 'counter') {
    writer.attributeU64Be(1, object.bytes ?? 0);
    writer.attributeU64Be(2, object.packets ?? 0);
  } else {
    writer.attributeString(1, object.helper);
    writer.attributeU16Be(2, familyNumber[object.layer3]);
    writer.attributeU8(3, object.protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP);
  }
  writer.end(data);
};

const writeFlowtable = (writer: ByteWriter, flowtable: FlowtableSpec): void => {
  writer.attributeString(2, flowtable.name);
  const hook = writer.begin(3);
  writer.attributeU32Be(1, hookNumber.ingress ?? 0);
  writer.attributeU32Be(2, flowtable.priority);
  writeDevices(writer, 3, flowtable.devices);
  writer.end(hook);
};

const writeElementMessages = (
  batch: BatchWriter,
  index: number,
  operation: Extract<Operation, { readonly op: 'add-elements' | 'destroy-elements' | 'delete-elements' }>,
): void => {
  const { set, elements, table } = operation;
  let message: number = msg.delElement;
  let flags = 0;
  if (operation.op === 'add-elements') {
    message = msg.newElement;
    flags = NLM_F_CREATE | (operation.create ? NLM_F_EXCL : 0);
  }
  const { dialect } = batch;
  const oneByOne = operation.op === 'destroy-elements' && dialect?.lacking.destroys === true;
  if (operation.op === 'destroy-elements' && !oneByOne) message = msg.destroyElement;
  if (elements.packed) batch.writer.reserve(packedListBytes(elements.packed, elements.length));
  let next = 0;
  while (next < elements.length) {
    const first = next;
    if (oneByOne && dialect?.absent.has(placeOf(index, first))) {
      next++;
      continue;
    }
    batch.message(
      index,
      message,
      flags,
      table,
      () => {
        batch.writer.attributeString(2, set.name);
        next = writeElements(batch.writer, set, elements, first, oneByOne ? first + 1 : elements.length);
      },
      first,
    );
  }
};

const writeOperation = (batch: BatchWriter, index: number, operation: Operation): void => {
  const { writer } = batch;
  const { table } = operation;
  switch (operation.op) {
    case 'add-table':
      batch.message(index, msg.newTable, NLM_F_CREATE, table, () => {
        if (operation.owner) writer.attributeU32Be(2, NFT_TABLE_F_OWNER | NFT_TABLE_F_PERSIST);
      });
      return;
    case 'delete-table': {
      const older = batch.dialect?.lacking.destroys === true;
      if (operation.destroy && older && batch.dialect?.absent.has(placeOf(index, 0))) return;
      batch.message(index, operation.destroy && !older ? msg.destroyTable : msg.delTable, 0, table, () => {});
      return;
    }
    case 'add-chain':
      batch.message(index, msg.newChain, NLM_F_CREATE, table, () => writeChain(writer, operation.chain));
      return;
    case 'flush-chain':
      batch.message(index, msg.delRule, 0, table, () => writer.attributeString(2, operation.chain));
      return;
    case 'delete-chain':
      batch.message(index, msg.delChain, 0, table, () => writer.attributeString(3, operation.chain));
      return;
    case 'add-rule':
      batch.message(index, msg.newRule, NLM_F_CREATE | NLM_F_APPEND, table, () => {
        writer.attributeString(2, operation.rule.chain);
        writeRule(
          writer,
          table.family,
          operation.rule,
          batch.dialect?.lacking.valued.get(`${table.family} ${table.name}`),
        );
      });
      return;
    case 'add-set':
      batch.message(index, msg.newSet, NLM_F_CREATE, table, () => {
        writer.attributeString(2, operation.set.name);
        writeSet(writer, operation.set, ++batch.setId);
      });
      return;
    case 'delete-set':
      batch.message(index, msg.delSet, 0, table, () => writer.attributeString(2, operation.set));
      return;
    case 'flush-set':
      batch.message(index, msg.delElement, 0, table, () => writer.attributeString(2, operation.set));
      return;
    case 'add-object':
      batch.message(index, msg.newObject, NLM_F_CREATE, table, () => writeObject(writer, operation.object));
      return;
    case 'delete-object':
      batch.message(index, msg.delObject, 0, table, () => objectHead(writer, operation.object));
      return;
    case 'add-flowtable':
      batch.message(index, msg.newFlowtable, NLM_F_CREATE, table, () =>
        writeFlowtable(writer, operation.flowtable),
      );
      return;
    case 'delete-flowtable':
      batch.message(index, msg.delFlowtable, 0, table, () => writer.attributeString(2, operation.flowtable));
      return;
    case 'add-elements':
    case 'destroy-elements':
    case 'delete-elements':
      writeElementMessages(batch, index, operation);
      return;
  }
};

/**
 * Undefined for a transaction that says nothing to the kernel. Sequence numbers are counted up from `firstSequence`.
 *
 * `echo`: the kernel also answers with the new generation (NFT_MSG_NEWGEN), if the batch changes anything. It does so when the first message asks
 * for an echo, and then of each object in that message, too (nf_tables_gen_notify, ctx->report): so the first one is made to name the table of
 * the first operation, which must be there.
 */
export const encodeTransaction = (
  transaction: Transaction,
  firstSequence: number,
  echo = false,
  dialect?: Dialect,
): EncodedTransaction | undefined => {
  const batch = new BatchWriter(firstSequence, dialect);
  batch.frame(NFNL_MSG_BATCH_BEGIN);
  const first = echo ? transaction.operations[0] : undefined;
  if (first) batch.message(0, msg.newTable, NLM_F_CREATE | NLM_F_ECHO, first.table, () => {});
  for (const [index, operation] of transaction.operations.entries()) writeOperation(batch, index, operation);
  if (batch.origins.length === 0) return undefined;
  const ackSequence = batch.sequence - 1;
  // Errors are delivered in the order of the messages, so the answer to the last one closes the list (nfnl_err_deliver).
  batch.writer.setU16(batch.lastFlagsAt, flagsWithAck(batch.writer, batch.lastFlagsAt));
  batch.frame(NFNL_MSG_BATCH_END);
  const { origins } = batch;
  return {
    bytes: batch.writer.finish(),
    firstSequence,
    ackSequence,
    nextSequence: batch.sequence,
    locate: (sequence) => origins[sequence - firstSequence - 1],
  };
};

const flagsWithAck = (writer: ByteWriter, at: number): number => {
  const low = writer.bytes[at];
  const high = writer.bytes[at + 1];
  if (low === undefined || high === undefined) throw new RelevoError('internal', 'no message to acknowledge');
  return low | (high << 8) | NLM_F_ACK;
};
