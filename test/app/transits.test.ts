/** Slots in transit, in the engine: since when they are so. */

import test from 'ava';
import { type FeatureFacts, noFacts } from '../../src/app/feature-engine.js';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Service } from '../../src/model/service.js';
import { plainContext } from '../../src/ruleset/context.js';
import { createFakeNft } from '../fakes/nft.js';
import { createLog } from '../support/log.js';
import { backendsAt, plainService } from '../support/services.js';

const minuteMs = 60_000;
const facts: FeatureFacts = {
  ...noFacts,
  devices: ['eth0'],
  neighbour: () => ({ etherAddress: '02:00:00:00:00:05', device: 'eth0' }),
  link: () => ({ index: 2, etherAddress: '02:00:00:00:00:01' }),
};
const direct: Service = plainService({
  mode: 'dsr',
  endpoints: [],
  scheduler: 'weight',
  backends: backendsAt(2).map(({ port: _port, ...one }) => one),
});

for (const { what, flushes } of [
  { what: 'a repair', flushes: false },
  { what: 'a repair of a ruleset that somebody has flushed', flushes: true },
]) {
  test(`${what} does not begin the fifteen minutes anew`, async (t) => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs };
    const nft = createFakeNft(clock);
    const engine = createReconciler({ nft, log: createLog(), clock, facts }, plainContext);
    await engine.apply({ services: [direct] });
    await engine.setBackendState('web', 'b2', 'down');
    t.deepEqual(await engine.lookAtTransits(), []);
    nowMs = 10 * minuteMs;
    if (flushes) {
      for (const family of ['ip', 'netdev'] as const) {
        const table = { family, name: family === 'ip' ? 'relevo' : 'relevo_ingress' };
        await nft.commit({
          reason: 'somebody else',
          operations: [{ op: 'delete-table', table, destroy: true }],
        });
      }
    }
    await engine.adopt();
    await engine.apply(engine.document());
    nowMs = 14 * minuteMs;
    t.deepEqual(await engine.lookAtTransits(), []);
    nowMs = 16 * minuteMs;
    t.deepEqual(await engine.lookAtTransits(), ['web']);
  });
}
