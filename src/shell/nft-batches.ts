/** Sends nf_tables transactions one after the other and finds the kernel's verdict on each among its answers. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import { type Ack, eachMessage, errnoError, NLMSG_ERROR, readAck, viewOf } from '../netlink/message.js';
import type { Operation, Transaction } from '../netlink/nft/ast.js';
import { type EncodedTransaction, encodeTransaction } from '../netlink/nft/encode.js';
import { canEcho, elementCount, raisesGeneration } from '../netlink/nft/generation.js';
import { messageType, msg } from '../netlink/nft/numbers.js';
import { type Dialect, type Lacking, learn, nothingLacking } from '../netlink/nft/older-kernels.js';
import { expressionAt, lacksFeature } from '../netlink/nft/refusal.js';
import { operationText, transactionText } from '../netlink/nft/text.js';
import type { Log } from '../ports.js';
import { openDirectNetlinkSocket } from './netlink-direct.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';
import { ownCommits } from './own-commits.js';

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
  /** Whether a batch that succeeds raises the generation: always, or if it is echoed. */
  readonly raises: 'always' | 'if echoed' | 'perhaps';
  echoed?: boolean;
  /** The kernel has said what came of it. */
  answered?: boolean;
  readonly refusals: Ack[];
  /** How often it may still be said in other words; with what was found to be absent. */
  readonly retries: number;
  readonly dialect: Dialect;
}

/** Words that a kernel may lack within one rule and one round of deletions, and then some. */
const maxRetries = 10;

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

/** By how much the generation grew with it; undefined: not known. */
const generationsOf = (pending: Pending): 0 | 1 | undefined => {
  if (!pending.answered) return undefined;
  if (pending.refusals.length > 0) return 0;
  if (pending.raises === 'if echoed') return pending.echoed ? 1 : 0;
  return pending.raises === 'always' ? 1 : undefined;
};

const newGeneration = messageType(msg.newGeneration);

/** Elements from which on a batch is worth the 0.1 ms that it takes to write it unheard. */
const largeElements = 1_024;

/** `unheard`: calls back while nobody of this process listens to what is committed. `lacking`: what this kernel is known to lack; it grows. */
export const createNftBatches = (
  log: Log,
  unheard = (send: () => void): void => send(),
  lacking: Lacking = nothingLacking(),
): NftBatches => {
  const queue: Pending[] = [];
  let current: Pending | undefined;
  let sequence = 1;
  let closed = false;
  let deadline: NodeJS.Timeout | undefined;
  let sending = false;

  const settle = (error?: RelevoError, again = false): void => {
    const done = current;
    if (!done) return;
    current = undefined;
    clearTimeout(deadline);
    if (error) done.reject(error);
    else if (!again) done.resolve();
    // Not within the call that sends the one before: what is written unheard is one batch.
    if (!sending) sendNext();
  };

  const onAck = (ack: Ack): void => {
    if (!current) return;
    const { firstSequence, ackSequence } = current.encoded;
    // An answer to an earlier batch that was settled by an error about the batch as a whole.
    if (ack.sequence < firstSequence || ack.sequence > ackSequence) return;
    if (ack.errno !== 0) current.refusals.push(ack);
    // An error on the frame itself (no permission, no memory) may be the only answer there is.
    if (ack.sequence !== ackSequence && ack.sequence !== firstSequence) return;
    current.answered = true;
    const [first] = current.refusals;
    if (first && sayOtherwise(current)) return;
    settle(first && refusal(current, first));
  };

  /** An older kernel: the same once more, in words that it knows. */
  const sayOtherwise = (pending: Pending): boolean => {
    const { transaction, refusals, resolve, reject, retries, dialect } = pending;
    if (retries === 0 || !learn(dialect, transaction, pending.encoded, refusals)) return false;
    const next = pendingOf(transaction, dialect, { resolve, reject, retries: retries - 1 });
    if (next) queue.unshift(next);
    settle(undefined, next !== undefined);
    return true;
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
          // The echo is to the first message of a batch.
          const isEcho =
            message.type === newGeneration && current?.encoded.firstSequence === message.sequence - 1;
          if (isEcho && current) current.echoed = true;
        });
      },
      lost(error) {
        log.warn(
          { error: error.message, ...error.facts },
          'the kernel lost answers to a change of nf_tables',
        );
        // One refusal is enough for a batch: nothing of it is done.
        const [first] = current?.refusals ?? [];
        settle(current && first ? refusal(current, first) : unknownVerdict(current));
      },
    },
  );

  /** Sends it and reads its verdict, which is there at once. */
  const exchange = (pending: Pending): void => {
    current = pending;
    const send = (): void => {
      ownCommits.begin();
      try {
        socket.send(pending.encoded.bytes, (error) => settle(error));
      } finally {
        ownCommits.end(generationsOf(pending));
      }
    };
    sending = true;
    try {
      if (pending.raises !== 'perhaps' && elementCount(pending.transaction) >= largeElements) unheard(send);
      else send();
    } finally {
      sending = false;
    }
  };

  const sendNext = (): void => {
    while (!current && !closed) {
      const next = queue.shift();
      if (!next) return;
      exchange(next);
      if (current === next) deadline = setTimeout(() => settle(unknownVerdict(next)), answerMs);
    }
  };

  const raisesOf = (transaction: Transaction): Pending['raises'] => {
    if (raisesGeneration(transaction)) return 'always';
    // An echo costs a message more.
    return canEcho(transaction) && elementCount(transaction) >= largeElements ? 'if echoed' : 'perhaps';
  };

  const encode = (
    transaction: Transaction,
    dialect: Dialect,
    echo = false,
  ): EncodedTransaction | undefined => {
    const encoded = encodeTransaction(transaction, sequence, echo, dialect);
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

  const freshDialect = (): Dialect => ({ lacking, absent: new Set() });

  /** Undefined: there is nothing to say. */
  const pendingOf = (
    transaction: Transaction,
    dialect: Dialect,
    rest: Pick<Pending, 'resolve' | 'reject' | 'retries'>,
  ): Pending | undefined => {
    const raises = raisesOf(transaction);
    const encoded = encode(transaction, dialect, raises === 'if echoed');
    return encoded && { ...rest, transaction, dialect, encoded, raises, refusals: [] };
  };

  return {
    port: socket.port,
    // The executor runs at once, so an idle socket has the batch in the kernel before `commit` returns: lease renewals count on it.
    commit: (transaction) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new RelevoError('not-ready', 'nf_tables is closed'));
        const pending = pendingOf(transaction, freshDialect(), { resolve, reject, retries: maxRetries });
        if (!pending) return resolve();
        const bytes = pending.encoded.bytes.length;
        const text = { toJSON: () => transactionText(transaction) };
        log.debug({ bytes, transaction: text }, transaction.reason);
        queue.push(pending);
        sendNext();
      }),
    prepare(transaction) {
      const dialect = freshDialect();
      const encoded = encode(transaction, dialect);
      if (!encoded) return () => {};
      const raises = raisesGeneration(transaction) ? 'always' : 'perhaps';
      return () => {
        if (closed) throw new RelevoError('not-ready', 'nf_tables is closed');
        if (current)
          throw new RelevoError('kernel-busy', `"${transaction.reason}" finds a batch without verdict`);
        let error: RelevoError | undefined;
        const pending: Pending = {
          transaction,
          encoded,
          raises,
          refusals: [],
          retries: 0,
          dialect,
          resolve: () => {},
          reject: (refused) => {
            error = refused;
          },
        };
        exchange(pending);
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
