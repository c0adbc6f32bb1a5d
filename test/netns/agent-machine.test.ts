/** A real agent with nftlb's interface by HTTPS, judged by packets. */

import test from 'ava';
import { registerScenarios } from '../support/machine-scenarios.js';
import { prepareAgent } from '../support/programs.js';
import { createStatelessBed } from '../support/stateless-bed.js';

const bed = await createStatelessBed({ backends: 2, clients: 20 });
const agent = await prepareAgent(bed.namespaces, bed.lb, '10.40.0.1', {
  address: '10.40.0.50/16',
  interface: bed.frontDevice,
});
test.after.always(async () => {
  await bed.dispose();
  agent.dispose();
});

registerScenarios({
  bed,
  start: () => agent.start(),
  async restart(_program, end) {
    // The disk follows within a second.
    await agent.stored('10.40.1.2');
    await end();
    return agent.start();
  },
});
