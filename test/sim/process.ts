/**
 * One simulated process: an inbox, the real machine, effects performed one by one. It can be frozen between any two of
 * these steps, killed and started again; its machine's kernel and clock live on.
 */

import { type Channel, createChannel } from '../../src/election/channel.js';
import type { DecisionRecord } from '../../src/election/decisions.js';
import { stampHeartbeat } from '../../src/election/heartbeat.js';
import { createElection, step } from '../../src/election/machine.js';
import type { Body, Mac } from '../../src/election/messages.js';
import { createRelay } from '../../src/election/relay.js';
import { sleptMs } from '../../src/election/stall.js';
import {
  type Effect,
  type ElectionConfig,
  type ElectionEvent,
  type ElectionState,
  type KernelOp,
  witnessName,
} from '../../src/election/types.js';
import type { VoterConfig } from '../../src/election/voter.js';
import { createWitnessState, stepWitness, type WitnessState } from '../../src/election/witness.js';
import type { Agenda } from './agenda.js';
import type { SimEtcd } from './etcd.js';
import type { LeaseKernel } from './kernel.js';
import type { Network } from './network.js';
import type { SimRandom } from './random.js';

export interface Machine {
  readonly name: string;
  /** The machine's own clock at a true time, and the true time of a reading. */
  clockMs(trueMs: number): number;
  trueMs(clockMs: number): number;
}

export interface SimProcess {
  readonly alive: boolean;
  receive(from: string, bytes: Uint8Array): void;
  tell(event: ElectionEvent): void;
  /** Stops for `ms` after `steps` more steps of its work (0: now). */
  freeze(ms: number, steps: number): void;
  /** Freezes for `ms` just before the next kernel write (of that kind); `after` runs right behind that write. */
  ambush(ms: number | 'brink', op: KernelOp | undefined, after: () => void): void;
  thaw(): void;
  kill(): void;
  view(): ElectionState | undefined;
}

/** A planted bug: the harness around the machine breaks a promise the machine relies on. */
export type Mutation = 'none' | 'ack-before-write' | 'stale-grants' | 'rash';

export interface ProcessPorts {
  readonly agenda: Agenda;
  readonly random: SimRandom;
  readonly network: Network;
  readonly etcd?: SimEtcd | undefined;
  readonly mac: Mac;
  readonly paths: number;
  readonly trace: ((line: string) => void) | undefined;
  /** Hears every decision, as the guard thread records it. */
  readonly record?: ((by: string, record: DecisionRecord) => void) | undefined;
  readonly mutation: Mutation;
  /** Until when verdicts of the kernel may get lost. */
  readonly flakyUntilMs: number;
  /** A copy for `to` has gone through another node. */
  onRelayed?(by: string, to: string): void;
  onEffect(effect: Effect, by: string): void;
  /** A claim has just succeeded in the kernel. */
  onClaim(group: string, epoch: number): void;
}

/** Freezing, and working off a queue of steps in order. */
const createWorker = (agenda: Agenda, random: SimRandom) => {
  const work: (() => void)[] = [];
  let alive = true;
  let frozenUntilMs = 0;
  let freezeIn = -1;
  let freezeMs = 0;
  let isScheduled = false;
  const pump = (): void => {
    isScheduled = false;
    while (alive && work.length > 0) {
      if (agenda.nowMs < frozenUntilMs) {
        schedule(frozenUntilMs);
        return;
      }
      if (freezeIn === 0) {
        freezeIn = -1;
        frozenUntilMs = agenda.nowMs + freezeMs;
        continue;
      }
      if (freezeIn > 0) freezeIn -= 1;
      work.shift()!();
    }
  };
  const schedule = (timeMs: number): void => {
    if (isScheduled) return;
    isScheduled = true;
    agenda.at(timeMs, pump);
  };
  return {
    get alive() {
      return alive;
    },
    add(action: () => void, first = false): void {
      if (!alive) return;
      if (first) work.unshift(action);
      else work.push(action);
      // A process that is ready to run waits a little for its processor.
      schedule(Math.max(agenda.nowMs + random.next() * 0.1, frozenUntilMs));
    },
    freeze(ms: number, steps: number): void {
      freezeIn = steps;
      freezeMs = ms;
    },
    thaw(): void {
      frozenUntilMs = 0;
      freezeIn = -1;
      if (work.length > 0) agenda.at(agenda.nowMs, pump);
    },
    kill(): void {
      alive = false;
      work.length = 0;
    },
  };
};

/** How long before the last moment a write on the brink is made. */
const brink = 0.05;

/** What would send a claimant to sleep until the grant has ended, by the voter's clock and a little more. */
const isRefusal = (body: Body): boolean => body.type === 'answer' && body.verdict === 'held-by-other';

const describe = (effect: Effect): string => {
  if (effect.type === 'send') return `send ${effect.to} ${JSON.stringify(effect.body)}`;
  return effect.type === 'report' ? JSON.stringify(effect.report) : JSON.stringify(effect);
};

export const startNode = (
  ports: ProcessPorts,
  machine: Machine,
  kernel: LeaseKernel,
  config: ElectionConfig,
  cluster: string,
): SimProcess => {
  const { agenda, random, network, paths } = ports;
  const now = (): number => machine.clockMs(agenda.nowMs);
  const senders = [...config.nodes.filter((name) => name !== config.node), witnessName];
  const channel: Channel = createChannel({
    cluster,
    self: config.node,
    session: config.session,
    mac: ports.mac,
    senders,
    quietMs: config.timing.deadMs,
  });
  const relay = createRelay(
    config.nodes.filter((name) => name !== config.node),
    config.timing.deadMs / 2,
  );
  const worker = createWorker(agenda, random);
  let state = createElection(config, now());
  const { lockMs: _, ...recorded } = config;
  ports.record?.(config.node, {
    kind: 'checkpoint',
    atMs: now(),
    config: recorded,
    state: structuredClone(state),
  });
  let timerMs = Number.POSITIVE_INFINITY;
  let dueMs = Number.POSITIVE_INFINITY;
  let trap:
    | { readonly ms: number | 'brink'; readonly op: KernelOp | undefined; readonly after: () => void }
    | undefined;
  const say = ports.trace && ((text: string): void => ports.trace?.(`${config.node} ${text}`));

  const sendBody = (to: string, path: number | undefined, body: Body): void => {
    const count = to === witnessName ? 1 : paths;
    for (let index = 0; index < count; index++) {
      if (path !== undefined && path < count && path !== index) continue;
      const stamped = stampHeartbeat(state, to, index, body, now());
      network.send(config.node, to, index, channel.seal(to, index, stamped), isRefusal(body));
    }
    if (to === witnessName) return;
    const help = relay.helpFor(to, now());
    if (!help) return;
    const stamped = stampHeartbeat(state, to, help.path, body, now());
    network.send(config.node, help.helper, 0, channel.seal(to, help.path, stamped));
    ports.onRelayed?.(config.node, to);
  };

  const writeKernel = (op: KernelOp, group: string): void => {
    const answer = (result: 'done' | 'missing' | 'failed'): void => {
      // The kernel may have done it and its answer be lost (ENOBUFS): the process only knows that it failed.
      const told = agenda.nowMs < ports.flakyUntilMs && random.chance(0.002) ? 'failed' : result;
      say?.(`kernel ${op} ${group}: ${result}${told === result ? '' : ', told as failed'}`);
      agenda.at(agenda.nowMs + random.between(0.02, 0.3), () =>
        handle({ type: 'kernel', group, op, result: told, detail: 'as the model has it' }),
      );
    };
    if (ports.mutation === 'ack-before-write' && op === 'close') answer('done');
    const epoch = state.groups[group]?.claim?.epoch ?? 0;
    const write = (): void => {
      const isCaught = trap?.op === undefined ? op !== 'close' && op !== 'arm' : op === trap.op;
      const after = isCaught ? trap?.after : undefined;
      if (trap && after && trap.ms !== 0) {
        const brinkMs = Math.max(0, kernel.latestMs(op, group) - agenda.nowMs - brink);
        worker.freeze(trap.ms === 'brink' ? brinkMs : trap.ms, 0);
        trap = { ...trap, ms: 0 };
        worker.add(write, true);
        return;
      }
      const result = kernel.write(op, group, agenda.nowMs);
      if (op === 'claim' && result === 'done') ports.onClaim(group, epoch);
      if (ports.mutation !== 'ack-before-write' || op !== 'close') answer(result);
      if (!after) return;
      trap = undefined;
      after();
    };
    // Other work of the process comes between the decision and the system call.
    agenda.at(agenda.nowMs + random.next() * (random.chance(0.05) ? 8 : 0.3), () => worker.add(write));
  };

  const perform = (effect: Effect): void => {
    if (effect.type !== 'send') say?.(describe(effect));
    if (effect.type === 'send') sendBody(effect.to, effect.path, effect.body);
    else if (effect.type === 'kernel') writeKernel(effect.op, effect.group);
    else if (effect.type === 'etcd') {
      ports.etcd?.call(config.node, effect.call, (answer) => handle({ type: 'etcd', id: effect.id, answer }));
    }
    ports.onEffect(effect, config.node);
  };

  const run = (event: ElectionEvent): void => {
    const slept = ports.mutation === 'rash' ? 0 : sleptMs(dueMs, now());
    dueMs = Number.POSITIVE_INFINITY;
    if (slept > 0) run({ type: 'stalled', sleptMs: slept });
    const atMs = now();
    const result = step(config, state, event, atMs);
    state = result.state;
    ports.record?.(config.node, {
      kind: 'step',
      atMs,
      event,
      effects: result.effects,
      deadlineMs: result.deadlineMs,
    });
    dueMs = Math.max(now(), result.deadlineMs);
    if (ports.mutation === 'stale-grants') for (const name in state.groups) state.groups[name]!.voided = 0;
    for (let index = result.effects.length - 1; index >= 0; index--) {
      const effect = result.effects[index]!;
      worker.add(() => perform(effect), true);
    }
    if (result.deadlineMs !== timerMs) {
      timerMs = result.deadlineMs;
      const set = timerMs;
      if (set < Number.POSITIVE_INFINITY) {
        agenda.at(machine.trueMs(set) + random.next() * 0.5, () => {
          if (set !== timerMs) return;
          timerMs = Number.POSITIVE_INFINITY;
          handle({ type: 'timer' });
        });
      }
    }
  };

  const handle = (event: ElectionEvent): void => worker.add(() => run(event));

  return {
    get alive() {
      return worker.alive;
    },
    receive(sender, bytes) {
      worker.add(() => {
        const opened = channel.open(bytes, now());
        if (opened.kind === 'message') {
          if (sender === opened.from) relay.heardDirectly(opened.from, now());
          else relay.heardThrough(opened.from, sender, opened.path, now());
          run({ ...opened, type: 'message' });
        } else if (opened.relay) {
          if (opened.relay.from === sender) network.send(config.node, opened.relay.to, 0, bytes);
        } else if (opened.helloTo) sendBody(opened.helloTo, undefined, { type: 'hello' });
      });
    },
    tell: handle,
    freeze: worker.freeze,
    ambush(ms, op, after) {
      trap = { ms, op, after };
    },
    thaw() {
      trap = undefined;
      worker.thaw();
    },
    kill: worker.kill,
    view: () => (worker.alive ? state : undefined),
  };
};

export const startWitness = (
  ports: ProcessPorts,
  machine: Machine,
  config: VoterConfig,
  session: number,
  cluster: string,
  quietMs: number,
): SimProcess => {
  const { agenda, random, network } = ports;
  const now = (): number => machine.clockMs(agenda.nowMs);
  const channel = createChannel({ cluster, self: witnessName, session, mac: ports.mac, quietMs });
  const worker = createWorker(agenda, random);
  let state: WitnessState = createWitnessState(now());
  const reply = (to: string, path: number, body: Body): void =>
    worker.add(
      () => network.send(witnessName, to, path, channel.seal(to, path, body), isRefusal(body)),
      true,
    );
  return {
    get alive() {
      return worker.alive;
    },
    receive(_from, bytes) {
      worker.add(() => {
        const opened = channel.open(bytes, now());
        if (opened.kind === 'refused') {
          if (opened.helloTo) reply(opened.helloTo, 0, { type: 'hello' });
          return;
        }
        const from = { node: opened.from, session: opened.session };
        const result = stepWitness(config, state, from, opened.body, now());
        state = result.state;
        if (result.reply) reply(opened.from, 0, result.reply);
      });
    },
    tell: () => {},
    freeze: worker.freeze,
    ambush: () => {},
    thaw: worker.thaw,
    kill: worker.kill,
    view: () => undefined,
  };
};
