/** Every golden case on the real kernel: taken, listed by stock nft as text and JSON, adopted again without a change. */

import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { checkText } from '../../src/app/documents.js';
import { createReconciler } from '../../src/app/reconcile.js';
import { enterKernel, listing, silentLog } from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());
const folder = new URL('../cases/', import.meta.url);
const engine = () =>
  createReconciler(
    { nft: kernel.nft, log: silentLog, clock: { nowMs: () => performance.now() } },
    { logGroup: 5, floating: [], protect: false },
  );

for (const name of readdirSync(folder)
  .filter((one) => /^\d/.test(one))
  .sort()) {
  test.serial(name, async (t) => {
    const checked = checkText(readFileSync(new URL(`${name}/services.json`, folder), 'utf8'));
    if ('problems' in checked) return t.fail(JSON.stringify(checked.problems));
    // Each case from what the one before has left: whatever is not asked for any more must go.
    await engine().apply(checked.document);
    const text = listing(kernel);
    const wanted = readFileSync(new URL(`${name}/expected.nft`, folder), 'utf8');
    const chains = (from: string): string[] =>
      [...from.matchAll(/(?:add chain ip relevo|^\tchain) (\w+)/gm)].map(([, chain = '']) => chain).sort();
    t.deepEqual(chains(text), chains(wanted));
    const again = engine();
    await again.adopt();
    t.is((await again.apply(checked.document)).operations, 0);
  });
}

test.serial('no service at all leaves an empty table behind', async (t) => {
  await engine().apply({ services: [] });
  t.false(/pick_|elements/.test(listing(kernel)));
});
