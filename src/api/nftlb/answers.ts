/** What nftlb answers: `{"response": "<message>. <detail>"}`, and which status belongs to which failure. */

import type { FastifyReply } from 'fastify';
import { listText } from '../../config/format-values.js';
import { type ErrorCode, errorFrom, RelevoError } from '../../errors.js';
import type { Unserved } from './unserved.js';

export interface Response {
  readonly response: string;
  /** Only where something is: nftlb's clients read `response`. */
  readonly unserved?: readonly Unserved[];
}

/** `notes`: what was understood otherwise than it was written. */
export const responseOf = (notes: readonly string[], unserved: readonly Unserved[] = []): Response => ({
  response: ['success', ...notes].join('. '),
  ...(unserved.length > 0 && { unserved }),
});

interface Failure {
  readonly status: number;
  readonly message: string;
}

const refusedByKernel: Failure = {
  status: 500,
  message: 'the kernel refused the change and nothing was changed',
};
const tryAgain: Failure = { ...refusedByKernel, status: 503 };

const failures: Partial<Record<ErrorCode, Failure>> = {
  'bad-request': { status: 400, message: 'the structure is invalid' },
  'bad-document': { status: 400, message: 'error parsing buffer' },
  'not-found': { status: 404, message: 'the object to modify is unknown' },
  unsupported: { status: 501, message: 'not supported by this version' },
  conflict: { status: 409, message: 'the document of the cluster cannot be changed here now' },
  'not-ready': { status: 503, message: 'the document of the cluster cannot be changed here now' },
  'kernel-refused': refusedByKernel,
  'kernel-exists': refusedByKernel,
  'kernel-missing': refusedByKernel,
  'kernel-full': refusedByKernel,
  'kernel-busy': tryAgain,
  'kernel-overrun': tryAgain,
};

/** An unknown attribute is nftlb's 500, a bad value its 400; the text is the same. */
export const unknownAttribute = 500;

/** fastify's own refusals: a body that is too long, a content type it will not take. */
const fromFastify = (thrown: unknown): RelevoError | undefined => {
  const { statusCode, message } = thrown as { statusCode?: number; message?: string };
  if (thrown instanceof RelevoError || statusCode === undefined || statusCode >= 500) return undefined;
  return new RelevoError('bad-request', message ?? 'refused', { status: statusCode });
};

/** The answer to a request that failed. */
export const failureOf = (thrown: unknown): { status: number; response: string; error: RelevoError } => {
  const error = fromFastify(thrown) ?? errorFrom(thrown);
  const { status, message } = failures[error.code] ?? { status: 500, message: 'internal error' };
  return {
    status: typeof error.facts.status === 'number' ? error.facts.status : status,
    response: `${error.facts.answer ?? message}. ${error.message}`,
    error,
  };
};

/** The same failure under the message that nftlb has for this kind of request. */
export const answering = async <T>(answer: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    const error = errorFrom(thrown);
    const isKernel = error.code.startsWith('kernel-') || error.code === 'internal';
    if (isKernel) throw error;
    throw new RelevoError(error.code, error.message, { ...error.facts, answer }, error);
  }
};

const blockChars = 65_536;
/** UTF-8 takes three bytes at most for a unit of UTF-16. */
const bytesOfChar = 3;
const emptyBlock = (): Buffer => Buffer.allocUnsafeSlow(blockChars);

/** A long answer, made and sent piece by piece: others have their turn in between, and memory holds little of it. */
export const sendPieces = (reply: FastifyReply, pieces: Iterable<string>): FastifyReply => {
  const iterator = pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Between two blocks whatever else waits has its turn.
      await new Promise((resolve) => setImmediate(resolve));
      const block: string[] = [];
      let size = 0;
      while (size < blockChars) {
        const { done, value } = iterator.next();
        if (done) break;
        block.push(value);
        size += value.length;
      }
      if (size > 0) controller.enqueue(encoder.encode(block.join('')));
      if (size < blockChars) controller.close();
    },
  });
  return reply.type('application/json').send(stream);
};

/** An answer that grows while something is read: `write` sends in blocks. Fails before its first block with an error, later by ending early. */
export const sendWhile = (
  reply: FastifyReply,
  work: (write: (text: string) => void) => Promise<void>,
): Promise<FastifyReply> =>
  new Promise((resolve, reject) => {
    let block = emptyBlock();
    let used = 0;
    let hasBegun = false;
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(made) {
        controller = made;
      },
      cancel() {
        controller = undefined;
      },
    });
    const flush = (): void => {
      if (used > 0) {
        controller?.enqueue(block.subarray(0, used));
        block = emptyBlock();
        used = 0;
      }
      if (hasBegun) return;
      hasBegun = true;
      resolve(reply.type('application/json').send(stream));
    };
    // Into bytes at once: a text that grows by a hundred thousand pieces is copied by the garbage collector again and again.
    work((text) => {
      const most = text.length * bytesOfChar;
      if (most > block.length - used) flush();
      if (most <= block.length) used += block.write(text, used);
      else controller?.enqueue(Buffer.from(text));
    }).then(
      () => {
        flush();
        controller?.close();
      },
      (thrown: unknown) => {
        if (!hasBegun) reject(thrown);
        else controller?.error(thrown);
      },
    );
  });

/** `{ "farms": […] }`, entry by entry. */
export function* listPieces(key: string, entries: Iterable<unknown>): Generator<string> {
  yield `{\n        "${key}": `;
  yield* listText(entries, 1);
  yield '\n}\n';
}
