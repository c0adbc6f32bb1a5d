/** The port PersistenceMap over netlink: keys on a socket of its own, scans in a thread of their own. */

import { Worker } from 'node:worker_threads';
import { RelevoError } from '../errors.js';
import { createEntryColumns, type EntryColumns, type KeyColumns } from '../model/columns.js';
import { eachMessage, errnoError, NLMSG_ERROR, readAck, viewOf } from '../netlink/message.js';
import { askForKeys, readEntries } from '../netlink/persistence.js';
import type { PersistenceMap } from '../ports.js';
import { NETLINK_NETFILTER, type NetlinkSocket, openNetlinkSocket } from './netlink-socket.js';
import { createScanSocket, scanEntries } from './persistence-scan.js';
import type { FromScan } from './scan-worker.js';

export interface PersistenceMapOptions {
  /** Runs `body` where the kernel's map is: tests are in a network namespace of their own only for that moment. */
  readonly within?: <T>(body: () => T) => T;
}

/** Keys in one datagram: their answers come in one go and take about a millisecond. */
const keysPerRequest = 64;
/** An element with its headers takes 200 bytes. */
const messageBytes = 1024;
const answerMs = 5_000;
const ENOENT = 2;
/**
 * From here on a scan has its own thread, which takes 20 MB and 0.4 s of processor time to start: a smaller one costs less than that, and
 * holds up this thread by a millisecond at a time.
 */
const workerEntries = 100_000;

interface Pending {
  readonly firstSequence: number;
  readonly keys: KeyColumns;
  readonly from: number;
  readonly to: number;
  readonly found: EntryColumns;
  readonly resolve: () => void;
  readonly reject: (error: RelevoError) => void;
  answers: number;
}

/** Node 20 does not hand the loader of `--import=tsx` down to threads, so a thread from source loads it by itself. */
const openWorker = (): Worker => {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./scan-worker.js', import.meta.url));
  const script = JSON.stringify(new URL('./scan-worker.ts', import.meta.url).href);
  const load = `import('tsx/esm/api').then((tsx) => tsx.tsImport(${script}, ${JSON.stringify(import.meta.url)}))`;
  return new Worker(load, { eval: true });
};

const scanWith = (worker: Worker, visit: (piece: EntryColumns) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    let outcome: FromScan | undefined;
    worker.on('message', (message: FromScan) => {
      if (message.kind === 'piece') visit(message.entries);
      else outcome = message;
    });
    worker.on('error', (error) =>
      reject(new RelevoError('internal', `the scan failed: ${error}`, {}, error)),
    );
    worker.on('exit', () => {
      if (outcome?.kind === 'end') resolve();
      else if (outcome?.kind === 'failed') reject(new RelevoError(outcome.code, outcome.message));
      else reject(new RelevoError('internal', 'the scan ended early'));
    });
  });

export const createPersistenceMap = (options: PersistenceMapOptions = {}): PersistenceMap => {
  const within = options.within ?? (<T>(body: () => T): T => body());
  const queue: Pending[] = [];
  let current: Pending | undefined;
  let sequence = 1;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const settle = (error?: RelevoError): void => {
    const done = current;
    if (!done) return;
    clearTimeout(timer);
    current = undefined;
    if (error) done.reject(error);
    else done.resolve();
    askNext();
  };

  let socket: NetlinkSocket | undefined;
  const open = (): NetlinkSocket =>
    openNetlinkSocket(
      { protocol: NETLINK_NETFILTER, messageBytes, receiveBytes: 4 * 1024 * 1024, transient: true },
      {
        message(bytes) {
          const view = viewOf(bytes);
          eachMessage(view, (message) => {
            const pending = current;
            if (!pending) return;
            const index = message.sequence - pending.firstSequence;
            if (index < 0 || index >= pending.to - pending.from) return;
            const errno = message.type === NLMSG_ERROR ? (readAck(view, message)?.errno ?? 0) : 0;
            // ENOENT for a key that is not there, and for a map that is not there: the same to whoever asks.
            if (errno !== 0 && errno !== ENOENT)
              return settle(errnoError(errno, 'reading persistence entries'));
            if (message.type !== NLMSG_ERROR) readEntries(view, message.from, message.to, pending.found);
            if (++pending.answers === pending.to - pending.from) settle();
          });
        },
        lost: (error) => settle(error),
      },
    );

  const askNext = (): void => {
    const next = closed || current ? undefined : queue.shift();
    if (!next) return;
    const pending = { ...next, firstSequence: sequence };
    current = pending;
    sequence = (sequence + pending.to - pending.from) & 0x7fffffff;
    timer = setTimeout(
      () => settle(new RelevoError('timeout', `no answer about persistence entries in ${answerMs} ms`)),
      answerMs,
    );
    socket ??= within(open);
    socket.send(askForKeys(pending.keys, pending.from, pending.to, pending.firstSequence), (error) =>
      settle(error),
    );
  };

  return {
    async read(keys) {
      const found = createEntryColumns();
      for (let from = 0; from < keys.client.length; from += keysPerRequest) {
        const to = Math.min(from + keysPerRequest, keys.client.length);
        await new Promise<void>((resolve, reject) => {
          if (closed) return reject(new RelevoError('not-ready', 'the persistence map is closed'));
          queue.push({ firstSequence: 0, keys, from, to, found, resolve, reject, answers: 0 });
          askNext();
        });
      }
      return found;
    },
    scan: (visit, expectedEntries = 0) =>
      expectedEntries < workerEntries
        ? scanEntries(within(createScanSocket), visit)
        : scanWith(within(openWorker), visit),
    close() {
      if (closed) return;
      closed = true;
      const error = new RelevoError('not-ready', 'the persistence map is closed');
      for (const pending of queue.splice(0)) pending.reject(error);
      settle(error);
      socket?.close();
    },
  };
};
