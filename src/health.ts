/** What tells the guard how fit this node is, beside what the guard itself sees. */

import type { Guard } from './app/guard.js';
import type { Reconciler } from './app/reconcile-types.js';
import { probeTargets, runSelfProbe } from './app/self-probe.js';
import type { NodeConfig } from './model/node.js';
import { sleep } from './shell/clock.js';
import { reachesHost } from './shell/reach.js';

/** Runs until the signal aborts. */
export const watchHealth = async (
  { selfProbe }: Pick<NodeConfig, 'selfProbe'>,
  { engine, guard }: { readonly engine: Pick<Reconciler, 'view'>; readonly guard: Pick<Guard, 'setHealth'> },
  signal: AbortSignal,
): Promise<void> => {
  if (selfProbe === false) return;
  const targets = () => probeTargets(engine.view().services.values());
  await runSelfProbe(
    { reaches: reachesHost, sleep, targets, say: (reasons) => guard.setHealth(reasons) },
    signal,
  );
};
