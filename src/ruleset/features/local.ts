/** Services that run on the node itself: known by number, so that policies, limits and logs find them; nothing is translated. */

import type { ServiceFeature } from '../feature.js';
import { families } from './families.js';
import { identity } from './identity.js';

export const local: ServiceFeature = {
  name: 'local',
  contribute(service, { ids }) {
    if (service.mode !== 'local' || service.state !== 'up') return undefined;
    const parts = families.flatMap((family) => identity(service, family, ids) ?? []);
    return {
      structure: parts.flatMap(({ structure }) => structure),
      elements: parts.flatMap(({ elements }) => elements),
    };
  },
};
