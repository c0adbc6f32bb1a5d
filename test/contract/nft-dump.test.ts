/** Dumps of hash sets are whole, also while the kernel widens their tables in the background. */

import test from 'ava';
import type { ElementBytes, SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import { enterKernel } from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

test.serial('many elements put in at once and read at once: all of them, each once', async (t) => {
  const table: TableName = { family: 'ip', name: 'dump' };
  await kernel.commit({ op: 'add-table', table });
  // The kernel widens its table meanwhile in one round of eight, so this is seen red now and then only.
  const count = 50_000;
  const elements = Array.from(
    { length: count },
    (_, index): ElementBytes => ({
      key: Uint8Array.of(10, index >> 16, index >> 8, index),
    }),
  );
  for (let round = 0; round < 5; round++) {
    const set: SetSpec = { name: `round${round}`, key: ['ipv4_addr'] };
    await kernel.commit({ op: 'add-set', table, set }, { op: 'add-elements', table, set, elements });
    const read = await kernel.nft.dumpElements(table, set.name);
    const distinct = new Set(read.map(({ key }) => key.join('.')));
    t.deepEqual([read.length, distinct.size], [count, count], `round ${round}`);
  }
});
