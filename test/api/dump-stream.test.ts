/** Large dumps are written in pieces of valid JSON. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { dumpText } from '../../src/api/dump-stream.js';
import { parseIpv4 } from '../../src/model/address.js';
import type { PersistenceEntry } from '../../src/model/persistence.js';

const entry = (number: number): PersistenceEntry => ({
  ...{ client: parseIpv4(`10.0.${number >> 8}.${number & 255}`)!, address: parseIpv4('10.1.0.1')! },
  ...{ protocol: 'tcp', port: 80, backendAddress: parseIpv4('10.2.0.1')!, backendPort: 8080 },
  ...{ ttlMs: 60_000, remainingMs: 1_000 + number },
});

function* entries(count: number): Generator<PersistenceEntry> {
  for (let number = 0; number < count; number++) yield entry(number);
}

for (const count of [0, 1, 999, 1_000, 1_001, 2_000, 2_500]) {
  test(`${count} entries`, async (t) => {
    let text = '';
    for await (const piece of dumpText({ entries: entries(count), general: [] })) text += piece;
    t.deepEqual(JSON.parse(text), { entries: [...entries(count)], general: [] });
  });
}

test('other work goes on between the pieces', async (t) => {
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    for (; !isDone; turns++) await nextTurn();
  })();
  for await (const _ of dumpText({ entries: entries(10_000), general: [] }));
  isDone = true;
  await others;
  t.true(turns >= 9, `${turns} turns`);
});
