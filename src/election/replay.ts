/** Runs the election's machine over recorded steps (`decisions.ts`) and says whether it decides the same, and where not. */

import {
  type Checkpoint,
  type DecisionRecord,
  type DecisionStep,
  decisionText,
  decodeDecision,
} from './decisions.js';
import { step } from './machine.js';
import type { Effect, ElectionConfig, ElectionState, Report } from './types.js';
import { lockMsFor } from './voter.js';

export interface Difference {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly atMs: number;
  readonly what: 'effects' | 'deadline' | 'state' | 'error';
  readonly event: string;
  readonly recorded: string;
  readonly replayed: string;
}

export interface Replayed {
  readonly node: string;
  readonly steps: number;
  readonly checkpoints: number;
  /** Steps that no checkpoint precedes: nothing can be said about them. */
  readonly skipped: number;
  /** Records that were lost where they were made, as the file says itself. */
  readonly dropped: number;
  /** Lines that are none: torn by a power cut, or of another format. */
  readonly unreadable: number;
  readonly differences: readonly Difference[];
  /** The reports of the machine: who became what, when and why. */
  readonly story: readonly { readonly atMs: number; readonly report: Report }[];
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

/** Differences that are told; behind one the state goes its own way, so replay goes on from the next checkpoint. */
const toldDifferences = 20;
const toldStory = 10_000;

const eventText = (record: DecisionStep): string => decisionText(record.event);

const firstDifference = (recorded: readonly Effect[], replayed: readonly Effect[]): [string, string] => {
  for (let index = 0; index < Math.max(recorded.length, replayed.length); index++) {
    const [left, right] = [decisionText(recorded[index]), decisionText(replayed[index])];
    if (left !== right) return [left ?? 'nothing', right ?? 'nothing'];
  }
  return ['', ''];
};

const sessionOf = (checkpoint: Checkpoint): string =>
  `${checkpoint.config.node} ${checkpoint.config.session}`;

export class Replay {
  #config: ElectionConfig | undefined;
  /** Undefined: unknown until the next checkpoint. */
  #state: ElectionState | undefined;
  #life = '';
  #line = 0;
  #counts = { steps: 0, checkpoints: 0, skipped: 0, dropped: 0, unreadable: 0 };
  #span: { readonly firstMs: number | undefined; readonly lastMs: number | undefined } = {
    firstMs: undefined,
    lastMs: undefined,
  };
  readonly #differences: Difference[] = [];
  readonly #story: { atMs: number; report: Report }[] = [];

  readonly #step: typeof step;

  /** Another machine than the real one: how a changed rule would have decided. */
  constructor(machine: typeof step = step) {
    this.#step = machine;
  }

  line(text: string): void {
    this.#line += 1;
    if (text.trim() === '') return;
    const record = decodeDecision(text);
    if (record) this.#take(record);
    else {
      this.#counts.unreadable += 1;
      this.#state = undefined;
    }
  }

  #take(record: DecisionRecord): void {
    if (record.kind === 'dropped') {
      this.#counts.dropped += record.records;
      this.#state = undefined;
      return;
    }
    this.#span = { firstMs: this.#span.firstMs ?? record.atMs, lastMs: record.atMs };
    if (record.kind === 'checkpoint') this.#checkpoint(record);
    else if (this.#state && this.#config) this.#replay(this.#config, this.#state, record);
    else this.#counts.skipped += 1;
  }

  #checkpoint(record: Checkpoint): void {
    this.#counts.checkpoints += 1;
    if (this.#state && this.#life === sessionOf(record)) {
      const [recorded, replayed] = [decisionText(record.state), decisionText(this.#state)];
      if (recorded !== replayed) this.#differ(record.atMs, 'state', 'checkpoint', recorded, replayed);
    }
    this.#life = sessionOf(record);
    this.#config = { ...record.config, lockMs: lockMsFor };
    this.#state = record.state;
  }

  #replay(config: ElectionConfig, state: ElectionState, record: DecisionStep): void {
    this.#counts.steps += 1;
    const event = eventText(record);
    try {
      const result = this.#step(config, state, record.event, record.atMs);
      this.#state = result.state;
      for (const effect of result.effects) {
        if (effect.type === 'report' && effect.report.kind !== 'waiting' && this.#story.length < toldStory)
          this.#story.push({ atMs: record.atMs, report: effect.report });
      }
      if (decisionText(result.effects) !== decisionText(record.effects)) {
        this.#differ(record.atMs, 'effects', event, ...firstDifference(record.effects, result.effects));
      } else if (!Object.is(result.deadlineMs, record.deadlineMs)) {
        this.#differ(record.atMs, 'deadline', event, String(record.deadlineMs), String(result.deadlineMs));
      }
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      this.#differ(record.atMs, 'error', event, 'a decision', text);
    }
  }

  #differ(atMs: number, what: Difference['what'], event: string, recorded: string, replayed: string): void {
    this.#state = undefined;
    if (this.#differences.length >= toldDifferences) return;
    this.#differences.push({ line: this.#line, atMs, what, event, recorded, replayed });
  }

  result(): Replayed {
    return {
      node: this.#config?.node ?? '',
      ...this.#counts,
      ...this.#span,
      differences: this.#differences,
      story: this.#story,
    };
  }
}
