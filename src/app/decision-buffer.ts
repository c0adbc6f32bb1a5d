/** Gathers the guard thread's decisions and hands them over now and then: encoding and writing are the main thread's. */

import type { Checkpoint, DecisionRecord, RecordedConfig } from '../election/decisions.js';
import type { FromGuard } from '../election/thread.js';
import type { Effect, ElectionConfig, ElectionEvent, ElectionState } from '../election/types.js';
import { limits } from '../limits.js';

/** What happens is on its way within this time; changes of role at once. */
const handOverMs = 1_000;

export interface DecisionBuffer {
  step(atMs: number, event: ElectionEvent, effects: readonly Effect[], deadlineMs: number): void;
  /** The whole state, with the next records: after a loss, and where a file begins. */
  wantCheckpoint(): void;
  flush(): void;
}

export const createDecisionBuffer = (
  { lockMs: _, ...config }: ElectionConfig,
  state: () => ElectionState,
  nowMs: () => number,
  post: (message: FromGuard) => void,
): DecisionBuffer => {
  const recorded: RecordedConfig = config;
  let records: DecisionRecord[] = [];
  let dueMs = 0;
  let isCheckpointDue = true;
  const flush = (): void => {
    if (records.length === 0) return;
    post({ type: 'decisions', records });
    records = [];
  };
  // The machine changes its state in place: what is kept is a copy.
  const checkpoint = (): Checkpoint => ({
    kind: 'checkpoint',
    atMs: nowMs(),
    config: recorded,
    state: structuredClone(state()),
  });
  records.push(checkpoint());
  isCheckpointDue = false;
  return {
    step(atMs, event, effects, deadlineMs) {
      if (records.length === 0) dueMs = atMs + handOverMs;
      records.push({ kind: 'step', atMs, event, effects, deadlineMs });
      if (isCheckpointDue) {
        isCheckpointDue = false;
        records.push(checkpoint());
      }
      const isNews = effects.some(({ type }) => type === 'report' || type === 'handover-result');
      if (isNews || atMs >= dueMs || records.length >= limits.decisionBatch) flush();
    },
    wantCheckpoint() {
      isCheckpointDue = true;
    },
    flush,
  };
};
