/**
 * The election's decisions as records, one JSON line each: a checkpoint (configuration and whole state), then every step with its event,
 * its time, and what the machine wanted done. The same machine over the same records decides the same; `replay.ts` says whether it does.
 */

import type { Effect, ElectionConfig, ElectionEvent, ElectionState } from './types.js';

export const decisionsFormat = 1;

/** `lockMs` is a function, and the same on every node. */
export type RecordedConfig = Omit<ElectionConfig, 'lockMs'>;

export interface Checkpoint {
  readonly kind: 'checkpoint';
  readonly atMs: number;
  readonly config: RecordedConfig;
  readonly state: ElectionState;
}

export interface DecisionStep {
  readonly kind: 'step';
  readonly atMs: number;
  readonly event: ElectionEvent;
  readonly effects: readonly Effect[];
  readonly deadlineMs: number;
}

/** So many records are missing here: the next that can be judged is behind a checkpoint. */
export interface Dropped {
  readonly kind: 'dropped';
  readonly records: number;
}

export type DecisionRecord = Checkpoint | DecisionStep | Dropped;

/** What JSON has no words for. */
const odd: Readonly<Record<string, number>> = {
  '#inf': Number.POSITIVE_INFINITY,
  '#-inf': Number.NEGATIVE_INFINITY,
  '#nan': Number.NaN,
};
const oddName = (value: number): string => (Number.isNaN(value) ? '#nan' : value > 0 ? '#inf' : '#-inf');

const replacer = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? oddName(value) : value;
const reviver = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && Object.hasOwn(odd, value) ? odd[value] : value;

/** One line, without its end. `about` (software, time of day, names) is for people and stands in checkpoints. */
export const encodeDecision = (record: DecisionRecord, about: object = {}): string =>
  record.kind === 'checkpoint'
    ? JSON.stringify({ format: decisionsFormat, ...about, ...record }, replacer)
    : JSON.stringify(
        record,
        record.kind === 'step' && Number.isFinite(record.deadlineMs) ? undefined : replacer,
      );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined: no line of such a file (a torn one, say). */
export const decodeDecision = (line: string): DecisionRecord | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(line, reviver);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { kind } = value;
  if (kind === 'dropped' && typeof value.records === 'number') return value as unknown as Dropped;
  if (typeof value.atMs !== 'number') return undefined;
  if (kind === 'step' && isObject(value.event) && Array.isArray(value.effects))
    return value as unknown as DecisionStep;
  if (
    kind === 'checkpoint' &&
    value.format === decisionsFormat &&
    isObject(value.state) &&
    isObject(value.config)
  )
    return value as unknown as Checkpoint;
  return undefined;
};

/** Equal texts, equal content: for comparing what was recorded with what is decided now. */
export const decisionText = (value: unknown): string => JSON.stringify(value, replacer);
