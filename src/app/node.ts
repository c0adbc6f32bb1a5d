/**
 * One running node: the rule engine, the guard, the replication and conntrackd joined into what `NodeControl` promises.
 * What one part learns that another must know passes through here, and nowhere else.
 */

import { formatProblems } from '../config/problems.js';
import { parseServices } from '../config/services.js';
import { formatServices } from '../config/services-format.js';
import { RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import type { ServicesDocument } from '../model/service.js';
import type { ApplyResult, HandoverResult, NodeControl, NodeStatus } from '../model/status.js';
import { version } from '../model/version.js';
import type { Clock } from '../ports.js';
import type { EngineContext } from '../ruleset/context.js';
import type { Applied, ClusterDocument } from './cluster-document.js';
import type { ClusterTimeline } from './cluster-events.js';
import type { Conntrackd } from './conntrackd.js';
import { diffDocuments } from './documents.js';
import type { EventRecorder } from './events.js';
import type { Guard } from './guard.js';
import { guardStatus } from './guard-status.js';
import type { KernelFeatures } from './kernel-features.js';
import { nodeReadiness } from './node-wiring.js';
import type { Reconciler } from './reconcile-types.js';
import type { Replicator } from './replicate.js';
import type { ServicesInForce } from './services-in-force.js';

export interface NodeParts {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly engine: Reconciler;
  readonly guard: Guard;
  readonly replicator: Replicator;
  readonly conntrackd: Conntrackd;
  readonly services: ServicesInForce;
  readonly document: ClusterDocument;
  readonly events: EventRecorder;
  readonly timeline: Pick<ClusterTimeline, 'ask'>;
  readonly takeovers: ReadonlyMap<string, number>;
  readonly context: EngineContext;
  readonly kernel: Pick<KernelFeatures, 'missing'>;
  /** Resident memory of the process, in bytes. */
  readonly memoryBytes: () => number;
  /** Gives back what a large job has left behind. */
  readonly releaseMemory: () => void;
  /** What the node itself lacks (sysctls that could not be set, say), found at start. */
  readonly complaints: readonly string[];
}

/** An apply of this many elements leaves enough behind to be worth a pause of the main thread, once it has been answered. */
const largeOperations = 5_000;
const settleMs = 100;

const parse = (text: string): ServicesDocument => {
  const parsed = parseServices(text);
  if ('document' in parsed) return parsed.document;
  throw new RelevoError(
    'bad-document',
    `the document was refused, nothing was changed:\n${formatProblems(parsed.problems)}`,
    {
      problems: parsed.problems.length,
    },
  );
};

const resultOf = ({ answer, operations, changed }: Applied): ApplyResult => ({
  dryRun: false,
  operations: answer.changed ? Math.max(operations, 1) : operations,
  changed,
  text: undefined,
  version: answer.version?.number ?? 0,
  confirmed: answer.confirmed,
  missing: answer.missing,
  confirmMs: answer.changed ? (answer.version?.confirmMs ?? 0) : 0,
});

export const createNodeControl = (parts: NodeParts): NodeControl => {
  const { config, clock, engine, guard, replicator, conntrackd, services, document, events } = parts;
  const startMs = clock.nowMs();

  const status = async (): Promise<NodeStatus> => {
    const { ready, reasons } = nodeReadiness(parts);
    const counts = engine.status();
    const flows = conntrackd.status();
    const checks = services.checked();
    const elected = guardStatus(guard, config, parts.takeovers);
    return {
      version,
      cluster: config.cluster,
      node: config.node,
      uptimeMs: clock.nowMs() - startMs,
      memoryBytes: parts.memoryBytes(),
      ready,
      reasons,
      ...elected,
      problems: [...(elected.problems ?? []), ...replicator.problems()],
      services: {
        count: counts.services,
        backends: counts.backends,
        backendsUp: counts.backendsUp,
        repairs: counts.repairs,
        ...(checks && { checks: checks.status() }),
        draining: await services.draining(),
        persistence: await engine.persistenceUse(),
        persistRefused: [...(await services.persistRefused())].map(([service, newcomers]) => ({
          service,
          newcomers,
        })),
      },
      document: document.status(),
      kernelLacks: [...parts.kernel.missing.keys()],
      replication: replicator.status(),
      conntrackd: {
        managed: flows.managed && flows.enabled,
        running: flows.running,
        pid: flows.pid,
        restarts: flows.restarts,
        reason: flows.reason,
        counters: flows.counters ? { ...flows.counters.injected } : {},
      },
    };
  };

  return {
    status,
    services: () => formatServices(services.document()),
    async apply(text, { dryRun, confirmMs = 0, force = false, reason = '' }) {
      const wanted = parse(text);
      if (dryRun) {
        const preview = await engine.preview(wanted);
        return {
          dryRun,
          ...preview,
          text: diffDocuments(engine.document(), wanted, parts.context).text,
        };
      }
      const applied = await document.apply(wanted, { confirmMs, force, reason });
      if (applied.operations > largeOperations) setTimeout(parts.releaseMemory, settleMs);
      return resultOf(applied);
    },
    confirm: async () => resultOf(await document.confirm()),
    rollback: async (version, force) => resultOf(await document.rollback(version, force)),
    resolve: async () => resultOf(await document.resolve()),
    history: () => document.history(),
    setBackendState: (service, backend, state) => services.setBackendState(service, backend, state),
    sessions: (service) => services.sessions(service),
    counters: (service) => services.counters(service),
    handover: (group, to) => guard.handover(group, to),
    async handoverAll(to) {
      const results: Record<string, HandoverResult> = {};
      for (const { name, role } of guard.state()?.groups ?? []) {
        if (role === 'active') results[name] = await guard.handover(name, to);
      }
      return results;
    },
    async setMaintenance(node = config.node, group = '', on) {
      const result = await guard.setMaintenance(node, group, on);
      if (!result.ok) throw new RelevoError('not-ready', result.reason);
    },
    syncDump: () => ({ entries: replicator.entries(), general: replicator.dumpGeneral() }),
    syncShow: (client) => replicator.show(client),
    syncWatch: (listener) => replicator.watch(listener),
    syncVerify: () => replicator.verify(),
    events: () => events.list(),
    onEvent: (listener) => events.onEvent(listener),
    clusterEvents: () => parts.timeline.ask(),
  };
};
