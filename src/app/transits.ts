/**
 * States of services without connection tracking while slots change hands (`ruleset/transit.ts`): kept beside the rules, read back from them
 * after a restart, and ended when nothing is under way any more.
 */

import { errorFrom } from '../errors.js';
import type { Service } from '../model/service.js';
import type { ElementBytes } from '../netlink/nft/ast.js';
import type { Clock, Log, Timers } from '../ports.js';
import { hashSeed } from '../ruleset/chains.js';
import type { FeatureContext } from '../ruleset/feature.js';
import { readHostNumber } from '../ruleset/features/bytes.js';
import { type FamilyShape, families } from '../ruleset/features/families.js';
import { placesOf } from '../ruleset/features/identity.js';
import { isServable, statelessMode } from '../ruleset/features/stateless/backends.js';
import { choose } from '../ruleset/features/stateless/choice.js';
import { readKindName } from '../ruleset/features/stateless/kind.js';
import {
  flowLifetime,
  flowsMap,
  formerMap,
  kindOfMap,
  kindsMap,
  picksMap,
  sparedMap,
} from '../ruleset/features/stateless/layout.js';
import { slotOf } from '../ruleset/jhash.js';
import { keyText } from '../ruleset/same-element.js';
import {
  type Layout,
  lookedAt,
  nextState,
  sameLayout,
  type Transit,
  type TransitState,
  type TransitTiming,
} from '../ruleset/transit.js';
import type { Reconciler } from './reconcile-types.js';

export const transitTiming: TransitTiming = { silentMs: flowLifetime.tcpMs, completeMs: 10_000 };

/** Elements of a set of `netdev relevo_ingress`; none of one that is not there. */
export type DumpSet = (set: string) => Promise<readonly ElementBytes[]>;

const keyOf = (service: string, family: FamilyShape): string => `${family.bytes} ${service}`;

/** Slots of each service, by its number. */
const ownersIn = (elements: readonly ElementBytes[]): Map<number, number[]> => {
  const found = new Map<number, number[]>();
  for (const { key, data } of elements) {
    if (!(data instanceof Uint8Array)) continue;
    const id = readHostNumber(key, 0);
    const owners = found.get(id) ?? [];
    owners[readHostNumber(key, 4)] = readHostNumber(data, 0);
    found.set(id, owners);
  }
  return found;
};

/** How many of these flows are somewhere else than their slot's owner, by the service's number. */
export const countStrays = (
  flows: readonly ElementBytes[],
  layouts: ReadonlyMap<number, Layout>,
  { bytes }: FamilyShape,
): Map<number, number> => {
  const placeOf = {
    srcip: [4, bytes],
    dstip: [4 + bytes, bytes],
    srcport: [4 + 2 * bytes, 4],
    dstport: [8 + 2 * bytes, 4],
    srcmac: [0, 0],
    dstmac: [0, 0],
  } as const;
  const strays = new Map<number, number>();
  for (const { key, data } of flows) {
    const id = readHostNumber(key, 0);
    const layout = layouts.get(id);
    if (!layout || !(data instanceof Uint8Array)) continue;
    const { hashed, owners } = layout;
    const parts = hashed.flatMap((field) => {
      const [from, length] = placeOf[field];
      return [...key.subarray(from, from + length)];
    });
    const owner = owners[slotOf(Uint8Array.from(parts), owners.length, hashSeed)];
    if (owner !== readHostNumber(data, 0)) strays.set(id, (strays.get(id) ?? 0) + 1);
  }
  return strays;
};

export type Transits = ReturnType<typeof createTransits>;

/** `from`: states to begin with. */
export const createTransits = (
  nowMs: () => number,
  timing: TransitTiming = transitTiming,
  from: Iterable<readonly [string, TransitState]> = [],
) => {
  const states = new Map<string, TransitState>(from);
  /** Keys of those in transit. */
  const under = new Set([...states].flatMap(([key, { transit }]) => (transit ? [key] : [])));
  const set = (key: string, state: TransitState): void => {
    states.set(key, state);
    if (state.transit) under.add(key);
    else under.delete(key);
  };
  const drop = (key: string): void => {
    states.delete(key);
    under.delete(key);
  };
  return {
    states: (): ReadonlyMap<string, TransitState> => states,
    of: (service: string, family: 4 | 6): Transit | undefined =>
      states.get(`${family === 4 ? 4 : 16} ${service}`)?.transit,
    /** Before the service contributes what it needs now; undefined: it is gone. */
    note(name: string, service: Service | undefined, context: FeatureContext): void {
      for (const family of families) {
        const key = keyOf(name, family);
        const isOurs =
          service !== undefined &&
          statelessMode(service) !== undefined &&
          isServable(service) &&
          service.addresses.some(({ address }) => family.has(address));
        if (!isOurs) {
          drop(key);
          continue;
        }
        const { layout, isMemoryless, isComplete } = choose(service, family, context);
        set(key, nextState(states.get(key), { layout, isMemoryless, isComplete }, nowMs()));
      }
    },
    /** Takes over what the rules in the kernel say; of what this process has known already, since when it is so. */
    async restore(
      services: Iterable<Service>,
      idOf: (service: string) => number,
      dump: DumpSet,
      known: ReadonlyMap<string, TransitState> = new Map(),
    ): Promise<void> {
      const stateless = [...services].filter((service) => statelessMode(service));
      if (stateless.length === 0) return;
      const names = new Map<number, string>();
      for (const { key, data } of await dump(kindsMap.name)) {
        if (data && !(data instanceof Uint8Array) && 'chain' in data)
          names.set(readHostNumber(key, 0), data.chain);
      }
      for (const family of families) {
        const kinds = new Map<number, number>();
        for (const { key, data } of await dump(kindOfMap(family).name)) {
          if (data instanceof Uint8Array) kinds.set(readHostNumber(key, 0), readHostNumber(data, 0));
        }
        if (kinds.size === 0) continue;
        const picks = ownersIn(await dump(picksMap(family).name));
        const formers = ownersIn(await dump(formerMap(family).name));
        const spared = new Set((await dump(sparedMap(family).name)).map(({ key }) => keyText(key)));
        for (const service of stateless) {
          const id = idOf(service.name);
          const kind = readKindName(names.get(kinds.get(id) ?? 0) ?? '');
          if (!kind) continue;
          const { hashed, memory } = kind;
          const isSpared = service.addresses.some((one) =>
            placesOf(one).some((place) => spared.has(keyText(place.key))),
          );
          const owners = formers.get(id);
          const former =
            typeof memory === 'object' && owners?.length === memory.modulus
              ? { hashed: memory.hashed, owners }
              : undefined;
          const transit = { ...(former && { former }), whole: !isSpared };
          const key = keyOf(service.name, family);
          const layout = { hashed, owners: picks.get(id) ?? [] };
          const before = known.get(key);
          set(key, {
            choice: { layout, isMemoryless: memory !== undefined, isComplete: true },
            // Somebody else's change of the rules does not begin the time of silence anew.
            sinceMs: before && sameLayout(before.choice.layout, layout) ? before.sinceMs : nowMs(),
            ...(memory !== undefined && memory !== 'spared' && { transit }),
          });
        }
      }
    },
    /** Ends what is over; returns the services whose rules are different now. Costs nothing while nothing is under way. */
    async look(idOf: (service: string) => number, dump: DumpSet): Promise<string[]> {
      const changed = new Set<string>();
      for (const family of families) {
        const waiting = [...under].flatMap((key) => {
          const state = states.get(key)!;
          const name = key.slice(key.indexOf(' ') + 1);
          const isDue = lookedAt(state, 0, nowMs(), timing) !== state;
          return key === keyOf(name, family) && isDue ? [{ key, name, state, id: idOf(name) }] : [];
        });
        if (waiting.length === 0) continue;
        const layouts = new Map(waiting.map(({ id, state }) => [id, state.choice.layout]));
        const strays = countStrays(await dump(flowsMap(family).name), layouts, family);
        for (const { key, name, state, id } of waiting) {
          // Changed meanwhile: what was counted was counted by another layout.
          if (states.get(key) !== state) continue;
          const next = lookedAt(state, strays.get(id) ?? 0, nowMs(), timing);
          if (next === state) continue;
          set(key, next);
          changed.add(name);
        }
      }
      return [...changed];
    },
  };
};

export interface TransitLoopTiming {
  /** Rest between two looks, at least; and as many times as long as the last one took. */
  readonly restMs: number;
  readonly restFactor: number;
}

/** Has transits ended that are over. Returns what stops it. */
export const followTransits = (
  engine: Pick<Reconciler, 'lookAtTransits' | 'reconsider'>,
  { timers, clock, log }: { readonly timers: Timers; readonly clock: Clock; readonly log: Log },
  { restMs, restFactor }: TransitLoopTiming = { restMs: 5_000, restFactor: 50 },
): (() => void) => {
  let cancel: () => void;
  let stopped = false;
  const round = async (): Promise<void> => {
    const names = await engine.lookAtTransits();
    if (names.length > 0 && !stopped) {
      await engine.reconsider(names, `no flow of a former backend is left: ${names.slice(0, 8).join(', ')}`);
    }
  };
  const turn = (): void => {
    const startMs = clock.nowMs();
    round()
      .catch((thrown) =>
        log.warn({ error: errorFrom(thrown).message }, 'flows of former backends cannot be read'),
      )
      .finally(() => {
        if (!stopped) cancel = timers.after(Math.max(restMs, (clock.nowMs() - startMs) * restFactor), turn);
      });
  };
  cancel = timers.after(restMs, turn);
  return () => {
    stopped = true;
    cancel();
  };
};
