/** The MAC of tests: the real one, with a key of choice. */

import { createHmac } from 'node:crypto';
import type { Mac } from '../../src/election/messages.js';

export const macWith =
  (key: string): Mac =>
  (bytes) =>
    createHmac('sha256', key).update(bytes).digest();
