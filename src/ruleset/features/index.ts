/** Every feature there is, in the order in which their structure is made. */

import type { FeatureSet } from '../units.js';
import { counters } from './counters.js';
import { general } from './general.js';
import { helpers } from './helpers.js';
import { intra } from './intra.js';
import { policyLists } from './lists/policy.js';
import { serviceLists } from './lists/service.js';
import { local } from './local.js';
import { logs } from './logs.js';
import { marks } from './marks.js';
import { offload } from './offload.js';
import { stateless } from './stateless.js';

export const everyFeature: FeatureSet = {
  services: [serviceLists, counters, general, helpers, intra, local, logs, marks, offload, stateless],
  policies: [policyLists],
};
