/**
 * Addresses are added, removed and listed by a thread of their own: what waits for the RTNL mutex (465 ms were seen, docs/DRILLS.md) must not
 * hold up lease renewals. The links are watched by whoever asks, as before.
 */

import type { Worker } from 'node:worker_threads';
import { type ErrorCode, RelevoError } from '../errors.js';
import type { Ip } from '../model/address.js';
import type { Links } from '../ports.js';
import { openThread } from './threads.js';

type Move = 'addAddress' | 'removeAddress';
type Listed = Awaited<ReturnType<Links['addresses']>>;

export type ToMover =
  | { readonly id: number; readonly verb: 'addresses' }
  | {
      readonly id: number;
      readonly verb: Move;
      readonly link: string;
      readonly address: Ip;
      readonly prefixLength: number;
    };

export interface FromMover {
  readonly id: number;
  readonly addresses?: Listed;
  readonly failed?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly facts: RelevoError['facts'];
  };
}

interface Waiting {
  readonly resolve: (answer: FromMover) => void;
  readonly reject: (error: RelevoError) => void;
}

/** The same port; the thread starts with the first request, and anew after it has died. */
export const createAddressMover = (links: Links): Links => {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let lastId = 0;
  let closed = false;

  const start = (): Worker => {
    const started = openThread(new URL('./address-worker.js', import.meta.url));
    let detail = '';
    started.on('message', (answer: FromMover) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    });
    started.on('error', (error) => {
      detail = error instanceof Error ? error.message : String(error);
    });
    started.on('exit', (code) => {
      if (thread === started) thread = undefined;
      const error = new RelevoError('internal', `the thread that moves addresses ended: ${detail || code}`);
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
    });
    return started;
  };

  const ask = (build: (id: number) => ToMover): Promise<FromMover> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new RelevoError('not-ready', 'addresses are not moved any more'));
      thread ??= start();
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      thread.postMessage(build(lastId));
    });

  const done = async (asked: Promise<FromMover>): Promise<FromMover> => {
    const answer = await asked;
    const { failed } = answer;
    if (failed) throw new RelevoError(failed.code, failed.message, failed.facts);
    return answer;
  };

  const move = async (verb: Move, link: string, address: Ip, prefixLength: number): Promise<void> => {
    await done(ask((id) => ({ id, verb, link, address, prefixLength })));
  };

  return {
    ...links,
    addAddress: (link, address, prefixLength) => move('addAddress', link, address, prefixLength),
    removeAddress: (link, address, prefixLength) => move('removeAddress', link, address, prefixLength),
    addresses: async () => (await done(ask((id) => ({ id, verb: 'addresses' })))).addresses ?? [],
    close() {
      closed = true;
      thread?.postMessage('close');
      links.close();
    },
  };
};
