/** Questions to the kernel over netlink, one at a time: a request and the messages of its answer, dumps included. */

import type { RelevoError } from '../errors.js';
import type { Received } from '../netlink/attributes.js';
import {
  eachMessage,
  errnoError,
  type Message,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  readAck,
  viewOf,
} from '../netlink/message.js';
import { type NetlinkSocketOptions, openNetlinkSocket } from './netlink-socket.js';

export interface NetlinkAsker {
  readonly port: number;
  /**
   * Sends the request that `build` makes with a sequence number; `visit` sees each message of the answer.
   * `interrupted`: the kernel changed what it was dumping, so the answer may repeat or omit things.
   */
  ask(
    what: string,
    build: (sequence: number) => Uint8Array,
    visit: (received: Received, message: Message) => void,
  ): Promise<{ readonly interrupted: boolean }>;
  close(): void;
}

interface Question {
  readonly what: string;
  readonly build: (sequence: number) => Uint8Array;
  readonly visit: (received: Received, message: Message) => void;
  readonly resolve: (result: { interrupted: boolean }) => void;
  readonly reject: (error: RelevoError) => void;
}

export const createNetlinkAsker = (
  protocol: number,
  options: Partial<Pick<NetlinkSocketOptions, 'messageBytes' | 'messagesPerTurn'>> = {},
): NetlinkAsker => {
  const queue: Question[] = [];
  let current: Question | undefined;
  let sequence = 0;
  let interrupted = false;
  let closed = false;

  const settle = (error?: RelevoError): void => {
    const done = current;
    if (!done) return;
    current = undefined;
    if (error) done.reject(error);
    else done.resolve({ interrupted });
    askNext();
  };

  const onMessage = (received: Received, message: Message): void => {
    if (!current || message.sequence !== sequence) return;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
    if (message.type === NLMSG_ERROR) {
      const errno = readAck(received.view, message)?.errno ?? 0;
      settle(errno === 0 ? undefined : errnoError(errno, current.what));
    } else if (message.type === NLMSG_DONE) {
      // A dump that fails on its way says so in the first word of NLMSG_DONE.
      const errno = message.to - message.from >= 4 ? -received.view.getInt32(message.from, true) : 0;
      settle(errno > 0 ? errnoError(errno, current.what) : undefined);
    } else {
      current.visit(received, message);
      if ((message.flags & NLM_F_MULTI) === 0) settle();
    }
  };

  const socket = openNetlinkSocket(
    { protocol, messageBytes: 64 * 1024, receiveBytes: 8 * 1024 * 1024, ...options },
    {
      message(bytes) {
        const received = { view: viewOf(bytes), bytes };
        eachMessage(received.view, (message) => onMessage(received, message));
      },
      lost: (error) => settle(error),
    },
  );

  const askNext = (): void => {
    while (!current && !closed) {
      const next = queue.shift();
      if (!next) return;
      current = next;
      interrupted = false;
      sequence = (sequence + 1) >>> 0;
      socket.send(next.build(sequence), (error) => settle(error));
    }
  };

  return {
    port: socket.port,
    ask: (what, build, visit) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closedError(what));
        queue.push({ what, build, visit, resolve, reject });
        askNext();
      }),
    close() {
      if (closed) return;
      closed = true;
      const left = current ? [current, ...queue] : [...queue];
      queue.length = 0;
      current = undefined;
      for (const question of left) question.reject(closedError(question.what));
      socket.close();
    },
  };
};

const ENOTCONN = 107;
const closedError = (what: string): RelevoError =>
  errnoError(ENOTCONN, `${what}: the socket is closed; it was`);
