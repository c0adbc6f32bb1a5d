/**
 * Model test: whatever the order of changes, losses, restarts, silent faults and changes of role, nodes that can talk again end with the
 * content of the last active node; a standby that counts as ready has everything when it takes over, and nothing that was deleted.
 * RELEVO_RUNS sets the number of runs (the long mode: 100000), RELEVO_SEED the first seed. The short mode looks at the same runs each time:
 * it tells whether a change broke something; new faults are for the long mode to find.
 */

import test from 'ava';
import { converges } from './support/convergence.js';

const { RELEVO_SEED, RELEVO_RUNS } = process.env;
const runs = Number(RELEVO_RUNS ?? 300);
const shortSeed = RELEVO_RUNS === undefined ? 1 : undefined;
const seed = RELEVO_SEED === undefined ? shortSeed : Number(RELEVO_SEED);

test('three nodes converge', (t) => {
  const seen = converges({}, { runs, seed });
  t.log(seen);
  t.true(seen.readyTakeovers > 0 && seen.resumptions > 0, 'a model in which nothing happens proves nothing');
});

test('three nodes converge when deletions are forgotten at once', (t) => {
  const seen = converges({ tombstoneMs: 0 }, { runs, seed });
  t.log(seen);
  t.true(seen.readyTakeovers > 0 && seen.resumptions > 0);
});

test('three nodes converge with a log and a window so small that peers overflow', (t) => {
  const seen = converges({ logEntries: 8, windowEntries: 4, frameEntries: 2 }, { runs, seed });
  t.log(seen);
  t.true(seen.readyTakeovers > 0);
});
