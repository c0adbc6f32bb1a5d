/** An edit that an operator asked for: checked by every connected node against the same version, then committed, or changed nowhere. */

import type { DocumentCore } from './core.js';
import type { Objects } from './history.js';
import { describe, type PeerView, versionText } from './transaction.js';
import type { Payload, Proposal, RefusalCode } from './types.js';
import { relationOf, seenCovers } from './version.js';

export class TwoPhase<T> {
  readonly #core: DocumentCore<T>;

  constructor(core: DocumentCore<T>) {
    this.#core = core;
  }

  propose(proposal: Proposal<T>): void {
    const core = this.#core;
    this.settled(true);
    const ending = proposal.kind === 'confirm' || proposal.kind === 'rollback';
    const refusal = core.whyNotEditable(ending);
    // Force is for conflicts and for nodes that are away, not for getting in the way of somebody else's apply.
    if (refusal && !(proposal.force && !core.transaction)) {
      core.answer({ ok: false, ...refusal });
      return;
    }
    if (proposal.kind === 'confirm' && core.deadlineMs === undefined) {
      core.answer({ ok: false, code: 'not-found', message: 'no version waits for confirmation' });
      return;
    }
    const { history, head } = core;
    let { change, reason } = proposal;
    if (proposal.kind === 'rollback') {
      const to = proposal.to ?? history.entries.at(-2)?.version.number;
      const back = to === undefined ? undefined : history.wayBack(to);
      if (!back) {
        core.answer({ ok: false, code: 'not-found', message: describe.notKept(to, history.entries) });
        return;
      }
      change = back.change;
      reason ||= `back to version ${back.version.number}`;
    }
    const isNothing = change.size === 0 && proposal.kind === 'apply' && proposal.confirmMs === 0;
    if (isNothing && !proposal.force && head) {
      core.answer({ ok: true, version: head, changed: false, confirmed: this.#agreeing(), missing: [] });
      return;
    }
    const superseded = proposal.force ? core.conflicts().map((peer) => peer.head) : [];
    const { kind, time, confirmMs } = proposal;
    const content = core.options.content.digestAfter(change);
    const version = core.next([head, ...superseded], { kind, reason, time, content, confirmMs });
    this.#check({ version, change });
  }

  #check(edit: Pick<Payload<T>, 'version' | 'change'>): void {
    this.#core.transaction = {
      ...edit,
      role: 'coordinator',
      phase: 'checking',
      waiting: new Set(),
      voters: [],
      deadlineMs: 0,
    };
    this.#core.effects.push({ kind: 'check', ...edit });
  }

  checked(reason: string): void {
    const core = this.#core;
    const { transaction, head } = core;
    if (!transaction) return;
    const { version, change } = transaction;
    if (transaction.role === 'participant') {
      if (reason) core.transaction = undefined;
      const peer = core.peers.get(transaction.from)!;
      core.send(peer, { kind: 'vote', id: version.id, ok: reason === '', reason });
      return;
    }
    if (reason) {
      this.abort('kernel-refused', reason);
      return;
    }
    const peers = core.capable();
    for (const peer of peers) {
      const whole = !head || peer.head?.id !== head.id;
      core.send(peer, { kind: 'prepare', payload: { version, whole, base: head?.id ?? '', change } });
    }
    const voters = peers.map(({ name }) => name);
    const deadlineMs = core.nowMs + core.options.timing.voteMs;
    core.transaction = { ...transaction, phase: 'voting', voters, waiting: new Set(voters), deadlineMs };
    this.#commitIfAgreed(version, change);
  }

  #commitIfAgreed(version: Payload<T>['version'], change: Objects<T>): void {
    const { transaction } = this.#core;
    if (transaction?.role !== 'coordinator' || transaction.waiting.size > 0) return;
    this.#core.install({ version, change, why: 'commit' });
  }

  /** Nothing was changed anywhere. */
  abort(code: RefusalCode, why: string): void {
    const core = this.#core;
    const { transaction } = core;
    if (transaction?.role !== 'coordinator') return;
    core.transaction = undefined;
    for (const name of transaction.voters) {
      const peer = core.peers.get(name)!;
      if (peer.connected) core.send(peer, { kind: 'decide', id: transaction.version.id, commit: false });
    }
    core.answer({ ok: false, code, message: `nothing was changed: ${why}` });
  }

  prepare(peer: PeerView, payload: Payload<T>): void {
    const core = this.#core;
    const { version, change } = payload;
    const refuse = (reason: string): void =>
      core.send(peer, { kind: 'vote', id: version.id, ok: false, reason });
    this.settled(true);
    const own = core.transaction;
    if (own?.role === 'coordinator' && peer.name < core.options.node) {
      // Two at once: the lower name goes on.
      this.abort('conflict', `${peer.name} applies another document now: look at it, and apply yours again`);
    } else if (own) {
      refuse(`a document of ${own.version.author} is under way there`);
      return;
    }
    const fits = payload.whole || payload.base === core.head?.id;
    if (relationOf(core.head, version) !== 'behind' || !fits) {
      refuse(`it has ${versionText(core.head)}, which this edit does not know`);
      return;
    }
    const deadlineMs = core.nowMs + core.options.timing.preparedMs;
    core.transaction = {
      role: 'participant',
      phase: 'prepared',
      version,
      change,
      from: peer.name,
      deadlineMs,
    };
    core.effects.push({ kind: 'check', version, change });
  }

  vote(peer: PeerView, id: string, ok: boolean, reason: string): void {
    const { transaction } = this.#core;
    if (transaction?.role !== 'coordinator' || transaction.phase !== 'voting') return;
    if (transaction.version.id !== id) return;
    if (!ok) {
      this.abort('conflict', `${peer.name} refuses it: ${reason}`);
      return;
    }
    transaction.waiting.delete(peer.name);
    this.#commitIfAgreed(transaction.version, transaction.change);
  }

  decide(peer: PeerView, id: string, commit: boolean): void {
    const core = this.#core;
    const { transaction } = core;
    if (transaction?.role !== 'participant' || transaction.from !== peer.name) return;
    const { version, change } = transaction;
    if (version.id !== id) return;
    if (commit) core.install({ version, change, why: 'decided', from: peer.name });
    else core.transaction = undefined;
  }

  /** Our own is in force. */
  committed(): void {
    const core = this.#core;
    const { transaction } = core;
    if (transaction?.role !== 'coordinator') return;
    const { id } = transaction.version;
    for (const name of transaction.voters) {
      const peer = core.peers.get(name)!;
      if (peer.connected) core.send(peer, { kind: 'decide', id, commit: true });
    }
    const deadlineMs = core.nowMs + core.options.timing.settleMs;
    core.transaction = {
      ...transaction,
      phase: 'settling',
      waiting: new Set(transaction.voters),
      deadlineMs,
    };
  }

  lost(peer: string): void {
    const { transaction } = this.#core;
    if (transaction?.role !== 'coordinator' || !transaction.waiting.has(peer)) return;
    if (transaction.phase === 'voting')
      this.abort('not-ready', `${peer} was lost while it checked the document`);
    else this.settled(false);
  }

  tick(): void {
    const core = this.#core;
    const { transaction } = core;
    if (!transaction || transaction.phase === 'checking' || core.nowMs < transaction.deadlineMs) return;
    if (transaction.role === 'participant') {
      core.transaction = undefined;
      const text = versionText(transaction.version);
      core.note('warn', `${transaction.from} has not decided about ${text}: it is dropped`);
    } else if (transaction.phase === 'voting') {
      const seconds = core.options.timing.voteMs / 1000;
      this.abort('timeout', `no answer from ${[...transaction.waiting].join(', ')} within ${seconds} s`);
    } else this.settled(true);
  }

  #agreeing(): string[] {
    const same = this.#core.capable().filter((peer) => this.#core.relationWith(peer) === 'same');
    return same.map(({ name }) => name);
  }

  /** Answers once every node that voted has the version, is gone, or says why not; `late`: at once. */
  settled(late: boolean): void {
    const core = this.#core;
    const { transaction } = core;
    if (transaction?.role !== 'coordinator' || transaction.phase !== 'settling') return;
    const { version, waiting } = transaction;
    const has = ({ head }: PeerView): boolean => head !== undefined && seenCovers(head.seen, version.id);
    for (const name of waiting) {
      const peer = core.peers.get(name)!;
      if (!peer.connected || peer.trouble || has(peer)) waiting.delete(name);
    }
    if (waiting.size > 0 && !late) return;
    core.transaction = undefined;
    const all = [...core.peers.values()];
    const missing = all.flatMap((peer) => {
      if (has(peer)) return [];
      const silent = !peer.connected
        ? 'not connected'
        : peer.capable
          ? 'has not answered yet'
          : 'older software';
      return [{ node: peer.name, reason: peer.trouble || silent }];
    });
    const confirmed = all.filter(has).map(({ name }) => name);
    core.answer({ ok: true, version, changed: true, confirmed, missing });
  }
}
