/** What nftlb 1.1.0 does wrong has numbers, 1 to 25: each is the title of a test (`grep -rn "'defect" test`). */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const folder = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.test.ts'),
);

test('every defect has its test', (t) => {
  const named = new Set<number>();
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [title] of text.matchAll(/'defects? [\d, and]+:/g)) {
      for (const [number] of title.matchAll(/\d+/g)) named.add(Number(number));
    }
  }
  t.deepEqual(
    Array.from({ length: 25 }, (_, index) => index + 1).filter((number) => !named.has(number)),
    [],
  );
});
