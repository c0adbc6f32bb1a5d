/** What a refusal of the kernel means for the rule engine. */

import type { RelevoError } from '../errors.js';

/** The kernel and the picture of it disagree: reading it again and going on from there may succeed. */
export const isDrift = (error: RelevoError): boolean =>
  ['kernel-missing', 'kernel-exists', 'kernel-busy', 'kernel-overrun'].includes(error.code);

/** The kernel cannot own tables (before Linux 6.9), or not this one, which was made without an owner. */
export const cannotProtect = (error: RelevoError): boolean =>
  error.code === 'unsupported' && error.facts.op === 'add-table';
