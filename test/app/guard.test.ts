/** The main thread's side of the guard, joined to the loop without a thread between. */

import test from 'ava';
import { createGuard } from '../../src/app/guard.js';
import { createGuardLoop } from '../../src/app/guard-loop.js';
import type { GuardLoopPorts } from '../../src/app/guard-ports.js';
import type { FromGuard } from '../../src/election/thread.js';
import { createLog } from '../support/log.js';
import { labNode } from '../support/node-config.js';

const timers = { after: () => () => {} };

test('all that the guard has decided is known once it says so; a guard that is not there knows nothing', async (t) => {
  const heard: string[] = [];
  let end: (detail: string) => void = () => {};
  const ports = {
    ...{ timers, log: createLog() },
    startThread: (_data: unknown, onMessage: (message: FromGuard) => void, onExit: typeof end) => {
      end = onExit;
      // A queue in order, as between threads.
      const post = (message: FromGuard): void => queueMicrotask(() => onMessage(message));
      const loop = createGuardLoop(
        {
          ...{ timers, post, log: createLog() },
          clock: { nowMs: () => 1 },
          mac: () => new Uint8Array(32),
          links: { look: () => {} },
        } as unknown as GuardLoopPorts,
        labNode('lb1'),
        { session: 1, epochs: {}, maintenance: [] },
      );
      post({ type: 'started' });
      return {
        post(message: Parameters<typeof loop.hear>[0]) {
          // What the guard has decided meanwhile.
          post({ type: 'event', event: { kind: 'fault', detail: 'decided before' } });
          loop.hear(message);
        },
        end: async () => {},
      };
    },
  };
  const guard = createGuard(ports as Parameters<typeof createGuard>[0], labNode('lb1'), new Uint8Array(32));
  t.false(await guard.caughtUp());
  await guard.start();
  guard.onEvent((event) => {
    if (event.kind === 'fault') heard.push(event.detail);
  });
  t.true(await guard.caughtUp());
  t.deepEqual(heard, ['decided before']);
  end('over');
  t.false(await guard.caughtUp());
});
