/** What each part of a node tells the others: the rules that join engine, replication, conntrackd and guard. */

import type { NodeConfig } from '../model/node.js';
import type { ClusterDocument } from './cluster-document.js';
import type { Conntrackd } from './conntrackd.js';
import type { EventRecorder } from './events.js';
import { every } from './every.js';
import type { Guard, GuardEvent } from './guard.js';
import type { Notifier } from './notifier.js';
import type { Reconciler } from './reconcile-types.js';
import type { Replicator } from './replicate.js';

export interface Wired {
  readonly engine: Reconciler;
  readonly guard: Guard;
  readonly replicator: Replicator;
  readonly conntrackd: Conntrackd;
  readonly events: EventRecorder;
  readonly notifier: Pick<Notifier, 'notify'>;
  readonly document: Pick<ClusterDocument, 'setLeader'>;
  readonly config: Pick<NodeConfig, 'groups'>;
  /** How often this node became active, per group: counted here. */
  readonly takeovers: Map<string, number>;
  /** What the node itself lacks since its start. */
  readonly complaints: readonly string[];
}

/** Ready to take over: the replica is complete, conntrackd runs, and nothing of the node is missing. */
export const nodeReadiness = ({
  replicator,
  conntrackd,
  complaints,
}: Pick<Wired, 'replicator' | 'conntrackd' | 'complaints'>) => {
  const replica = replicator.readiness();
  const flows = conntrackd.ready();
  const reasons = [
    ...(replica.ready ? [] : replica.reasons),
    ...(flows.ready ? [] : flows.reasons),
    ...complaints,
  ];
  return { ready: reasons.length === 0, reasons, position: replica.position };
};

/** conntrackd has no event for its health: it is looked at this often. */
const readinessMs = 400;
/** A path that was silent for so long has lost more than a busy processor delays. */
const brokenMs = 1_000;

/** To be called regularly: true when a path to a peer that was broken works again. */
const createPathWatch = ({ state }: Pick<Guard, 'state'>) => {
  const broken = new Set<string>();
  return (): boolean => {
    let mended = false;
    for (const { name, paths } of state()?.peers ?? []) {
      paths.forEach(({ alive, heardMs }, path) => {
        const key = `${name} ${path}`;
        if (alive) mended = broken.delete(key) || mended;
        else if ((heardMs ?? Number.POSITIVE_INFINITY) > brokenMs) broken.add(key);
      });
    }
    return mended;
  };
};

const describeEvent = (event: Exclude<GuardEvent, { kind: 'role' }>): string => {
  switch (event.kind) {
    case 'peer':
      return `${event.peer} ${event.alive ? 'is alive' : 'is not heard any more'}: ${event.reason}`;
    case 'claim-failed':
      return `${event.group}: the claim for epoch ${event.epoch} failed: ${event.reason}`;
    case 'waiting':
      return `${event.group}: ${event.reason}`;
    case 'refused':
      return `a datagram from ${event.from} was refused: ${event.detail} (${event.count} so far)`;
    case 'guard-repaired':
    case 'address-corrected':
    case 'fault':
    case 'thread-died':
      return event.detail;
  }
};

/** Connects everything; returns the disconnector. */
export const wireNode = (parts: Wired): (() => void) => {
  const { engine, guard, replicator, conntrackd, events, takeovers } = parts;
  let wasReady = false;
  const tellReadiness = (): void => {
    const readiness = nodeReadiness(parts);
    guard.setReadiness(readiness);
    const { ready, reasons } = readiness;
    if (ready === wasReady) return;
    wasReady = ready;
    const [from, to] = ready ? ['not-ready', 'ready'] : ['ready', 'not-ready'];
    const reason = ready ? 'everything that it needs is there' : reasons.join('; ');
    events.record(to!, reason);
    parts.notifier.notify({ what: 'health', group: '', from: from!, to: to!, epoch: 0, reason });
  };
  // At most one node is active in the first group, whatever is cut: it may be edited while others are out of reach.
  const [first] = parts.config.groups;
  parts.document.setLeader(first === undefined);
  const stops = [
    engine.onEvent((event) => {
      if (event.kind === 'applied') {
        replicator.rulesChanged();
        events.record('applied', event.reason, {
          operations: event.operations,
          services: event.changed.length,
          tookMs: event.tookMs,
        });
      } else if (event.kind === 'repaired') {
        if (event.persistenceLost) replicator.refill();
        events.record('repaired', `repaired what somebody else changed: ${event.detail}`, {
          tookMs: event.tookMs,
          operations: event.operations,
        });
      } else if (event.kind === 'refused') {
        events.record('refused', `${event.reason}: ${event.error.message}`, { code: event.error.code });
      } else if (event.kind === 'purged') {
        events.record('purged', `${event.entries} persistence entries without a live backend`, {});
      } else {
        events.record('foreign', `somebody else changed our table: ${event.detail}`, {});
      }
    }),
    guard.onEvent((event) => {
      if (event.kind !== 'role') {
        // What a standby waits for changes all the time, and `status` shows it.
        if (event.kind !== 'waiting') events.record(event.kind, describeEvent(event), {});
        return;
      }
      const { group, epoch, reason, from, to } = event;
      const active = to === 'active';
      replicator.setActive(group, epoch, active);
      if (group === first?.name) parts.document.setLeader(active);
      if (active) conntrackd.becomeActive(group);
      else conntrackd.becomeStandby(group);
      if (active) takeovers.set(group, (takeovers.get(group) ?? 0) + 1);
      events.record(active ? 'takeover' : to, `${group}: ${reason}`, { group, epoch, from });
      parts.notifier.notify({ what: 'role', group, from, to, epoch, reason });
      tellReadiness();
    }),
    replicator.onReadiness(tellReadiness),
  ];
  const isPathMended = createPathWatch(guard);
  const stopTelling = every(readinessMs, () => {
    if (isPathMended()) conntrackd.reconnected();
    tellReadiness();
  });
  tellReadiness();
  return () => {
    stopTelling();
    for (const stop of stops) stop();
  };
};
