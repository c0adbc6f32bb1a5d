/** What tells the guard how fit this node is, beside what the guard itself sees, and the engine which backends serve. */

import { lookAfterAddresses, neighboursOf } from './addresses.js';
import { type BackendCheckPorts, createBackendChecks } from './app/backend-checks.js';
import type { ClusterDocument } from './app/cluster-document.js';
import type { Conntrackd } from './app/conntrackd.js';
import type { EventRecorder } from './app/events.js';
import { every } from './app/every.js';
import { runFrontProbe } from './app/front-probe.js';
import type { Guard } from './app/guard.js';
import { createNodeReasons, lookEveryMs } from './app/node-reasons.js';
import type { Reconciler } from './app/reconcile-types.js';
import type { Replicator } from './app/replicate.js';
import { backendsUnreached, probeTargets, runSelfProbe } from './app/self-probe.js';
import type { ServicesInForce } from './app/services-in-force.js';
import type { HealthReason } from './election/health.js';
import type { NodeConfig } from './model/node.js';
import type { Service } from './model/service.js';
import type { Log } from './ports.js';
import { askBackend } from './shell/backend-probe.js';
import { sleep, systemClock, systemTimers } from './shell/clock.js';
import { hearsNeighbour } from './shell/near-reach.js';
import { routersOf } from './shell/neighbourhood.js';
import { systemRandom } from './shell/process.js';
import { reachesHost } from './shell/reach.js';

export interface CheckedParts {
  readonly engine: Pick<Reconciler, 'view' | 'onEvent'>;
  readonly services: Pick<ServicesInForce, 'setBackendState' | 'checkBy'>;
  readonly log: Log;
  readonly record: BackendCheckPorts['record'];
  readonly owns: (service: Service) => boolean;
  /** Which other node says that a backend is down: only the owner of a service asks its backends. */
  readonly document?: Pick<ClusterDocument, 'saidElsewhere'>;
}

/** Until the signal aborts; returns what is to be called when the node owns something else. */
export const checkBackends = (
  { engine, services, log, record, owns, document }: CheckedParts,
  signal: AbortSignal,
): (() => void) => {
  const view = () => engine.view().services;
  const checks = createBackendChecks({
    ...{ log, record, owns, ask: askBackend },
    ...{ clock: systemClock, timers: systemTimers, random: systemRandom },
    services: () => view().values(),
    service: (name) => view().get(name),
    setState: (service, backend, state) =>
      services.setBackendState(service, backend, state, (now) => now === 'off' || now === 'drain'),
  });
  services.checkBy({
    status: () => checks.status(),
    failure: (service, backend) =>
      checks.failure(service, backend) ?? document?.saidElsewhere(service, backend),
  });
  const unsubscribe = engine.onEvent((event) => {
    if (event.kind === 'applied') checks.changed(event.changed);
  });
  signal.addEventListener('abort', () => {
    unsubscribe();
    checks.stop();
  });
  return () => checks.ownershipChanged();
};

export interface HealthParts extends Pick<CheckedParts, 'engine' | 'services' | 'log' | 'document'> {
  readonly guard: Pick<Guard, 'setHealth' | 'state' | 'onEvent' | 'caughtUp'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly conntrackd: Pick<Conntrackd, 'status'>;
  readonly replicator: Pick<Replicator, 'readiness'>;
}

/** The owner of a service's group; of a service outside all groups, the owner of the first one. */
const ownership = ({ groups }: Pick<NodeConfig, 'groups'>, active: ReadonlySet<string>) => {
  const groupOf = new Map(
    groups.flatMap(({ name, addresses }) => addresses.map((one) => [one.address, name])),
  );
  return ({ addresses }: Service): boolean => {
    const group = addresses.map(({ address }) => groupOf.get(address)).find((name) => name !== undefined);
    const name = group ?? groups[0]?.name;
    return name === undefined || active.has(name);
  };
};

/** What has begun and what is over, in words. */
const changes = (before: readonly HealthReason[] = [], now: readonly HealthReason[]): string[] => {
  const [was, is] = [before, now].map((list) => new Set(list.map(({ text }) => text)));
  return [
    ...now.filter(({ text }) => !was!.has(text)).map(({ text, weight }) => `${text} (weight ${weight})`),
    ...before.filter(({ text }) => !is!.has(text)).map(({ text }) => `over: ${text}`),
  ];
};

/** Runs until the signal aborts. */
export const watchHealth = async (
  config: Pick<NodeConfig, 'selfProbe' | 'groups' | 'nodes'>,
  parts: HealthParts,
  signal: AbortSignal,
): Promise<void> => {
  const { engine, guard, events, log } = parts;
  const roles = guard.state()?.groups ?? [];
  const active = new Set(roles.filter(({ role }) => role === 'active').map(({ name }) => name));
  let ownershipChanged: (() => void) | undefined;
  const said = new Map<string, readonly HealthReason[]>();
  const say = (source: string) => (reasons: readonly HealthReason[]) => {
    for (const text of changes(said.get(source), reasons)) events.record('health', text, {});
    said.set(source, reasons);
    guard.setHealth([...said.values()].flat());
  };
  const unsubscribe = guard.onEvent((event) => {
    if (event.kind !== 'role') return;
    if (event.to === 'active') active.add(event.group);
    else active.delete(event.group);
    ownershipChanged?.();
  });
  signal.addEventListener('abort', unsubscribe);
  const leaveAddresses = lookAfterAddresses(config, active, { guard, events, log, say: say('addresses') });
  signal.addEventListener('abort', leaveAddresses);
  const reasons = createNodeReasons({
    clock: systemClock,
    conntrackd: () => parts.conntrackd.status(),
    replica: () => parts.replicator.readiness(),
  });
  const stopLooking = every(lookEveryMs, () => say('node')(reasons.look()));
  signal.addEventListener('abort', stopLooking);
  ownershipChanged = checkBackends(
    {
      ...parts,
      owns: ownership(config, active),
      record: (kind, message) => events.record(kind, message, {}),
    },
    signal,
  );
  if (config.selfProbe === false) return;
  const targets = () => probeTargets(engine.view().services.values());
  await Promise.all([
    runSelfProbe(
      { reaches: reachesHost, sleep, targets, reasonsOf: backendsUnreached, say: say('self-probe') },
      signal,
    ),
    runFrontProbe(
      config,
      { clock: systemClock, asks: hearsNeighbour, routersOf, neighboursOf, sleep, say: say('front-probe') },
      signal,
    ),
  ]);
};
