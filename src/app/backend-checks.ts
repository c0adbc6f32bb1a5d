/**
 * Asks the backends of services whether they serve. One question for all services that share a backend and a check, spread over its
 * interval, a bounded number at a time and per second. Only the node that owns a service asks; what it finds goes to the other nodes as states
 * of backends do, so that whoever takes over begins with it and asks on.
 */

import { errorFrom } from '../errors.js';
import { Agenda } from '../health/agenda.js';
import {
  type Answer,
  type CheckTarget,
  counts,
  noTally,
  type Tally,
  targetKey,
  targetOf,
  withAnswer,
} from '../health/backend-check.js';
import { limits } from '../limits.js';
import type { CheckedDown, ChecksStatus } from '../model/health-check.js';
import type { BackendState, Service } from '../model/service.js';
import type { Clock, Log, Random, Timers } from '../ports.js';

export interface BackendCheckPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly log: Log;
  /** Never rejects; settles within the timeout of the check. */
  ask(target: CheckTarget): Promise<Answer>;
  services(): Iterable<Service>;
  service(name: string): Service | undefined;
  /** Whether this node is the one to ask. */
  owns(service: Service): boolean;
  /** Leaves alone what was switched off or drains meanwhile. */
  setState(service: string, backend: string, state: 'up' | 'down'): Promise<void>;
  /** Once for all services that share the backend. */
  record(kind: 'backend-down' | 'backend-up', message: string): void;
}

export interface BackendChecks {
  /** These services are new, different or gone. */
  changed(names: readonly string[]): void;
  /** What this node owns has changed. */
  ownershipChanged(): void;
  status(): ChecksStatus;
  /** Why a backend is down, if it was asked here. */
  failure(service: string, backend: string): string | undefined;
  stop(): void;
}

interface Watch {
  readonly service: string;
  readonly backend: string;
  readonly question: Question;
}

interface Question {
  readonly key: string;
  readonly target: CheckTarget;
  /** Services that want to know, of those that are owned here. */
  readonly watches: Set<Watch>;
  tally: Tally;
  dueMs: number;
}

/** Starts are gathered into turns of this length. */
const turnMs = 10;

const isChecks = (state: BackendState | undefined): state is 'up' | 'down' =>
  state === 'up' || state === 'down';

const failureText = ({ tally, target }: Question): string =>
  `${target.check.kind} check of port ${target.port} failed: ${tally.reason}`;

export const createBackendChecks = (ports: BackendCheckPorts): BackendChecks => {
  const { clock, random, timers, log } = ports;
  const questions = new Map<string, Question>();
  const watches = new Map<string, Watch[]>();
  const agenda = new Agenda<Question>();
  /** States on their way to the kernel, which changes one at a time. */
  const pending = new Map<string, 'up' | 'down'>();
  /** When anybody last reacted to a question. */
  let reactedMs = clock.nowMs();
  let open = 0;
  let lateMs = 0;
  let cancel: (() => void) | undefined;
  let stopped = false;

  const stateOf = ({ service, backend }: Watch): BackendState | undefined =>
    ports.service(service)?.backends.find(({ name }) => name === backend)?.state;

  /** True: the state was another one. */
  const enforce = (watch: Watch): boolean => {
    const { verdict } = watch.question.tally;
    const state = stateOf(watch);
    if (verdict === undefined || !isChecks(state) || state === verdict) return false;
    const { service, backend, question } = watch;
    const key = `${service}\0${backend}`;
    if (pending.get(key) === verdict) return false;
    pending.set(key, verdict);
    ports
      .setState(service, backend, verdict)
      .catch((thrown) => {
        const error = errorFrom(thrown);
        if (error.code === 'not-found') return;
        log.warn({ error: error.message, service, backend }, 'the state of a backend stays');
        // The next answer says so again.
        question.tally = { ...question.tally, verdict: undefined };
      })
      .finally(() => {
        if (pending.get(key) === verdict) pending.delete(key);
      });
    return true;
  };

  const settle = (question: Question, answer: Answer): void => {
    const before = question.tally.verdict;
    if (answer.ok || answer.from === 'backend') reactedMs = clock.nowMs();
    if (!counts(answer, clock.nowMs() - reactedMs, question.target.check)) return;
    question.tally = withAnswer(question.tally, answer, question.target.check);
    const { verdict } = question.tally;
    if (verdict === undefined || verdict === before) return;
    const moved = [...question.watches].filter(enforce);
    if (moved.length === 0) return;
    const { address, port } = question.target;
    const names = moved.slice(0, 3).map(({ service, backend }) => `${service}/${backend}`);
    const of = `${names.join(', ')}${moved.length > 3 ? ` and ${moved.length - 3} more` : ''}`;
    if (verdict === 'down') ports.record('backend-down', `${address} (${of}): ${failureText(question)}`);
    else ports.record('backend-up', `${address} (${of}): port ${port} answers again`);
  };

  const isAsked = (question: Question): boolean => questions.get(question.key) === question;

  const ask = (question: Question): void => {
    open++;
    const startedMs = clock.nowMs();
    lateMs = Math.max(startedMs - question.dueMs, 0);
    void ports.ask(question.target).then((answer) => {
      open--;
      if (stopped || !isAsked(question)) return;
      settle(question, answer);
      // In step with its place in the interval, unless it could not be held.
      const nextMs = question.dueMs + question.target.check.intervalMs;
      question.dueMs = Math.max(nextMs, clock.nowMs());
      agenda.add(question);
      wake();
    });
  };

  const turn = (): void => {
    cancel = undefined;
    const perTurn = Math.ceil((limits.backendChecksPerSecond * turnMs) / 1_000);
    const nowMs = clock.nowMs();
    for (let started = 0; started < perTurn && open < limits.backendChecksAtOnce; ) {
      const question = agenda.take(nowMs);
      if (!question) break;
      if (!isAsked(question)) continue;
      started++;
      ask(question);
    }
    wake();
  };

  const wake = (): void => {
    if (stopped || cancel || open >= limits.backendChecksAtOnce) return;
    const { first } = agenda;
    if (first) cancel = timers.after(Math.max(first.dueMs - clock.nowMs(), turnMs), turn);
  };

  const questionFor = (target: CheckTarget): Question => {
    const key = targetKey(target);
    const known = questions.get(key);
    if (known) return known;
    const dueMs = clock.nowMs() + random.next() * target.check.intervalMs;
    const question: Question = { key, target, watches: new Set(), tally: noTally, dueMs };
    questions.set(key, question);
    agenda.add(question);
    return question;
  };

  const watchesOf = (service: Service): Watch[] =>
    ports.owns(service)
      ? service.backends.flatMap((backend): Watch[] => {
          const target = targetOf(service, backend);
          return target
            ? [{ service: service.name, backend: backend.name, question: questionFor(target) }]
            : [];
        })
      : [];

  const update = (name: string): void => {
    const before = watches.get(name);
    const service = ports.service(name);
    if (!before && !service?.health) return;
    const after = service ? watchesOf(service) : [];
    for (const watch of after) watch.question.watches.add(watch);
    for (const { question } of before ?? []) {
      for (const one of question.watches) {
        if (one.service === name && !after.includes(one)) question.watches.delete(one);
      }
      if (question.watches.size === 0) questions.delete(question.key);
    }
    if (after.length > 0) watches.set(name, after);
    else watches.delete(name);
    for (const watch of after) enforce(watch);
  };

  /** A timer that waits for a later question would miss this one. */
  const rearm = (): void => {
    cancel?.();
    cancel = undefined;
    wake();
  };

  const updateAll = (): void => {
    const names = new Set(watches.keys());
    for (const { name, health } of ports.services()) if (health) names.add(name);
    for (const name of names) update(name);
    rearm();
  };
  updateAll();

  return {
    changed(names) {
      for (const name of names) update(name);
      rearm();
    },
    ownershipChanged() {
      reactedMs = clock.nowMs();
      updateAll();
    },
    status() {
      const down: CheckedDown[] = [];
      let downCount = 0;
      for (const question of questions.values()) {
        if (question.tally.verdict !== 'down') continue;
        for (const { service, backend } of question.watches) {
          downCount++;
          if (down.length < limits.backendChecksListed)
            down.push({ service, backend, reason: failureText(question) });
        }
      }
      return { checks: questions.size, asking: open, lateMs: lateMs > 1_000 ? lateMs : 0, down, downCount };
    },
    failure(service, backend) {
      const found = watches.get(service)?.find((one) => one.backend === backend);
      return found?.question.tally.verdict === 'down' ? failureText(found.question) : undefined;
    },
    stop() {
      stopped = true;
      cancel?.();
      cancel = undefined;
    },
  };
};
