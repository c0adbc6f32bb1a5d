/** Every feature there is, in the order in which their structure is made. */

import type { PolicyFeature, ServiceFeature } from '../feature.js';

export const serviceFeatures: readonly ServiceFeature[] = [];

export const policyFeatures: readonly PolicyFeature[] = [];
