/** One question to one backend, and what a row of answers means. */

import { checkedPort } from '../config/service-health.js';
import type { Ip } from '../model/address.js';
import type { HealthCheck } from '../model/health-check.js';
import type { Backend, Service } from '../model/service.js';

export interface CheckTarget {
  readonly address: Ip;
  readonly port: number;
  readonly check: HealthCheck;
}

/**
 * What came back of one question. `from` tells whose word a failure is: the backend's own (a refusal, another status), nobody's (silence,
 * no way there), or this node's, which could not even ask and says nothing about the backend.
 */
export type Answer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly from: 'backend' | 'nobody' | 'here' };

/** While nobody at all reacts, the fault may be this node's way to them: for so long silence proves nothing, and a peer may take over. */
export const silenceMs = 10_000;

/** Whether an answer says something about the backend; `sinceMs`: since anybody reacted to this node. */
export const counts = (answer: Answer, sinceMs: number, { intervalMs }: HealthCheck): boolean =>
  answer.ok ||
  answer.from === 'backend' ||
  (answer.from === 'nobody' && (sinceMs <= intervalMs || sinceMs >= silenceMs));

/** Undefined: nobody asks about this backend. */
export const targetOf = (service: Service, { address, port }: Backend): CheckTarget | undefined => {
  const { health } = service;
  if (!health || service.mode === 'local') return undefined;
  const asked = checkedPort(service, health, port);
  return asked === undefined ? undefined : { address, port: asked, check: health };
};

/** Equal for questions that are the same. */
export const targetKey = ({ address, port, check }: CheckTarget): string =>
  `${address} ${port} ${JSON.stringify(check, Object.keys(check).sort())} ${JSON.stringify(check.statuses ?? [])}`;

/** `undefined` verdict: not asked often enough to say; what is in force then stays. */
export interface Tally {
  readonly verdict: 'up' | 'down' | undefined;
  readonly inRow: number;
  readonly last: boolean | undefined;
  /** Of the last failure. */
  readonly reason: string;
}

export const noTally: Tally = { verdict: undefined, inRow: 0, last: undefined, reason: '' };

export const withAnswer = (
  { verdict, inRow, last, reason }: Tally,
  answer: Answer,
  { rise, fall }: HealthCheck,
): Tally => {
  const row = last === answer.ok ? inRow + 1 : 1;
  const enough = row >= (answer.ok ? rise : fall);
  return {
    verdict: enough ? (answer.ok ? 'up' : 'down') : verdict,
    inRow: row,
    last: answer.ok,
    reason: answer.ok ? reason : answer.reason,
  };
};
