/**
 * Keeps the shares of services with leastconn after the connections that their backends have: counts, shares out, has the rule engine
 * write what has become different, rests. Without such a service nothing runs.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import type { Service } from '../model/service.js';
import type { Clock, Flows, Log, Timers } from '../ports.js';
import { families } from '../ruleset/features/families.js';
import { isGeneral } from '../ruleset/features/general.js';
import { createFlowCounter, type ServiceFlows, shareNewcomers } from '../ruleset/leastconn.js';
import { type Shares, servingBackends } from '../ruleset/slots.js';
import type { Reconciler } from './reconcile-types.js';

export interface LeastconnPorts {
  readonly flows: Flows;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LeastconnTiming {
  /** Rest between two counts, at least; and as many times as long as the last one took, up to the longest. */
  readonly restMs: number;
  readonly restFactor: number;
  readonly longestRestMs: number;
}

export const leastconnTiming: LeastconnTiming = { restMs: 500, restFactor: 9, longestRestMs: 10_000 };

export interface LeastconnLoop {
  shares(service: string): Shares | undefined;
  /** From now on for the services that this engine has in force. Returns what ends it. */
  follow(engine: Pick<Reconciler, 'view' | 'onEvent' | 'reconsider'>): () => void;
}

/** What is known of one service. */
interface Balance {
  ids: ReadonlySet<number>;
  /** Newcomers between two counts: as many as lately, or half of what was expected before. */
  arrivals: number;
  /** Names of backends that took newcomers at the last count. */
  serving: ReadonlySet<string>;
  warming: ReadonlySet<string>;
  shares: Shares;
}

const isBalanced = (service: Service | undefined): service is Service =>
  service !== undefined && service.scheduler === 'leastconn' && service.state === 'up' && isGeneral(service);

/** A smaller change of a share is not worth a write. */
const notableShare = 1 / 64;

const isNotable = (before: Shares, after: Shares): boolean =>
  after.size !== before.size ||
  [...after].some(([name, share]) => {
    const old = before.get(name);
    return old === undefined || Math.abs(old - share) >= notableShare || (old > 0 && share === 0);
  });

/** By weight, in each family: what the slots hold before anything is counted. */
const sharesByWeight = (service: Service): Shares =>
  new Map(
    families.flatMap((family) => {
      const serving = servingBackends(service.backends.filter(({ address }) => family.has(address)));
      const sum = serving.reduce((total, { weight }) => total + weight, 0);
      return serving.map(({ name, weight }): [string, number] => [name, weight / sum]);
    }),
  );

/** The next state of a service's balance. Pure. */
export const nextBalance = (
  service: Service,
  { open, ids }: ServiceFlows,
  before: Balance | undefined,
): Balance => {
  let newcomers = 0;
  if (before) for (const id of ids) if (!before.ids.has(id)) newcomers++;
  const arrivals = Math.max(newcomers, (before?.arrivals ?? 0) / 2);
  const serving = new Set<string>();
  const warming = new Set<string>();
  const shares = new Map<string, number>();
  for (const family of families) {
    const backends = servingBackends(service.backends.filter(({ address }) => family.has(address)));
    const loads = backends.map(({ name, weight }) => ({
      weight,
      connections: open.get(name) ?? 0,
      warming: before !== undefined && (before.warming.has(name) || !before.serving.has(name)),
    }));
    const others = loads.filter((load) => !load.warming);
    const least = Math.min(...others.map(({ connections, weight }) => connections / weight));
    const seen = loads.map((load) => ({
      ...load,
      warming: load.warming && others.length > 0 && load.connections / load.weight < least,
    }));
    shareNewcomers(seen, arrivals).forEach((share, index) => {
      const { name } = backends[index]!;
      serving.add(name);
      if (seen[index]!.warming) warming.add(name);
      shares.set(name, share);
    });
  }
  return { ids, arrivals, serving, warming, shares };
};

export const createLeastconnLoop = (
  { flows, timers, clock, log }: LeastconnPorts,
  timing: LeastconnTiming = leastconnTiming,
): LeastconnLoop => {
  const names = new Set<string>();
  const balances = new Map<string, Balance>();
  /** What the rules go by: behind `balances` while writes wait. */
  const inForce = new Map<string, Shares>();

  const follow: LeastconnLoop['follow'] = (engine) => {
    let cancel: (() => void) | undefined;
    let running = false;
    let stopped = false;
    let failing = false;

    const write = async (services: readonly Service[]): Promise<void> => {
      // Who had to wait for the last turn comes first in this one.
      const changed = services.filter((service) => {
        const shares = balances.get(service.name)!.shares;
        return isNotable(inForce.get(service.name) ?? sharesByWeight(service), shares);
      });
      const turn = changed.slice(0, limits.leastconnServices);
      if (turn.length === 0) return;
      for (const { name } of turn) {
        inForce.set(name, balances.get(name)!.shares);
        // To the end of the row.
        names.delete(name);
        names.add(name);
      }
      await engine.reconsider(
        turn.map(({ name }) => name),
        `leastconn: other shares for ${turn.length} services`,
      );
    };

    const round = async (): Promise<void> => {
      const services = [...names]
        .flatMap((name) => engine.view().services.get(name) ?? [])
        .filter(isBalanced);
      const counter = createFlowCounter(services);
      await flows.read(counter.addresses, counter.see);
      if (stopped) return;
      const counted = counter.result();
      for (const service of services) {
        balances.set(
          service.name,
          nextBalance(service, counted.get(service.name)!, balances.get(service.name)),
        );
      }
      // Some may have changed meanwhile: the rule engine takes no shares of backends that are gone.
      await write(services.filter(({ name }) => names.has(name)));
    };

    const turn = (): void => {
      cancel = undefined;
      running = true;
      const startMs = clock.nowMs();
      round()
        .then(
          () => {
            failing = false;
          },
          (thrown) => {
            if (!failing && !stopped) {
              log.warn(
                { error: errorFrom(thrown).message },
                'leastconn: connections cannot be counted, newcomers are shared as they were',
              );
            }
            failing = true;
          },
        )
        .finally(() => {
          running = false;
          const tookMs = clock.nowMs() - startMs;
          schedule(Math.max(timing.restMs, Math.min(timing.longestRestMs, tookMs * timing.restFactor)));
        });
    };

    const schedule = (ms: number): void => {
      if (stopped || running || cancel || names.size === 0) return;
      cancel = timers.after(ms, turn);
    };

    const look = (changed: Iterable<string>): void => {
      const { services } = engine.view();
      for (const name of changed) {
        if (isBalanced(services.get(name))) {
          names.add(name);
          continue;
        }
        names.delete(name);
        balances.delete(name);
        inForce.delete(name);
      }
      if (names.size === 0) {
        cancel?.();
        cancel = undefined;
      } else schedule(timing.restMs);
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

  return { shares: (service) => inForce.get(service), follow };
};
