/**
 * The fault tests of replication: `npm run faults` is what every run of the tests does, `npm run faults -- --long` adds a cut of 60 s under
 * load and 100,000 runs of the model.
 */

import { spawnSync } from 'node:child_process';

const long = process.argv.includes('--long');
const files = ['test/netns/replication-faults.test.ts', 'test/replication/convergence.test.ts'];
const env = {
  ...process.env,
  ...(long && { RELEVO_FAULTS: 'long', RELEVO_RUNS: process.env.RELEVO_RUNS ?? '100000' }),
};
const { status } = spawnSync('npx', ['ava', ...(long ? ['--timeout=60m'] : []), ...files], {
  stdio: 'inherit',
  env,
});
process.exit(status ?? 1);
