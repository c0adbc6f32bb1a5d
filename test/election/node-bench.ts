/** One machine on a table: events in by hand, effects out as short text. */

import { createElection, step } from '../../src/election/machine.js';
import type { Body, HeartbeatGroup } from '../../src/election/messages.js';
import {
  type Effect,
  type ElectionConfig,
  type ElectionEvent,
  type ElectionState,
  type KernelOp,
  witnessName,
} from '../../src/election/types.js';
import { lockMsFor } from '../../src/election/voter.js';

const effectText = (effect: Effect): string => {
  switch (effect.type) {
    case 'send':
      return `${effect.body.type} → ${effect.to}`;
    case 'kernel':
      return `kernel ${effect.op}`;
    case 'report':
      return effect.report.kind === 'role'
        ? `${effect.report.from} → ${effect.report.to}: ${effect.report.reason}`
        : `${effect.report.kind}: ${effect.report.reason}`;
    case 'handover-result':
      return `handover ${effect.ok ? 'done' : `refused: ${effect.reason}`}`;
    case 'stopped':
      return 'stopped';
    default:
      return effect.type;
  }
};

export interface NodeBench {
  readonly config: ElectionConfig;
  readonly state: ElectionState;
  nowMs: number;
  /** One event; returns what the machine wants done, heartbeats and greetings left out. */
  feed(event: ElectionEvent): string[];
  /** Lets time pass, one millisecond after the other. */
  pass(ms: number): string[];
  kernel(op: KernelOp, result?: 'done' | 'missing' | 'failed'): string[];
  hear(from: string, body: Body): string[];
  heartbeat(from: string, change?: Partial<HeartbeatGroup>): string[];
  /** Answers the last ask, as a voter that grants. */
  grant(from: string): string[];
  readonly deadlineMs: number;
}

export const group = 'g';
const sessions: Readonly<Record<string, number>> = { lb1: 11, lb2: 12, [witnessName]: 19 };

export const createBench = (change: Partial<ElectionConfig> = {}): NodeBench => {
  const config: ElectionConfig = {
    node: 'lb1',
    session: 11,
    nodes: ['lb1', 'lb2'],
    witness: 'arbiter',
    paths: 1,
    groups: [{ name: group, preferred: [], failback: { kind: 'never' }, trackLinks: ['front0'] }],
    timing: {
      leaseMs: 120,
      renewMs: 30,
      heartbeatMs: 30,
      deadMs: 100,
      syncWaitMs: 5_000,
      announceMs: 30_000,
    },
    lockMs: lockMsFor,
    ...change,
  };
  let state = createElection(config, 0);
  let deadlineMs = 0;
  const everyday = (effect: Effect): boolean =>
    effect.type === 'send' && (effect.body.type === 'heartbeat' || effect.body.type === 'hello');
  const bench: NodeBench = {
    config,
    nowMs: 0,
    get state() {
      return state;
    },
    get deadlineMs() {
      return deadlineMs;
    },
    feed(event) {
      const result = step(config, state, event, bench.nowMs);
      state = result.state;
      deadlineMs = result.deadlineMs;
      return result.effects.filter((effect) => !everyday(effect)).map(effectText);
    },
    pass(ms) {
      const seen: string[] = [];
      for (let count = 0; count < ms; count++) {
        bench.nowMs += 1;
        if (bench.nowMs >= deadlineMs) seen.push(...bench.feed({ type: 'timer' }));
      }
      return seen;
    },
    kernel: (op, result = 'done') => bench.feed({ type: 'kernel', group, op, result, detail: '' }),
    hear: (from, body) => bench.feed({ type: 'message', from, session: sessions[from] ?? 1, path: 0, body }),
    heartbeat: (from, entry = {}) =>
      bench.hear(from, {
        type: 'heartbeat',
        sentUs: 1,
        echoUs: 0,
        echoHeldUs: 0,
        ready: true,
        position: '',
        reason: '',
        groups: [{ group, role: 'standby', eligible: 'ready', epoch: 0, releasedAsk: 0, ...entry }],
      }),
    grant: (from) =>
      bench.hear(from, {
        type: 'answer',
        group,
        ask: state.groups[group]!.asked,
        session: config.session,
        verdict: 'granted',
        epoch: 0,
        waitMs: 0,
        holder: 'lb1',
      }),
  };
  return bench;
};

/** Started, cleaned up, its voter's wait over: a standby about to decide. */
export const startBench = (bench: NodeBench, links = { front0: true }): string[] => {
  const seen = bench.feed({ type: 'start', links, epochs: {} });
  seen.push(...bench.kernel('close'));
  seen.push(...bench.pass(260));
  return seen;
};

export const ready = { type: 'readiness', readiness: { ready: true, reasons: [], position: '' } } as const;

/** All the way to an owner. */
export const activate = (bench: NodeBench): void => {
  startBench(bench);
  bench.feed(ready);
  bench.kernel('arm');
  bench.grant(witnessName);
  bench.kernel('claim');
};
