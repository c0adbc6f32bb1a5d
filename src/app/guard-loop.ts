/** The guard thread's loop: events into the machine, its effects out, in one place and in order. */

import { fatalWeight, type HealthReason } from '../election/health.js';
import { stampHeartbeat } from '../election/heartbeat.js';
import { createElection, step } from '../election/machine.js';
import { sleptMs } from '../election/stall.js';
import type { GuardEvent, ToGuard } from '../election/thread.js';
import type { Effect, ElectionEvent } from '../election/types.js';
import { viewElection } from '../election/view.js';
import { errorFrom } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import { createDecisionBuffer } from './decision-buffer.js';
import { electionConfig } from './guard-config.js';
import { createGuardCoordination } from './guard-coordination.js';
import { watchGateway } from './guard-gateway.js';
import { createGuardKernel, type Written } from './guard-kernel.js';
import { createGuardNetwork } from './guard-network.js';
import type { GuardLoopPorts } from './guard-ports.js';

export interface GuardLoop {
  /** Binds the sockets, cleans up, makes the guard table, starts the election. Rejects with the reason. */
  start(): Promise<void>;
  hear(message: ToGuard): void;
  /** Closes every socket and nothing else: for a start that failed. */
  abandon(): void;
}

const stateEveryMs = 1_000;
/** Links are looked at this often at least, and at most. */
const lookMs = 33;
const lookAgainMs = 10;
const correctAfterMs = 50;
const correctAgainMs = 1_000;

export const createGuardLoop = (
  ports: GuardLoopPorts,
  node: NodeConfig,
  options: {
    readonly session: number;
    readonly epochs: Readonly<Record<string, number>>;
    readonly maintenance: readonly string[];
    readonly etcdCluster?: string;
  },
): GuardLoop => {
  const { clock, timers, nft, links } = ports;
  const identity = Buffer.from(ports.mac(Buffer.from(`etcd ${node.cluster}`))).toString('hex', 0, 8);
  const knownCluster = options.etcdCluster ?? '';
  const config = electionConfig(node, options.session, { identity, knownCluster });
  let state = createElection(config, clock.nowMs());
  const decisions = createDecisionBuffer(config, () => state, clock.nowMs, ports.post);
  let cancelTimer: (() => void) | undefined;
  let timerMs = Number.POSITIVE_INFINITY;
  /** When the machine was to hear the next event, at the latest. */
  let dueMs = Number.POSITIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let isRunning = false;
  let isStopped = false;
  let isStateDue = false;
  let isCorrectionDue = false;
  let repairing = false;
  let outerHealth: readonly HealthReason[] = [];
  const ownFaults = new Map<string, string>();
  const waiting: ElectionEvent[] = [];
  const stopWatching: (() => void)[] = [];

  const tell = (event: GuardEvent): void => {
    ports.post({ type: 'event', event });
    postStateSoon();
  };
  /** What keeps the guard itself from working is fatal. */
  const tellHealth = (): void => {
    const own = [...ownFaults.values()].map((text) => ({ text, weight: fatalWeight }));
    handle({ type: 'health', reasons: [...own, ...outerHealth] });
  };
  const setFault = (key: string, text: string | undefined): void => {
    if (ownFaults.get(key) === text) return;
    if (text === undefined) ownFaults.delete(key);
    else {
      ownFaults.set(key, text);
      tell({ kind: 'fault', detail: text });
    }
    tellHealth();
  };
  const kernel = createGuardKernel(ports, node, (detail) => {
    setFault('address', detail);
    correctSoon(correctAgainMs);
  });
  const network = createGuardNetwork(
    ports,
    node,
    options.session,
    (message) => handle({ ...message, type: 'message' }),
    tell,
  );

  const coordination = createGuardCoordination(ports, node, knownCluster, (event) => handle(event));

  const postState = (): void => {
    isStateDue = false;
    const view = viewElection(config, state, clock.nowMs());
    const refused = { ...network.refused };
    const refusals = network.lateRefusals();
    const { owned } = kernel;
    ports.post({ type: 'state', state: { ...view, cluster: node.cluster, refused, refusals, owned } });
  };
  const postStateSoon = (): void => {
    if (isStateDue || isStopped) return;
    isStateDue = true;
    timers.after(0, postState);
  };
  const postStateRegularly = (): void => {
    if (isStopped) return;
    handle({ type: 'wall', ...ports.wall() });
    postState();
    timers.after(stateEveryMs, postStateRegularly);
  };

  const closeSockets = (): void => {
    coordination.stop();
    network.close();
    nft.close();
    links.close();
  };

  const finish = async (): Promise<void> => {
    isStopped = true;
    cancelTimer?.();
    for (const stop of stopWatching) stop();
    // The addresses are gone and nothing is held: the table has nothing left to guard.
    await kernel.close({ removeTable: true });
    postState();
    decisions.flush();
    closeSockets();
    ports.post({ type: 'stopped' });
  };

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'send': {
        const { to, body } = effect;
        network.send(to, effect.path, body, (path) => stampHeartbeat(state, to, path, body, clock.nowMs()));
        return;
      }
      case 'kernel': {
        const { op, group } = effect;
        const ended = ({ result, detail }: Written): void =>
          handle({ type: 'kernel', op, group, result, detail });
        const written = kernel.write(op, group, effect.reason);
        if (written instanceof Promise) void written.then(ended);
        else ended(written);
        return;
      }
      case 'add-addresses':
        void kernel.addAddresses(effect.group);
        return;
      case 'remove-addresses':
        void kernel.removeAddresses(effect.group);
        return;
      case 'announce':
        kernel.announce(effect.group);
        return;
      case 'report': {
        const { report } = effect;
        if (report.kind === 'role' && report.to === 'active') {
          ports.post({ type: 'epoch', group: report.group, epoch: report.epoch });
        }
        tell(report);
        return;
      }
      case 'etcd':
        coordination.call(effect.id, effect.call);
        return;
      case 'etcd-cluster':
      case 'handover-result':
      case 'maintenance':
        ports.post(effect);
        return;
      case 'stopped':
        void finish();
        return;
    }
  };

  const setTimer = (deadlineMs: number): void => {
    if (deadlineMs === timerMs) return;
    cancelTimer?.();
    timerMs = deadlineMs;
    cancelTimer = undefined;
    if (!Number.isFinite(deadlineMs)) return;
    cancelTimer = timers.after(Math.max(0, deadlineMs - clock.nowMs()), () => {
      timerMs = Number.POSITIVE_INFINITY;
      cancelTimer = undefined;
      handle({ type: 'timer' });
    });
  };

  /** Beside what is due anyway, so that it wakes nobody: the kernel tells most losses of carrier by itself. */
  const lookAtLinks = (): void => {
    const nowMs = clock.nowMs();
    if (nowMs < lookedMs + lookAgainMs) return;
    lookedMs = nowMs;
    links.look();
  };

  /** Events that arrive while one is being worked off wait for their turn. */
  function handle(event: ElectionEvent): void {
    lookAtLinks();
    const slept = sleptMs(dueMs, clock.nowMs());
    if (slept > 0) {
      dueMs = Number.POSITIVE_INFINITY;
      waiting.push({ type: 'stalled', sleptMs: slept });
    }
    waiting.push(event);
    if (isRunning) return;
    isRunning = true;
    for (let next = waiting.shift(); next && !isStopped; next = waiting.shift()) {
      const nowMs = clock.nowMs();
      const result = step(config, state, next, nowMs);
      state = result.state;
      dueMs = Math.max(nowMs, result.deadlineMs);
      for (const effect of result.effects) perform(effect);
      decisions.step(nowMs, next, result.effects, result.deadlineMs);
      if (waiting.length === 0 && !isStopped) setTimer(Math.min(result.deadlineMs, lookedMs + lookMs));
    }
    isRunning = false;
  }

  const repair = async (detail: string): Promise<void> => {
    if (repairing || isStopped) return;
    repairing = true;
    try {
      await kernel.repair();
      setFault('table', undefined);
      tell({ kind: 'guard-repaired', detail });
    } catch (thrown) {
      setFault('table', `the guard table cannot be put back: ${errorFrom(thrown).message}`);
      timers.after(1_000, () => void repair(detail));
    } finally {
      repairing = false;
    }
  };

  /** Puts addresses right soon, and again until it has worked: what changes one often changes several. */
  const correctSoon = (afterMs: number): void => {
    if (isCorrectionDue || isStopped) return;
    isCorrectionDue = true;
    timers.after(afterMs, () => {
      isCorrectionDue = false;
      if (isStopped) return;
      kernel
        .correctAddresses((group) => state.groups[group]?.role === 'active')
        .then((corrections) => {
          for (const detail of corrections) tell({ kind: 'address-corrected', detail });
        })
        .catch((thrown) => {
          ports.log.warn({ error: errorFrom(thrown).message }, 'addresses not checked');
          correctSoon(correctAgainMs);
        });
    });
  };

  const watch = (): void => {
    stopWatching.push(
      links.onChange((name, link) => {
        const isNew = link !== undefined && !kernel.links.has(name);
        if (link) kernel.links.set(name, link);
        else kernel.links.delete(name);
        handle({ type: 'link', name, usable: link?.usable ?? false });
        const isGuarded = node.groups.some((group) => group.addresses.some((one) => one.interface === name));
        if (isNew && isGuarded) void repair(`interface ${name} has come`);
        if (isGuarded) correctSoon(correctAfterMs);
      }),
      links.onAddressChange(() => correctSoon(correctAfterMs)),
    );
    // Nobody else can change a table of our own, and whoever listens makes each commit dearer, also those of other threads.
    if (kernel.owned) return;
    stopWatching.push(
      nft.onForeignChange((change) => {
        const isOurs = change.table?.family === 'netdev' && change.table.name === 'relevo';
        if (isOurs || change.kind === 'overrun') void repair(`${change.kind}: ${change.detail}`);
      }),
    );
  };

  return {
    async start() {
      await network.open();
      coordination.start();
      await kernel.prepare();
      watch();
      const usable = Object.fromEntries([...kernel.links].map(([name, link]) => [name, link.usable]));
      const { epochs, maintenance } = options;
      handle({ type: 'wall', ...ports.wall() });
      handle({ type: 'start', links: usable, epochs, maintenance });
      const gateway = watchGateway(ports, node, kernel.links, (untilMs) =>
        handle({ type: 'gateway', untilMs }),
      );
      if (gateway) stopWatching.push(gateway);
      postStateRegularly();
      correctSoon(correctAfterMs);
      ports.post({ type: 'started' });
    },
    abandon() {
      isStopped = true;
      closeSockets();
    },
    hear(message) {
      switch (message.type) {
        case 'readiness':
          handle(message);
          return;
        case 'health':
          outerHealth = message.reasons;
          tellHealth();
          return;
        case 'handover':
        case 'maintenance':
          handle(message);
          return;
        case 'echo':
          handle({ type: 'timer' });
          ports.post({ type: 'handover-result', id: message.id, ok: true, tookMs: 0, reason: '' });
          return;
        case 'etcd-tls':
          coordination.renew(message.tls);
          return;
        case 'checkpoint':
          decisions.wantCheckpoint();
          return;
        case 'stop':
          handle(message);
          return;
      }
    },
  };
};
