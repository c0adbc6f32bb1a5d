/**
 * Knows the MAC addresses of backends that frames are sent to without the kernel's help: follows its neighbour table, and provokes what is
 * missing there. Whoever needs addresses says so (`want`) and is told of changes (`onChange`).
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import type { Ip } from '../model/address.js';
import type { LinkState, Links, Log, NeighbourProber, NeighbourState, Neighbours, Timers } from '../ports.js';
import type { DeviceLink, Neighbour } from '../ruleset/feature.js';

export interface NeighbourLoopPorts {
  readonly neighbours: Neighbours;
  readonly links: Pick<Links, 'list' | 'onChange'>;
  readonly prober: NeighbourProber;
  readonly timers: Timers;
  readonly log: Log;
}

export interface NeighbourLoopTiming {
  /** Until an address that has not answered is asked for again; doubled each time up to the second. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
  /** Until one that is known is asked for again: nobody else would notice that it is gone, or has moved without saying so. */
  readonly confirmMs: number;
}

export const neighbourTiming: NeighbourLoopTiming = {
  retryMs: 1_000,
  longestRetryMs: 30_000,
  confirmMs: 60_000,
};

export interface NeighbourLoop {
  /** Reads interfaces and neighbours, and follows them from then on. Rejects with the kernel's error. */
  start(): Promise<void>;
  stop(): void;
  neighbour(address: Ip): Neighbour | undefined;
  link(device: string): DeviceLink | undefined;
  /** From now on these addresses, and no others, are looked for. */
  want(addresses: Iterable<Ip>): void;
  /** Wanted addresses that are reached in another way than before, or not at all, or for the first time. */
  onChange(listener: (addresses: readonly Ip[]) => void): () => void;
}

/** One wanted address. */
interface Search {
  /** Lookups without an answer so far. */
  failures: number;
  cancel: (() => void) | undefined;
  /** Waits for its turn, or runs. */
  probing: boolean;
}

export const createNeighbourLoop = (
  { neighbours, links, prober, timers, log }: NeighbourLoopPorts,
  timing: NeighbourLoopTiming = neighbourTiming,
): NeighbourLoop => {
  /** By address, then by interface; the last one of an inner map was heard of last. */
  const entries = new Map<Ip, Map<number, string>>();
  const linkByIndex = new Map<number, LinkState>();
  const searches = new Map<Ip, Search>();
  const listeners = new Set<(addresses: readonly Ip[]) => void>();
  const waiting: Ip[] = [];
  const stops: (() => void)[] = [];
  let running = 0;
  let stopped = false;
  let told: string | undefined;
  let changed = new Set<Ip>();

  const linkNamed = (device: string): LinkState | undefined =>
    [...linkByIndex.values()].find(({ name }) => name === device);

  const lookUp = (address: Ip): Neighbour | undefined => {
    const last = [...(entries.get(address) ?? [])].filter(([index]) => linkByIndex.has(index)).at(-1);
    return last && { etherAddress: last[1], device: linkByIndex.get(last[0])!.name };
  };

  const tell = (address: Ip): void => {
    if (!searches.has(address)) return;
    if (changed.size === 0) {
      queueMicrotask(() => {
        const addresses = [...changed];
        changed = new Set();
        if (!stopped) for (const listener of listeners) listener(addresses);
      });
    }
    changed.add(address);
  };

  const runProbes = (): void => {
    while (running < limits.neighbourProbes && waiting.length > 0) {
      const address = waiting.shift()!;
      const search = searches.get(address);
      if (!search || stopped) continue;
      running++;
      prober
        .provoke(address)
        .catch((thrown) => {
          const { message } = errorFrom(thrown);
          // The same for every address, and every time.
          if (message !== told) log.warn({ address, error: message }, 'a neighbour cannot be looked for');
          told = message;
        })
        .finally(() => {
          running--;
          search.probing = false;
          if (!stopped && searches.get(address) === search) again(address, search);
          runProbes();
        });
    }
  };

  const probe = (address: Ip, search: Search): void => {
    search.cancel?.();
    search.cancel = undefined;
    if (search.probing) return;
    search.probing = true;
    waiting.push(address);
    runProbes();
  };

  /** The next lookup, when it is due. */
  const again = (address: Ip, search: Search): void => {
    search.cancel?.();
    const known = lookUp(address) !== undefined;
    const waitMs = known
      ? timing.confirmMs
      : Math.min(timing.retryMs * 2 ** search.failures, timing.longestRetryMs);
    search.failures = known ? 0 : search.failures + 1;
    search.cancel = timers.after(waitMs, () => probe(address, search));
  };

  /** True when the kernel's word leaves open where the address is. */
  const note = ({ address, linkIndex, etherAddress, state }: NeighbourState, gone: boolean): boolean => {
    const byLink = entries.get(address) ?? new Map<number, string>();
    entries.set(address, byLink);
    if (state === 'failed') byLink.delete(linkIndex);
    // An entry that goes was not used by the kernel: that says nothing about the backend.
    else if (gone) return byLink.has(linkIndex);
    else if (state !== 'unresolved') {
      if (byLink.get(linkIndex) !== etherAddress || state === 'confirmed') byLink.delete(linkIndex);
      byLink.set(linkIndex, etherAddress);
    }
    if (byLink.size === 0) entries.delete(address);
    return state === 'failed';
  };

  const heard = (entry: NeighbourState, gone: boolean): void => {
    const { address } = entry;
    const before = lookUp(address);
    const open = note(entry, gone);
    const now = lookUp(address);
    if (before?.etherAddress !== now?.etherAddress || before?.device !== now?.device) tell(address);
    const search = searches.get(address);
    if (!search || search.probing) return;
    if (!now && !before) return;
    if (open && before) probe(address, search);
    else if (now && entry.state === 'confirmed') again(address, search);
  };

  const relist = async (): Promise<void> => {
    const list = await neighbours.list();
    const listed = new Set(list.map(({ address }) => address));
    for (const [address, search] of searches) if (!listed.has(address)) probe(address, search);
    for (const entry of list) heard(entry, false);
  };

  const linkChanged = (name: string, state: LinkState | undefined): void => {
    const before = linkNamed(name);
    if (before?.index === state?.index && before?.mac === state?.mac) return;
    if (before) linkByIndex.delete(before.index);
    if (state) linkByIndex.set(state.index, state);
    // Frames leave by it in both directions: towards backends and, for replies, towards clients.
    for (const address of searches.keys()) tell(address);
  };

  return {
    async start() {
      stops.push(
        links.onChange(linkChanged),
        neighbours.onChange(heard),
        neighbours.onLoss(() => {
          relist().catch((thrown) =>
            log.warn({ error: errorFrom(thrown).message }, 'the neighbour table cannot be read'),
          );
        }),
      );
      for (const link of await links.list()) linkByIndex.set(link.index, link);
      await relist();
    },
    stop() {
      stopped = true;
      for (const stop of stops) stop();
      for (const { cancel } of searches.values()) cancel?.();
      searches.clear();
      listeners.clear();
    },
    neighbour: lookUp,
    link(device) {
      const link = linkNamed(device);
      return link && { index: link.index, etherAddress: link.mac };
    },
    want(addresses) {
      const wanted = new Set(addresses);
      for (const [address, { cancel }] of [...searches]) {
        if (wanted.has(address)) continue;
        cancel?.();
        searches.delete(address);
      }
      for (const address of wanted) {
        if (searches.has(address)) continue;
        const search: Search = { failures: 0, cancel: undefined, probing: false };
        searches.set(address, search);
        if (lookUp(address)) again(address, search);
        else probe(address, search);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
