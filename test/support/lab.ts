/** Labs for tests: real ports, and names of their own so that test files run side by side. */

import { randomBytes } from 'node:crypto';
import type { LabPorts } from '../../src/lab/owner.js';
import { systemClock } from '../../src/shell/clock.js';
import { createDaemons } from '../../src/shell/daemons.js';
import { createFiles } from '../../src/shell/files.js';
import { createRunner } from '../../src/shell/runner.js';

export const labPorts: LabPorts = {
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
};

export const newLabName = (): string => `test-${randomBytes(3).toString('hex')}`;
