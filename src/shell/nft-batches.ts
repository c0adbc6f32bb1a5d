/** Sends nf_tables transactions one after the other and finds the kernel's verdict on each among its answers. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import { type Ack, eachMessage, errnoError, NLMSG_ERROR, readAck, viewOf } from '../netlink/message.js';
import type { Operation, Transaction } from '../netlink/nft/ast.js';
import { type EncodedTransaction, encodeTransaction } from '../netlink/nft/encode.js';
import { expressionAt, lacksFeature } from '../netlink/nft/refusal.js';
import { operationText, transactionText } from '../netlink/nft/text.js';
import type { Log } from '../ports.js';
import { openDirectNetlinkSocket } from './netlink-direct.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';

export interface NftBatches {
  readonly port: number;
  commit(transaction: Transaction): Promise<void>;
  /** See `PreparingNft`. */
  prepare(transaction: Transaction): () => void;
  close(): void;
}

interface Pending {
  readonly transaction: Transaction;
  readonly encoded: EncodedTransaction;
  readonly resolve: () => void;
  readonly reject: (error: RelevoError) => void;
  firstError?: Ack;
}

/** An answer comes within the commit, which is part of sendmsg: when none does, it was dropped. */
const answerMs = 5_000;
const EINVAL = 22;

const shortText = (operation: Operation): string => {
  const text = operationText(operation);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

/** The kernel names a message and an offset in it; the operator wants the operation and its words. */
const refusal = (pending: Pending, ack: Ack): RelevoError => {
  const { transaction, encoded } = pending;
  const origin = encoded.locate(ack.sequence);
  const operation = origin && transaction.operations[origin.operation];
  if (!origin || !operation) {
    return errnoError(ack.errno, `batch "${transaction.reason}"`, { reason: transaction.reason });
  }
  const expression =
    ack.offset === undefined || operation.op !== 'add-rule'
      ? undefined
      : expressionAt(encoded.bytes, origin.messageStart + ack.offset);
  const what = `operation ${origin.operation} of "${transaction.reason}", ${shortText(operation)},`;
  const facts = {
    operation: origin.operation,
    op: operation.op,
    table: `${operation.table.family} ${operation.table.name}`,
    reason: transaction.reason,
    kernel: ack.text,
    expression,
  };
  const error = errnoError(ack.errno, what, facts);
  if (lacksFeature(operation, ack.errno, { ...ack, expression })) {
    const named = expression ? `${expression} ` : '';
    return new RelevoError(
      'unsupported',
      `${error.message}: this kernel has no ${named}support for it`,
      error.facts,
    );
  }
  // Kernels that do not know NFT_TABLE_F_OWNER or _PERSIST say EINVAL or EOPNOTSUPP.
  if (operation.op === 'add-table' && operation.owner && ack.errno === EINVAL) {
    return new RelevoError('unsupported', error.message, error.facts);
  }
  return error;
};

/** Neither applied nor refused for sure: never to be taken for success. */
const unknownVerdict = (pending: Pending | undefined): RelevoError =>
  new RelevoError(
    'kernel-overrun',
    `the kernel's verdict on "${pending?.transaction.reason}" was lost: read the tables again`,
  );

export const createNftBatches = (log: Log): NftBatches => {
  const queue: Pending[] = [];
  let current: Pending | undefined;
  let sequence = 1;
  let closed = false;
  let deadline: NodeJS.Timeout | undefined;

  const settle = (error?: RelevoError): void => {
    const done = current;
    if (!done) return;
    current = undefined;
    clearTimeout(deadline);
    if (error) done.reject(error);
    else done.resolve();
    sendNext();
  };

  const onAck = (ack: Ack): void => {
    if (!current) return;
    const { firstSequence, ackSequence } = current.encoded;
    // An answer to an earlier batch that was settled by an error about the batch as a whole.
    if (ack.sequence < firstSequence || ack.sequence > ackSequence) return;
    if (ack.errno !== 0) current.firstError ??= ack;
    // An error on the frame itself (no permission, no memory) may be the only answer there is.
    if (ack.sequence !== ackSequence && ack.sequence !== firstSequence) return;
    settle(current.firstError && refusal(current, current.firstError));
  };

  const socket = openDirectNetlinkSocket(
    {
      protocol: NETLINK_NETFILTER,
      // Acknowledgements only, capped (NETLINK_CAP_ACK).
      messageBytes: 2 * 1024,
      receiveBytes: 8 * 1024 * 1024,
      // sendmsg refuses what exceeds the buffer less its bookkeeping (netlink_sendmsg: EMSGSIZE).
      sendBytes: limits.batchBytes + 256 * 1024,
      answered: () => current === undefined,
    },
    {
      message(bytes) {
        const view = viewOf(bytes);
        eachMessage(view, (message) => {
          const ack = message.type === NLMSG_ERROR ? readAck(view, message) : undefined;
          if (ack) onAck(ack);
        });
      },
      lost(error) {
        log.warn(
          { error: error.message, ...error.facts },
          'the kernel lost answers to a change of nf_tables',
        );
        settle(unknownVerdict(current));
      },
    },
  );

  const sendNext = (): void => {
    while (!current && !closed) {
      const next = queue.shift();
      if (!next) return;
      current = next;
      socket.send(next.encoded.bytes, (error) => settle(error));
      if (current === next) deadline = setTimeout(() => settle(unknownVerdict(next)), answerMs);
    }
  };

  const encode = (transaction: Transaction): EncodedTransaction | undefined => {
    const encoded = encodeTransaction(transaction, sequence);
    if (!encoded) return undefined;
    if (encoded.bytes.length > limits.batchBytes) {
      const bytes = encoded.bytes.length;
      throw new RelevoError(
        'kernel-refused',
        `"${transaction.reason}" makes a batch of ${bytes} bytes, more than ${limits.batchBytes}: split it`,
        { bytes, limit: limits.batchBytes },
      );
    }
    sequence = encoded.nextSequence < 0xf000_0000 ? encoded.nextSequence : 1;
    return encoded;
  };

  return {
    port: socket.port,
    // The executor runs at once, so an idle socket has the batch in the kernel before `commit` returns: lease renewals count on it.
    commit: (transaction) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new RelevoError('not-ready', 'nf_tables is closed'));
        const encoded = encode(transaction);
        if (!encoded) return resolve();
        const bytes = encoded.bytes.length;
        const text = { toJSON: () => transactionText(transaction) };
        log.debug({ bytes, transaction: text }, transaction.reason);
        queue.push({ transaction, encoded, resolve, reject });
        sendNext();
      }),
    prepare(transaction) {
      const encoded = encode(transaction);
      if (!encoded) return () => {};
      return () => {
        if (closed) throw new RelevoError('not-ready', 'nf_tables is closed');
        if (current)
          throw new RelevoError('kernel-busy', `"${transaction.reason}" finds a batch without verdict`);
        let error: RelevoError | undefined;
        const pending: Pending = {
          transaction,
          encoded,
          resolve: () => {},
          reject: (refused) => {
            error = refused;
          },
        };
        current = pending;
        socket.send(encoded.bytes, (refused) => settle(refused));
        if (current === pending) settle(unknownVerdict(pending));
        if (error) throw error;
      };
    },
    close() {
      if (closed) return;
      closed = true;
      const left = current ? [current, ...queue] : [...queue];
      queue.length = 0;
      current = undefined;
      clearTimeout(deadline);
      for (const one of left)
        one.reject(new RelevoError('not-ready', 'nf_tables was closed before the verdict'));
      socket.close();
    },
  };
};
