/** What a request has changed and the kernel does not serve as it was asked to: part of the answer, beside `success`. */

import type { ServicesInForce } from '../../app/services-in-force.js';
import type { BackendState } from '../../model/service.js';

export interface Unserved {
  readonly farm: string;
  readonly backend?: string;
  /** As `GET` prints it. */
  readonly 'state-reason': string;
}

/** A request may name ten thousand farms; the rest is in `GET /farms`. */
const mostListed = 20;

const isWanted = (state: BackendState | 'available' | undefined): boolean =>
  state === 'up' || state === 'available';

/** Of these farms, those (or backends of theirs) that `GET` prints as `config_error`. */
export const unservedOf = (
  services: Pick<ServicesInForce, 'view' | 'shortcomings'>,
  farms: Iterable<string>,
): readonly Unserved[] => {
  const found: Unserved[] = [];
  for (const farm of farms) {
    const service = services.view().services.get(farm);
    if (!service) continue;
    for (const { backend, reason } of services.shortcomings(farm)) {
      const { state } =
        backend === undefined ? service : (service.backends.find(({ name }) => name === backend) ?? {});
      if (!isWanted(state)) continue;
      found.push({ farm, ...(backend !== undefined && { backend }), 'state-reason': reason });
      if (found.length === mostListed) return found;
    }
  }
  return found;
};
