// Records a session of two nodes, as this code speaks: `npx tsx scripts/record-sync.mjs test/wire/recorded/NAME.json`.
// A recording stays as it is when the protocol grows: a new version adds a file, and all of them are played by test/wire/recorded.test.ts.

import { existsSync, writeFileSync } from 'node:fs';
import { record } from '../test/wire/support/recording.ts';

const file = process.argv[2];
if (!file || existsSync(file)) {
  console.error(
    'record-sync: name a file that is not there yet: what an older version said is never recorded anew',
  );
  process.exit(1);
}
writeFileSync(file, `${JSON.stringify(record(), null, 2)}\n`);
