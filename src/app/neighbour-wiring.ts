/** Keeps services without connection tracking and the neighbours that they need together. */

import { errorFrom } from '../errors.js';
import type { Ip } from '../model/address.js';
import type { Log } from '../ports.js';
import { wantedNeighbours } from '../ruleset/features/stateless/backends.js';
import type { NeighbourLoop } from './neighbours.js';
import type { Reconciler } from './reconcile-types.js';

/** Returns what ends it. */
export const connectNeighbours = (
  reconciler: Pick<Reconciler, 'document' | 'onEvent' | 'reconsider'>,
  loop: Pick<NeighbourLoop, 'want' | 'onChange'>,
  log: Log,
): (() => void) => {
  const wants = (): void => loop.want(wantedNeighbours(reconciler.document().services));
  const stops = [
    reconciler.onEvent((event) => {
      if (event.kind === 'applied') wants();
    }),
    loop.onChange((addresses) => {
      const moved = new Set<Ip>(addresses);
      const services = reconciler
        .document()
        .services.filter(({ mode, backends }) =>
          mode === 'dsr' || mode === 'stlsdnat' ? backends.some(({ address }) => moved.has(address)) : false,
        )
        .map(({ name }) => name);
      if (services.length === 0) return;
      reconciler
        .reconsider(services, `neighbours have changed: ${addresses.slice(0, 8).join(', ')}`)
        .catch((thrown) =>
          log.warn({ error: errorFrom(thrown).message }, 'a change of neighbours is not in force'),
        );
    }),
  ];
  wants();
  return () => {
    for (const stop of stops) stop();
  };
};
