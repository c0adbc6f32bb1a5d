/**
 * A model of etcd: one linearizable store with leases on its own clock, that answers late, twice never, or not at all. A call whose answer is
 * lost may have been carried out, or be carried out later. A leader that has been replaced goes on answering renewals for a while.
 */

import type { EtcdAnswer, EtcdCall } from '../../src/election/etcd-state.js';
import type { Agenda } from './agenda.js';
import type { SimRandom } from './random.js';

export interface SimEtcd {
  call(from: string, call: EtcdCall, answer: (answer: EtcdAnswer) => void): void;
  /** Nodes that do not reach it. */
  readonly cuts: Set<string>;
  /** Nodes that another etcd answers, a copy of this one which says yes to everything. */
  readonly foreign: Set<string>;
  /** Nothing is answered; leases are extended when it comes back, as by a new leader. */
  down(): void;
  up(): void;
  /** A new leader; the old one answers renewals of its clients for `staleMs`. */
  depose(staleMs: number): void;
  /** Every answer takes up to so long. */
  slowMs: number;
  lossRate: number;
}

/** What a broken etcd would do; the judges must see it. */
export type EtcdMutation = 'blind-swap' | 'short-lease' | 'stale-renewal' | 'same-id';

interface Stored {
  readonly value: string;
  readonly rev: number;
  readonly lease: string;
}

export const createSimEtcd = (
  agenda: Agenda,
  random: SimRandom,
  rate: number,
  mutation?: EtcdMutation,
): SimEtcd => {
  const keys = new Map<string, Stored>();
  const leases = new Map<string, { ttlMs: number; untilMs: number }>();
  let rev = 1;
  let term = 1;
  let lastLease = 0;
  let isDown = false;
  let staleUntilMs = 0;
  const expire = (): void => {
    for (const [id, lease] of leases) {
      if (lease.untilMs > agenda.nowMs) continue;
      leases.delete(id);
      for (const [key, stored] of keys) {
        if (stored.lease !== id) continue;
        keys.delete(key);
        rev += 1;
      }
    }
  };
  /** The leader's clock may run fast. */
  const untilMs = (ttlMs: number): number =>
    agenda.nowMs + (ttlMs / rate) * (mutation === 'short-lease' ? 0.4 : 1);
  const carryOut = (call: EtcdCall): EtcdAnswer => {
    expire();
    const head = (): { ok: true; via: number; term: string; cluster: string; rev: number } => ({
      ok: true,
      via: 0,
      term: String(term),
      cluster: 'etcd-1',
      rev,
    });
    switch (call.op) {
      case 'grant': {
        lastLease += 1;
        leases.set(String(lastLease), { ttlMs: call.ttlMs, untilMs: untilMs(call.ttlMs) });
        return { ...head(), lease: String(lastLease), ttlMs: call.ttlMs };
      }
      case 'keep': {
        const lease = leases.get(call.lease);
        if (lease) lease.untilMs = untilMs(lease.ttlMs);
        return { ...head(), ttlMs: lease?.ttlMs ?? 0 };
      }
      case 'read':
        return { ...head(), keys: [...keys].map(([key, stored]) => ({ key, ...stored })) };
      case 'put':
      case 'delete': {
        const stored = keys.get(call.key);
        const { epoch } = call.op === 'put' ? call : {};
        const highest = epoch && keys.get(epoch.key);
        const isAsExpected =
          (stored?.rev ?? 0) === call.expect && (highest?.rev ?? 0) === (epoch?.expect ?? 0);
        if (!isAsExpected && mutation !== 'blind-swap') {
          const found = stored ? [{ key: call.key, ...stored }] : [];
          if (epoch && highest) found.push({ key: epoch.key, ...highest });
          return { ...head(), swapped: false, keys: found };
        }
        if (call.op === 'put' && call.lease !== '' && !leases.has(call.lease)) {
          return { ok: false, text: 'requested lease not found' };
        }
        rev += 1;
        if (call.op === 'put') keys.set(call.key, { value: call.value, rev, lease: call.lease });
        else keys.delete(call.key);
        if (epoch) keys.set(epoch.key, { value: epoch.value, rev, lease: '' });
        return { ...head(), swapped: true };
      }
    }
  };
  const etcd: SimEtcd = {
    slowMs: 0,
    lossRate: 0,
    cuts: new Set(),
    foreign: new Set(),
    call(from, call, answer) {
      const there = random.between(0.2, 2 + etcd.slowMs);
      const deadlineMs = agenda.nowMs + 60;
      const fail = (): void => agenda.at(deadlineMs, () => answer({ ok: false, text: 'no answer' }));
      const isLost = random.chance(etcd.lossRate);
      // Lost on the way there, on the way back, or stuck in a queue and carried out much later.
      const fate = random.below(3);
      if (etcd.cuts.has(from) || (isLost && fate === 0)) return fail();
      if (etcd.foreign.has(from)) {
        const clone = mutation === 'same-id' ? 'etcd-1' : 'etcd-2';
        const identity = [{ key: 'identity', value: 'sim', rev: 1 }];
        const yes = {
          ok: true,
          via: 0,
          term: '1',
          cluster: clone,
          rev: 1,
          keys: identity,
          swapped: true,
        } as const;
        return agenda.at(agenda.nowMs + there, () => answer({ ...yes, lease: '1', ttlMs: 1e6 }));
      }
      const late = isLost && fate === 2 ? random.between(60, 400) : 0;
      // A member that has not noticed yet; what it says is worth nothing, and its term is the old one.
      const isStale = call.op === 'keep' && agenda.nowMs < staleUntilMs && random.chance(0.7);
      const oldTerm = mutation === 'stale-renewal' ? term : term - 1;
      agenda.at(agenda.nowMs + there + late, () => {
        if (isDown) return fail();
        if (isStale) {
          answer({ ok: true, via: 0, term: String(oldTerm), cluster: 'etcd-1', rev, ttlMs: 1e6 });
          return;
        }
        const result = carryOut(call);
        if (isLost || agenda.nowMs >= deadlineMs)
          return late > 0 || agenda.nowMs >= deadlineMs ? answer({ ok: false, text: 'no answer' }) : fail();
        const back = Math.min(deadlineMs, agenda.nowMs + random.between(0.2, 2 + etcd.slowMs));
        agenda.at(back, () => answer(back === deadlineMs ? { ok: false, text: 'no answer' } : result));
      });
    },
    down() {
      expire();
      isDown = true;
    },
    up() {
      if (!isDown) return;
      isDown = false;
      term += 1;
      for (const lease of leases.values()) lease.untilMs = Math.max(lease.untilMs, untilMs(lease.ttlMs));
    },
    depose(staleMs) {
      if (isDown) return;
      expire();
      term += 1;
      for (const lease of leases.values()) lease.untilMs = untilMs(lease.ttlMs);
      staleUntilMs = agenda.nowMs + staleMs;
    },
  };
  return etcd;
};
