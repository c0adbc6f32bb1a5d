/** The real `relevo nftlb`, judged by packets. */

import { rmSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { registerScenarios } from '../support/machine-scenarios.js';
import { startNftlb } from '../support/programs.js';
import { createStatelessBed } from '../support/stateless-bed.js';

const bed = await createStatelessBed({ backends: 2, clients: 20 });
test.after.always(() => bed.dispose());

const start = (...args: readonly string[]) => startNftlb(bed.namespaces, bed.lb, '10.40.0.1', ...args);

registerScenarios({
  bed,
  start: () => start(),
  async restart(program, end) {
    const parts = await Promise.all(
      ['farms', 'policies'].map(async (what) => (await program.ask('GET', `/${what}`)).body),
    );
    const file = `/tmp/${bed.namespaces.id}-farms.json`;
    writeFileSync(file, JSON.stringify(Object.assign({}, ...parts.map((one) => JSON.parse(one) as object))));
    await end();
    try {
      return await start('-c', file);
    } finally {
      rmSync(file);
    }
  },
});
