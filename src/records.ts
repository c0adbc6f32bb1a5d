/** What a node tells of itself: events, the timeline of all nodes, the notify script, and the election's decisions on disk. */

import { type ClusterTimeline, createClusterEvents } from './app/cluster-events.js';
import { createDecisionLog } from './app/decision-log.js';
import { createEventRecorder, type EventRecorder } from './app/events.js';
import type { Guard } from './app/guard.js';
import type { Lifetime } from './app/lifetime.js';
import { createNotifier, type Notifier } from './app/notifier.js';
import type { Replicator } from './app/replicate.js';
import { errorFrom } from './errors.js';
import { limits } from './limits.js';
import type { NodeConfig } from './model/node.js';
import { version } from './model/version.js';
import type { Log } from './ports.js';
import { systemClock, systemTimers } from './shell/clock.js';
import { openLineFiles } from './shell/line-files.js';
import { wallMs, wallTime } from './shell/process.js';
import { createRunner } from './shell/runner.js';

export interface Records {
  readonly events: EventRecorder;
  readonly timeline: ClusterTimeline;
  readonly notifier: Notifier;
}

const recordDecisions = async (
  config: NodeConfig,
  guard: Guard,
  log: Log,
  lifetime: Lifetime,
): Promise<void> => {
  const files = await openLineFiles(
    {
      folder: `${config.stateDir}/decisions`,
      name: 'decisions',
      keptFiles: limits.decisionFiles,
      queueBytes: limits.decisionQueueBytes,
    },
    log,
  );
  const about = () => ({ software: version, cluster: config.cluster, time: wallTime() });
  const decisions = createDecisionLog({ files, about, wantCheckpoint: guard.wantCheckpoint });
  guard.onDecisions(decisions.take);
  lifetime.onStop(() => decisions.close());
};

/** Before the guard starts: its first decisions are recorded too. */
export const keepRecords = async (
  config: NodeConfig,
  parts: {
    readonly guard: Guard;
    readonly replicator: Replicator;
    readonly log: Log;
    readonly lifetime: Lifetime;
  },
): Promise<Records> => {
  const { guard, replicator, log, lifetime } = parts;
  const events = createEventRecorder(systemClock, wallTime);
  const notifier = createNotifier({ runner: createRunner(), log, config, record: events.record });
  lifetime.onStop(() => notifier.close());
  // A node without them works as well, and says so.
  await recordDecisions(config, guard, log, lifetime).catch((thrown: unknown) => {
    events.record('fault', `decisions are not recorded: ${errorFrom(thrown).message}`);
  });
  const timeline: ClusterTimeline = createClusterEvents({
    node: config.node,
    peers: replicator.peers,
    clock: systemClock,
    timers: systemTimers,
    wallMs,
    list: events.list,
    send: replicator.attachEvents((peer, message) => timeline.onMessage(peer, message)),
  });
  return { events, timeline, notifier };
};
