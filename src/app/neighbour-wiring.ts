/** Keeps services without connection tracking and the neighbours that they need together. */

import { errorFrom } from '../errors.js';
import type { Ip } from '../model/address.js';
import type { Service } from '../model/service.js';
import type { Log, Timers } from '../ports.js';
import { wantedNeighbours } from '../ruleset/features/stateless/backends.js';
import type { NeighbourLoop } from './neighbours.js';
import type { Reconciler } from './reconcile-types.js';

/** Returns what ends it. */
export const connectNeighbours = (
  reconciler: Pick<Reconciler, 'view' | 'onEvent' | 'reconsider'>,
  loop: Pick<NeighbourLoop, 'want' | 'onChange'>,
  log: Log,
): (() => void) => {
  /** Services that need any. */
  const wantedBy = new Map<string, ReadonlySet<Ip>>();
  /** Costs what has changed: a node may have ten thousand services that need no neighbour. */
  const note = (names: Iterable<string>): void => {
    const { services } = reconciler.view();
    let changed = false;
    for (const name of names) {
      const service = services.get(name);
      const wanted = service ? wantedNeighbours([service]) : new Set<Ip>();
      if (wanted.size > 0) wantedBy.set(name, wanted);
      changed = wanted.size > 0 || wantedBy.has(name) || changed;
      if (wanted.size === 0) wantedBy.delete(name);
    }
    if (changed) loop.want(new Set([...wantedBy.values()].flatMap((addresses) => [...addresses])));
  };
  const stops = [
    reconciler.onEvent((event) => {
      if (event.kind === 'applied') note(event.changed);
    }),
    loop.onChange((addresses) => {
      const services = [...wantedBy].flatMap(([name, wanted]) =>
        addresses.some((address) => wanted.has(address)) ? [name] : [],
      );
      if (services.length === 0) return;
      reconciler
        .reconsider(services, `neighbours have changed: ${addresses.slice(0, 8).join(', ')}`)
        .catch((thrown) =>
          log.warn({ error: errorFrom(thrown).message }, 'a change of neighbours is not in force'),
        );
    }),
  ];
  note(reconciler.view().services.keys());
  return () => {
    for (const stop of stops) stop();
  };
};

/**
 * Looks for the neighbours of services that are about to be applied, so that a restart does not take from the kernel what only the new
 * process has not heard of yet. Who has not answered within `waitMs` is missing, as ever; the answer may come later.
 */
export const findNeighbours = (
  services: Iterable<Service>,
  loop: Pick<NeighbourLoop, 'want' | 'onChange' | 'neighbour'>,
  timers: Timers,
  waitMs: number,
): Promise<void> =>
  new Promise((resolve) => {
    const wanted = [...wantedNeighbours(services)];
    const areKnown = (): boolean => wanted.every((address) => loop.neighbour(address) !== undefined);
    if (areKnown()) return resolve();
    const end = (): void => {
      cancel();
      unsubscribe();
      resolve();
    };
    const cancel = timers.after(waitMs, end);
    const unsubscribe = loop.onChange(() => {
      if (areKnown()) end();
    });
    loop.want(wanted);
  });
