/** Datagrams that were refused lately, as an operator should read them: what it means, and the remedy. */

import type { Refusal } from './channel.js';

export interface LateRefusal {
  readonly code: Refusal;
  readonly detail: string;
  /** Where it came from, address and port. */
  readonly from: string;
}

/** Nothing for what is everyday business: restarts, and what a network repeats or cuts. */
const remedies: Readonly<Record<Refusal, string | undefined>> = {
  'foreign-cluster': 'give each cluster its own addresses, or correct cluster in node.yaml or witness.yaml',
  forged: 'give all nodes and the witness the same secretFile',
  'other-version': 'upgrade the older side',
  'duplicate-name': 'stop one of them, or correct node in its node.yaml',
  'unknown-sender': 'name it in nodes of node.yaml, on every node',
  misdirected: 'correct the heartbeat addresses in nodes',
  oversized: undefined,
  truncated: undefined,
  'not-relevo': 'something else sends to this port: choose another for heartbeats',
  malformed: undefined,
  'new-session': undefined,
  'old-session': undefined,
  replayed: undefined,
  repeated: undefined,
};

export const refusalProblems = (refusals: readonly LateRefusal[]): string[] =>
  refusals.flatMap(({ code, detail, from }) => {
    const remedy = remedies[code];
    return remedy === undefined ? [] : [`${detail} (from ${from}): ${remedy}`];
  });
