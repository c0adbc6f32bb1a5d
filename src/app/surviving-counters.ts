/**
 * Counters of services that say `counters: survive`: read each second, told to the peers where something has changed, and shown as what all
 * nodes have carried together. A new owner lacks what the one before has carried since its last word: the last second.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import type { Service } from '../model/service.js';
import type { ServiceCounters } from '../model/status.js';
import type { Log } from '../ports.js';
import { CarriedBook } from '../replication/carried.js';
import type { Carried } from '../wire/frames.js';

export interface SurvivingParts {
  readonly node: string;
  readonly peers: readonly string[];
  /** What this node's kernel has counted. */
  readonly read: () => Promise<readonly ServiceCounters[]>;
  readonly service: (name: string) => Service | undefined;
  readonly services: () => Iterable<Service>;
  readonly log: Log;
  /** False: the peer is not connected, or does not take more now. */
  readonly send: (peer: string, carried: readonly Carried[]) => boolean;
}

export interface SurvivingCounters {
  hear(carried: readonly Carried[]): void;
  /** Of all services that are counted; of those that survive, what all nodes have carried. */
  counters(): Promise<readonly ServiceCounters[]>;
  run(signal: AbortSignal): void;
}

/** The error bound. */
const tellMs = 1_000;
/** Everything, also to those who may have missed something. */
const tellAllMs = 30_000;

export const createSurvivingCounters = (parts: SurvivingParts): SurvivingCounters => {
  const { node, peers, service, services, log, send } = parts;
  const book = new CarriedBook(node, [node, ...peers]);
  /** Peers that are to hear everything. */
  let unaware = new Set(peers);
  const survives = (name: string): boolean => service(name)?.countersSurvive === true;

  const isAnyCounted = (): boolean => {
    for (const one of services()) if (one.countersSurvive) return true;
    return false;
  };

  const tell = (peer: string, carried: readonly Carried[]): boolean => {
    for (let from = 0; from < carried.length; from += limits.countersCarried) {
      if (!send(peer, carried.slice(from, from + limits.countersCarried))) return false;
    }
    return true;
  };

  const tick = async (): Promise<void> => {
    book.keep(survives);
    if (!isAnyCounted()) return;
    const changed: Carried[] = [];
    for (const { service: name, backends, ...all } of await parts.read()) {
      if (!survives(name)) continue;
      const whole = book.read(name, '', all);
      if (whole) changed.push(whole);
      for (const { backend, ...carried } of backends) {
        const news = book.read(name, backend, carried);
        if (news) changed.push(news);
      }
    }
    let all: Carried[] | undefined;
    for (const peer of peers) {
      const isUnaware = unaware.has(peer);
      if (isUnaware) all ??= [...book.all()];
      const what = isUnaware ? all! : changed;
      if (what.length === 0) continue;
      if (tell(peer, what)) unaware.delete(peer);
      else unaware.add(peer);
    }
  };

  return {
    hear(carried) {
      for (const one of carried) if (survives(one.service)) book.hear(one);
    },
    async counters() {
      return (await parts.read()).map((one) => {
        const { service: name, backends, ...all } = one;
        if (!survives(name)) return one;
        return {
          service: name,
          ...book.total(name, '', all),
          backends: backends.map(({ backend, ...carried }) => ({
            backend,
            ...book.total(name, backend, carried),
          })),
        };
      });
    },
    run(signal) {
      let busy = false;
      const timer = setInterval(() => {
        if (busy) return;
        busy = true;
        tick()
          .catch((thrown) => log.warn({ error: errorFrom(thrown).message }, 'counters could not be told'))
          .finally(() => {
            busy = false;
          });
      }, tellMs);
      const again = setInterval(() => {
        unaware = new Set(peers);
      }, tellAllMs);
      signal.addEventListener(
        'abort',
        () => {
          clearInterval(timer);
          clearInterval(again);
        },
        { once: true },
      );
    },
  };
};
