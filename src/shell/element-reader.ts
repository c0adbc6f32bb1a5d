/** The port ElementReader over netlink: a socket of its own, questions sent together and answered in one go. */

import { RelevoError } from '../errors.js';
import { eachMessage, errnoError, NLMSG_ERROR, readAck, viewOf } from '../netlink/message.js';
import type { ElementBytes } from '../netlink/nft/ast.js';
import { type DumpedElement, readElements } from '../netlink/nft/decode.js';
import { getElement } from '../netlink/nft/requests.js';
import type { ElementQuestion, ElementReader } from '../ports.js';
import { NETLINK_NETFILTER, type NetlinkSocket, openNetlinkSocket } from './netlink-socket.js';

export interface ElementReaderOptions {
  /** Opens the socket where the sets are: tests are in a network namespace of their own only for that moment. */
  readonly within?: <T>(body: () => T) => T;
}

const questionsPerRequest = 64;
const messageBytes = 1024;
const answerMs = 5_000;
const ENOENT = 2;

interface Pending {
  readonly questions: readonly ElementQuestion[];
  readonly found: (ElementBytes | undefined)[];
  readonly resolve: (found: (ElementBytes | undefined)[]) => void;
  readonly reject: (error: RelevoError) => void;
  firstSequence: number;
  answers: number;
}

const concatenated = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

export const createElementReader = (options: ElementReaderOptions = {}): ElementReader => {
  const within = options.within ?? (<T>(body: () => T): T => body());
  const queue: Pending[] = [];
  let current: Pending | undefined;
  let sequence = 1;
  let timer: NodeJS.Timeout | undefined;
  let socket: NetlinkSocket | undefined;
  let closed = false;

  const settle = (error?: RelevoError): void => {
    const done = current;
    if (!done) return;
    clearTimeout(timer);
    current = undefined;
    if (error) done.reject(error);
    else done.resolve(done.found);
    askNext();
  };

  const onMessage = (bytes: Uint8Array): void => {
    const view = viewOf(bytes);
    eachMessage(view, (message) => {
      const pending = current;
      if (!pending) return;
      const at = message.sequence - pending.firstSequence;
      if (at < 0 || at >= pending.questions.length) return;
      if (message.type === NLMSG_ERROR) {
        const errno = readAck(view, message)?.errno ?? 0;
        if (errno !== 0 && errno !== ENOENT) return settle(errnoError(errno, 'reading elements by key'));
      } else {
        const elements: DumpedElement[] = [];
        readElements({ view, bytes }, message.from, message.to, elements);
        pending.found[at] = elements[0];
      }
      if (++pending.answers === pending.questions.length) settle();
    });
  };

  const askNext = (): void => {
    const next = closed || current ? undefined : queue.shift();
    if (!next) return;
    current = next;
    next.firstSequence = sequence;
    sequence = (sequence + next.questions.length) & 0x3fffffff || 1;
    timer = setTimeout(
      () => settle(new RelevoError('timeout', `no answer about elements in ${answerMs} ms`)),
      answerMs,
    );
    const requests = next.questions.map(({ table, set, key }, at) =>
      getElement(table, set, key, next.firstSequence + at),
    );
    socket ??= within(() =>
      openNetlinkSocket(
        { protocol: NETLINK_NETFILTER, messageBytes, receiveBytes: 4 * 1024 * 1024, transient: true },
        { message: onMessage, lost: (error) => settle(error) },
      ),
    );
    socket.send(concatenated(requests), (error) => settle(error));
  };

  const ask = (questions: readonly ElementQuestion[]): Promise<(ElementBytes | undefined)[]> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new RelevoError('not-ready', 'the reader of elements is closed'));
      const found = questions.map(() => undefined);
      queue.push({ questions, found, resolve, reject, firstSequence: 0, answers: 0 });
      askNext();
    });

  return {
    async read(questions) {
      const found: (ElementBytes | undefined)[] = [];
      for (let from = 0; from < questions.length; from += questionsPerRequest) {
        found.push(...(await ask(questions.slice(from, from + questionsPerRequest))));
      }
      return found;
    },
    close() {
      if (closed) return;
      closed = true;
      const error = new RelevoError('not-ready', 'the reader of elements is closed');
      for (const pending of queue.splice(0)) pending.reject(error);
      settle(error);
      socket?.close();
    },
  };
};
