/** The decisions of the guard thread on disk: lines in bounded files, each of which can be replayed by itself. */

import { type DecisionRecord, encodeDecision } from '../election/decisions.js';
import { limits } from '../limits.js';
import type { LineFiles } from '../ports.js';

export interface DecisionLog {
  take(records: readonly DecisionRecord[]): void;
  /** Records that never reached the disk. */
  readonly lost: number;
  close(): Promise<void>;
}

export interface DecisionLogOptions {
  readonly files: LineFiles;
  /** For people, in every checkpoint: software, cluster, time of day. */
  readonly about: () => object;
  /** Asks the guard thread for a checkpoint, which comes with later records. */
  readonly wantCheckpoint: () => void;
}

/** A file gets a new one when it is large, at a checkpoint: so each begins with one. */
export const createDecisionLog = ({ files, about, wantCheckpoint }: DecisionLogOptions): DecisionLog => {
  let lost = 0;
  let untold = 0;
  let isRotationDue = false;

  const put = (records: readonly DecisionRecord[]): void => {
    if (records.length === 0) return;
    const marker: readonly DecisionRecord[] = untold > 0 ? [{ kind: 'dropped', records: untold }] : [];
    const facts = about();
    const text = [...marker, ...records].map((record) => `${encodeDecision(record, facts)}\n`).join('');
    if (files.append(text)) {
      if (untold > 0) wantCheckpoint();
      untold = 0;
      return;
    }
    untold += records.length;
    lost += records.length;
  };

  files.onLoss((records) => {
    untold += records;
    lost += records;
  });

  return {
    get lost() {
      return lost;
    },
    take(records) {
      const at = isRotationDue ? records.findIndex(({ kind }) => kind === 'checkpoint') : -1;
      if (at >= 0) {
        put(records.slice(0, at));
        files.rotate();
        isRotationDue = false;
        put(records.slice(at));
      } else put(records);
      if (isRotationDue || files.bytes < limits.decisionFileBytes) return;
      isRotationDue = true;
      wantCheckpoint();
    },
    close: () => files.close(),
  };
};
