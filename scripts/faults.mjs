/**
 * The fault tests of replication: `npm run faults` is what every run of the tests does. `npm run faults -- --long` is everything at its full
 * length, 16 minutes on two processors: a cut of 60 s under load, 1,000,000 entries, and 100,000 runs of the model in each of its configurations.
 */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

const long = process.argv.includes('--long');
const files = [
  'test/netns/replication-faults.test.ts',
  'test/netns/replication-large.test.ts',
  // The disk that is full.
  'test/netns/document.test.ts',
  'test/replication/gaps.test.ts',
];
const model = 'test/replication/convergence.test.ts';

/** Resolves to whether all passed. */
const ava = (args, more = {}) =>
  new Promise((resolve) => {
    const env = { ...process.env, ...(long && { RELEVO_FAULTS: 'long' }), ...more };
    const timeout = long ? ['--timeout=90m'] : [];
    spawn('npx', ['ava', ...timeout, ...args], { stdio: 'inherit', env }).once('exit', (code) =>
      resolve(code === 0),
    );
  });

// What measures packets and time has the machine for itself; the model takes every processor, each with seeds of its own.
const passed = [await ava(files)];
if (long) {
  const runs = Number(process.env.RELEVO_RUNS ?? 100_000);
  const first = Number(process.env.RELEVO_SEED ?? Date.now() % 1_000_000);
  const parts = availableParallelism();
  const part = (index) => ({
    RELEVO_RUNS: String(Math.ceil(runs / parts)),
    RELEVO_SEED: String(first + index),
  });
  console.log(`the model: ${runs} runs of each configuration, seeds ${first} to ${first + parts - 1}`);
  passed.push(...(await Promise.all(Array.from({ length: parts }, (_, index) => ava([model], part(index))))));
} else passed.push(await ava([model]));
process.exit(passed.includes(false) ? 1 : 0);
