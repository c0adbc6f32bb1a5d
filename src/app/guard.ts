/** The main thread's side of the guard: starts the thread, keeps its last word, passes on orders. */

import type { DecisionRecord } from '../election/decisions.js';
import type { EtcdTls } from '../election/etcd-state.js';
import type { HealthReason } from '../election/health.js';
import type {
  FromGuard,
  GuardEvent,
  GuardState,
  GuardThread,
  StartGuardThread,
  ToGuard,
} from '../election/thread.js';
import type { Readiness } from '../election/types.js';
import { errorFrom, RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import type { Log, Timers } from '../ports.js';
import { electionConfig } from './guard-config.js';

export type { GuardEvent, GuardState } from '../election/thread.js';

export interface GuardPorts {
  readonly log: Log;
  readonly timers: Timers;
  readonly startThread: StartGuardThread;
  /** Highest epochs of an earlier life, and where to keep them: epochs should grow even if every node restarts. */
  readonly epochs?: {
    load(): Promise<Readonly<Record<string, number>>>;
    save(epochs: Readonly<Record<string, number>>): Promise<void>;
  };
  /** Maintenance of this node survives restarts. */
  readonly maintenance?: {
    load(): Promise<readonly string[]>;
    save(entries: readonly string[]): Promise<void>;
  };
  /** The etcd cluster this node belongs to: another one under the same addresses is refused. */
  readonly etcdCluster?: { load(): Promise<string>; save(cluster: string): Promise<void> };
}

export type HandoverResult =
  | { readonly ok: true; readonly tookMs: number }
  | { readonly ok: false; readonly reason: string };

export interface Guard {
  /** Rejects with `bad-config`, `conflict` or a `kernel-*` code when the guard cannot work here. */
  start(): Promise<void>;
  setReadiness(readiness: Readiness): void;
  /** What is wrong with this node; empty: healthy. */
  setHealth(reasons: readonly HealthReason[]): void;
  handover(group: string, to?: string): Promise<HandoverResult>;
  /** Of this node or of another; of one group there, or ('') of all of it. Stored when it resolves. */
  setMaintenance(node: string, group: string, on: boolean): Promise<HandoverResult>;
  /** Resolves with true when all that the guard thread has decided until now has been told to listeners; with false when it does not answer. */
  caughtUp(): Promise<boolean>;
  /** Undefined before the thread has said anything. */
  state(): GuardState | undefined;
  onEvent(listener: (event: GuardEvent) => void): () => void;
  /** Every decision of the election, in order, a little later; `wantCheckpoint`: the whole state with the next ones. */
  onDecisions(listener: (records: readonly DecisionRecord[]) => void): void;
  wantCheckpoint(): void;
  /** Certificates for etcd that were read again; a thread that starts later reads them itself. */
  renewEtcd(tls: EtcdTls): void;
  /** Closes the guard, tells the peers, removes the addresses, ends the thread. */
  stop(): Promise<void>;
}

const stopMs = 2_000;
const handoverMs = 5_000;
const restartMs = 500;

export const createGuard = (ports: GuardPorts, config: NodeConfig, secret: Uint8Array): Guard => {
  const { log, timers } = ports;
  const listeners = new Set<(event: GuardEvent) => void>();
  let onDecisions: ((records: readonly DecisionRecord[]) => void) | undefined;
  const handovers = new Map<number, (result: HandoverResult) => void>();
  const lastSaid = new Map<'readiness' | 'health', ToGuard>();
  let epochs: Readonly<Record<string, number>> = {};
  let maintenance: readonly string[] = [];
  let etcdCluster = '';
  let stored: Promise<void> = Promise.resolve();
  let thread: GuardThread | undefined;
  let state: GuardState | undefined;
  let stopping = false;
  let lastHandover = 0;
  let onStopped: (() => void) | undefined;

  /** The thread is not woken for what it knows. */
  const sayOnce = (message: ToGuard & { type: 'readiness' | 'health' }): void => {
    if (JSON.stringify(lastSaid.get(message.type)) === JSON.stringify(message)) return;
    lastSaid.set(message.type, message);
    thread?.post(message);
  };

  const tell = (event: GuardEvent): void => {
    const isQuiet = event.kind === 'waiting' || (event.kind === 'peer' && event.alive);
    if (isQuiet) log.debug(event, 'guard');
    else if (event.kind === 'role' || event.kind === 'peer') log.info(event, 'guard');
    else log.warn(event, 'guard');
    for (const listener of listeners) listener(event);
  };

  const onMessage = (message: FromGuard, started: (error?: RelevoError) => void): void => {
    switch (message.type) {
      case 'started':
        started();
        return;
      case 'failed':
        started(errorFrom(new RelevoError(message.code as RelevoError['code'], message.message)));
        return;
      case 'state':
        state = message.state;
        return;
      case 'event':
        tell(message.event);
        return;
      case 'decisions':
        onDecisions?.(message.records);
        return;
      case 'epoch':
        epochs = { ...epochs, [message.group]: message.epoch };
        ports.epochs?.save(epochs).catch((thrown) => {
          log.warn({ error: errorFrom(thrown).message }, 'the epoch could not be stored');
        });
        return;
      case 'maintenance':
        maintenance = message.entries;
        log.info({ maintenance }, 'maintenance of this node has changed');
        stored = ports.maintenance?.save(maintenance) ?? stored;
        stored.catch((thrown) => {
          log.warn({ error: errorFrom(thrown).message }, 'the maintenance of this node could not be stored');
        });
        return;
      case 'etcd-cluster':
        etcdCluster = message.cluster;
        ports.etcdCluster?.save(etcdCluster).catch((thrown) => {
          log.warn({ error: errorFrom(thrown).message }, 'the id of the etcd cluster could not be stored');
        });
        return;
      case 'handover-result': {
        const settle = handovers.get(message.id);
        handovers.delete(message.id);
        const { ok, tookMs, reason } = message;
        settle?.(ok ? { ok, tookMs } : { ok, reason });
        return;
      }
      case 'stopped':
        onStopped?.();
        return;
    }
  };

  const launch = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let settled = false;
      const settle = (error?: RelevoError): void => {
        if (settled) return;
        settled = true;
        if (error) reject(error);
        else resolve();
      };
      const started = ports.startThread(
        { config, secret, epochs, maintenance, etcdCluster },
        (message) => onMessage(message, settle),
        (detail) => {
          if (thread !== started) return;
          thread = undefined;
          onStopped?.();
          settle(new RelevoError('internal', `the guard thread ended: ${detail}`));
          if (stopping) return;
          tell({ kind: 'thread-died', detail });
          timers.after(restartMs, () => {
            if (stopping || thread) return;
            launch().catch((thrown) => log.error({ error: errorFrom(thrown).message }, 'no guard thread'));
          });
        },
      );
      thread = started;
      for (const message of lastSaid.values()) started.post(message);
    });

  const end = async (): Promise<void> => {
    const ending = thread;
    thread = undefined;
    await ending?.end();
  };

  const order = (message: (id: number) => ToGuard): Promise<HandoverResult> => {
    const current = thread;
    if (!current) return Promise.resolve({ ok: false, reason: 'the guard is not running' });
    lastHandover += 1;
    const id = lastHandover;
    return new Promise((resolve) => {
      const cancel = timers.after(handoverMs, () => {
        handovers.delete(id);
        resolve({ ok: false, reason: 'the guard thread did not answer' });
      });
      handovers.set(id, (result) => {
        cancel();
        resolve(result);
      });
      current.post(message(id));
    });
  };

  return {
    async start() {
      electionConfig(config, 1);
      epochs = (await ports.epochs?.load()) ?? {};
      maintenance = (await ports.maintenance?.load()) ?? [];
      etcdCluster = (await ports.etcdCluster?.load()) ?? '';
      try {
        await launch();
      } catch (thrown) {
        stopping = true;
        await end();
        throw thrown;
      }
    },
    setReadiness: ({ ready, reasons, position }) =>
      sayOnce({ type: 'readiness', readiness: { ready, reasons, position } }),
    setHealth: (reasons) => sayOnce({ type: 'health', reasons }),
    handover: (group, to) => order((id) => ({ type: 'handover', id, group, to })),
    async setMaintenance(node, group, on) {
      const result = await order((id) => ({ type: 'maintenance', id, node, group, on }));
      if (result.ok) await stored;
      return result;
    },
    caughtUp: async () => (await order((id) => ({ type: 'echo', id }))).ok,
    state: () => state,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onDecisions(listener) {
      onDecisions = listener;
    },
    wantCheckpoint: () => thread?.post({ type: 'checkpoint' }),
    renewEtcd: (tls) => thread?.post({ type: 'etcd-tls', tls }),
    async stop() {
      if (stopping) return;
      stopping = true;
      const current = thread;
      if (current) {
        await new Promise<void>((resolve) => {
          const cancel = timers.after(stopMs, resolve);
          onStopped = () => {
            cancel();
            resolve();
          };
          current.post({ type: 'stop' });
        });
      }
      await end();
    },
  };
};
