/**
 * Makes room in full persistence maps for services with `persist-full: evict`: looks at how full the maps are and takes out the entries that
 * expire soonest. Without such a service nothing runs.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import type { Log, Nft, SetReader, Timers } from '../ports.js';
import { readHostNumber } from '../ruleset/features/bytes.js';
import { type CrowdedMap, evicts, excessOf, mapsOf, soonest } from '../ruleset/features/eviction.js';
import { generalPersistRefusedSet } from '../ruleset/features/general-layout.js';
import type { Reconciler } from './reconcile-types.js';

export interface PersistRoomPorts {
  readonly sets: SetReader;
  readonly nft: Pick<Nft, 'commit'>;
  readonly timers: Timers;
  readonly log: Log;
}

export interface PersistRoomTiming {
  /** Between two looks. */
  readonly lookMs: number;
  /** The same while there is too little room. */
  readonly hurryMs: number;
  /** Looks that a map is left alone for when nobody in it may be put out: reading it is dear. */
  readonly looksWithoutHope: number;
}

export const persistRoomTiming: PersistRoomTiming = { lookMs: 500, hurryMs: 20, looksWithoutHope: 20 };

const idOf = ({ table, set }: CrowdedMap): string => `${table.family} ${set.name}`;

/** Returns what ends it. */
export const keepPersistRoom = (
  { sets, nft, timers, log }: PersistRoomPorts,
  engine: Pick<Reconciler, 'view' | 'onEvent' | 'idOf'>,
  timing = persistRoomTiming,
): (() => void) => {
  const names = new Set<string>();
  /** Refusals that were counted at the last look, by table: what tells of a full map where the kernel does not say how full it is. */
  const refusedBefore = new Map<string, number>();
  /** Looks to leave out, by map. */
  const hopeless = new Map<string, number>();
  let cancel: (() => void) | undefined;
  let running = false;
  let stopped = false;
  let failing = false;

  const refusals = async ({ table, services }: CrowdedMap): Promise<number> => {
    const elements = await sets.sample(table, generalPersistRefusedSet.name, limits.persistSample);
    let packets = 0;
    for (const { key, counter } of elements) {
      if (services.has(readHostNumber(key, 0))) packets += counter?.packets ?? 0;
    }
    return packets;
  };

  /** How many entries of the map have to go. */
  const excess = async (map: CrowdedMap): Promise<number> => {
    const { capacity = 0, entries } = await sets.use(map.table, map.set.name);
    if (entries !== undefined) return excessOf(entries, capacity);
    const packets = await refusals(map);
    const id = idOf(map);
    const isFull = packets > (refusedBefore.get(id) ?? packets);
    refusedBefore.set(id, packets);
    return isFull ? excessOf(capacity, capacity) : 0;
  };

  /** True when there is more to do at once. */
  const makeRoom = async (map: CrowdedMap): Promise<boolean> => {
    const { table, set, services } = map;
    const id = idOf(map);
    const looks = hopeless.get(id) ?? 0;
    if (looks > 0) {
      hopeless.set(id, looks - 1);
      return false;
    }
    const count = await excess(map);
    if (count === 0 || stopped) return false;
    const sample = await sets.sample(table, set.name, limits.persistSample);
    // Of a map that is larger than what was read of it, no more than every fourth: the others may be older.
    const most = sample.length < limits.persistSample ? count : Math.min(count, sample.length >> 2);
    const elements = soonest(sample, services, Math.min(most, limits.batchElements >> 1));
    if (elements.length === 0) hopeless.set(id, timing.looksWithoutHope);
    if (elements.length === 0 || stopped) return false;
    await nft.commit({
      reason: `${set.name} is full: the ${elements.length} that expire soonest give way`,
      operations: [{ op: 'destroy-elements', table, set, elements }],
    });
    log.debug({ set: set.name, entries: elements.length }, 'persistence entries have given way to newcomers');
    return elements.length < count;
  };

  const round = async (): Promise<boolean> => {
    const { services } = engine.view();
    let more = false;
    const evicting = [...names].flatMap((name) => services.get(name) ?? []).filter(evicts);
    for (const map of mapsOf(evicting, engine.idOf)) more = (await makeRoom(map)) || more;
    return more;
  };

  const turn = (): void => {
    cancel = undefined;
    running = true;
    round()
      .then(
        (more) => {
          failing = false;
          return more;
        },
        (thrown) => {
          if (!failing && !stopped) {
            log.warn(
              { error: errorFrom(thrown).message },
              'no room is made for newcomers in maps of persistence, they go without it',
            );
          }
          failing = true;
          return false;
        },
      )
      .then((more) => {
        running = false;
        schedule(more ? timing.hurryMs : timing.lookMs);
      });
  };

  const schedule = (ms: number): void => {
    if (stopped || running || cancel || names.size === 0) return;
    cancel = timers.after(ms, turn);
  };

  const look = (changed: Iterable<string>): void => {
    const { services } = engine.view();
    for (const name of changed) {
      const service = services.get(name);
      if (service && evicts(service)) names.add(name);
      else names.delete(name);
    }
    if (names.size > 0) schedule(timing.lookMs);
    else {
      cancel?.();
      cancel = undefined;
    }
  };

  const off = engine.onEvent((event) => {
    if (event.kind === 'applied') look(event.changed);
  });
  look(engine.view().services.keys());
  return () => {
    stopped = true;
    off();
    cancel?.();
  };
};
