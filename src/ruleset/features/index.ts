/** Every feature there is, in the order in which their structure is made. */

import type { FeatureSet } from '../units.js';
import { general } from './general.js';
import { limits } from './limits/limits.js';

export const everyFeature: FeatureSet = {
  services: [general, limits],
  policies: [],
};
