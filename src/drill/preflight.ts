/** Asks a cluster what a plan needs to know, and waits for it to be fit for a drill. */

import { errorFrom, RelevoError } from '../errors.js';
import type { ClusterDriver } from '../lab/owner.js';
import type { Clock } from '../ports.js';
import { sleep } from '../shell/clock.js';
import { type DrillPlan, type Farm, type PlanQuestion, planDrill, type Told } from './plan.js';
import type { DrillTarget } from './target.js';

export type Asked = Omit<PlanQuestion, 'cluster' | 'told' | 'farms' | 'group' | 'replication' | 'slowness'>;

const tell = async (cluster: ClusterDriver, node: string): Promise<Told> => {
  try {
    return { status: await cluster.status!(node) };
  } catch (thrown) {
    return { status: undefined, reason: errorFrom(thrown).message };
  }
};

/** Of the first node that answers. */
const farmsOf = async (cluster: ClusterDriver, told: ReadonlyMap<string, Told>): Promise<readonly Farm[]> => {
  const node = [...told].find(([, { status }]) => status)?.[0];
  if (node === undefined || !cluster.services) return [];
  const { farms } = (await cluster.services(node)) as { farms: readonly Farm[] };
  return farms;
};

/** Undefined: the addresses are owned by another program, which cannot be asked. */
export const askForPlan = async (target: DrillTarget, asked: Asked): Promise<DrillPlan | undefined> => {
  const { cluster, place, group, replication, slowness } = target;
  if (!cluster.status) return undefined;
  const said = await Promise.all(
    cluster.nodes.map(async (node) => [node, await tell(cluster, node)] as const),
  );
  const told = new Map(said);
  const farms = await farmsOf(cluster, told);
  return planDrill({ ...asked, cluster: place.title, told, farms, group, replication, slowness });
};

/** Throws `not-ready` with every obstacle that has not gone by then. */
export const refuseUnlessFit = async (
  clock: Clock,
  target: DrillTarget,
  asked: Asked,
  signal: AbortSignal,
  withinMs: number,
): Promise<void> => {
  const untilMs = clock.nowMs() + withinMs;
  for (;;) {
    const plan = await askForPlan(target, asked);
    if (!plan || plan.ready || signal.aborted) return;
    if (clock.nowMs() > untilMs) {
      throw new RelevoError(
        'not-ready',
        `${target.place.title} is not fit for ${asked.fault}, nothing was broken:\n  ${plan.obstacles.join('\n  ')}\nput that right, or drill nevertheless with --force`,
      );
    }
    await sleep(200, signal);
  }
};
